"""Whether two answers say the same: number for number, and in much the same words."""

from store.question_reading import read

_MUCH_THE_SAME = 0.4  # share of what carries their subject


def says_otherwise(answer: str, other: str) -> bool:
    """Tell whether *answer* and *other* differ in substance: in a number or code, in what they deny, or in most of their subject."""
    if " ".join(answer.split()) == " ".join(other.split()):
        return False
    one, two = read(answer), read(other)
    if not one.marks.equal(two.marks) or one.denials != two.denials:
        return True
    mine, theirs = one.content.keys(), two.content.keys()
    return len(mine & theirs) < _MUCH_THE_SAME * len(mine | theirs)
