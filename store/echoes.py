"""Words that others were answered with because a person had said them earlier in the conversation."""

import re
from collections.abc import Callable, Collection
from typing import Final

ERASED: Final = "[ERASED]"  # stands where such a word stood, like the placeholders of store.redaction
_WORD = re.compile(r"\w+(?:[-.@/]\w+)*")
_LEAST = 4  # characters: shorter words tell nothing of anybody, unless they are numbers


def echoed(answer: str, *, theirs: str, others: str) -> frozenset[str]:
    """Return the words (case-folded) of *answer* that stand in *theirs* and nowhere in *others*."""
    return (_words(answer) & _words(theirs)) - _words(others)


def silenced(answer: str, words: Collection[str]) -> str:
    """Return *answer* with a placeholder for each of *words*."""
    return _WORD.sub(lambda found: ERASED if found[0].casefold() in words else found[0], answer)


def unknown(words: Collection[str], is_known: Callable[[str], bool]) -> frozenset[str]:
    """Return those of *words* that nobody else knows."""
    return frozenset(word for word in sorted(words) if not is_known(word))


def _words(text: str) -> frozenset[str]:
    found = (word.casefold() for word in _WORD.findall(text))
    return frozenset(word for word in found if len(word) >= _LEAST or any(map(str.isdigit, word)))
