"""Words as search sees them, and BM25 over them in memory. Portuguese and English."""

import logging
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+(?:[-./]\w+)*")
_PART = re.compile(r"[-./]")
_PREFIX = re.compile(r"\D*")


def fold(text: str) -> str:
    """Return *text* without case and accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def words_of(text: str) -> list[str]:
    """Return the folded words and codes of *text* in order: "Troque o FH-300!" gives troque, o, fh-300."""
    return _WORD.findall(fold(text))


# Words that say nothing about a text's subject, accents folded.
_STOP_WORDS = frozenset(
    words_of(
        "a o as os um uma uns umas de do da dos das em no na nos nas por pelo pela para pra com sem que qual quais quem como quando "
        "onde quanto quantos quantas e ou se eu ele ela voces voce meu minha seu sua me te lhe isso este esta esse essa isto aquele ao "
        "aos ja nao sim ser sou sao era foi ter tenho tem tinha ha estar estou estao vou vai vao fazer faco faz posso pode devo deve "
        "preciso mais muito "
        "the an of to in on at for with without and or if is are was were be been do does did can could should would will i you he she "
        "it we they my your his her its our their us them this that these those what which who whom whose where why how from by has "
        "have had not there here about get often many much long any some please tell know want need happens when also"
    )
)


def terms_of(text: str) -> list[str]:
    """Return the words to search by: without stop words, without the plural's s, a joined word also in its parts."""
    terms: list[str] = []
    for word in words_of(text):
        terms += [_singular(each) for each in (word, *(_PART.split(word) if _PART.search(word) else ())) if each not in _STOP_WORDS]
    return terms


def codes_of(words: Sequence[str]) -> frozenset[str]:
    """Return the codes among *words*: letters with digits, such as e101 or hx-10."""
    return frozenset(word for word in words if any(map(str.isdigit, word)) and any(map(str.isalpha, word)))


def numbers_of(words: Sequence[str]) -> frozenset[str]:
    """Return the words with a digit: codes, numbers, dates."""
    return frozenset(word for word in words if any(map(str.isdigit, word)))


def family_of(code: str) -> str:
    """Return what a code begins with before its first digit: e of e101, hx- of hx-10."""
    found = _PREFIX.match(code)
    return found.group() if found else ""


class LexicalIndex:
    """BM25 over texts (https://doi.org/10.1561/1500000019); building takes about 0.2 ms a text, a look-up under 1 ms."""

    def __init__(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Index *texts* under *ids*; call it off the event loop."""
        terms = [terms_of(text) for text in texts]
        frequency = Counter(term for each in terms for term in set(each))
        self._ids = tuple(ids)
        self.frequency = frequency  # in how many texts a term stands
        self.texts = len(terms)
        self.length = sum(map(len, terms))  # of all texts, in terms
        self._bm25 = _bm25_of(terms) if frequency else None

    def search(self, text: str, *, limit: int) -> dict[str, float]:
        """
        Return the best ids with their BM25 score per unit of the query's rarity: 0 to about 2.

        The words that no text holds count in the divisor, so that a query in another language than the texts scores low everywhere.
        """
        terms = terms_of(text)
        known = [term for term in terms if term in self.frequency]
        if self._bm25 is None or not known:
            return {}
        scores: NDArray[np.float32] = self._bm25.get_scores(known) / sum(_rarity(self.frequency[term], self.texts) for term in set(terms))
        best = np.argsort(-scores, kind="stable")[:limit]
        return {self._ids[row]: float(scores[row]) for row in best if scores[row] > 0}

    def scores(self, text: str, ids: Sequence[str]) -> dict[str, float]:
        """Return the scores of *ids* alone, as `search` gives them."""
        found = self.search(text, limit=len(self._ids))
        return {entry_id: found.get(entry_id, 0.0) for entry_id in ids}


class LexicalOverlay:
    """
    BM25 over some more texts, as if they stood in an index too: what is rare and how long a text is, both together say.

    It is made anew in milliseconds when one of its texts comes or goes; the index need not be.
    """

    def __init__(self, index: LexicalIndex, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Lay *texts* under *ids* over *index*."""
        terms = [terms_of(text) for text in texts]
        self.ids = dict.fromkeys(ids)  # in order
        self._below = index.frequency
        self._frequency = Counter(term for each in terms for term in set(each))
        self._texts = index.texts + len(terms)
        mean = (index.length + sum(map(len, terms))) / self._texts if self._texts else 0.0
        self._holding: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        for entry_id, each in zip(ids, terms, strict=True):
            for term, weight in _weights(each, mean).items():
                self._holding[term].append((entry_id, weight))

    def rarity(self, term: str) -> float:
        """Return how rare *term* is, from 0 to 1 for one that stands nowhere."""
        return _rarity(self._below[term] + self._frequency[term], self._texts) / _rarity(0, self._texts)

    def scores(self, text: str) -> dict[str, float]:
        """Return the scores of those of its texts that hold any of the words, as the index scores its own."""
        terms = Counter(terms_of(text))
        rarity = {term: _rarity(self._below[term] + self._frequency[term], self._texts) for term in terms}
        whole = sum(rarity.values())
        found: defaultdict[str, float] = defaultdict(float)
        for term, count in terms.items():
            for entry_id, weight in self._holding.get(term, ()):
                found[entry_id] += count * rarity[term] * weight / whole
        return dict(found)


def _weights(terms: Sequence[str], mean: float) -> dict[str, float]:
    """Return what each of a text's terms weighs in it, by the formula and constants of Lucene, which are bm25s's too."""
    k1, b = 1.5, 0.75
    norm = k1 * (1 - b + b * len(terms) / mean) if mean else 0.0
    return {term: count / (norm + count) for term, count in Counter(terms).items()}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") and word.isalpha() else word


def _rarity(count: int, texts: int) -> float:
    return math.log(1 + (texts - count + 0.5) / (count + 0.5))  # Lucene's inverse document frequency, which bm25s uses too


def _bm25_of(terms: list[list[str]]) -> Any:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG
    index = bm25s.BM25()
    index.index(terms, show_progress=False)
    return index
