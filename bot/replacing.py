"""Whether a sentence says of what somebody asked about what the passages say of another: who asks about one town is told of the next."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from bot.empty_words import idle_words
from bot.invented import names_in
from bot.numerals import calendar_form, fold, numerals
from bot.statements import Statement, statements_of
from bot.wording import WORD, stem_of

# "No" is "in the" in Portuguese, but for these.
_DENIES: Final = re.compile(
    r"\b(?:not|cannot|never|nothing|none|nao|nem|nunca|nenhuma?|nada)\b|n['’]t\b|^\W*no,|\b(?:have|has|is|are|was|were|there's|with) no\b"
)
_LEAST: Final = 2  # words that a sentence and a statement share: with one they may be about anything
# Words before a name that say the same of it, folded.
_BEFORE: Final = {
    word: words
    for words in (
        "in at inside em no na nos nas",
        "to para pra ao aos ate until",
        "from of de do da dos das",
        "near perto",
        "for by por with com",
    )
    for word in words.split()
}


@dataclass(frozen=True, slots=True)
class _Told:
    """Of a statement: the stems of its words and headings, its words with digits, its names with their places, and whether it denies."""

    stems: frozenset[str]
    figures: frozenset[str]
    names: tuple[tuple[str, frozenset[str]], ...]
    denies: bool


class Replacing:
    """Compares sentences with the statements of passages, word by word but for those that the question alone has."""

    def __init__(self, question: str, passages: Iterable[str], *, company: Sequence[str]) -> None:
        """
        Read what was asked and told.

        Args:
            question: As it was asked.
            passages: For the question.
            company: These, and what else is the company's word: earlier answers and passages, the system text.
        """
        self._question = frozenset(_words(question))
        self._asked = _words_of_its_own(question, company)
        self._passages = tuple(passages)

    @cached_property
    def _told(self) -> list[_Told]:
        # Only for sentences that have such a word, and 20 ms for passages of 8,000 characters.
        return [_told_by(statement) for text in self._passages for statement in statements_of(text)]

    def replaces(self, sentence: str) -> bool:
        """Tell whether *sentence* has a word of the question alone where what says the same has a name, and nothing has neither."""
        words = _words(sentence)
        shared = {stem_of(word) for word in words if _tells(word) and word not in self._asked}
        if len(shared) < _LEAST or self._asked.isdisjoint(words):
            return False
        alike = [told for told in self._told if shared <= told.stems]
        places = frozenset(place for word, sides in _places(words) if word in self._asked for place in sides)
        others = [told for told in alike if any(places & sides for name, sides in told.names if name not in self._question.union(words))]
        excused = any(_figures(words) <= told.figures for told in alike if told not in others)
        denies = _denies(sentence)
        return any(told.denies or not denies for told in others) and not excused


def _told_by(statement: Statement) -> _Told:
    text = f"{statement.lead} {statement.text}"
    words = _words(text)
    names = frozenset(name for _, name in names_in(text) if not calendar_form(name))
    placed = tuple((word, sides) for word, sides in _places(words) if word in names)
    return _Told(frozenset(_stems(f"{statement.above}\n{text}")), _figures(words), placed, _denies(text))


def _places(words: list[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each word with what stands before and behind it, where that tells of what it is said: in _, _ terminal, terminal _."""
    for before, word, behind in zip(["", *words], words, [*words[1:], ""], strict=False):
        sides = {f"{_BEFORE.get(before, before)} _"} if before in _BEFORE or _tells(before) else set()
        yield word, frozenset(sides | ({f"_ {behind}"} if _tells(behind) else set()))


def _words(text: str) -> list[str]:
    return [fold(word) for word in WORD.findall(text)]


def _stems(text: str) -> Iterator[str]:
    return (stem_of(word) for word in _words(text) if _tells(word))


def _words_of_its_own(question: str, company: Sequence[str]) -> frozenset[str]:
    """Return the telling words of *question* that the *company* does not have: names whole, if joined or apart, others by stems."""
    words, names = _words(question), {name for _, name in names_in(question)}
    told = [_words(text) for text in company]
    stems = {stem_of(word) for each in told for word in each}
    whole = {joined for each in told for joined in (*map(_bare, each), *_joined(each))}
    apart = {word for pair, joined in zip(pairwise(words), _joined(words), strict=True) if joined in whole for word in pair}
    known = apart | {word for word in words if _bare(word) in whole or (word not in names and stem_of(word) in stems)}
    return frozenset(filter(_tells, words)) - known


def _joined(words: Sequence[str]) -> list[str]:
    """Return each two of *words* that stand beside each other as one."""
    return [_bare(one + other) for one, other in pairwise(words)]


def _bare(word: str) -> str:
    """Return *word* without joints and the s of a plural."""
    return "".join(filter(str.isalnum, word)).removesuffix("s")


def _figures(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(map(str.isdigit, word)))


def _denies(text: str) -> bool:
    return bool(_DENIES.search(fold(text)))


def _tells(word: str) -> bool:
    """Tell whether a folded word says something by itself, and is neither number nor day, which are compared elsewhere."""
    return bool(word) and word not in idle_words() and word not in numerals() and not calendar_form(word) and not word[0].isdigit()
