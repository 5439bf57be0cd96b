"""
Of what is about equally good for a question, what tells newer figures goes first.

A leaflet of two years ago that says in a sentence what a ticket costs is nearer the question than the row of today's price list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.figures import Figure
from bot.statements import Statement, statements_of, wording_of
from store.candidates import Candidate
from store.concepts import concept_of
from store.evidence import has_term
from store.lexical import terms_of
from store.relevance import log_odds
from store.scored import Scored

# In log-odds. Of twelve questions about four sets of old and new pages, whose answer both tell in other words, the old page led in seven:
# by .5 to 2.3 in six, for a sentence is nearer a question than a row. With 4.0, and a random day on every page of the tune halves, one of
# 905 questions is told of another thing (a grand piano, not the upright one).
_NEAR = 2.5
_LOOKED_AT = 6  # candidates, best first: each may take a millisecond, the first time
_LEAST_TOLD = 0.5  # share of the question's words that a statement holds which tells what is asked
_NO_FIGURES = frozenset({"date", "label"})  # say when, and which one
_REMEMBERED = 1024  # texts

_said = lru_cache(maxsize=_REMEMBERED)(statements_of)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a passage tells of a question in one statement: the question's words that it holds, and its figures by what they count."""

    terms: frozenset[str]
    figures: dict[str, frozenset[str]]

    def is_told_otherwise(self, other: "_Told") -> bool:
        """Tell whether *other* tells of the same thing, and other figures."""
        kinds = self.figures.keys() & other.figures.keys()
        return self.terms <= other.terms and any(self.figures[kind] != other.figures[kind] for kind in kinds)


def newer_first(ranked: Sequence[Scored]) -> list[Scored]:
    """
    Return *ranked*, best first, with the newest of those in the first place that tell other figures of what the best one tells.

    Those are hardly worse, newer by the day they speak of or were written, and hold in one statement all of the question's words that the
    best one's statement holds, the year that it is of among them. What goes first has the best one's score, which comes next.
    """
    newer = _newer(ranked[0], ranked[1:_LOOKED_AT]) if ranked else []
    if not newer:
        return [*ranked]
    first = max(newer, key=lambda each: each.passage.dated)
    return [replace(first, score=ranked[0].score), *(each for each in ranked if each is not first)]


def _newer(best: Scored, others: Sequence[Scored]) -> list[Scored]:
    dated = best.passage.dated
    near = [each for each in others if dated and each.passage.dated > dated and _apart(best, each) <= _NEAR]
    asked = [term for term in dict.fromkeys(terms_of(best.asked)) if concept_of(term) != "cost"] if near else []
    if not asked:
        return []
    told = _told(asked, best.candidate)
    if len(told.terms) < _LEAST_TOLD * len(asked):
        return []
    likely = [each for each in near if told.terms <= _terms(asked, _whole(each.candidate))]  # spares the rest a millisecond each
    return [each for each in likely if told.is_told_otherwise(_told(asked, each.candidate))]


def _apart(best: Scored, other: Scored) -> float:
    return log_odds(best.score) - log_odds(other.score)


def _told(asked: Sequence[str], candidate: Candidate) -> _Told:
    """Return what a *candidate* tells in the first statement with figures of those that hold most words *asked*; nothing without one."""
    year = candidate.passage.dated[:4]
    held = [(_terms(asked, f"{year} {each.above} {each.lead} {each.meant} {each.text}"), each.text) for each in _statements(candidate)]
    most = max((len(terms) for terms, _ in held), default=0)
    told = [_Told(terms, _figures(text)) for terms, text in held if len(terms) == most > 0]
    return next((each for each in told if each.figures), _Told(frozenset(), {}))


def _statements(candidate: Candidate) -> list[Statement]:
    """Return what *candidate* says, a row of a table as one statement."""
    passage, above = candidate.passage, _above(candidate)
    is_row = passage.row and not candidate.question
    return [Statement(passage.text, above)] if is_row else _said(f"{above}\n{passage.text}")


def _above(candidate: Candidate) -> str:
    return f"{candidate.passage.title}\n{candidate.passage.heading} {candidate.question}"


def _whole(candidate: Candidate) -> str:
    return f"{candidate.passage.dated[:4]} {_above(candidate)} {candidate.passage.text}"


def _terms(asked: Sequence[str], text: str) -> frozenset[str]:
    return frozenset(term for term in asked if has_term(text, term))


@lru_cache(maxsize=_REMEMBERED)
def _figures(text: str) -> dict[str, frozenset[str]]:
    figures: dict[str, frozenset[str]] = {}
    for figure in wording_of(text).figures:
        for kind in _kinds(figure):
            figures[kind] = figures.get(kind, frozenset()) | figure.values
    return figures


def _kinds(figure: Figure) -> frozenset[str]:
    """Return what a figure counts, "" where nothing says so; none of one that says when, or which one."""
    return frozenset() if figure.kinds & _NO_FIGURES else figure.kinds or frozenset({"clock" if figure.clocks else ""})
