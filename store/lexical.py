"""Words as search sees them. Portuguese and English."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from string import ascii_lowercase

_WORD = re.compile(r"\w+(?:[-./]\w+)*")
_PART = re.compile(r"[-./]")
_PREFIX = re.compile(r"\D*")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_SLIPPERY = 4  # letters; shorter words are one slip away from too many others
_HYPHENS = "\u2010\u2011"


def fold(text: str) -> str:
    """Return *text* without case and accents; the two hyphens that typesetters use are the keyboard's."""
    folded = text.casefold()
    return folded if folded.isascii() else _FOREIGN.sub(_plain, unicodedata.normalize("NFKD", folded))


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
    """Return the words to search by: without stop words, without the plural's s, a joined word also in its parts and, a code, in one."""
    return [term for word in words_of(text) for term in _terms_of_word(word)]


@lru_cache(maxsize=1 << 15)
def _terms_of_word(word: str) -> tuple[str, ...]:
    parts = _PART.split(word) if _PART.search(word) else []
    whole = [joined(word)] if parts and is_code(word) else []
    return tuple(_singular(each) for each in (word, *parts, *whole) if each not in _STOP_WORDS)


def is_code(word: str) -> bool:
    """Tell whether *word* has both letters and digits, such as e101 or hx-10."""
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def one_slip_away(word: str) -> frozenset[str]:
    """Return what *word* becomes by one letter dropped, added, changed or swapped with the next; nothing for short words and codes."""
    if len(word) < _SLIPPERY or not word.isalpha():
        return frozenset()
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    dropped = (begin + end[1:] for begin, end in halves if end)
    swapped = (begin + end[1] + end[0] + end[2:] for begin, end in halves if len(end) > 1)
    changed = (begin + letter + end[1:] for begin, end in halves if end for letter in ascii_lowercase)
    added = (begin + letter + end for begin, end in halves for letter in ascii_lowercase)
    return frozenset(chain(dropped, swapped, changed, added)) - {word}


def codes_of(words: Sequence[str]) -> frozenset[str]:
    """Return the codes among *words* as they are written; see `is_code`."""
    return frozenset(filter(is_code, words))


def joined(code: str) -> str:
    """Return *code* as people type it who leave out its joints: fh300 for fh-300."""
    return _PART.sub("", code)


def numbers_of(words: Sequence[str]) -> frozenset[str]:
    """Return the words with a digit: codes, numbers, dates."""
    return frozenset(word for word in words if any(map(str.isdigit, word)))


def family_of(code: str) -> str:
    """Return what a code begins with before its first digit: e of e101, hx- of hx-10."""
    found = _PREFIX.match(code)
    return found.group() if found else ""


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") and word.isalpha() else word


def _plain(found: re.Match[str]) -> str:
    char = found.group()
    return "-" if char in _HYPHENS else "" if unicodedata.combining(char) else char
