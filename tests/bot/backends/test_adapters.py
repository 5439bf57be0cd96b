"""The adapters kept ready beside a model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.backends.adapters import MOST_LOADED, Adapters
from bot.backends.llama_cpp import default_model_path
from bot.backends.llama_native import Lora, Weights
from tests.fakes.gguf import write_adapter


@pytest.fixture
def weights() -> Iterator[Weights]:
    """The shipped model."""
    loaded = Weights(default_model_path())
    yield loaded
    loaded.close()


def _found(adapters: Adapters, path: Path, *, in_use: Lora | None = None) -> Lora:
    found = adapters.find(path, in_use=in_use)
    assert found is not None
    return found[1]


def _paths(folder: Path, count: int) -> list[Path]:
    return [write_adapter(folder / f"{number}.gguf") for number in range(count)]


def test_one_is_loaded_once(weights: Weights, tmp_path: Path) -> None:
    """Reading the file again for every answer would cost more than the change."""
    adapters = Adapters(weights)
    (path,) = _paths(tmp_path, 1)

    assert _found(adapters, path) is _found(adapters, path)
    assert len(adapters) == 1


def test_the_least_recently_used_is_freed_for_another(weights: Weights, tmp_path: Path) -> None:
    """Every round brings a new version; those of last year must not stay in memory."""
    adapters = Adapters(weights)
    paths = _paths(tmp_path, MOST_LOADED + 1)
    first, second = (_found(adapters, path) for path in paths[:2])
    for path in [*paths[2:MOST_LOADED], paths[0], paths[MOST_LOADED]]:
        _found(adapters, path)

    assert len(adapters) == MOST_LOADED
    assert _found(adapters, paths[0]) is first
    assert _found(adapters, paths[1]) is not second


def test_the_one_in_use_is_never_freed(weights: Weights, tmp_path: Path) -> None:
    """It lies over the model: freeing it would let the next word read freed memory."""
    adapters = Adapters(weights)
    paths = _paths(tmp_path, 2 * MOST_LOADED)
    in_use = _found(adapters, paths[0])
    for path in paths[1:]:
        _found(adapters, path, in_use=in_use)

    assert _found(adapters, paths[0]) is in_use
    assert len(adapters) == MOST_LOADED
