"""What retrieval tells of how likely its best passages hold the answer: figures only, weighed by bot/confidence.py."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from store.lexical import names_in, terms_of

_HOLDING: Final = 3  # passages that the model reads
_COMPARED: Final = 5  # passages that say whether the best one stands out, or is borne out
_WIDEST: Final = 6.0  # log-odds: a lead beyond says no more
_LIKENESS: Final = 0.8  # a word that begins alike or differs by a letter, beside the very word
_STEM_LETTERS: Final = 5
_FEW: Final = 4  # words of a short question: with fewer it is as likely to be answered
_SHORTEST: Final = 4  # letters of a word in which one may be wrong


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate, as it was scored: `score` is its relevance (0 to 1), `words` its lexical score, `text` its words with their heading."""

    score: float
    cosine: float
    words: float
    text: str


def evidence_of(question: str, ranked: Sequence[Ranked], *, rarity: Callable[[str], float]) -> dict[str, float]:
    """
    Return the figures.

    `relevance` is the best passage's in log-odds, `cosine` and `words` what that is made of, `lead` how far it is before the fourth,
    `apart` how far its cosine is above the others', `agreement` which share of its words another one has, too (0 to 1). `coverage` is the
    share of the question's rarity that stands in the passages to be read (0 to 1), `untold` the rarity of the rarest of its words that
    does not (0 to 1): what a question about something else has is a telling word that nobody used. `known` and `strange` say (0 or 1)
    whether one of the names in it, which have a capital inside a sentence, stands there, and whether one does not. `length` is the
    logarithm of how many words it has: the more there are, the smaller is the share of them that any passage has.

    Args:
        question: The words that the best candidate was found by.
        ranked: Candidates, best first; without any there is no evidence.
        rarity: How rare a term is in all that the asker sees, 1 for one that stands nowhere.
    """
    if not ranked:
        return {}
    best, others = ranked[0], ranked[1:10]
    terms = list(dict.fromkeys(terms_of(question)))
    held = [frozenset(terms_of(each.text)) for each in ranked[:_COMPARED]]
    rarities = {term: rarity(term) for term in terms}
    read = frozenset().union(*held[:_HOLDING])
    covered = {term: _covered(term, read) for term in terms}
    whole = sum(rarities.values()) or 1.0
    names = [any(_covered(term, read) for term in spelt) for name in names_in(question) if (spelt := terms_of(name))]
    fourth = ranked[_HOLDING].score if len(ranked) > _HOLDING else 0.0
    return {
        "relevance": _log_odds(best.score),
        "cosine": best.cosine,
        "words": best.words,
        "lead": min(_log_odds(best.score) - _log_odds(fourth), _WIDEST),
        "apart": best.cosine - sum(each.cosine for each in others) / len(others) if others else best.cosine,
        "agreement": max((len(held[0] & each) / max(1, len(held[0])) for each in held[1:]), default=0.0),
        "coverage": sum(rarities[term] * covered[term] for term in terms) / whole,
        "untold": max((rarities[term] * (1 - covered[term]) for term in terms), default=0.0),
        "known": float(any(names)),
        "strange": float(not all(names)),
        "length": math.log(max(_FEW, len(terms))),
    }


def _log_odds(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return math.log(share / (1 - share))


def _covered(term: str, held: frozenset[str]) -> float:
    if term in held:
        return 1.0
    return _LIKENESS if any(_alike(term, each) for each in held) else 0.0


def _alike(one: str, other: str) -> bool:
    if one.isdigit() or other.isdigit():
        return False
    if len(one) >= _STEM_LETTERS and one[:_STEM_LETTERS] == other[:_STEM_LETTERS]:
        return True
    if len(one) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    same = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))
    return one[same + 1 :] == other[same + 1 :] or one[same:] == other[same + 1 :] or one[same + 1 :] == other[same:]
