"""Placeholders of personal data: what the same value is called throughout a conversation, without the value itself."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

PLACEHOLDER: Final = re.compile(r"\[([A-Z][A-Z_]*)_(\d{1,9})\]")  # what redaction puts in its place: [PHONE_1]
MOST: Final = 1_000_000  # higher numbers were mostly written by hand: the next value steps over them, and does not count on from them

# By placeholder of a text, the keyed hash of what it stands for; None where the author wrote the placeholder themselves.
Hidden = Mapping[str, str | None]
NOTHING: Final[Hidden] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Redacted:
    """
    Texts of one conversation without personal data, and how often each kind was found in them.

    `values` is what their placeholders stand for, in the order in which they first occur, None where the author wrote the placeholder
    themselves: never stored, never logged.
    """

    texts: tuple[str, ...]
    counts: Counter[str]
    values: Mapping[str, str | None] = field(default_factory=dict, repr=False)


def hidden_of(values: Mapping[str, str | None], keyed: Callable[[str, str], str]) -> Hidden:
    """Return the keyed hashes of `Redacted.values`; *keyed* makes one of kind and value."""
    return {each: None if value is None else keyed(_kind_of(each), value) for each, value in values.items()}


def assign(texts: Sequence[Hidden], known: Hidden) -> tuple[tuple[Mapping[str, str], ...], Hidden]:
    """
    Decide what the placeholders of texts, each numbered by itself, are called within a conversation.

    Args:
        texts: What stands behind their placeholders.
        known: What stands behind those of the conversation so far; None where that is forgotten or was never anybody's.

    Returns:
        For each text the conversation's placeholder by its own, and which are to be added to *known*. The same hash has the same
        placeholder; one that an author wrote stays, and is given to no value afterwards.
    """
    given = {value: placeholder for placeholder, value in known.items() if value is not None}
    written = {placeholder: None for hidden in texts for placeholder, value in hidden.items() if value is None and placeholder not in known}
    added: dict[str, str | None] = dict(written)
    highest, taken = _highest((*known, *written)), {*known, *written}
    for hidden in texts:
        for placeholder, value in hidden.items():
            if value is not None and value not in given:
                given[value] = _next_free(_kind_of(placeholder), highest, taken)
                added[given[value]] = value
    return tuple({each: each if value is None else given[value] for each, value in hidden.items()} for hidden in texts), added


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return *text* with other placeholders in place of its own, all at once."""
    return PLACEHOLDER.sub(lambda match: names.get(match[0], match[0]), text) if names else text


def standing_alone(text: str) -> str:
    """Return *text* with its placeholders numbered by themselves: outside of its conversation nobody else's are before them."""
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for match in PLACEHOLDER.finditer(text) if "[" in text else ():
        if match[0] not in names:
            counts[match[1]] += 1
            names[match[0]] = f"[{match[1]}_{counts[match[1]]}]"
    return renamed(text, names)


def placeholders_in(text: str) -> set[str]:
    """Return the placeholders that stand in *text*."""
    return {match[0] for match in PLACEHOLDER.finditer(text)}


def _kind_of(placeholder: str) -> str:
    return placeholder[1:].rpartition("_")[0]


def _next_free(kind: str, highest: Counter[str], taken: Collection[str]) -> str:
    """Return the next placeholder of *kind* that is not *taken*: beyond `MOST` one may be, since numbers there do not count as highest."""
    highest[kind] += 1
    while (free := f"[{kind}_{highest[kind]}]") in taken:
        highest[kind] += 1
    return free


def _highest(placeholders: Sequence[str]) -> Counter[str]:
    highest: Counter[str] = Counter()
    for match in filter(None, map(PLACEHOLDER.fullmatch, placeholders)):
        if (number := int(match[2])) < MOST:
            highest[match[1]] = max(highest[match[1]], number)
    return highest
