"""What a format is: its name, what it can hold, and its two directions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from finetune.formats.records import Record

METADATA: Final = "metadata"

Holding = Literal["system", "turns", "weights", "metadata"]


@dataclass(frozen=True, slots=True)
class Format:
    """
    One way to write a row.

    `example` is a row as people see it in findings; `keys` are those that belong to the format, in the order of CSV columns, and
    `structured` those that a CSV file holds as JSON. `holds` says what of a record survives: system text, more than one question with
    its answer, weights, metadata. `matches` tells whether a JSON value looks like a row of it; `read` makes a record of one (raises
    BadRow), and `write` a row of a record that `adapt` has made to fit.
    """

    name: str
    example: str
    record: type[Record]
    keys: tuple[str, ...]
    structured: frozenset[str]
    holds: frozenset[Holding]
    matches: Callable[[Any], bool]
    read: Callable[[Any], Record]
    write: Callable[[Any], Any]


def has(row: Any, **types: type | tuple[type, ...]) -> bool:
    """Tell whether *row* is an object with these keys and types of values."""
    return isinstance(row, dict) and all(isinstance(row.get(key), wanted) for key, wanted in types.items())


def with_metadata(row: dict[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* with its metadata, where there is any."""
    return {**row, METADATA: dict(metadata)} if metadata else row
