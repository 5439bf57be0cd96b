"""
What says the question in other words, and what says nearly the same of another kind.

Who asks about a dog at the pool shares no word but the pool with the rule about animals; the abdominal ultrasound is not the obstetric one.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from store.lexical import is_code, terms_of
from store.relevance import comparable, log_odds
from store.said import AskedWord, Said, asked_words, is_light, said
from store.scored import Scored, lowered

_LOOKED_AT = 16  # candidates, best first
_REWORDED = 8  # candidates, best first
_IN_OTHER_WORDS = 1.5  # log-odds for the whole question in other words; with twice as many what has its very words falls behind
_IN_ANOTHER_LANGUAGE = 5.0  # likewise, where there are no words in common that could count: half of what those would
_NAME_WORDS = 5  # of a cell that names what its row is about
_OTHER_KIND = 4.5  # log-odds: as much as for another code
_REMEMBERED = 4096
_PART_END = re.compile(r"[.;:!?|\n]+")

_Pairs = frozenset[tuple[str, str]]


def in_other_words(ranked: Sequence[Scored], rarity: Callable[[str], float], language: str) -> list[Scored]:
    """
    Return the candidates with the scores raised of those that say the question in other words; to be sorted anew.

    Only words that none of the likeliest has are looked for in other words: what has them comes first anyway. In the question's language
    what says more of them than the best is raised by that. In another, where neither words nor the second encoder tell anything, all is.

    Args:
        ranked: Best first.
        rarity: How rare a term is in all that the asker sees, 0 to 1.
        language: The question's (ISO 639-1), empty where it is not told.
    """
    likeliest = ranked[:_REWORDED]
    words = asked_words(ranked[0].asked) if ranked else []
    lacking = _lacking(words, likeliest)
    if not lacking:
        return [*ranked]
    weights = {word.term: rarity(word.term) * word.weight for word in words}
    whole = sum(weights.values()) or 1.0
    told = [_said(each).says_otherwise(words, lacking) for each in likeliest]
    shares = [sum(weights[term] * each[term] for term in lacking) / whole for each in told]
    steps = [
        _IN_OTHER_WORDS * max(0.0, share - shares[0])
        if comparable(language, each.candidate.passage.language)
        else _IN_ANOTHER_LANGUAGE * share
        for each, share in zip(likeliest, shares, strict=True)
    ]
    return [*(lowered(each, -step) for each, step in zip(likeliest, steps, strict=True)), *ranked[_REWORDED:]]


def _lacking(words: Sequence[AskedWord], likeliest: Sequence[Scored]) -> list[str]:
    """Return the terms that none of *likeliest* has, of those that can be said otherwise."""
    lacking = [word.term for word in words if word.has_other_words]
    for each in likeliest:
        if not lacking:  # reading a text takes .1 ms
            break
        lacking = [term for term in lacking if term not in _said(each).terms]
    return lacking


def without_other_kinds(question: str, ranked: Sequence[Scored]) -> list[Scored]:
    """
    Return the candidates with those put behind that are about another kind of what is asked for, where one is about that kind.

    Asked for the obstetric ultrasound, a heading or a cell of a row that says "abdominal ultrasound" names another one; to be sorted anew.
    """
    looked_at = ranked[:_LOOKED_AT]
    named = [_names(each) for each in looked_at]
    spoken = frozenset(terms_of(question))
    for pair in sorted(filter(_says_which, _pairs(question))):
        meant = [log_odds(each.score) for each, names in zip(looked_at, named, strict=True) if pair in names]
        if meant:
            behind = [lowered(each, max(0.0, log_odds(each.score) - max(meant) + _OTHER_KIND)) for each in looked_at]
            another = [
                pair not in names and _names_another(each, names, pair, spoken) for each, names in zip(looked_at, named, strict=True)
            ]
            looked_at = [low if other else each for each, low, other in zip(looked_at, behind, another, strict=True)]
    return [*looked_at, *ranked[_LOOKED_AT:]]


def _names_another(scored: Scored, names: _Pairs, meant: tuple[str, str], spoken: frozenset[str]) -> bool:
    """Tell whether one of *names* is *meant* but for a word that the question has not, and the candidate has nothing of the word meant."""
    text = _said(scored)
    one, other = meant
    return any(
        (first == one and second not in spoken and not text.has(other)) or (second == other and first not in spoken and not text.has(one))
        for first, second in names
    )


def _names(scored: Scored) -> _Pairs:
    """Return the pairs of neighbouring words in what names the candidate's subject; none where it answers a question."""
    if scored.candidate.question:
        return frozenset()
    passage = scored.candidate.passage
    cells = [cell.rpartition(": ")[2] for cell in passage.text.split("; ")] if passage.row else []
    return _pairs("\n".join([passage.heading.rpartition(" > ")[2], *(cell for cell in cells if len(cell.split()) <= _NAME_WORDS)]))


@lru_cache(maxsize=_REMEMBERED)
def _pairs(text: str) -> _Pairs:
    """Return the terms that stand beside each other in a part of *text*, words between that say nothing left out."""
    parts = [terms_of(part) for part in _PART_END.split(text)]
    return frozenset(pair for terms in parts for pair in pairwise(terms))


def _says_which(pair: tuple[str, str]) -> bool:
    """Tell whether *pair* may name a thing and which one; what codes and numbers name is looked at elsewhere."""
    return not any(each.isdigit() or is_code(each) or is_light(each) for each in pair)


def _said(scored: Scored) -> Said:
    passage = scored.candidate.passage
    return said(f"{passage.title} {passage.text}", passage.heading)  # as the evidence has it, so that it is read once
