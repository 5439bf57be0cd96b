"""An encoder that knows words, not meanings: texts that share words are near."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class WordEncoder:
    """Adds up one fixed random direction per word; no model, no download, the same vectors in every run."""

    name = "words"

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension
        self.encoded = 0

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text."""
        self.encoded += len(texts)
        rows = [sum((self._direction(word) for word in re.findall(r"\w+", text.casefold())), self._direction("")) for text in texts]
        vectors: NDArray[np.float32] = np.array(rows, dtype=np.float32).reshape(len(texts), self.dimension)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _direction(self, word: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8])
        return np.random.default_rng(seed).normal(size=self.dimension).astype(np.float32)


class SecondWordEncoder(WordEncoder):
    """The port's fake: questions have the vectors of passages; what it was asked to encode is kept."""

    name = "words2"

    def __init__(self, dimension: int = 32) -> None:
        super().__init__(dimension)
        self.passages: list[str] = []
        self.questions: list[str] = []

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text."""
        self.passages += texts
        return await super().encode(texts)

    async def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text."""
        self.questions += texts
        return await super().encode(texts)


class WordCrossEncoder:
    """The port's fake: two questions are one by the share of their words that both have; what was read beside what is kept."""

    def __init__(self, bias: float = 0.0) -> None:
        self.bias = bias
        self.read: list[tuple[str, str]] = []

    async def log_odds(self, question: str, others: Sequence[str]) -> NDArray[np.float32]:
        """Return log odds from -6 (no word in common) to 6 (the same words), and *bias* more."""
        self.read += [(question, other) for other in others]
        return np.array([12 * _shared(question, other) - 6 + self.bias for other in others], dtype=np.float32)


def _shared(one: str, other: str) -> float:
    mine, theirs = (set(re.findall(r"\w+", text.casefold())) for text in (one, other))
    return len(mine & theirs) / len(mine | theirs) if mine | theirs else 1.0
