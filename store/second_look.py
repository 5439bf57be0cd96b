"""
A second look at the likeliest candidates, at what their scores do not tell.

Who asks whether works are allowed on Saturdays is near the question whether removals are; who goes on with "and the dermatologist?" is
nearest to what was found for the cardiologist; and a drill of 12 mm is like one of 8 mm.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp

from store.follow_ups import named_anew
from store.lexical import terms_of, words_of
from store.near_miss import Likeness, exchanged
from store.numbered import numbers_meant
from store.question_reading import Reading, read
from store.relevance import log_odds
from store.scored import Scored

_LOOKED_AT = 16  # candidates, best first
_COMPARED = 5  # questions that entries were written for: each takes .3 ms
_MUCH_THE_SAME = 0.4  # share of words in common; with fewer two questions are not one but for a word
_BEHIND = 0.5  # log-odds behind the one that answers
_OTHER = 4.5  # log-odds for another number or subject than the one meant: as much as for another code
_REMEMBERED = 4096

_reading = lru_cache(maxsize=_REMEMBERED)(read)


@dataclass(frozen=True, slots=True)
class Meant:
    """
    What a question says it is about, exactly.

    `anew` are the terms by which a follow-up names another subject ("and the dermatologist?"), `numbers` those that say which one is
    meant, each with what it counts: ("mm", "12").
    """

    question: str
    anew: frozenset[str]
    numbers: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, question: str, *, follows: bool) -> "Meant":
        """Read *question*, which *follows* others or not."""
        return cls(question, named_anew(question) if follows else frozenset(), numbers_meant(question))


def looked_at_again(meant: Meant, ranked: Sequence[Scored], another: Collection[str], has: Callable[[str, str], float]) -> list[Scored]:
    """
    Return the candidates with the scores that they have after a second look; to be sorted anew.

    Args:
        meant: What is asked.
        ranked: Best first.
        another: The ids of those that were written for another question, see `written_for_another`.
        has: How surely a text has a term, 0 to 1.
    """
    looked_at = [*ranked[:_LOOKED_AT]]
    if meant.anew:
        shares = [sum(has(_text(each), term) for term in meant.anew) / len(meant.anew) for each in looked_at]
        looked_at = [_lowered(each, _OTHER * (max(shares) - share)) for each, share in zip(looked_at, shares, strict=True)]
    if meant.numbers:
        looked_at = [_lowered(each, _OTHER * lacking) for each, lacking in zip(looked_at, _other_numbers(meant, looked_at), strict=True)]
    if another:
        looked_at = [*_behind_what_answers(meant, looked_at, another, has)]
    return [*looked_at, *ranked[_LOOKED_AT:]]


def _other_numbers(meant: Meant, looked_at: Sequence[Scored]) -> list[bool]:
    """Return which candidates have another number in place of one that is meant, where some candidate has that."""
    held = [numbers_meant(_text(each)) for each in looked_at]
    known = meant.numbers & frozenset().union(*held)
    return [any(number not in each and any(counted == number[0] for counted, _ in each) for number in known) for each in held]


def _behind_what_answers(
    meant: Meant, looked_at: Sequence[Scored], another: Collection[str], has: Callable[[str, str], float]
) -> Iterable[Scored]:
    """Put what was written for another question behind the best candidate that has the words in which the two differ."""
    best: dict[str, float] = {}
    for each in looked_at:
        if each.entry_id in another:
            instead = frozenset(terms_of(meant.question)) - frozenset(terms_of(each.candidate.question))
            answering = (
                log_odds(other.score)
                for other in looked_at
                if other.entry_id not in another and all(has(_text(other), term) for term in instead)
            )
            best[each.entry_id] = max(answering, default=log_odds(each.score) + _BEHIND) - _BEHIND
    for each in looked_at:
        if each.entry_id in best:
            yield replace(_lowered(each, max(0.0, log_odds(each.score) - best[each.entry_id])), another=True)
        else:
            yield each


def may_be_written_for_another(question: str, ranked: Sequence[Scored]) -> list[tuple[Scored, Reading]]:
    """Return the likeliest candidates that were written for a question much like *question*, with what that says."""
    words = frozenset(words_of(question))
    entries = [each for each in ranked[:_LOOKED_AT] if each.candidate.question and _much_the_same(words, each.candidate.question)]
    return [(each, _reading(each.candidate.question)) for each in entries[:_COMPARED]]


def written_for_another(asked: Reading, entries: Sequence[tuple[Scored, Reading]], likeness: Likeness) -> frozenset[str]:
    """Return the ids of those of *entries* whose question is *asked* but for a word that makes it another."""
    return frozenset(each.entry_id for each, known in entries if exchanged(known, asked, likeness))


def _much_the_same(words: frozenset[str], question: str) -> bool:
    others = frozenset(words_of(question))
    return words != others and len(words & others) >= _MUCH_THE_SAME * len(words | others)


def _text(scored: Scored) -> str:
    passage = scored.candidate.passage
    return f"{passage.title} {passage.heading} {scored.candidate.question} {passage.text}"


def _lowered(scored: Scored, by: float) -> Scored:
    return replace(scored, score=1 / (1 + exp(by - log_odds(scored.score)))) if by else scored
