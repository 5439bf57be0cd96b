"""Near-duplicates in groups, and documents that hold little but what others hold."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadRequest
from store.lexical import words_of
from store.near_pairs import Distinct, Links, Pairs, Progress, distinct, near_pairs
from store.question_reading import read
from store.substance import Otherwise, Substance, exchanged, otherwise, signed_figures, substance_of

GroupKind = Literal["same", "words", "numbers", "translated"]

LEAST_THRESHOLD: Final = 0.5  # below, anything is like everything
_REDUNDANT: Final = 0.8  # of a document's characters
# How much less alike two languages may be. Of translations cosines are .77 to .89, of other facts of one company, in two languages
# (tests/data/answers/bilingual_facts.jsonl), below .75.
_ACROSS: Final = 0.15
_ROUNDING: Final = 1e-6
_DIGITS = re.compile(r"\d+")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n+")
_TELLING: Final = 4  # words of a sentence that stands elsewhere, not by chance
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

    Those of kind `same` have one language and say the same, so that one of them would do; those of kind `words` are alike but for one that
    tells otherwise (a denial, a name, an opposite, a word in another's place), those of kind `numbers` but for a number, code or day:
    statements that contradict each other, or entries of one pattern; `translated` ones say it in two languages.
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
    """The groups of each kind in turn, the largest first, and the redundant documents, most redundant first."""

    groups: tuple[Group, ...]
    documents: tuple[Redundant, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """
    What is compared, row by row.

    `vectors` are the texts' meanings, L2-normalised, shape (texts, dimension); `languages` are empty where they are not known;
    `documents` name where each text stands, `subjects` what it stands under, such as a heading, empty where nothing is said.
    """

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    languages: Sequence[str]
    documents: Sequence[str]
    subjects: Sequence[str] = ()


def find_similar(compared: Texts, *, threshold: float, progress: Progress) -> Similar:
    """
    Compare every text with every other; call it off the event loop.

    Texts that differ in case, accents and punctuation alone have similarity 1. Beside its arguments it takes some 100 MB, however many
    pairs are near; its time grows with the square of the number of texts.

    Args:
        compared: The texts; where they all stand in one document, none is redundant.
        threshold: The cosine from which two texts are near-duplicates, 0.5 to 1; of two languages, from .15 below.
        progress: Called with the blocks compared and those to be compared in all.

    Raises:
        BadRequest: *threshold* is out of range.
    """
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise BadRequest(f"the threshold {threshold} is out of range: give a similarity from {LEAST_THRESHOLD} to 1")
    subjects = _Subjects(compared)
    known = distinct(compared.texts, compared.languages, subjects.rows)
    vectors = compared.vectors[known.first]
    links: dict[GroupKind, Links] = {kind: Links(len(vectors)) for kind in get_args(GroupKind)}
    said = _Said(compared, known, subjects)
    standing = _Standing(compared, known, subjects)
    for pairs in near_pairs(vectors, threshold=max(threshold - _ACROSS, LEAST_THRESHOLD), progress=progress):
        near = pairs.where((pairs.similarity >= threshold - _ROUNDING) | said.across(pairs.one, pairs.other))
        for kind, chosen in said.kinds(near.one, near.other).items():
            links[kind].add(near.where(chosen))
            if kind == "same":
                standing.note(near.where(chosen))
    redundant = tuple(standing.redundant(document) for document in standing.repeated())
    return Similar(tuple(group for kind, linked in links.items() for group in _groups(kind, known, linked)), redundant)


class _Subjects:
    """
    What texts stand under: `rows` has the concepts of each.

    Two are apart where they are of one pattern (returning tools, returning paint); what shares nothing is a copy under another title.
    """

    def __init__(self, compared: Texts) -> None:
        concepts = {subject: frozenset(read(subject).content) for subject in {*compared.subjects}}
        self.rows: list[frozenset[str]] = [concepts[subject] for subject in compared.subjects] or [frozenset()] * len(compared.texts)

    @staticmethod
    def apart(one: frozenset[str], other: frozenset[str]) -> bool:
        """Tell whether the same words may be about two things."""
        return bool(one & other and one - other and other - one)


class _Said:
    """What texts say that tells near ones apart; only those are read, for reading takes some ms each."""

    def __init__(self, compared: Texts, known: Distinct, subjects: _Subjects) -> None:
        self._texts = [compared.texts[row] for row in known.first]
        self._subjects = [subjects.rows[row] for row in known.first]
        self._language = known.language
        self._substance: dict[int, Substance] = {}
        self._digits: dict[frozenset[str], int] = {}
        # Equal for texts with the same digits: as their numbers mean, and as they are written.
        self._meant, self._written = (np.full(len(self._texts), -1, dtype=np.int64) for _ in range(2))

    def across(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which pairs are known to be in two languages, shape (pairs,)."""
        mine, theirs = self._language[one], self._language[other]
        across: NDArray[np.bool_] = (mine != theirs) & (mine > 0) & (theirs > 0)
        return across

    def kinds(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> dict[GroupKind, NDArray[np.bool_]]:
        """Return a mask of shape (pairs,) for each kind; every pair is of one."""
        for number in np.unique(np.concatenate((one, other))).tolist():
            self._read(number)
        across = self.across(one, other)
        meant = self._meant[one] == self._meant[other]
        same, words = ~across & meant, np.zeros(len(one), dtype=np.bool_)
        for place in np.flatnonzero(same).tolist():
            differ = self._differ(int(one[place]), int(other[place]))
            words[place], same[place] = differ == "words", differ is None
        translated = across & (meant | (self._written[one] == self._written[other]))
        return {"same": same, "words": words, "numbers": ~same & ~words & ~translated, "translated": translated}

    def _differ(self, one: int, other: int) -> Otherwise | None:
        mine, theirs = self._substance[one], self._substance[other]
        if differ := otherwise(mine, theirs):
            return differ
        return "words" if exchanged(mine, theirs) or _Subjects.apart(self._subjects[one], self._subjects[other]) else None

    def _read(self, number: int) -> None:
        if number not in self._substance:
            self._substance[number] = said = substance_of(self._texts[number])
            for kept, text in ((self._meant, " ".join(said.reading.marks.held)), (self._written, self._texts[number])):
                digits = frozenset(_DIGITS.findall(text)) - {"1"}  # which "a day" need not say
                kept[number] = self._digits.setdefault(digits, len(self._digits))


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
    """Where each distinct text stands, and whether it stands in another document, too, in nearly the same words or sentence by sentence."""

    def __init__(self, compared: Texts, known: Distinct, subjects: _Subjects) -> None:
        self._names = list(dict.fromkeys(compared.documents))
        document_of = {name: document for document, name in enumerate(self._names)}
        self._sizes: list[dict[int, int]] = []  # of each text: its characters in each document
        for rows in known.rows:
            sizes: defaultdict[int, int] = defaultdict(int)
            for row in rows:
                sizes[document_of[compared.documents[row]]] += len(compared.texts[row])
            self._sizes.append(dict(sizes))
        self._only = np.array([next(iter(sizes)) if len(sizes) == 1 else -1 for sizes in self._sizes], dtype=np.int64)
        self._near: defaultdict[int, set[int]] = defaultdict(set)  # text: other documents with a near-duplicate
        self._subjects = [subjects.rows[row] for row in known.first]
        self._sentences = [_sentences(compared.texts[row]) for row in known.first]
        self._said_under: defaultdict[str, dict[frozenset[str], set[int]]] = defaultdict(dict)  # sentence: subject: documents
        for held, subject, sentences in zip(self._sizes, self._subjects, self._sentences, strict=True):
            for sentence in sentences:
                self._said_under[sentence].setdefault(subject, set()).update(held)

    def note(self, pairs: Pairs) -> None:
        """Note *pairs* of near-duplicates."""
        apart = pairs.where((self._only[pairs.one] != self._only[pairs.other]) | (self._only[pairs.one] < 0))
        for one, other in zip(apart.one.tolist(), apart.other.tolist(), strict=True):
            self._near[one].update(self._sizes[other])
            self._near[other].update(self._sizes[one])

    def repeated(self) -> Iterator[int]:
        """Yield the documents most of which stands elsewhere, most redundant first."""
        whole, elsewhere = np.zeros(len(self._names)), np.zeros(len(self._names))
        for number, sizes in enumerate(self._sizes):
            for document, size in sizes.items():
                whole[document] += size
                elsewhere[document] += size * self._share(number, document)
        shares = elsewhere / np.maximum(whole, 1)
        yield from (int(document) for document in np.argsort(-shares, kind="stable") if shares[document] >= _REDUNDANT)

    def redundant(self, document: int) -> Redundant:
        """Return which other documents hold how much of *document*."""
        held: defaultdict[int, float] = defaultdict(float)  # characters of the document, by the other one that holds them
        own = [number for number, sizes in enumerate(self._sizes) if document in sizes]
        for number in own:
            for other, share in self._shares(number).items():
                held[other] += self._sizes[number][document] * share * (other != document)
        whole = sum(self._sizes[number][document] for number in own)
        said = sum(self._sizes[number][document] * self._share(number, document) for number in own)
        others = sorted(((name, size) for name, size in held.items() if size), key=lambda each: (-each[1], self._names[each[0]]))[:_NAMED]
        return Redundant(self._names[document], said / whole, tuple((self._names[other], size / whole) for other, size in others))

    def _share(self, number: int, document: int) -> float:
        """Return which share of a text stands in another document than this one."""
        if self._elsewhere(number) - {document}:
            return 1.0
        sentences = self._sentences[number]
        said = sum(size for sentence, size in sentences.items() if self._said_in(sentence, number) - {document})
        return said / max(sum(sentences.values()), 1)

    def _shares(self, number: int) -> dict[int, float]:
        """Return which share of a text each document holds."""
        sentences = self._sentences[number]
        held: defaultdict[int, float] = defaultdict(float)
        for sentence, size in sentences.items():
            for document in self._said_in(sentence, number):
                held[document] += size / sum(sentences.values())
        return held | dict.fromkeys(self._elsewhere(number), 1.0)

    def _said_in(self, sentence: str, number: int) -> set[int]:
        """Return the documents that hold a sentence of a text, under nothing else than this text."""
        under = self._said_under[sentence]
        return {document for subject, held in under.items() if not _Subjects.apart(subject, self._subjects[number]) for document in held}

    def _elsewhere(self, number: int) -> set[int]:
        """Return the documents that hold a text, or one that is near it."""
        return self._sizes[number].keys() | self._near[number]


def _sentences(text: str) -> dict[str, int]:
    """Return the sentences and lines of *text*, folded, that are long enough to be known again, with their characters."""
    pieces = [(words_of(piece), piece) for piece in _SENTENCE.split(text)]
    return {f"{' '.join(words)} {signed_figures(piece) or ''}": len(piece) for words, piece in pieces if len(words) >= _TELLING}
