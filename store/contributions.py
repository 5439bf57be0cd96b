"""How much each person's votes and questions count in an export: pure functions, but for the counting on the way."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from store.clusters import cluster_of
from store.linking import alike_pairs, marks_of


@dataclass(frozen=True, slots=True)
class Weighed:
    """
    An answer's votes, each person counted once for all the times they rated answers to its question and to near-duplicates of it.

    Whoever voted on *n* answers to such questions gives each the nth part of a vote.
    """

    up: float = 0.0
    down: float = 0.0

    @property
    def agreement(self) -> float:
        """The share of the votes that are up; 0 without any."""
        return round(self.up / (self.up + self.down), 4) if self.up + self.down else 0.0

    def weight(self, *, corrected: bool) -> float:
        """
        Return how much the answer counts, 0 to 1: an expert's words 1, else (up + 1) / (up + down + 2).

        That is how likely the next person likes it, by Laplace's rule of succession: 2/3 after one vote, 1/2 where they are divided.
        """
        return 1.0 if corrected else round((self.up + 1) / (self.up + self.down + 2), 4)


@dataclass(slots=True)
class Ballots:
    """How often each person voted on answers to each question and to near-duplicates of it."""

    _counts: dict[bytes, int] = field(default_factory=dict)

    def note(self, person: str, questions: Sequence[str]) -> None:
        """Count all votes of *person*, by the *questions* whose answers they rated, one a vote."""
        votes = Counter(map(cluster_of, questions))
        words = {cluster_of(question): question for question in sorted(questions)}
        for group in _alike([*words.values()]) if len(words) > 1 else [[*words.values()]]:
            count = sum(votes[cluster_of(question)] for question in group)
            self._counts |= {_key(person, question): count for question in group}

    def weighed(self, question: str, votes: Sequence[tuple[str, bool]]) -> Weighed:
        """Return the (person, up) *votes* on one answer to *question* as they count; who was not noted has no other."""
        parts = [(up, 1 / self._counts.get(_key(person, question), 1)) for person, up in votes]
        return Weighed(sum(part for up, part in parts if up), sum(part for up, part in parts if not up))


def _key(person: str, question: str) -> bytes:
    return hashlib.blake2b(f"{person} {cluster_of(question)}".encode(), digest_size=8).digest()


def _alike(questions: Sequence[str]) -> list[list[str]]:
    """Return *questions* in groups, each question a near-duplicate of another in its group."""
    above = [*range(len(questions))]

    def root(place: int) -> int:
        while above[place] != place:
            above[place] = place = above[above[place]]
        return place

    for one, other in alike_pairs(marks_of(questions)).tolist():
        above[root(other)] = root(one)
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for place, question in enumerate(questions):
        groups[root(place)].append(question)
    return [*groups.values()]


@dataclass(slots=True)
class Contributions:
    """Whose questions would train: (corrected, exchange id) by person, oldest first; those of answers only voted down stand apart."""

    good: defaultdict[str, list[tuple[bool, str]]] = field(default_factory=lambda: defaultdict(list))
    bad: defaultdict[str, list[tuple[bool, str]]] = field(default_factory=lambda: defaultdict(list))

    def over(self, share: float) -> frozenset[str]:
        """Return the exchanges that are too many of one person's; corrected ones and the newest of the others stay."""
        return frozenset(chain(_over(self.good, share), _over(self.bad, share)))


def _over(contributed: Mapping[str, Sequence[tuple[bool, str]]], share: float) -> list[str]:
    limit = limit_of([len(each) for each in contributed.values()], share)
    return [exchange_id for each in contributed.values() for _, exchange_id in sorted(each, reverse=True)[limit:]]


def limit_of(counts: Sequence[int], share: float) -> int:
    """
    Return how many rows each person may contribute so that nobody's are more than *share* of all that are left.

    Where so few people contribute that they could not, each may give twice an equal part: of two people nobody is limited.

    Args:
        counts: Rows of each person, at least 1.
        share: 0 to 1.
    """
    allowed = max(share, 2 / len(counts)) if counts else 1.0
    low, high = 1, max(counts, default=1)
    while low < high:  # the share of a limit only grows with it
        middle = (low + high + 1) // 2
        fits = middle <= allowed * sum(min(count, middle) for count in counts) + 1e-9
        low, high = (middle, high) if fits else (low, middle - 1)
    return low
