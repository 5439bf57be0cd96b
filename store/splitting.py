"""How new questions change the clusters: which join, which begin one, which make several one, and who gets which split. No I/O."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from store.linking import Marks, alike_pairs, joined

Split = Literal["train", "validation", "test"]
Wanted = Split | Literal[""]

_STRENGTH: Final[tuple[Wanted, ...]] = ("", "train", "validation", "test")
_SHARES: Final[Mapping[Split, float]] = {"train": 0.65, "test": 0.25, "validation": 0.1}
_UPPER: Final[tuple[tuple[float, Split], ...]] = ((0.65, "train"), (0.75, "validation"), (1.0, "test"))
_CATEGORY: Final = 255  # characters that are kept


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster; `category` is its first question's, empty where it has none."""

    cluster_id: str
    split: Split
    first_seen_at: datetime
    category: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is assigned: the clusters by id, the questions' clusters by their ids, and the marks of those questions, in that order."""

    clusters: Mapping[str, Cluster]
    questions: Mapping[str, str]
    marks: Marks


@dataclass(frozen=True, slots=True)
class Seen:
    """Questions without marks in the ledger: ids, ascending, with their marks, categories and the splits they were given elsewhere."""

    ids: tuple[str, ...]
    marks: Marks
    categories: tuple[str, ...]
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A question as it is kept; `signature` are its numbers, little-endian; `turned` tells that it becomes a test, which it was not."""

    question_id: str
    cluster_id: str
    figures: str
    signature: bytes
    turned: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """A cluster that takes others up, or changes its split; the questions of those `turned` become tests, which they were not."""

    into: Cluster
    absorbed: tuple[str, ...]
    turned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What new questions change."""

    begun: tuple[Cluster, ...]
    merged: tuple[Merged, ...]
    questions: tuple[Placed, ...]


def plan_of(known: Known, seen: Seen, *, at: datetime) -> Plan:
    """
    Return what the questions *seen* at that moment change of what is *known*.

    A question that has a cluster of its own id but no marks (an earlier version kept none) stays in it. Where a question was given a split
    elsewhere, its cluster has that one, or a stronger one of its own.
    """
    groups = _groups(known, seen)
    shares = Shares(known.clusters.values(), at)
    begun: list[Cluster] = []
    merged: list[Merged] = []
    places: dict[str, str] = {}
    for ids, old in groups:
        wanted = strongest(seen.wanted[at] for at in ids)
        if not old:
            category = next((each for at in ids if (each := seen.categories[at][:_CATEGORY])), "")
            begun.append(shares.begun(seen.ids[ids[0]], category, wanted=wanted))
            cluster_id = begun[-1].cluster_id
        else:
            first, *others = sorted((known.clusters[each] for each in old), key=_age)
            cluster_id = first.cluster_id
            if others or is_stronger(wanted, first.split):
                merged.append(_merged(first, others, wanted))
        places |= {seen.ids[at]: cluster_id for at in ids}
    numbers = seen.marks.signatures.astype("<u4")
    turned = {each for change in merged for each in change.turned}
    placed = (
        Placed(each, places[each], figures, signature.tobytes(), each in turned)
        for each, figures, signature in zip(seen.ids, seen.marks.figures, numbers, strict=True)
    )
    return Plan(tuple(begun), tuple(merged), tuple(placed))


def _groups(known: Known, seen: Seen) -> list[tuple[list[int], list[str]]]:
    """Return what belongs together: the places of new questions, ascending, and the ids of the clusters they join."""
    union = _Union()
    owners = [*known.questions.values()]
    for first, second in alike_pairs(joined(known.marks, seen.marks), known=len(owners)).tolist():
        union.join(owners[first] if first < len(owners) else first - len(owners), second - len(owners))
    for at, each in enumerate(seen.ids):
        if each in known.clusters:
            union.join(each, at)
    groups: defaultdict[str | int, tuple[list[int], list[str]]] = defaultdict(lambda: ([], []))
    for at in range(len(seen.ids)):
        groups[union.root(at)][0].append(at)
    for each in union.names():
        groups[union.root(each)][1].append(each)
    return sorted(groups.values(), key=lambda group: group[0][0])


def strongest(splits: Iterable[Wanted]) -> Wanted:
    """Return which of *splits* wins: test, then validation; nothing where none is given."""
    return max(splits, key=_STRENGTH.index, default="")


def is_stronger(one: Wanted, other: Wanted) -> bool:
    """Tell whether *one* wins over *other*, which is another."""
    return _STRENGTH.index(one) > _STRENGTH.index(other)


def _merged(first: Cluster, others: Sequence[Cluster], wanted: Wanted) -> Merged:
    every = (first, *others)
    split = strongest((*(each.split for each in every), wanted)) or first.split
    turned = tuple(each.cluster_id for each in every if split == "test" != each.split)
    return Merged(replace(first, split=split), tuple(each.cluster_id for each in others), turned)


def _age(cluster: Cluster) -> tuple[datetime, str]:
    return cluster.first_seen_at, cluster.cluster_id


class Shares:
    """What new clusters are for; those of a category follow each other so that its shares stay as near to the design as they can."""

    def __init__(self, clusters: Iterable[Cluster], at: datetime) -> None:
        self._at = at
        self._counts: Counter[tuple[str, Split]] = Counter((each.category, each.split) for each in clusters if each.category)

    def begun(self, cluster_id: str, category: str, *, wanted: Wanted = "") -> Cluster:
        """Return the new cluster, in the split that it was given elsewhere, if in any."""
        split = wanted or (self._lacking(category) if category else split_of(cluster_id))
        self._counts[category, split] += 1
        return Cluster(cluster_id, split, self._at, category)

    def _lacking(self, category: str) -> Split:
        count = 1 + sum(self._counts[category, split] for split in _SHARES)
        return max(_SHARES, key=lambda split: _SHARES[split] * count - self._counts[category, split])


def split_of(cluster_id: str) -> Split:
    """Return the split that the hash of a cluster's first question gives it."""
    share = int(cluster_id[:8], 16) / 2**32
    return next(split for upper, split in _UPPER if share < upper)


class _Union:
    """Disjoint sets of new questions (their places) and clusters (their ids)."""

    def __init__(self) -> None:
        self._above: dict[str | int, str | int] = {}

    def root(self, each: str | int) -> str | int:
        """Return what stands for the set of *each*."""
        path = []
        while (above := self._above.get(each, each)) != each:
            path.append(each)
            each = above
        self._above |= dict.fromkeys(path, each)
        return each

    def join(self, one: str | int, other: str | int) -> None:
        """Make one set of two."""
        mine, theirs = self.root(one), self.root(other)
        self._above[mine] = theirs
        self._above.setdefault(theirs, theirs)

    def names(self) -> list[str]:
        """Return the clusters in any set, ascending."""
        return sorted(each for each in self._above if isinstance(each, str))
