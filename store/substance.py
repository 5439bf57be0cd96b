"""Whether two texts say the same: number for number, name for name, and in much the same words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Literal

from store.concepts import contrasts
from store.lexical import fold
from store.question_marks import plain_number
from store.question_reading import Reading, carries, read

Otherwise = Literal["numbers", "words"]

_MUCH_THE_SAME = 0.4  # share of what carries their subject
_EACH = frozenset({"each", "every", "cada", "todo", "toda"})  # say the same in another's place
_EXCHANGED = 2  # words in place of which others stand, at most: more of them may say the same in other words
_YES, _NO = re.compile(r"\W*(?:yes|sim)\b", re.IGNORECASE), re.compile(r"\W*(?:no|não|nao)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\w|https?://[^\s)>]+\w")
# A sign stands before its number and behind no other (10-20 is a range, 01-2026 a date); a currency on either side of it.
_FIGURE = re.compile(
    r"(US\$|R\$|[$€£])?\s?((?<![\w-])[-−](?=[\dUR$€£]))?(US\$|R\$|[$€£])?\s?(?<![\w.,])(\d+(?:[.,]\d+)*)\s?(US\$|R\$|[$€£])?"
)


@dataclass(frozen=True)
class Substance:
    """
    What a text says that another text may deny.

    `reading` is the whole, `figures` its numbers in order, with their signs and each with its currency, empty where none is said;
    `addresses` are for mail and on the web.
    """

    reading: Reading
    figures: tuple[tuple[str, str], ...]
    addresses: frozenset[str]
    answers: str

    @cached_property
    def opposites(self) -> Mapping[int, frozenset[str]]:
        """Of each set of words of which a text means one, those that it has."""
        content = frozenset(self.reading.content)
        return {number: content & each for number, each in enumerate(contrasts()) if content & each}


def substance_of(text: str) -> Substance:
    """Return what *text* says; it takes 1 ms for a sentence, 5 for a long passage."""
    addresses = frozenset(address.casefold() for address in _ADDRESS.findall(text))
    answers = "yes" if _YES.match(text) else "no" if _NO.match(text) else ""
    # A "no" at the very end would be read over, as courtesies are: "can I come, no?"
    return Substance(read(f"{text} ."), _figures(text), addresses, answers)


def signed_figures(text: str) -> tuple[tuple[str, str], ...]:
    """Return the numbers of *text* that have a currency or a minus, in order, each as (currency, number)."""
    return tuple((currency, number) for currency, number in _figures(text) if currency or number.startswith("-"))


def otherwise(one: Substance, other: Substance) -> Otherwise | None:
    """
    Return in what two texts that are alike differ in substance; None where they do not.

    `numbers` is a number, code or day, a sign, a currency, or two numbers that changed places; `words` what they deny, a name or address,
    or a word that rules the other's out (open, closed).
    """
    if not one.reading.marks.equal(other.reading.marks) or _figured_otherwise(one, other):
        return "numbers"
    if one.reading.denials != other.reading.denials or one.addresses != other.addresses or {one.answers, other.answers} == {"yes", "no"}:
        return "words"
    names, others = one.reading.names, other.reading.names
    opposed = any(not said & other.opposites[number] for number, said in one.opposites.items() if number in other.opposites)
    return "words" if opposed or (names - others and others - names) else None


def exchanged(one: Substance, other: Substance) -> bool:
    """Tell whether one text is the other with a word or two of another meaning in place of as many, at one place."""
    mine, theirs = one.reading.tokens, other.reading.tokens
    before = len([*takewhile(lambda pair: pair[0] == pair[1], zip(mine, theirs, strict=False))])
    shorter = min(len(mine), len(theirs)) - before
    behind = len([*takewhile(lambda pair: pair[0] == pair[1], zip(mine[::-1][:shorter], theirs[::-1][:shorter], strict=False))])
    gone, come = mine[before : len(mine) - behind], theirs[before : len(theirs) - behind]
    if not 0 < len(gone) <= _EXCHANGED or not 0 < len(come) <= _EXCHANGED:
        return False
    meant, instead = _concepts(gone, one.reading), _concepts(come, other.reading)
    return bool(meant and instead and not meant & instead)


def says_otherwise(answer: str, other: str) -> bool:
    """
    Tell whether *answer* and *other* differ in substance.

    That is as `otherwise` says, or in most of their subject.
    """
    if " ".join(answer.split()) == " ".join(other.split()):
        return False
    one, two = substance_of(answer), substance_of(other)
    if otherwise(one, two):
        return True
    mine, theirs = one.reading.content.keys(), two.reading.content.keys()
    return len(mine & theirs) < _MUCH_THE_SAME * len(mine | theirs)


def _figures(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (found[1] or found[3] or found[5] or "", f"{'-' * bool(found[2])}{plain_number(found[4])}") for found in _FIGURE.finditer(text)
    )


def _figured_otherwise(one: Substance, other: Substance) -> bool:
    """Tell whether the same numbers have other signs or currencies, or stand in each other's place in one sentence."""
    numbers, others = ([number for _, number in each.figures] for each in (one, other))
    if sorted(number.lstrip("-") for number in numbers) != sorted(number.lstrip("-") for number in others):
        return False  # written in another way: 8 am, eight
    if sorted(numbers) != sorted(others):
        return True
    if numbers != others:
        return _worded(one) == _worded(other)
    return any(mine and theirs and mine != theirs for (mine, _), (theirs, _) in zip(one.figures, other.figures, strict=True))


def _worded(substance: Substance) -> list[str]:
    return [token for token in substance.reading.tokens if not any(map(str.isdigit, token))]


def _concepts(tokens: tuple[str, ...], reading: Reading) -> set[str]:
    """Return what *tokens* mean, those that carry a subject; what they name exactly is compared by itself."""
    said = {fold(word): concept for concept, word in reading.content.items()}
    return {said.get(token, token) for token in tokens if carries(token) and token not in _EACH and not any(map(str.isdigit, token))}
