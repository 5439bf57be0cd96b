"""
A second look at the likeliest candidates, at what their scores do not tell.

Who asks whether works are allowed on Saturdays is near the question whether removals are; who goes on with "and the dermatologist?" is
nearest to what was found for the cardiologist; and a drill of 12 mm is like one of 8 mm.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from store.follow_ups import named_anew, subject_of
from store.lexical import names_in, terms_of, words_of
from store.near_miss import OF_ONE_KIND, SYNONYMS, Likeness, exchanged
from store.numbered import numbers_meant
from store.question_reading import Reading, read
from store.question_words import ARTICLES
from store.relevance import log_odds
from store.scored import Scored, lowered

_LOOKED_AT = 16  # candidates, best first
_COMPARED = 5  # questions that entries were written for: each takes .3 ms
_MUCH_THE_SAME = 0.3  # share of words in common; with fewer two questions are not one but for a word
_BEHIND = 0.5  # log-odds behind the one that answers
_NEAR = 3.5  # log-odds: what is farther behind has the word by chance
_OTHER = 4.5  # log-odds for another number or subject than the one meant: as much as for another code
_OTHER_SUBJECT = 2.0  # less, for it may be said in words that nobody knows to mean the same
_FEW = 2  # terms; of more, the scores tell enough
_REMEMBERED = 4096

_reading = lru_cache(maxsize=_REMEMBERED)(read)


@dataclass(frozen=True, slots=True)
class Meant:
    """
    What a question says it is about, exactly.

    `anew` are the terms by which a follow-up names another subject ("and the dermatologist?"), `subject` are the few terms besides what is
    asked of it ("how much is a lorry?"), `numbers` are those that say which one is meant, each with what it counts: ("mm", "12").
    """

    question: str
    anew: frozenset[str]
    subject: frozenset[str]
    numbers: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, question: str, *, follows: bool) -> "Meant":
        """Read *question*, which *follows* others or not."""
        subject = subject_of(question)
        return cls(
            question,
            named_anew(question) if follows else frozenset(),
            subject if len(subject) <= _FEW and not follows else frozenset(),
            numbers_meant(question),
        )


def looked_at_again(
    meant: Meant, ranked: Sequence[Scored], another: Collection[str], perhaps: Collection[str], has: Callable[[str, str], float]
) -> list[Scored]:
    """
    Return the candidates with the scores that they have after a second look; to be sorted anew.

    Args:
        meant: What is asked.
        ranked: Best first.
        another: The ids of those that were written for another question, see `written_for_another`,
        perhaps: and of those that may have been: they too go behind what tells of the word in which the two differ.
        has: How surely a text has a term, 0 to 1.
    """
    looked_at = [*ranked[:_LOOKED_AT]]
    for named, step in ((meant.anew, _OTHER), (meant.subject, _OTHER_SUBJECT)):
        if named:
            shares = [sum(has(_text(each), term) for term in named) / len(named) for each in looked_at]
            looked_at = [lowered(each, step * (max(shares) - share)) for each, share in zip(looked_at, shares, strict=True)]
    if meant.numbers:
        looked_at = [lowered(each, _OTHER * lacking) for each, lacking in zip(looked_at, _other_numbers(meant, looked_at), strict=True)]
    if another or perhaps:
        looked_at = [*_behind_what_answers(meant, looked_at, another, perhaps, has)]
    return [*looked_at, *ranked[_LOOKED_AT:]]


def _other_numbers(meant: Meant, looked_at: Sequence[Scored]) -> list[bool]:
    """Return which candidates have another number in place of one that is meant, where some candidate has that."""
    held = [numbers_meant(_text(each)) for each in looked_at]
    known = meant.numbers & frozenset().union(*held)
    return [any(number not in each and any(counted == number[0] for counted, _ in each) for number in known) for each in held]


def _behind_what_answers(
    meant: Meant, looked_at: Sequence[Scored], another: Collection[str], perhaps: Collection[str], has: Callable[[str, str], float]
) -> Iterable[Scored]:
    """Put what was written for another question behind the best candidate near it that has the words in which the two differ."""
    apart = {*another, *perhaps}
    for each in looked_at:
        if each.entry_id not in apart:
            yield each
            continue
        odds = log_odds(each.score)
        near = [other for other in looked_at if other.entry_id not in apart and log_odds(other.score) >= odds - _NEAR]
        answering = [log_odds(other.score) for other in near if _tells_of(_text(other), meant.question, each.candidate.question, has)]
        best = max(answering, default=odds + _BEHIND)
        yield replace(lowered(each, max(0.0, odds - best + _BEHIND)), another=each.entry_id in another)


def _tells_of(text: str, question: str, written_for: str, has: Callable[[str, str], float]) -> bool:
    """Tell whether *text* has what *question* names in place of what *written_for* does; of a name alone, what is asked of it, too."""
    asked, known = frozenset(terms_of(question)), frozenset(terms_of(written_for))
    instead = asked - known
    if not instead or not all(has(text, term) for term in instead):
        return False
    named = frozenset(terms_of(" ".join(names_in(question))))
    return not instead <= named or any(has(text, term) for term in asked & known - named)


def may_be_written_for_another(question: str, ranked: Sequence[Scored]) -> list[tuple[Scored, Reading]]:
    """Return the likeliest candidates that were written for a question much like *question*, with what that says."""
    asked, written = _words_and_terms(question), [each for each in ranked[:_LOOKED_AT] if each.candidate.question]
    entries = [each for each in written if _much_the_same(asked, _words_and_terms(each.candidate.question))]
    return [(each, _reading(each.candidate.question)) for each in entries[:_COMPARED]]


def written_for_another(
    asked: Reading, entries: Sequence[tuple[Scored, Reading]], likeness: Likeness
) -> tuple[frozenset[str], frozenset[str]]:
    """
    Return the ids of those of *entries* whose question is *asked* but for a word that makes it another.

    And of those where the two words may be of one meaning, or of one kind: a pick-up, a motorcycle.
    """
    surely, perhaps = (
        frozenset(each.entry_id for each, known in entries if exchanged(known, asked, likeness, of_one_kind=below))
        for below in (OF_ONE_KIND, SYNONYMS)
    )
    return surely, perhaps - surely


def _words_and_terms(question: str) -> tuple[frozenset[str], ...]:
    return frozenset(words_of(question)) - ARTICLES, frozenset(terms_of(question))


def _much_the_same(one: Sequence[frozenset[str]], other: Sequence[frozenset[str]]) -> bool:
    return one[0] != other[0] and any(
        len(mine & theirs) >= _MUCH_THE_SAME * len(mine | theirs) for mine, theirs in zip(one, other, strict=True)
    )


def _text(scored: Scored) -> str:
    passage = scored.candidate.passage
    return f"{passage.title} {passage.heading} {scored.candidate.question} {passage.text}"
