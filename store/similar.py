"""Near-duplicates in groups, and documents that hold little but what others hold."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadRequest
from store.near_pairs import Distinct, Links, Pairs, Progress, distinct, near_pairs

GroupKind = Literal["same", "numbers", "translated"]

LEAST_THRESHOLD: Final = 0.5  # below, anything is like everything
_REDUNDANT: Final = 0.8  # of a document's characters
_STEP: Final = 256  # texts compared with all others at a time
_NAMED: Final = 3  # documents beside a redundant one


@dataclass(frozen=True, slots=True)
class Member:
    """A text of a group: its row, and the row of the group's text that it is most similar to, with their cosine."""

    row: int
    nearest: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Group:
    """
    Texts that are linked by near-duplicates, the nearest first.

    Those of kind `same` have one language and the same numbers and codes, so that one of them would do; those of kind `numbers` are alike
    but for these: statements that contradict each other, or entries of one pattern; `translated` ones say it in two languages.
    """

    kind: GroupKind
    members: tuple[Member, ...]

    @property
    def similarity(self) -> float:
        """The highest within."""
        return self.members[0].similarity


@dataclass(frozen=True, slots=True)
class Redundant:
    """A document that is said elsewhere: which share of its characters is, and the documents that hold most of it, with their share."""

    document: str
    share: float
    others: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Similar:
    """The groups (`same`, `numbers`, `translated`, the largest first of each) and the redundant documents, most redundant first."""

    groups: tuple[Group, ...]
    documents: tuple[Redundant, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """
    What is compared, row by row.

    `vectors` are the texts' meanings, L2-normalised, shape (texts, dimension); `languages` are empty where they are not known;
    `documents` name where each text stands.
    """

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    languages: Sequence[str]
    documents: Sequence[str]


def find_similar(compared: Texts, *, threshold: float, progress: Progress) -> Similar:
    """
    Compare every text with every other; call it off the event loop.

    Texts that differ in case, accents and punctuation alone have similarity 1. Beside its arguments it takes some 100 MB, however many
    pairs are near; its time grows with the square of the number of texts.

    Args:
        compared: The texts; where they all stand in one document, none is redundant.
        threshold: The cosine from which two texts are near-duplicates, 0.5 to 1.
        progress: Called with the blocks compared and those to be compared in all.

    Raises:
        BadRequest: *threshold* is out of range.
    """
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise BadRequest(f"the threshold {threshold} is out of range: give a similarity from {LEAST_THRESHOLD} to 1")
    known = distinct(compared.texts, compared.languages)
    vectors = compared.vectors[known.first]
    links: dict[GroupKind, Links] = {kind: Links(len(vectors)) for kind in get_args(GroupKind)}
    standing = _Standing(compared, known)
    for pairs in near_pairs(vectors, threshold=threshold, progress=progress):
        for kind, chosen in _kinds(known, pairs.one, pairs.other).items():
            links[kind].add(pairs.where(chosen))
            if kind == "same":
                standing.note(pairs.where(chosen))
    redundant = tuple(standing.redundant(document, vectors, threshold) for document in standing.repeated())
    return Similar(tuple(group for kind, linked in links.items() for group in _groups(kind, known, linked)), redundant)


def _kinds(known: Distinct, one: NDArray[np.int64] | int, other: NDArray[np.int64]) -> dict[GroupKind, NDArray[np.bool_]]:
    """Return a mask of shape (pairs,) for each kind; every pair is of one."""
    languages = known.language[one], known.language[other]
    translated = (languages[0] != languages[1]) & (languages[0] > 0) & (languages[1] > 0)
    same = ~translated & (known.numbers[one] == known.numbers[other])
    translated &= known.digits[one] == known.digits[other]
    return {"same": same, "numbers": ~same & ~translated, "translated": translated}


def _groups(kind: GroupKind, known: Distinct, links: Links) -> list[Group]:
    """Return what is linked, largest groups first; where numbers differ each text counts once, however often it stands there."""
    gathered: defaultdict[int, list[Member]] = defaultdict(list)
    for number, label in enumerate(links.labels.tolist()):
        rows = known.rows[number]
        if kind == "same" and len(rows) > 1:
            gathered[label] += [Member(row, rows[row == rows[0]], 1.0) for row in rows]
        elif links.nearest[number] >= 0:
            nearest = known.rows[links.nearest[number]][0]
            gathered[label].append(Member(rows[0], nearest, float(links.similarity[number])))
    groups = [Group(kind, tuple(sorted(members, key=lambda each: (-each.similarity, each.row)))) for members in gathered.values()]
    return sorted(groups, key=lambda group: (-len(group.members), -group.similarity, group.members[0].row))


class _Standing:
    """Where each distinct text stands, and whether it stands in another document, too, in nearly the same words."""

    def __init__(self, compared: Texts, known: Distinct) -> None:
        self._known = known
        self._names = list(dict.fromkeys(compared.documents))
        document_of = {name: document for document, name in enumerate(self._names)}
        self._sizes: list[dict[int, int]] = []  # of each text: its characters in each document
        for rows in known.rows:
            sizes: defaultdict[int, int] = defaultdict(int)
            for row in rows:
                sizes[document_of[compared.documents[row]]] += len(compared.texts[row])
            self._sizes.append(dict(sizes))
        self._only = np.array([next(iter(sizes)) if len(sizes) == 1 else -1 for sizes in self._sizes], dtype=np.int64)
        self._elsewhere = self._only < 0  # (distinct texts,)

    def note(self, pairs: Pairs) -> None:
        """Note *pairs* of near-duplicates."""
        apart = pairs.where((self._only[pairs.one] != self._only[pairs.other]) | (self._only[pairs.one] < 0))
        self._elsewhere[apart.one] = self._elsewhere[apart.other] = True

    def repeated(self) -> Iterator[int]:
        """Yield the documents most of which stands elsewhere, most redundant first."""
        whole, elsewhere = np.zeros(len(self._names)), np.zeros(len(self._names))
        for number, sizes in enumerate(self._sizes):
            for document, size in sizes.items():
                whole[document] += size
                elsewhere[document] += size * self._elsewhere[number]
        shares = elsewhere / np.maximum(whole, 1)
        yield from (int(document) for document in np.argsort(-shares, kind="stable") if shares[document] >= _REDUNDANT)

    def redundant(self, document: int, vectors: NDArray[np.float32], threshold: float) -> Redundant:
        """Return which other documents hold how much of *document*."""
        own = np.array([number for number, sizes in enumerate(self._sizes) if document in sizes])
        held: defaultdict[int, int] = defaultdict(int)  # characters of the document, by the other one that holds them
        for number, near in self._near(own, vectors, threshold):
            size = self._sizes[number][document]
            for other in {other for text in (number, *near) for other in self._sizes[text]} - {document}:
                held[other] += size
        whole = sum(self._sizes[number][document] for number in own.tolist())
        said = sum(self._sizes[number][document] for number in own[self._elsewhere[own]].tolist())
        others = sorted(held.items(), key=lambda each: (-each[1], self._names[each[0]]))[:_NAMED]
        return Redundant(self._names[document], said / whole, tuple((self._names[other], size / whole) for other, size in others))

    def _near(self, own: NDArray[np.int64], vectors: NDArray[np.float32], threshold: float) -> Iterator[tuple[int, list[int]]]:
        """Yield each of these texts with its near-duplicates."""
        for begin in range(0, len(own), _STEP):
            part = own[begin : begin + _STEP]
            for number, cosines in zip(part.tolist(), vectors[part] @ vectors.T, strict=True):
                near = np.flatnonzero(cosines >= threshold)
                yield number, near[_kinds(self._known, number, near)["same"]].tolist()
