"""The codes in a question, such as E101, and how well a text holds them."""

import re
from dataclasses import dataclass

from store.lexical import codes_of, family_of, joined, words_of

_DIGIT = re.compile(r"\d")
_SPACED = re.compile(r"\b([A-Z]{1,4}) (\d+)\b")
_BETWEEN = "/"  # a joint, which none of them has


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes in a question or a text, without their joints; those in two words (FH 300) may be none, and count where they meet."""

    written: frozenset[str]
    spaced: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Codes":
        """Return those of *text*."""
        words = text.split()
        # To fold all words, or to look for spaced codes where there are none, takes longest.
        telling = [at for at, word in enumerate(words) if not word.isalpha() and _DIGIT.search(word)]
        written = codes_of(words_of(" ".join([words[at] for at in telling])))
        spaced = any(words[at][0].isdecimal() and "A" <= words[at - 1][-1] <= "Z" for at in telling if at)
        return cls(
            frozenset(map(joined, written)),
            frozenset("".join(each).casefold() for each in _SPACED.findall(text)) if spaced else frozenset(),
        )

    @classmethod
    def of_line(cls, line: str) -> "Codes":
        """Return those of which *line* is the `line`."""
        written, _, spaced = line.partition(_BETWEEN)
        return cls(frozenset(written.split()), frozenset(spaced.split()))

    @property
    def line(self) -> str:
        """All of them in one text, empty where there are none: to keep, for sets take ten times the memory."""
        return f"{' '.join(self.written)}{_BETWEEN}{' '.join(self.spaced)}" if self else ""

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self.written or self.spaced)

    def match(self, other: "Codes") -> float:
        """Return the share of these codes that a text with the codes *other* holds; -1 where it holds others of their kind instead."""
        if not self:
            return 0.0
        held = other.written | other.spaced
        asked = self.written | (self.spaced & held)
        if asked & held:
            return len(asked & held) / len(asked)
        return -1.0 if self.written and other.written and {*map(family_of, self.written)} & {*map(family_of, other.written)} else 0.0
