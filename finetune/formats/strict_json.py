"""JSON as the standard has it: each key once, no NaN, whole characters."""

import json
import math
import re
from typing import Any, Never

from finetune.findings import BadRow

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def parse(text: str) -> Any:
    """
    Return the value that *text* holds.

    Raises:
        BadRow: It holds none, or one with a key twice in an object, a number beyond a float's or NaN, or half a character.
    """
    try:
        value = _decoded(text)
    except json.JSONDecodeError as error:
        raise BadRow("json", column=error.colno, problem=error.msg) from error
    except BadRow:
        raise
    except (RecursionError, ValueError) as error:  # brackets without end; thousands of digits
        raise BadRow("json", column=1, problem="too deep or too long a number") from error
    if "\\u" in text and _HALF.search(text):
        _require_whole(value)
    return value


def _decoded(text: str) -> Any:
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        end = -1
    # With white space around the value, or where something is wrong: a row has neither, nearly always.
    return value if end == len(text) else _DECODER.decode(text)


def parse_bytes(data: bytes, *, first: bool) -> Any:
    """
    Return the value that UTF-8 *data* holds; the *first* of a file may begin with a byte order mark.

    Raises:
        BadRow: As `parse`, or *data* is no UTF-8.
    """
    try:
        text = data.decode("utf-8-sig" if first else "utf-8")
    except UnicodeDecodeError as error:
        raise BadRow("encoding", byte=error.start + 1) from error
    return parse(text)


def write(value: Any) -> str:
    """Return *value* as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadRow("duplicate_key", key=repr(twice))
    return value


def _constant(name: str) -> Never:
    raise BadRow("not_a_number", value=name)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BadRow("not_a_number", value=digits[:20])
    return value


def _require_whole(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadRow("surrogate") from error


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
