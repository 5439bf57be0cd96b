"""Addresses and telephone numbers of a text: with a letter or digit changed they are another's, so that only case is forgiven."""

import re
from collections.abc import Iterator
from typing import Final

from bot.numerals import fold

_MAIL: Final = r"[\w.+'’-]{0,64}@(?:[.@+-]{0,3}\w{1,253})?(?:[.@+-]{1,3}\w{1,253}){0,20}"  # whether well-formed or not
_TOP: Final = r"(?:[a-zß-öø-ÿ]{2,24}|[A-ZÀ-ÖØ-Þ]{2,24})"  # in "Av.Paulista" a space is missing
_LABEL: Final = r"(?=[\w-]{0,62}[^\W\d_])[\w-]{2,63}"  # 10.km is none, nor is p.ex.
_HOST: Final = rf"(?:[\w-]{{1,63}}\.){{0,6}}{_LABEL}\.{_TOP}(?![\w@-])(?:[/:][^\s<>()|]*)?"
ADDRESS: Final = rf"https?://[^\s<>()|]+|www\.[^\s<>()|]+|{_MAIL}|{_HOST}"
_ADDRESS: Final = re.compile(ADDRESS)
_START: Final = re.compile(r"https?://|mailto:")
_AROUND: Final = ".,;:/!?*_'’\"“”\\]}-"
_JOINT: Final = r"[\s.‐‑–-]"
_TELEPHONE: Final = re.compile(
    r"(?<![\d.,/:-])(?!(?:19|20)\d\d[\s-](?:19|20)\d\d(?!\d))"
    rf"(?:\+\d{{1,3}}{_JOINT}?)?(?:\(\d{{1,4}}\){_JOINT}?|\d{{1,4}}{_JOINT})?\d{{3,5}}{_JOINT}?\d{{4}}(?!\d|[.,/:-]\d)"
)
_RUN: Final = re.compile(r"\d(?:[\s().‐‑–-]{0,2}\d)*")
_LEAST_DIGITS: Final = 7  # of a telephone number


def is_address(token: str) -> bool:
    """Tell whether a *token* is all of an e-mail or web address, or has an @."""
    return bool(_ADDRESS.fullmatch(token))


def plain_address(token: str) -> str:
    """Return an address without what may be left out: its case, https:// and www. before it, and marks around it."""
    return _START.sub("", token.lower().strip(_AROUND)).removeprefix("www.")


def without_joints(plain: str) -> set[str]:
    """Return the letters of a plain address, and of its host alone: one whose dots are lost is none any more."""
    host = re.split(r"[/:?#]", plain.rpartition("@")[2], maxsplit=1)[0]
    return {"".join(filter(str.isalnum, fold(each))) for each in (plain, host) if "." in each}


def telephones_in(text: str) -> Iterator[str]:
    """Yield what is written like a telephone number in *text*: (11) 4002-8922."""
    return (found[0] for found in _TELEPHONE.finditer(text) if not found[0].isdigit())


def groups_of_digits(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the runs of digits of *text* that may be telephone numbers, in the groups in which they are written."""
    for found in _RUN.finditer(text):
        groups = tuple(re.findall(r"\d+", found[0]))
        if sum(map(len, groups)) >= _LEAST_DIGITS:
            yield groups
