"""The lines of `aprendiz.toml` that let another model answer, and a file with them changed: everything else in it stays as it is."""

import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.cli.init_file import as_toml, read, write
from bot.errors import Refused

_HEADER: Final = re.compile(r"^\s*\[")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
# What says which model answers; the limits and languages of the table stay as they are.
_CHOOSING: Final = ("backend", "name", "provider", "path", "adapter", "servers")

Switch = Mapping[str, Any]  # a setting that is None goes out


def lines_of(table: Sequence[str], switch: Switch) -> str:
    """Return the lines as people paste them; what must not be set is named in a comment."""
    header = ".".join(name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in table)
    gone = "".join(f"# take out: {key}\n" for key, value in switch.items() if value is None)
    return f"[{header}]\n{as_toml(_given(switch))}{gone}"


def switched(text: str, table: Sequence[str], switch: Switch) -> str:
    """
    Return the settings in *text* with those that choose a model in *table* replaced by *switch*.

    Raises:
        Refused: They are written in a way that cannot be changed line by line.
    """
    lines = text.splitlines(keepends=True)
    begin = next((at for at, line in enumerate(lines) if _names(line, table)), None)
    if begin is None:
        changed = text.rstrip("\n") + ("\n\n" if text.strip() else "") + lines_of(table, _given(switch))
    else:
        end = next((at for at in range(begin + 1, len(lines)) if _HEADER.match(lines[at])), len(lines))
        kept = [line for line in lines[begin + 1 : end] if not _sets(line, {*_CHOOSING, *switch})]
        new = as_toml(_given(switch)).splitlines(keepends=True)
        head = lines[begin] if lines[begin].endswith("\n") else f"{lines[begin]}\n"
        changed = "".join([*lines[:begin], head, *new, *kept, *lines[end:]])
    if _parsed(changed) != _wanted(_parsed(text) or {}, table, switch):
        raise Refused(
            f"[{'.'.join(table)}] is written in a way that only a person can change: put these lines there:\n{lines_of(table, switch)}"
        )
    return changed


def apply(path: Path, table: Sequence[str], switch: Switch) -> Path | None:
    """
    Write the lines into the file *path*; return where the file that was there before is kept, None where there was none.

    Raises:
        Refused: As `switched`.
        Misconfigured: The file cannot be read or written.
    """
    read(path)  # what is no TOML is told as such
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    return write(path, switched(before, table, switch))


def _given(switch: Switch) -> dict[str, Any]:
    return {key: value for key, value in switch.items() if value is not None}


def _names(line: str, table: Sequence[str]) -> bool:
    """Tell whether *line* is the header of *table*, however it is spaced."""
    if not _HEADER.match(line):
        return False
    parsed = _parsed(line)
    for name in table:
        if parsed is None or list(parsed) != [name]:
            return False
        parsed = parsed[name]
    return parsed == {}


def _sets(line: str, keys: Collection[str]) -> bool:
    return line.partition("=")[0].strip() in keys and "=" in line


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _wanted(tables: dict[str, Any], table: Sequence[str], switch: Switch) -> dict[str, Any]:
    name, *below = table
    inner = tables.get(name, {})
    if not isinstance(inner, dict):
        return tables
    if below:
        return {**tables, name: _wanted(inner, below, switch)}
    return {**tables, name: {**{key: value for key, value in inner.items() if key not in {*_CHOOSING, *switch}}, **_given(switch)}}
