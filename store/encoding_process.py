"""The encoder in a process of its own: a command that embeds thousands of texts reads and writes meanwhile, on another core."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from bot.errors import TryAgainLater
from store.embeddings import UniversalSentenceEncoder

_AT_ONCE: Final = 128  # texts: no question waits here for its turn
_MOST_THREADS: Final = 4  # more would wait for each other
_KEPT: Final = 10_240  # tokens, in 160 MB: of a handbook all, of anything long its most frequent


class EncodingProcess:
    """
    The encoder port over a child, which loads its weights at once and ends with this process, however that ends; `close` it.

    In one process reading, Chroma's client and the encoder would take turns at the interpreter's lock, and importing the first two would
    hold up the weights of the third.
    """

    name = UniversalSentenceEncoder.name
    dimension = UniversalSentenceEncoder.dimension

    def __init__(self) -> None:
        """Start the child: it blocks for milliseconds, so do it off the event loop."""
        # A session of its own: Ctrl-C is for us, and what waits is encoded to the end.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "store.encoding_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._turn = threading.Lock()

    def close(self) -> None:
        """End the child, in whatever it does; off the event loop."""
        self._process.kill()
        self._process.communicate()

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """
        Return one L2-normalised row per text, see `UniversalSentenceEncoder.encode`.

        Raises:
            TryAgainLater: The child has ended, for example because the memory was full.
        """
        return await asyncio.to_thread(self._encode, texts)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None  # noqa: S101  # for mypy: both are pipes
        assert told is not None  # noqa: S101
        wanted = len(texts) * self.dimension * np.dtype(np.float32).itemsize
        with self._turn:
            try:
                asked.write(json.dumps(list(texts)).encode("ascii") + b"\n")
                asked.flush()
                rows = told.read(wanted)
            except OSError:  # a pipe that nobody reads
                rows = b""
        if len(rows) < wanted:
            raise TryAgainLater("the process that encodes texts has ended, perhaps because the memory is full: run the command again")
        return np.frombuffer(rows, dtype=np.float32).reshape(len(texts), self.dimension).copy()


def _serve(asked: Iterable[bytes], told: IO[bytes]) -> None:
    """Answer each line of *asked*, a JSON list of texts, with their rows, until there are no more."""
    encoder = UniversalSentenceEncoder(threads=min(os.cpu_count() or 1, _MOST_THREADS), at_once=_AT_ONCE, kept=_KEPT)
    encoder.load()
    for line in asked:
        told.write(asyncio.run(encoder.encode(json.loads(line))).tobytes())
        told.flush()


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
