"""What tests of training share: a model that trains in seconds, and one thread, since waiting for a second one takes longer than that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.finetune.tiny import write_tiny_model


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let torch compute in this thread alone."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny model of the llama family."""
    return write_tiny_model(tmp_path_factory.mktemp("tiny"))
