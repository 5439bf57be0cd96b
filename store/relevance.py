"""How likely a candidate holds the answer, from what meaning and words say of it."""

import math
from typing import Final

# Fitted on one half of the questions about a handbook, an FAQ in two languages, three other companies, and about other things
# (tests/store/test_retrieval_quality.py judges the other half): evidence = cosine + 0.7 * BM25 per unit of the question's rarity, and
# steps for what it names.
_WORDS_WEIGHT: Final = 0.7
CODE_STEP: Final = 0.3
NAME_STEP: Final = 0.1  # what lacks a name of the question's that another candidate holds: as much as the name is rare
ASKED_STEP: Final = 1.0  # an FAQ entry whose question is the very question
# In log-odds: of what is hardly less likely, that in the language of the question goes first. With more, entries about something else come
# before what answers a question in the other language.
LANGUAGE_STEP: Final = 0.2
# Where the second encoder can compare it says most: evidence = 0.4 * what the others say + 2.5 * (its cosine - 0.76). Its cosines lie close
# together (right answers around .88, other passages around .81); the zero is where passages in the question's language and in another, of
# which only the first cosine tells, are found equally well.
_FIRST_SHARE: Final = 0.4
_SECOND_WEIGHT: Final = 2.5
_SECOND_ZERO: Final = 0.76
_SLOPE: Final = 15.0
_OFFSET: Final = -7.1

_TINY: Final = 1e-12
_READ_CLOSELY: Final = frozenset({"", "en", "pt"})  # the second encoder's vocabulary was kept to them; empty: not told


def relevance(cosine: float, words: float, *, second: float | None, steps: float) -> float:
    """Return the relevance, 0 to 1, of something with this `evidence`."""
    return 1 / (1 + math.exp(-(_SLOPE * evidence(cosine, words, second=second, steps=steps) + _OFFSET)))


def evidence(cosine: float, words: float, *, second: float | None, steps: float) -> float:
    """
    Return what speaks for a candidate: the more, the more relevant it is.

    Args:
        cosine: Of question and candidate, by the first encoder.
        words: The candidate's lexical score (store/word_search.py).
        second: Their cosine by the second encoder; None where it has not read the candidate yet, or `comparable` denies that it tells.
        steps: What the very question, codes and names add to the evidence.
    """
    first = cosine + _WORDS_WEIGHT * words
    return steps + (first if second is None else _FIRST_SHARE * first + _SECOND_WEIGHT * (second - _SECOND_ZERO))


def log_odds(share: float) -> float:
    """Return the logarithm of how many times likelier than not *share* (0 to 1) is."""
    share = min(max(share, _TINY), 1 - _TINY)
    return math.log(share / (1 - share))


def comparable(asked: str, written: str) -> bool:
    """Tell whether the second cosine of a question and a text in these languages (ISO 639-1, empty where not known) says anything."""
    return {asked, written} <= _READ_CLOSELY and (asked == written or not asked or not written)
