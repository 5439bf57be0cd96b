"""Files to import, and what comes of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.importing.preparing import Options
from finetune.importing.run import Wish, import_data
from finetune.importing.sources import Reading, files_of
from finetune.importing.writing import ROWS


def imported(
    paths: Sequence[Path],
    folder: Path,
    *,
    kind: str | None = None,
    columns: Mapping[str, str] | None = None,
    system: str = "",
    workers: int = 1,
) -> dict[str, Any]:
    """Import *paths* into *folder*; return the manifest."""
    reading, options = Reading(kind, columns or {}), Options(system, "own")
    return import_data(Wish(files_of(paths), folder, reading, options, workers=workers))


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a file of JSON Lines; none where there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """Return all rows of an import, whatever their split, in the order of their origins."""
    rows = [row for name in ROWS for row in lines_of(folder / name)]
    return sorted(rows, key=lambda row: json.dumps(row["metadata"]["origin"]))


def said_in(folder: Path) -> list[list[str]]:
    """Return what is said in each row, without system texts."""
    rows = rows_in(folder)
    return [[row["text"]] if "text" in row else [each["content"] for each in row["messages"] if each["role"] != "system"] for row in rows]


def refused_in(folder: Path) -> list[tuple[Any, ...]]:
    """Return file, place and reason of what was left out."""
    told = lines_of(folder / "refused.jsonl")
    return [(each["file"], each.get("ticket", each.get("record", each.get("line"))), each["reason"]) for each in told]


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def zendesk(number: int, question: str, answer: str, **fields: Any) -> dict[str, Any]:
    """Return a solved ticket as Zendesk exports it."""
    comment = {"id": number, "author_id": 7, "public": True, "created_at": "2026-03-01T11:00:00Z", "body": answer}
    ticket = {"id": number, "raw_subject": "", "subject": "", "status": "solved", "description": question, "requester_id": 1000 + number}
    return {**ticket, "submitter_id": 1000 + number, "created_at": "2026-03-01T10:00:00Z", "comments": [comment], **fields}


def write_lines(path: Path, values: Sequence[Any]) -> Path:
    """Write *values* as JSON Lines; bytes as they are."""
    path.write_bytes(b"".join(value + b"\n" if isinstance(value, bytes) else json.dumps(value).encode() + b"\n" for value in values))
    return path
