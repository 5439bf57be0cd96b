"""JSON files to Python values, every mistake named by its place."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.texts import N_
from store.readers.dates import day_in
from store.readers.document import Unreadable
from store.readers.encoding import clean

Fields = Mapping[str, Any]
_BEGINNING_BYTES = 262_144  # a ticket's description has up to 65,536 characters
_KEY = re.compile(r'"(\w{1,64})"\s*:')


class Malformed(ValueError):
    """A value of another type than its format says."""


def parse(data: bytes, name: str) -> Any:
    """
    Return the value in *data* (UTF-8, UTF-16 or UTF-32).

    Raises:
        Unreadable: The JSON is cut off, damaged or wrongly encoded.
    """
    try:
        return json.loads(data)
    except UnicodeDecodeError as error:
        raise Unreadable(name, N_("its text is damaged or not UTF-8; export it again")) from error
    except json.JSONDecodeError as error:
        raise Unreadable(
            name,
            N_("its JSON is damaged or cut off at line {line}, column {column}; export it again"),
            line=error.lineno,
            column=error.colno,
        ) from error
    except ValueError as error:  # a number with more than 4,300 digits
        raise Unreadable(name, N_("its JSON holds a number that is no number; export it again")) from error


def parse_records(data: bytes, name: str) -> Iterator[tuple[int, Any]]:
    """
    Yield the values of JSON Lines with the number of their line (from 1), or the one value of a JSON file with 1.

    Raises:
        Unreadable: As `parse`; of JSON Lines, `line` is that of the file.
    """
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines() if json.detect_encoding(data).startswith("utf-8") else []
    if not _are_records(lines):
        yield 1, parse(data, name)
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, parse(line, name)
            except Unreadable as error:
                raise Unreadable(name, error.problem, **({**error.values, "line": number} if "line" in error.values else {})) from error


def _are_records(lines: list[bytes]) -> bool:
    """Tell JSON Lines (more than one, the first of them whole) from a JSON file with line breaks."""
    told = [line for line in lines if line.strip()]
    if len(told) < 2:
        return False
    try:
        return isinstance(json.loads(told[0]), dict)
    except ValueError:
        return False


def beginning_of(data: bytes) -> str:
    """Return the first characters of a JSON file, as far as they can be read."""
    return data[:_BEGINNING_BYTES].decode(json.detect_encoding(data), "ignore").lstrip()


def keys_of(beginning: str) -> frozenset[str]:
    """Return the keys at any depth in the *beginning* of a JSON file; inside texts there are none, for quotation marks are escaped."""
    return frozenset(_KEY.findall(beginning))


def as_fields(value: object) -> Fields:
    """Return *value* if it is an object; `Malformed` if not."""
    if not isinstance(value, dict):
        raise Malformed
    return value


def as_list(value: object) -> list[Any]:
    """Return *value* if it is a list, an empty one for null; `Malformed` if it is neither."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed
    return value


def text_of(value: object) -> str:
    """Return *value* as text that may be shown and kept, empty for null; `Malformed` if it is neither."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed
    return clean(value).strip()


def id_of(value: object) -> str:
    """Return an identifier, a number or a text, as text, empty for null; `Malformed` if it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_of(value)


def day_of(value: object) -> str:
    """Return the day (YYYY-MM-DD) of an ISO 8601 moment, empty where it is none: there is no 31st of February."""
    found = re.match(r"\d{4}-\d\d-\d\d(?!\d)", value) if isinstance(value, str) else None
    return day_in(found[0]) if found else ""
