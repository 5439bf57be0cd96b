"""Search by words over what one viewer sees: how rare a word is, and how long a text is for them, is said by that alone."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.lexical import one_slip_away, terms_of
from store.word_index import Weighed, WordIndex

_SPELLINGS = 3  # known words that an unknown one may stand for
_SLIP_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Matches:
    """
    How well texts answer a question by its words: BM25 per unit of the question's rarity, 0 to about 2.

    The words that no text holds count in the divisor, so that a question in another language than the texts scores low everywhere.
    `covered` is the share of the question's rarity that the texts hold, 0 to 1.
    """

    weighed: Sequence[Weighed]
    covered: float

    def best(self, limit: int) -> dict[str, float]:
        """Return the *limit* best ids of each index, those above 0."""
        return {entry_id: score for each in self.weighed for entry_id, score in each.best(limit).items()}

    def of(self, ids: Iterable[str]) -> dict[str, float]:
        """Return the score of each of *ids*; 0 for an unknown one."""
        found = dict.fromkeys(ids, 0.0)
        for each in self.weighed:
            for entry_id, score in each.of(found).items():
                found[entry_id] = max(found[entry_id], score)
        return found


def search(indexes: Sequence[WordIndex], question: str) -> Matches:
    """Score every text of *indexes*, as if they were one, for the words of *question*; call it off the event loop."""
    texts = sum(map(len, indexes))
    weights: defaultdict[str, float] = defaultdict(float)
    whole = covered = 0.0
    for term, count in Counter(terms_of(question)).items() if texts else ():
        spellings = _spellings(term, indexes)
        rarities = {spelt: _rarity(spelt, indexes, texts) for spelt in spellings}
        for spelt, trust in spellings.items():
            weights[spelt] += count * trust * rarities[spelt]
        whole += max(rarities.values(), default=_rarity(term, indexes, texts))
        covered += max((trust * rarities[spelt] for spelt, trust in spellings.items()), default=0.0)
    if not weights:
        return Matches((), 0.0)
    mean = sum(each.length for each in indexes) / texts
    shares = {spelt: weight / whole for spelt, weight in weights.items()}
    return Matches([each.weigh(shares, mean) for each in indexes], covered / whole)


def rarity(indexes: Sequence[WordIndex], term: str) -> float:
    """Return how rare *term* is in all of *indexes*, from 0 to 1 for one that stands nowhere."""
    texts = sum(map(len, indexes))
    return _rarity(term, indexes, texts) / math.log(1 + (texts + 0.5) / 0.5) if texts else 1.0


def _rarity(term: str, indexes: Sequence[WordIndex], texts: int) -> float:
    holders = sum(each.holders(term) for each in indexes)
    return math.log(1 + (texts - holders + 0.5) / (holders + 0.5))  # Lucene's inverse document frequency


def _spellings(term: str, indexes: Sequence[WordIndex]) -> dict[str, float]:
    """Return the words of the texts that *term* may be, with how far each is to be trusted: itself, or some that are one slip away."""
    if any(each.holders(term) for each in indexes):
        return {term: 1.0}
    near: Counter[str] = Counter()
    slips = one_slip_away(term)
    for each in indexes:
        near.update({spelt: each.holders(spelt) for spelt in each.known(slips)})
    return {spelt: _SLIP_WEIGHT for spelt, _ in sorted(near.items(), key=lambda found: (-found[1], found[0]))[:_SPELLINGS]}
