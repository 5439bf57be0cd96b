"""The encoder in a process of its own: a command that embeds thousands of texts reads and writes meanwhile, on another core."""

import asyncio
import os
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Final

from bot.errors import TryAgainLater
from store.child import Child, answer_each, run_child

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AT_ONCE: Final = 128  # texts: no question waits here for its turn
_MOST_THREADS: Final = 4  # more would wait for each other
_KEPT: Final = 10_240  # tokens, in 160 MB: of a handbook all, of anything long its most frequent


class EncodingProcess(Child):
    """
    The encoder port over a child, which loads its weights at once.

    In one process reading, Chroma's client and the encoder would take turns at the interpreter's lock, and importing the first two would
    hold up the weights of the third.
    """

    def __init__(self) -> None:
        """See `Child`."""
        super().__init__("store.encoding_process")
        from store.embeddings import UniversalSentenceEncoder  # numpy's import here can wait for the child's to begin

        self.name = UniversalSentenceEncoder.name
        self.dimension = UniversalSentenceEncoder.dimension

    async def encode(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """
        Return one L2-normalised row per text, see `UniversalSentenceEncoder.encode`.

        Raises:
            TryAgainLater: The child has ended, for example because the memory was full.
        """
        rows: NDArray[np.float32] | None = await asyncio.to_thread(self._ask, list(texts))
        if rows is None:
            raise TryAgainLater("the process that encodes texts has ended, perhaps because the memory is full: run the command again")
        return rows


def _serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """Answer each list of texts of *asked* with their rows, until there are no more."""
    from store.embeddings import UniversalSentenceEncoder

    encoder = UniversalSentenceEncoder(threads=min(os.cpu_count() or 1, _MOST_THREADS), at_once=_AT_ONCE, kept=_KEPT)
    encoder.load()
    answer_each(asked, told, lambda texts: asyncio.run(encoder.encode(texts)))


if __name__ == "__main__":
    run_child(_serve)
