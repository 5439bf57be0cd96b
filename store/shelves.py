"""Candidates by their words, in memory: a shelf for the passages, and for the approved answers, of each reach."""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.messages import Reach, Viewer
from store.candidates import Candidate, Kind, visible_to
from store.codes import Codes
from store.lexical import terms_of, words_of
from store.word_index import WordIndex
from store.word_search import Matches, rarity, search


class Shelf:
    """The words of the passages, or of the approved answers, of one reach."""

    def __init__(self) -> None:
        self.index = WordIndex()
        self._asked: dict[int, list[str]] = {}  # the ids of what answers a question, by the hash of its words
        self._questions: dict[str, int] = {}  # that hash, by id
        self._languages: dict[str, str] = {}  # by id; 5 MB for 100,000
        self._codes: dict[str, str] = {}  # by id, where there are any: `Codes.line`; 15 MB for 100,000 that all have some

    def put(self, candidates: Sequence[Candidate]) -> None:
        """Add *candidates*, or replace what there was under their ids."""
        self.index.put((each.passage.passage_id, terms_of(each.searched)) for each in candidates)
        for each in candidates:
            self._forget_question(each.passage.passage_id)
            self._languages[each.passage.passage_id] = sys.intern(each.passage.language)
            if codes := Codes.of(each.searched):
                self._codes[each.passage.passage_id] = codes.line
            else:
                self._codes.pop(each.passage.passage_id, None)
            if each.question:
                key = self._questions[each.passage.passage_id] = _hash(each.question)
                self._asked[key] = [*self._asked.get(key, ()), each.passage.passage_id]

    def remove(self, ids: Sequence[str]) -> None:
        """Take *ids* away; those of other shelves are passed over."""
        self.index.remove(ids)
        for entry_id in ids:
            self._forget_question(entry_id)
            self._languages.pop(entry_id, None)
            self._codes.pop(entry_id, None)

    def languages(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the languages (ISO 639-1, empty where not known) of those of *ids* that are here."""
        # In one look-up each: another thread may take it away meanwhile.
        return {entry_id: language for entry_id in ids if (language := self._languages.get(entry_id)) is not None}

    def codes(self, ids: Iterable[str]) -> dict[str, Codes]:
        """Return the codes of those of *ids* that are here and have any."""
        return {entry_id: Codes.of_line(line) for entry_id in ids if (line := self._codes.get(entry_id)) is not None}

    def asking(self, question: str) -> Sequence[str]:
        """Return what answers just these words, which one hash stands for: look at what is loaded."""
        return self._asked.get(_hash(question), ())

    def _forget_question(self, entry_id: str) -> None:
        key = self._questions.pop(entry_id, None)
        if key is not None:
            self._asked[key] = [each for each in self._asked[key] if each != entry_id]
            if not self._asked[key]:
                del self._asked[key]


class Shelves:
    """Everything by its words, each reach for itself: viewers share what they see in common."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[Kind, Reach], Shelf] = {}
        self._changing = threading.Lock()

    def put(self, candidates: Iterable[Candidate]) -> None:
        """Add *candidates*, each to its shelf; call it off the event loop."""
        sorted_out: defaultdict[tuple[Kind, Reach], list[Candidate]] = defaultdict(list)
        for each in candidates:
            sorted_out[each.kind, each.reach].append(each)
        with self._changing:
            for place, some in sorted_out.items():
                if place not in self._shelves:
                    self._shelves = dict(sorted([*self._shelves.items(), (place, Shelf())], key=_place))  # others may be going through it
                self._shelves[place].put(some)

    def remove(self, kind: Kind, ids: Sequence[str]) -> None:
        """Take *ids* away, wherever they are; call it off the event loop."""
        with self._changing:
            for (each, _), shelf in self._shelves.items():
                if each == kind:
                    shelf.remove(ids)

    def seen_by(self, viewer: Viewer) -> "Words":
        """Return what *viewer* sees."""
        visible = visible_to(viewer)
        return Words({place: shelf for place, shelf in self._shelves.items() if place[1] in visible and len(shelf.index)})


@dataclass(frozen=True, slots=True)
class Words:
    """What one viewer sees, by its words: the shelves on which there is anything."""

    shelves: Mapping[tuple[Kind, Reach], Shelf]

    def search(self, query: str) -> Matches:
        """Score everything for the words of *query*; call it off the event loop."""
        return search([shelf.index for shelf in self.shelves.values()], query)

    def rarity(self, term: str) -> float:
        """Return how rare *term* is in all of it, from 0 to 1 for one that stands nowhere."""
        return rarity([shelf.index for shelf in self.shelves.values()], term)

    def on(self, kind: Kind, reach: Reach, ids: Iterable[str]) -> list[str]:
        """Return those of *ids* that are on that shelf."""
        return [entry_id for entry_id in ids if entry_id in self.shelves[kind, reach].index]

    def languages(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the languages (ISO 639-1, empty where not known) of those of *ids* that are seen."""
        return {entry_id: language for shelf in self.shelves.values() for entry_id, language in shelf.languages(ids).items()}

    def codes(self, ids: Sequence[str]) -> dict[str, Codes]:
        """Return the codes of those of *ids* that are seen and have any."""
        return {entry_id: codes for shelf in self.shelves.values() for entry_id, codes in shelf.codes(ids).items()}

    def holding(self, ids: Sequence[str], terms: AbstractSet[str]) -> list[str]:
        """Return those of *ids* whose words hold one of *terms*."""
        holding = {entry_id for shelf in self.shelves.values() for entry_id in shelf.index.holding(ids, terms)}
        return [entry_id for entry_id in ids if entry_id in holding]

    def exactly(self, query: str) -> tuple[str, ...]:
        """Return what answers just these words."""
        return tuple(entry_id for shelf in self.shelves.values() for entry_id in shelf.asking(query))

    def superseded(self, candidate: Candidate) -> bool:
        """Tell whether an expert has answered the very question of this FAQ entry since."""
        if candidate.kind == "verified" or not candidate.question:
            return False
        return any(kind == "verified" and shelf.asking(candidate.question) for (kind, _), shelf in self.shelves.items())


def _hash(question: str) -> int:
    return hash(tuple(words_of(question)))


def _place(shelf: tuple[tuple[Kind, Reach], Shelf]) -> tuple[Kind, Reach]:
    return shelf[0]
