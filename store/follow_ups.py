"""Questions that need those before them in their thread: "and on Saturdays?"."""

import re
from collections.abc import Sequence

from store.lexical import terms_of

# Words that point back wherever they stand, at the end, or at the beginning of a question; as written but for case: "é" is no "e".
_POINTERS = frozenset({"it", "they", "them", "ele", "ela", "eles", "elas", "isso", "isto", "disso", "nisso", "dele", "dela"})
_LAST = frozenset({"this", "that", "these", "those", "esse", "essa", "este", "esta", "esses", "essas"})
_FIRST = re.compile(r"\W*(and|but|also|e|mas|também|(what|how) about)\s", re.IGNORECASE)
_RAW_WORD = re.compile(r"\w+")
_SHORT = 3  # terms
_THREAD = 3  # questions looked back


def is_follow_up(question: str) -> bool:
    """Tell whether *question* may need the one before it: it leans back, or has hardly a word of its own."""
    return leans_back(question) or len(set(terms_of(question))) <= _SHORT


def leans_back(question: str) -> bool:
    """Tell whether *question* points to something said before: "and on Saturdays?", "quanto isso custa?"."""
    words = [word if word == "IT" else word.casefold() for word in _RAW_WORD.findall(question)]  # the IT department is no pronoun
    return bool(_FIRST.match(question)) or any(word in _POINTERS for word in words) or (bool(words) and words[-1] in _LAST)


def led_up(earlier: Sequence[str]) -> list[str]:
    """Return the last questions of a thread, back to the one that named the subject."""
    found: list[str] = []
    for question in reversed(earlier[-_THREAD:]):
        found.insert(0, question)
        if not leans_back(question):
            break
    return found
