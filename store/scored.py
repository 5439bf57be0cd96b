"""Candidates with their scores, of which each text is given once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp

from bot.messages import Passage
from store.candidates import Candidate
from store.lexical import numbers_of, terms_of, words_of
from store.relevance import LANGUAGE_STEP, log_odds

_SAME_TEXT = 0.9  # share of terms in common
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Scored:
    """
    A candidate with its score, and what that was made of; `asked` is the text it was searched by.

    `another` tells that it was written for another question, the one asked but for a word. `answers` are the log odds that the answer
    stands in it, by the cross-encoder that reads it together with the question; None where that has not read it.
    """

    candidate: Candidate
    asked: str
    score: float
    cosine: float
    words: float
    second: float | None
    another: bool = False
    answers: float | None = None

    @property
    def entry_id(self) -> str:
        """Its id in the index."""
        return self.candidate.passage.passage_id

    @property
    def passage(self) -> Passage:
        """The passage with its score."""
        return replace(self.candidate.passage, score=self.score)

    def place(self, language: str) -> tuple[float, bool, str]:
        """Return by what it is sorted among the others, best first, for a question in *language* (ISO 639-1, empty where not known)."""
        spoken = language != "" and self.candidate.passage.language == language
        return -log_odds(self.score) - LANGUAGE_STEP * spoken, self.candidate.kind == "passages", self.entry_id


def lowered(scored: Scored, by: float) -> Scored:
    """Return *scored* with a score that is *by* log-odds lower."""
    return replace(scored, score=1 / (1 + exp(by - log_odds(scored.score)))) if by else scored


def unique(ranked: Sequence[Scored], limit: int) -> list[Scored]:
    """
    Return the first *limit* of *ranked*, leaving out what says again what something better says.

    Among such the approved answer stays, in the place of the best: what an expert changed may be a word that hardly tells, such as "not".
    """
    kept: list[_Kept] = []
    for scored in ranked:
        kind = scored.candidate.kind
        if len(kept) == limit and kind == "passages":
            continue
        one = _Kept(scored)
        same = next((each for each in kept if each.says(one)), None)
        if same is None:
            kept += [one] if len(kept) < limit else []
        elif kind == "verified" and same.scored.candidate.kind == "passages":
            same.scored = replace(same.scored, candidate=scored.candidate)
    return [each.scored for each in kept]


class _Kept:
    """A candidate that is given, unless a better one says the same."""

    def __init__(self, scored: Scored) -> None:
        self.scored = scored
        self._text = scored.candidate.passage.text
        # As of all its words, of which only these can have a digit once folded.
        telling = [word for word in self._text.split() if not word.isalpha() and (_DIGIT.search(word) or not word.isascii())]
        self._numbers = numbers_of(words_of(" ".join(telling)))

    @cached_property
    def _terms(self) -> frozenset[str]:
        return frozenset(terms_of(self._text))

    def says(self, other: "_Kept") -> bool:
        """Tell whether both say the same, number for number."""
        return self._numbers == other._numbers and len(self._terms & other._terms) >= _SAME_TEXT * len(self._terms | other._terms)
