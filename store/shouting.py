"""Questions all in capitals, which encoders take for another language, and search for a row of names."""

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_NO_CODE: Final = re.compile(r"(?<![\w./-])[^\W\d_]++(?![\w./-]*\d| \d)")  # FH-300 and FH 300 stay
_FEWEST: Final = 2  # words; one alone may be an abbreviation


def without_shouting(question: str) -> str:
    """Return *question* in small letters where it is all in capitals, but for its codes."""
    shouted = question.isupper() and len(_WORD.findall(question)) >= _FEWEST
    return _NO_CODE.sub(lambda word: word[0].lower(), question) if shouted else question
