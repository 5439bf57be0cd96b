"""The encoder in a process of its own: the same vectors, and no child that outlives its parent."""

import io
import pickle
from collections.abc import Iterator

import numpy as np
import pytest

from bot.errors import TryAgainLater
from store.child import send
from store.embeddings import UniversalSentenceEncoder
from store.encoding_process import EncodingProcess, _serve

TEXTS = ("Where is the key?", "Onde fica a chave?", "\ud800 🙂", "x" * 100_000)


@pytest.fixture
def child() -> Iterator[EncodingProcess]:
    """Start one and end it."""
    process = EncodingProcess()
    yield process
    process.close()


async def test_vectors_are_those_of_this_process(child: EncodingProcess) -> None:
    """What an import wrote is compared with questions that a server embeds."""
    vectors = await child.encode(TEXTS)

    assert vectors.dtype == np.float32
    assert np.abs(vectors - await UniversalSentenceEncoder().encode(TEXTS)).max() < 1e-6
    assert (await child.encode([])).shape == (0, child.dimension)


async def test_a_child_that_ended_is_told_of(child: EncodingProcess) -> None:
    """The memory was full, say: the operator needs a sentence, and no command may wait for ever."""
    child._process.kill()

    with pytest.raises(TryAgainLater, match="encodes texts has ended"):
        await child.encode(TEXTS)


def test_a_child_without_a_parent_ends() -> None:
    """An import that was killed must leave nothing behind: where nobody asks any more, the child is done."""
    asked, told = io.BytesIO(), io.BytesIO()
    send(asked, TEXTS[:2])
    asked.seek(0)

    _serve(asked, told)

    assert pickle.loads(told.getvalue()[8:]).shape == (2, UniversalSentenceEncoder.dimension)
