"""Which passages a training row carries: the one that answers, and others that do not, as served or shuffled."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice

from bot.messages import Passage
from bot.wording import stems_of
from store.lexical import numbers_of, words_of
from store.word_index import WordIndex
from store.word_search import search

# A passage answers where it holds every number and code of the answer, and this share of its words; whoever words an answer freely keeps
# about so many.
_HOLDS = 0.7
_ASKED_WEIGHT = 0.5  # of two that answer, the one that speaks of the question goes first
_DRAWN = 32  # passages drawn by chance before the others follow in their order: no row shows as many
_WITH_DIGIT = re.compile(r"\S*\d\S*")
_JOINT = re.compile(r"[-./]")


@dataclass(frozen=True, slots=True)
class _Signs:
    """What a text is recognised by."""

    stems: frozenset[str]
    numbers: frozenset[str]


class Shelf:
    """Passages to choose from, each text once."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        """Keep the first of *passages* for each text."""
        unique = {passage.text: passage for passage in reversed(list(passages))}
        self._passages = tuple(reversed(unique.values()))
        self._signs: dict[str, _Signs] = {}

    def answering(self, question: str, answer: str, passages: Sequence[Passage]) -> Passage | None:
        """Return the one of *passages* whose words hold *answer*, None where none does."""
        asked, said = self.signs(question), self.signs(answer)
        scores = [(self._held(passage, asked, said), passage) for passage in passages]
        best = max((score for score, _ in scores), default=0.0)
        return next((passage for score, passage in scores if score == best), None) if best else None

    def without(self, question: str, answer: str, passages: Iterable[Passage]) -> Iterator[Passage]:
        """Yield those of *passages* that do not hold *answer*."""
        asked, said = self.signs(question), self.signs(answer)
        return (passage for passage in passages if not self._held(passage, asked, said))

    def near(self, question: str, *, limit: int) -> tuple[Passage, ...]:
        """Return the passages that are most like *question*, best first."""
        return tuple(self._passages[int(at)] for at in search([self._index], question).best(limit))

    def drawn(self, rng: random.Random) -> Iterator[Passage]:
        """Yield all passages, the first ones drawn by chance."""
        count = len(self._passages)
        first = rng.sample(range(count), min(count, _DRAWN))
        return (self._passages[at] for at in chain(first, (at for at in range(count) if at not in first)))

    def signs(self, text: str) -> _Signs:
        """Return the stems and the numbers of *text*; a joined number counts in its parts, too."""
        found = self._signs.get(text)
        if found is None:
            numbers = numbers_of(words_of(" ".join(_WITH_DIGIT.findall(text))))  # folding whole passages would take most of the time
            parts = {part for number in numbers for part in _JOINT.split(number) if any(map(str.isdigit, part))}
            found = self._signs[text] = _Signs(frozenset(stems_of(text)), numbers | parts)
        return found

    @cached_property
    def _index(self) -> WordIndex:
        texts = [f"{passage.heading or passage.title} {passage.text}" for passage in self._passages]
        return WordIndex((f"{at:09}", text) for at, text in enumerate(texts))  # equal ones are found in this order

    def _held(self, passage: Passage, asked: _Signs, said: _Signs) -> float:
        """Return how well *passage* gives what was *said* when it was *asked*; 0 where it does not."""
        heading, text = self.signs(passage.heading or passage.title), self.signs(passage.text)
        stems, numbers = heading.stems | text.stems, heading.numbers | text.numbers
        # What the question says already tells passages apart, but is no answer; where an answer only repeats it, that must do.
        news = said.stems - asked.stems or said.stems
        if not said.numbers - asked.numbers <= numbers or not (news or said.numbers):
            return 0.0
        share = len(news & stems) / len(news) if news else 1.0
        subject = asked.stems | asked.numbers | said.numbers
        about = len(subject & (stems | numbers)) / len(subject) if subject else 0.0
        return share + _ASKED_WEIGHT * about if share >= _HOLDS else 0.0


class Contexts:
    """The passages of an example's rows, best first."""

    def __init__(self, shelf: Shelf, *, distractors: int) -> None:
        """Take from *shelf* what is missing to *distractors* beside the passage that answers."""
        self._shelf = shelf
        self._distractors = distractors

    def served(self, question: str, gold: Passage, seen: Sequence[Passage]) -> tuple[Passage, ...]:
        """Return *gold* and its distractors in the order of service: where the retriever put it among those *seen*, else first."""
        most = self._distractors + 1
        ranked = seen if gold in seen[:most] else (gold, *seen)
        shown: dict[str, Passage] = {}
        for passage in chain(ranked, self._beside(question, gold, seen, random.Random(gold.text))):
            shown.setdefault(passage.text, passage)
            if len(shown) == most:
                break
        return tuple(shown.values())

    def shuffled(self, gold: Passage, seen: Sequence[Passage], rng: random.Random) -> tuple[Passage, ...]:
        """Return *gold* in an order by chance among passages of other subjects, those *seen* only where there are too few."""
        near = {passage.text for passage in (gold, *seen)}
        far = (passage for passage in self._shelf.drawn(rng) if passage.text not in near)
        passages = [gold, *islice(chain(far, (passage for passage in seen if passage.text != gold.text)), self._distractors)]
        rng.shuffle(passages)
        return tuple(passages)

    def silent(self, question: str, answer: str, gold: Passage, seen: Sequence[Passage], rng: random.Random) -> tuple[Passage, ...]:
        """Return as many passages of which none answers, the likeliest first."""
        beside = self._shelf.without(question, answer, self._beside(question, gold, seen, rng))
        return tuple(islice(beside, self._distractors + 1))

    def _beside(self, question: str, gold: Passage, seen: Sequence[Passage], rng: random.Random) -> Iterator[Passage]:
        """Yield passages of other texts than *gold*: those *seen*, what is most like the question, then whatever there is."""
        told = {gold.text}
        for passage in chain(seen, self._lazily_near(question), self._shelf.drawn(rng)):
            if passage.text not in told:
                told.add(passage.text)
                yield passage

    def _lazily_near(self, question: str) -> Iterator[Passage]:
        yield from self._shelf.near(question, limit=2 * self._distractors + 2)
