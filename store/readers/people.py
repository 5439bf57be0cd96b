"""The people whose names an export gives, so that their names are found in its texts."""

import re
from collections.abc import Iterable, Iterator

from store.personal_data import PARTICLES, Span, bare

_WORD = re.compile(r"\w+")
_PART = re.compile(r"[^\W\d_]{3,}")
_LEAST_CHARACTERS = 3


class People:
    """
    Known names, found as `store.personal_data.detect_names` finds them: whole in any case, their parts where capitalised.

    Found through the words of a text: one pattern of all names of a company takes too long to search with, one for each text to make.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Know *names*: whole ones, display names, names with a dot."""
        self._wholes: set[str] = set()
        self._most_words: dict[str, int] = {}  # of the names that begin with a word
        self._parts: dict[str, str] = {}
        for whole in sorted({bare(name.strip()) for name in names if len(name.strip()) >= _LEAST_CHARACTERS}):
            if words := [*_WORD.finditer(whole)]:
                first = words[0][0]
                self._wholes.add(whole[words[0].start() : words[-1].end()])
                self._most_words[first] = max(self._most_words.get(first, 0), len(words))
            for part in _PART.findall(whole):
                if part not in PARTICLES:
                    self._parts.setdefault(part, whole)
        self._telling = self._most_words.keys() | self._parts.keys()

    def detect(self, text: str) -> Iterator[Span]:
        """Yield where in *text* people are named, in order."""
        plain, end = bare(text), 0
        if self._telling.isdisjoint(_WORD.findall(plain)):  # of most texts, at a fifth of the time
            return
        words = [*_WORD.finditer(plain)]
        for place, word in enumerate(words):
            start = word.start()
            if start < end:
                continue
            ends = (each.end() for each in reversed(words[place : place + self._most_words.get(word[0], 0)]))
            whole = next((plain[start:each] for each in ends if plain[start:each] in self._wholes), "")
            if whole or (word[0] in self._parts and text[start].isupper()):
                found = whole or word[0]
                end = start + len(found)
                yield Span(start, end, "PERSON", self._parts.get(found, found))

    def without_names(self, text: str) -> str:
        """Return *text* with a space for every name in it."""
        for span in reversed([*self.detect(text)]):
            text = f"{text[: span.start]} {text[span.end :]}"
        return text
