"""What a text says of the words of a question: the very word, one that means or begins alike, or one of its kind."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Final

from store.concepts import concept_of, listed_concept, said_in_several
from store.kindred import kindred
from store.lexical import fold, terms_of, words_of

LIKENESS: Final = 0.8  # a word that means or begins alike, or differs by a letter, beside the very word
_KINSHIP: Final = 0.6  # a word for the kind of thing, or for one of that kind
_LIGHTNESS: Final = 0.4  # a word that nearly any question may have, beside one that tells what it is about
_STEM_LETTERS: Final = 5
_COGNATE_LETTERS: Final = 8  # with as many in common two words are one, in whichever language: dermatologist, dermatologista
_SHORTEST: Final = 4  # letters of a word in which one may be wrong
_REMEMBERED: Final = 1 << 15  # words with their concepts, in about 4 MB
_TEXTS: Final = 512  # of which the words are remembered
_PART: Final = re.compile(r"\w+")  # of a word: check-in is said in two

# A company with few documents has no word for most of what people put around their subject: what it lacks says little.
_LIGHT: Final = frozenset(
    words_of(
        "vcs vc levar levo leva trazer trago deixar deixo colocar coloco tirar tiro pegar pego ficar fico vir venho fiz fez qto ta empresa "
        "novo nova numero mesmo mesma coisa acontece acontecer dar ainda apenas agora hoje precisa precisam precisar quero queria gostaria "
        "podem poderia existe existem fazem s re ve bring take come go stay put make keep "
        "give company new own one number same time thing happen want ask still only now today every each"
    )
)
_TIME: Final = r"\b\d{1,2}(?:h(?:\d\d)?\b|:\d\d\b|\s?[ap]\.?m\b)"
_SPAN: Final = r"minutos?|horas?|dias?|semanas?|m[eê]s|meses|anos?|minutes?|hours?|days?|weeks?|months?|years?"
_UNIT: Final = r"reais|d[oó]lares|dollars?|euros?|pounds?|brl|usd|eur|gbp"
_Figures = tuple[tuple[re.Pattern[str], frozenset[str]], ...]


def _figures(patterns: Mapping[str, str]) -> _Figures:
    return tuple((re.compile(pattern, re.IGNORECASE | re.DOTALL), frozenset(concepts.split())) for pattern, concepts in patterns.items())


# A figure answers, whatever word stands beside it: the concepts that a question asks for it by.
_FIGURES: Final = _figures(
    {
        r"\b\d+ ?(?:x\b|vezes|instal)": "instalment",
        r"\(\d\d\)\s?\d{4,5}-\d{4}|\b\d{3}-\d{4}\b|\+\d[\d ]{7,}": "phone call",
        r"\S@\w[\w-]*\.\w": "email",
    }
)
# Likewise, but anything has prices and hours: these are what the heading speaks of.
_FIGURES_OF_SUBJECT: Final = _figures(
    {
        rf"(?:R\$|US\$|[$€£])\s?\d|\b\d[\d.,]*\s?(?:{_UNIT})\b": "cost fee",
        _TIME: "hours hour",
        rf"{_TIME}.{{1,60}}?{_TIME}": "open close begin end",  # from 8 am to 6 pm
        rf"\b\d+ ?(?:{_SPAN})\b": "duration deadline",
    }
)

_BY_FIGURES: Final = frozenset().union(*(answered for _, answered in _FIGURES_OF_SUBJECT))

_meaning = lru_cache(maxsize=_REMEMBERED)(concept_of)
_listed = lru_cache(maxsize=_REMEMBERED)(listed_concept)


@dataclass(frozen=True, slots=True)
class AskedWord:
    """A term of a question, the listed concepts it stands for, alone or with its neighbours ("day off"), and how much it tells, 0 to 1."""

    term: str
    meanings: frozenset[str]
    weight: float

    @property
    def has_other_words(self) -> bool:
        """Whether a text may tell of it without having it."""
        return bool(self.meanings) or len(self.term) >= _COGNATE_LETTERS


def asked_words(question: str) -> list[AskedWord]:
    """Return the terms of *question*, each once, as they are looked for."""
    together: dict[str, set[str]] = {}
    for words, concept in _sayings(question):
        for term in terms_of(" ".join(words)):
            together.setdefault(term, set()).add(concept)
    return [
        AskedWord(term, frozenset({_listed(term), *together.get(term, ())} - {None}), _LIGHTNESS if is_light(term) else 1.0)
        for term in dict.fromkeys(terms_of(question))
    ]


def _kin_of(asked: AskedWord) -> frozenset[str]:
    return frozenset().union(*map(kindred, asked.meanings))


def is_light(term: str) -> bool:
    """Tell whether nearly any question may have *term*."""
    return term in _LIGHT


class Said:
    """The words of a text under its heading, and what they mean."""

    def __init__(self, text: str, heading: str = "") -> None:
        """Read *text* and its *heading*, empty where it has none."""
        self._heading = heading
        self._text = f"{heading} {text}"
        self.terms = frozenset(terms_of(self._text))
        self.meanings = frozenset(map(_meaning, self.terms))

    @cached_property
    def _begun(self) -> frozenset[str]:
        return frozenset(term[:_STEM_LETTERS] for term in self.terms if len(term) >= _STEM_LETTERS and not term.isdigit())

    @cached_property
    def _cognates(self) -> frozenset[str]:
        return frozenset(term[:_COGNATE_LETTERS] for term in self.terms if len(term) >= _COGNATE_LETTERS and term.isalpha())

    @cached_property
    def _in_order(self) -> str:
        return f" {' '.join(_PART.findall(fold(self._text)))} "

    def has(self, term: str) -> float:
        """Return how surely the text has *term*, or a word that means or begins alike: 0 to 1."""
        if term in self.terms:
            return 1.0
        if term.isdigit():
            return 0.0
        if _meaning(term) in self.meanings or term[:_STEM_LETTERS] in self._begun:
            return LIKENESS
        begun, ended = term[:2], term[-2:]  # a slip leaves one of the two
        return LIKENESS if any(_slipped(term, each) for each in self.terms if each[:2] == begun or each[-2:] == ended) else 0.0

    def tells(self, words: Iterable[AskedWord]) -> dict[str, float]:
        """Return how much the text tells of each of *words*, 0 to 1: it has the word, or a figure or word of its kind stands for it."""
        words = [*words]
        shares = self.says_otherwise(words, {word.term for word in words})
        return {term: max(self.has(term), share) for term, share in shares.items()}

    def says_otherwise(self, words: Sequence[AskedWord], wanted: Collection[str]) -> dict[str, float]:
        """
        Return how much the text tells of the *wanted* ones of a question's *words* in other words, or by a figure, 0 to 1.

        Whose hours and prices are told is what the heading says: beneath "Removals" none are the porter's, who is mentioned there.
        """
        looked_for = [word for word in words if word.term in wanted]
        asks_for_figures = any(not _BY_FIGURES.isdisjoint(word.meanings | _kin_of(word)) for word in looked_for)
        about = asks_for_figures and (not self._heading or any(map(said(self._heading).is_about, words)))
        figures = (*_FIGURES, *_FIGURES_OF_SUBJECT) if about else _FIGURES
        return {word.term: self._otherwise(word, figures) for word in looked_for}

    def is_about(self, asked: AskedWord) -> bool:
        """Tell whether *asked*, unless nearly any question may have it, is told of in words."""
        return not is_light(asked.term) and (self.has(asked.term) > 0.0 or self._otherwise(asked, ()) > 0.0)

    def _otherwise(self, asked: AskedWord, figures: _Figures) -> float:
        if self._means(asked.meanings, figures) or asked.term[:_COGNATE_LETTERS] in self._cognates:
            return LIKENESS
        return _KINSHIP if self._means(_kin_of(asked), figures) else 0.0

    def _means(self, concepts: frozenset[str], figures: _Figures) -> bool:
        """Tell whether the text has one of *concepts*, in words or by one of *figures*."""
        if not concepts:  # nothing is to be read of the text then
            return False
        if not self.meanings.isdisjoint(concepts) or any(saying in self._in_order for each in concepts for saying in _sayings_of(each)):
            return True
        return any(pattern.search(self._text) for pattern, answered in figures if not answered.isdisjoint(concepts))


said = lru_cache(maxsize=_TEXTS)(Said)


@cache
def _by_concept() -> dict[str, list[tuple[str, ...]]]:
    """Return what is said in several words, in the order in which they stand, by its concept."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for saying, concept in said_in_several():
        found.setdefault(concept, []).append(tuple(re.split("[_']", fold(saying))))
    return found


@cache
def _sayings_of(concept: str) -> tuple[str, ...]:
    """Return how *concept* is said in several words, with spaces around and between them."""
    return tuple(f" {' '.join(words)} " for words in _by_concept().get(concept, ()))


@cache
def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Return what is said in several words, by the first, each with its concept."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for concept, sayings in _by_concept().items():
        for words in sayings:
            found.setdefault(words[0], []).append((words, concept))
    return found


def _sayings(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what *text* says in several words, each with its concept."""
    words = _PART.findall(fold(text))
    known = _by_first_word()
    for place, word in enumerate(words):
        for saying, concept in known.get(word, ()):
            if tuple(words[place : place + len(saying)]) == saying:
                yield saying, concept


def _slipped(one: str, other: str) -> bool:
    if len(one) < _SHORTEST or abs(len(one) - len(other)) > 1 or other.isdigit():
        return False
    same = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))
    return one[same + 1 :] == other[same + 1 :] or one[same:] == other[same + 1 :] or one[same + 1 :] == other[same:]
