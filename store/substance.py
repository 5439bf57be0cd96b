"""Whether two answers say the same: number for number, name for name, and in much the same words."""

import re

from store.near_miss import contrasting
from store.question_reading import Reading, read

_MUCH_THE_SAME = 0.4  # share of what carries their subject
_YES, _NO = re.compile(r"\W*(?:yes|sim)\b", re.IGNORECASE), re.compile(r"\W*(?:no|não|nao)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\w|https?://[^\s)>]+\w")


def says_otherwise(answer: str, other: str) -> bool:
    """
    Tell whether *answer* and *other* differ in substance.

    That is in a number or code, in what they deny, in a name or address, in a word that rules the other's out (open, closed), or in most of
    their subject.
    """
    if " ".join(answer.split()) == " ".join(other.split()):
        return False
    one, two = _read(answer), _read(other)
    if not one.marks.equal(two.marks) or one.denials != two.denials or _addresses(answer) != _addresses(other):
        return True
    if (_YES.match(answer) and _NO.match(other)) or (_NO.match(answer) and _YES.match(other)):
        return True
    mine, theirs = one.content.keys(), two.content.keys()
    if contrasting(mine, theirs) or (one.names - two.names and two.names - one.names):
        return True
    return len(mine & theirs) < _MUCH_THE_SAME * len(mine | theirs)


def _read(answer: str) -> Reading:
    return read(f"{answer} .")  # a "no" at the very end would be read over, as courtesies are: "can I come, no?"


def _addresses(answer: str) -> set[str]:
    return {address.casefold() for address in _ADDRESS.findall(answer)}
