"""`aprendiz.toml` as `aprendiz init` writes it: whole or not at all, and readable by its owner alone, because tokens stand in it."""

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.errors import Misconfigured

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


def read(path: Path) -> dict[str, Any]:
    """
    Return the tables of the file *path*, empty where there is none.

    Raises:
        Misconfigured: It cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}; correct it, or move it away") from error


def write(path: Path, text: str) -> Path | None:
    """
    Put *text* into *path*, all at once; return where the file that was there before is kept, None where there was none.

    Raises:
        Misconfigured: The folder cannot be written; nothing was.
    """
    kept = path.with_name(f"{path.name}.bak") if path.exists() else None
    try:
        if kept:
            _put(kept, path.read_bytes())
        _put(path, text.encode("utf-8"))
    except OSError as error:
        raise Misconfigured(f"{path.absolute()} cannot be written ({error.strerror}); start in a folder that you may write to") from error
    return kept


def _put(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name}.", delete=False) as file:  # made with mode 0600
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def as_toml(tables: Mapping[str, Any]) -> str:
    """Return *tables* (strings, numbers, truth values, and lists and tables of these) as TOML: https://toml.io/en/v1.0.0."""
    return "\n".join(_table(tables, ())).strip("\n") + "\n"


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    below = {key: value for key, value in table.items() if isinstance(value, Mapping) or _holds_tables(value)}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in below]
    for key, value in below.items():
        name = ".".join(map(_key, (*path, key)))
        if isinstance(value, Mapping):
            lines += ["", f"[{name}]", *_table(value, (*path, key))]
            continue
        for each in value:
            lines += ["", f"[[{name}]]", *_table(each, (*path, key))]
    return lines


def _holds_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
