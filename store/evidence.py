"""What retrieval tells of how likely its best passages hold the answer: figures only, weighed by bot/confidence.py."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from store.codes import Codes
from store.lexical import family_of, names_in, terms_of, words_of
from store.near_miss import exchanged
from store.numbered import other_number
from store.question_reading import read
from store.said import Said, asked_words, said

_HOLDING: Final = 3  # passages that the model reads
_COMPARED: Final = 5  # passages that say whether the best one stands out, or is borne out
# Written with a capital in English, and no name of anything that only some companies would know.
_DATES: Final = frozenset(
    terms_of(
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october "
        "november december"
    )
)
_FEW: Final = 4  # words of a short question: with fewer it is as likely to be answered
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Ranked:
    """
    A candidate, as it was scored: `score` is its relevance (0 to 1), `text` its words without those of its `heading`.

    `second` is the second encoder's cosine, None where that cannot compare; `question` the one that it was written for, if any, and
    `another` tells that this is known to be another one than that asked. `answers` are the log odds that the answer stands in it, None
    where nobody read it together with the question.
    """

    score: float
    cosine: float
    heading: str
    text: str
    second: float | None = None
    question: str = ""
    another: bool = False
    answers: float | None = None


def evidence_of(
    question: str, ranked: Sequence[Ranked], *, rarity: Callable[[str], float], own: str = "", anew: Collection[str] = ()
) -> dict[str, float]:
    """
    Return the figures.

    Of meaning: `relevance` is the best passage's in log-odds, `cosine` a part of it, `apart` how far the nearest is before the fifth. Of
    what the second encoder can compare, and else left out: `closely` is the best passage's cosine by it, `lead` how far the nearest by it
    is before the next. Of who read the first passages together with the question, and else left out: `answers` are the log odds that the
    answer stands in the best one, `answers_most` the highest of all that were read.

    Of words, 0 to 1, each counted by its rarity and by how much it tells (store/said.py): one of the same meaning or stem, or a figure that
    it asks for, almost like itself, its kind less. `heading` is the share of the question that stands in the best passage's heading, which
    in an FAQ is a question, too; `borne` the share that stands in that passage, times its cosine. `unsaid` is the rarest word that the best
    passage has not, `untold` the rarest that none of those to be read has, neither the best in any way nor another as a word: what a
    question about something else has is a telling word that nobody used.

    Of the others: `agreement` says which share of the best one's words another one has, too, `cohesion` how much the first ones have in
    common (0 to 1): what is about the question is mostly about one thing, what is not is about many.

    Of codes: `miscoded` is 1 where the question names one, such as BX-13, or a number that says which one is meant, such as year 6, and the
    passages to be read have none that it names, but others of its kind; else left out.

    What is known to be written for another question tells nothing, unless it is the best.

    Of questions: `exchanged` is 1 where the best passage was written for another question, the one asked but for a number, name or opposite
    in place of another, and no passage to be read has all that stands in its place; else left out.

    Of follow-ups: `strayed` is 1 where one puts another subject in the place of the one before ("and the dermatologist?"), and no passage
    to be read has a word of that, or not its number; else left out.

    Of the question: `known` and `strange` say (0 or 1) whether one of the names in it, which have a capital inside a sentence, stands in
    the passages, and whether one does not. `length` and `spoken` are the logarithms of how many telling words it has, and how many in all:
    the more there are, the smaller is the share of them that any passage has.

    Args:
        question: The words that the best candidate was found by.
        ranked: Candidates, best first; without any there is no evidence.
        rarity: How rare a term is in all that the asker sees, 1 for one that stands nowhere.
        own: What was asked, where *question* holds earlier questions, too.
        anew: The terms of another subject than that of the question before.
    """
    if not ranked:
        return {}
    ranked = [each for each in ranked if not each.another] if not ranked[0].another else ranked
    best = ranked[0]
    words = asked_words(question)
    weights = {word.term: rarity(word.term) * word.weight for word in words}
    whole = sum(weights.values()) or 1.0
    held = [said(each.text, each.heading) for each in ranked[:_COMPARED]]
    best_tells = held[0].tells(words)
    # Of other passages the word itself: what another says of the kind or by a figure, it says of something else.
    told = {term: max(share, *(each.has(term) for each in held[1:_HOLDING]), 0.0) for term, share in best_tells.items()}
    titled = said(best.heading).tells(words)
    names = [any(told.get(term, 0.0) for term in spelt) for name in names_in(question) if (spelt := _spelt(name))]
    nearest = sorted((each.cosine for each in ranked), reverse=True)
    return {
        "relevance": _log_odds(best.score),
        "cosine": best.cosine,
        "apart": nearest[0] - nearest[:_COMPARED][-1],
        **_read_closely(ranked),
        **_read_together(ranked),
        **(
            {"miscoded": 1.0} if _miscoded(own or question, question, [f"{each.heading} {each.text}" for each in ranked[:_HOLDING]]) else {}
        ),
        **({"exchanged": 1.0} if best.question and _exchanged(own or question, best, held[:_HOLDING]) else {}),
        **({"strayed": 1.0} if anew and _strayed(anew, held[:_HOLDING]) else {}),
        "heading": sum(weights[term] * share for term, share in titled.items()) / whole,
        "borne": best.cosine * sum(weights[term] * share for term, share in best_tells.items()) / whole,
        "unsaid": max((weights[term] * (1 - share) for term, share in best_tells.items()), default=0.0),
        "untold": max((weights[term] * (1 - share) for term, share in told.items()), default=0.0),
        "agreement": max((len(held[0].terms & each.terms) / max(1, len(held[0].terms)) for each in held[1:]), default=0.0),
        "cohesion": _cohesion([each.meanings for each in held]),
        "known": float(any(names)),
        "strange": float(not all(names)),
        "length": math.log(max(_FEW, len(words))),
        "spoken": math.log(max(_FEWEST, len(words_of(question)))),
    }


def _read_closely(ranked: Sequence[Ranked]) -> dict[str, float]:
    told = {} if ranked[0].second is None else {"closely": ranked[0].second}
    nearest = sorted((each.second for each in ranked if each.second is not None), reverse=True)
    return {**told, "lead": nearest[0] - nearest[1]} if len(nearest) > 1 else told


def _read_together(ranked: Sequence[Ranked]) -> dict[str, float]:
    odds = [each.answers for each in ranked if each.answers is not None]
    return {"answers": ranked[0].answers, "answers_most": max(odds)} if ranked[0].answers is not None else {}


def _miscoded(own: str, question: str, texts: Sequence[str]) -> bool:
    """Tell whether another code, or number that says which one, is told of; a code of its *own* need not be the one asked for before."""
    return other_number(own, texts) or _other_code(Codes.of(own) or Codes.of(question), [Codes.of(text) for text in texts])


def _other_code(asked: Codes, held: Sequence[Codes]) -> bool:
    if not asked:
        return False
    kinds = {family_of(code) for each in held for code in each.written} - {""}  # 3 pm is no code of the kind of 9 am
    named = asked.written | asked.spaced
    return any(family_of(code) in kinds for code in named) and not any(named & (each.written | each.spaced) for each in held)


def _strayed(anew: Collection[str], held: Sequence[Said]) -> bool:
    told = {term for term in anew if any(each.has(term) for each in held)}
    return not told or any(term.isdigit() for term in anew if term not in told)


def _exchanged(question: str, best: Ranked, held: Sequence[Said]) -> bool:
    instead = set(terms_of(question)) - set(terms_of(best.question))
    if not best.another and any(all(each.has(term) for term in instead) for each in held):
        return False
    return best.another or exchanged(read(best.question), read(question))


def has_term(text: str, term: str) -> float:
    """Return how surely *text* has *term*, or a word that means or begins alike: 0 to 1."""
    return said(text).has(term)


def _spelt(name: str) -> list[str]:
    """Return the terms of *name*; none where it is a day's or a month's."""
    terms = terms_of(name)
    return [] if _DATES.issuperset(terms) else terms


def _cohesion(texts: Sequence[frozenset[str]]) -> float:
    shares = [len(one & other) / max(1, min(len(one), len(other))) for one, other in combinations(texts, 2)]
    return sum(shares) / len(shares) if shares else 0.0


def _log_odds(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(share / (1 - share))
