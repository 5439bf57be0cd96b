"""The people whose names an export gives, so that their names are found in its texts."""

import re
from collections import defaultdict
from collections.abc import Iterable

from store.personal_data import bare, detect_names

_WORD = re.compile(r"\w+")
_LEAST_CHARACTERS = 3  # as in `store.personal_data.detect_names`


class People:
    """
    Known names, looked up by their words.

    A text is searched for the few names of which it holds a word: for all of a large company's it would take a hundred times as long.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Know *names*: whole ones, display names, names with a dot."""
        self._by_word: defaultdict[str, set[str]] = defaultdict(set)
        for name in {name.strip() for name in names}:
            if len(name) >= _LEAST_CHARACTERS:
                for word in _WORD.findall(bare(name)):
                    self._by_word[word].add(name)

    def among(self, text: str) -> tuple[str, ...]:
        """Return the names that may occur in *text*, sorted."""
        found: set[str] = set()
        for word in set(_WORD.findall(bare(text))):
            found |= self._by_word.get(word, set())
        return tuple(sorted(found))

    def without_names(self, text: str) -> str:
        """Return *text* with a space for every name in it."""
        for span in sorted(detect_names(self.among(text))(text), reverse=True):
            text = f"{text[: span.start]} {text[span.end :]}"
        return text
