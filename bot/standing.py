"""In which of several passages a sentence stands."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.wording import stems_of

_NUMBER: Final = re.compile(r"\w*\d[\w.,:/-]*\w|\d")
_SHARE: Final = 0.5  # of the weight of a sentence's words: a passage with less does not say it
_NEAR: Final = 0.85  # of the best passage's share: one with as much says it as well


class Standing:
    """Compares sentences with passages by their words. Those that few of the passages hold tell most."""

    def __init__(self, passages: Sequence[str]) -> None:
        """Read the *passages*, with their headings."""
        self._held = [_signs(passage) for passage in passages]
        self._common = Counter(sign for signs in self._held for sign in signs)

    def shares(self, sentence: str) -> list[float]:
        """Return for each passage the share of *sentence* that it holds, 0 to 1; 0 where it does not say it, or another says more."""
        signs = _signs(sentence)
        worth = {sign: 1.0 / self._common[sign] if sign in self._common else 1.0 for sign in signs}
        whole = sum(worth.values()) or 1.0
        shares = [sum(worth[sign] for sign in signs & each) / whole for each in self._held]
        best = max(shares, default=0.0)
        return [share if best >= _SHARE and share >= _NEAR * best else 0.0 for share in shares]


def _signs(text: str) -> frozenset[str]:
    """Return the stems and the numbers of *text*."""
    return frozenset(stems_of(text)) | {"".join(filter(str.isalnum, number.casefold())) for number in _NUMBER.findall(text)}
