"""Whether two answers say the same: number for number, and in much the same words."""

from store.lexical import terms_of
from store.question_reading import read

_MUCH_THE_SAME = 0.4  # share of the terms in common


def says_otherwise(answer: str, other: str) -> bool:
    """Tell whether *answer* and *other* differ in substance: in a number, date or code, in what they deny, or in most of their words."""
    if " ".join(answer.split()) == " ".join(other.split()):
        return False
    one, two = read(answer), read(other)
    if not one.marks.equal(two.marks) or one.denials != two.denials:
        return True
    terms, others = set(terms_of(answer)), set(terms_of(other))
    return len(terms & others) < _MUCH_THE_SAME * len(terms | others)
