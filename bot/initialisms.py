"""Initialisms that a text explains: Federal Tax Information (FTI), Imposto de Renda Retido na Fonte (IRRF)."""

import re
from collections.abc import Iterator
from typing import Final

from bot.numerals import fold

_EXPLAINED: Final = re.compile(r"((?:[\w'’-]+[^\S\n]+){2,})\(([A-Z]{2,6})s?\)")
_SMALL_LETTERS: Final = 3  # words that may have no letter of their own: of, the, de, na


def initialisms(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each initialism in brackets with as many words before it as it has letters, folded, small ones that have none left out."""
    for found in _EXPLAINED.finditer(text):
        yield found[2], _words_of(found[1], fold(found[2]))


def explains(words: tuple[str, ...], initialism: str) -> bool:
    """Tell whether the beginnings of *words* are the letters of *initialism*."""
    return "".join(word[0] for word in words) == fold(initialism)


def _words_of(before: str, letters: str) -> tuple[str, ...]:
    """Return the last words of *before*, one for each of *letters*, backwards; a small word is left out where its letter is another."""
    words: list[str] = []
    for word in reversed(fold(before).split()):
        if len(words) == len(letters):
            break
        if word[0] == letters[-1 - len(words)] or len(word) > _SMALL_LETTERS:
            words.append(word)
    return tuple(reversed(words))
