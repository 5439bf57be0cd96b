"""Files and folders to import, each read by what it holds."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Final, get_args

from bot.errors import BadRequest
from finetune.formats.reading import format_of
from finetune.formats.registry import FORMATS
from finetune.importing.chats import read_discord, read_slack
from finetune.importing.documents import DOCUMENT_BYTES, read_document, read_text
from finetune.importing.items import Found, Item, Refusal
from finetune.importing.tables import columns_of, read_table
from finetune.importing.tickets import Desk, read_tickets
from finetune.importing.training_files import read_training_file
from finetune.importing.transcripts import is_transcript, read_transcript
from store.readers import discord_export, freshdesk_export, slack_export, zendesk_export
from store.readers.archive import Archive, printable
from store.readers.document import Unreadable
from store.readers.files import FORMATS as SUFFIXES
from store.readers.json_values import beginning_of
from store.readers.unpacked import files_in, is_unpacked, packed

KINDS: Final = ("zendesk", "freshdesk", "slack", "discord", "table", "transcript", "document", "text")
_ARCHIVE_BYTES: Final = 128 << 20
_LOOKED_AT: Final = 1 << 18  # bytes
_JSON: Final = frozenset({".json", ".jsonl", ".ndjson"})
_TABLES: Final = frozenset({".csv", ".tsv"})
_PLAIN: Final = frozenset({".txt", ".text", ".log"})
_KNOWN: Final = frozenset({*SUFFIXES, ".log"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How sources are read: all as one kind (of `KINDS`, or a format of training rows), with columns by field; else each by its content."""

    kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def files_of(paths: Sequence[Path], *, but: Collection[Path] = ()) -> tuple[Path, ...]:
    """
    Return the files, and of folders all in them by name, but for hidden ones and *but* (resolved).

    A folder that is an unpacked archive of Slack's stays one.

    Raises:
        BadRequest: There is none.
    """
    found: list[Path] = []
    for path in paths:
        found += sorted(each for each in _inside(path) if each.resolve() not in but) if path.is_dir() else [path]
    if not found:
        raise BadRequest(f"{', '.join(map(str, paths))} holds no file: name a folder with files, or files")
    return tuple(dict.fromkeys(found))


def _inside(folder: Path) -> Iterator[Path]:
    if is_unpacked(folder):
        yield folder
        return
    for path in folder.iterdir():
        if not _is_seen(PurePath(path.name)):
            continue
        if path.is_dir() and not path.is_symlink():  # a link may lead back
            yield from _inside(path)
        elif path.is_file():
            yield path


def parts_of(source: Path) -> tuple[Path, ...]:
    """Return the files that a source is read from: itself, or those of an unpacked archive."""
    return files_in(source) if source.is_dir() else (source,)


def _is_seen(path: PurePath) -> bool:
    return not any(part.startswith((".", "~$")) or part == "__MACOSX" for part in path.parts)


def read_sources(files: Sequence[Path], reading: Reading, unpacked: Path) -> Iterator[Found]:
    """
    Give what stands in *files*, in order, and in their places what cannot be read.

    Args:
        files: As `files_of` returns them.
        reading: How.
        unpacked: A folder for entries of archives while they are read.

    Raises:
        BadRequest: A column of *reading* is not in a table.
    """
    for path in files:
        yield from _read(path, reading, unpacked)


def _read(path: Path, reading: Reading, unpacked: Path) -> Iterator[Found]:
    mapped = _mapped(path, reading)
    try:
        yield from mapped if mapped is not None else _reader(path, reading, unpacked)
    except (Unreadable, BadRequest) as error:
        yield Refusal({"file": path.name}, "file", {"problem": str(error)})
    except OSError as error:
        yield Refusal({"file": path.name}, "file", {"problem": error.strerror or str(error)})


def _mapped(path: Path, reading: Reading) -> Iterator[Found] | None:
    """Read a table whose columns were named; what is wrong with them concerns the command, not the file."""
    if not reading.columns or path.suffix.lower() not in _JSON | _TABLES:
        return None
    columns = columns_of(path, reading.columns)
    if columns is None:
        raise BadRequest(f"{path} lacks a question or an answer: name both with --map question=COLUMN --map answer=COLUMN")
    return read_table(path, columns)


def _reader(path: Path, reading: Reading, unpacked: Path) -> Iterator[Found]:
    if reading.kind is not None and reading.kind in FORMATS:
        return read_training_file(path, FORMATS[reading.kind])
    if path.is_dir():
        return read_slack(Archive(packed(path, path.name), path.name))
    kind = reading.kind or kind_of(path)
    if path.suffix.lower() == ".zip":
        return _read_archive(path, reading, unpacked)
    readers: dict[str, Callable[[Path], Iterator[Found]]] = {
        "table": _read_table,
        "discord": _read_discord,
        "transcript": read_transcript,
        "document": read_document,
        "text": read_text,
        "rows": lambda each: read_training_file(each, format_of(each)),
        **{desk: _tickets_of(desk) for desk in get_args(Desk)},
    }
    if kind not in readers:
        raise BadRequest(f"{path} is no archive: Slack's exports are .zip files")
    return readers[kind](path)


def _tickets_of(desk: Desk) -> Callable[[Path], Iterator[Found]]:
    return lambda path: read_tickets(path, desk)


def kind_of(path: Path) -> str:
    """Return what a file holds, by its suffix and its beginning: one of `KINDS`, or "rows" of training data."""
    suffix = path.suffix.lower()
    if suffix in _JSON:
        return _kind_of_json(path)
    if suffix in _TABLES:
        return "table" if columns_of(path, {}) else "rows"
    if suffix in _PLAIN or suffix in {".md", ".markdown"}:
        return "transcript" if is_transcript(path) else "text" if suffix in _PLAIN else "document"
    return "document"


def _kind_of_json(path: Path) -> str:
    with path.open("rb") as file:
        beginning = beginning_of(file.read(_LOOKED_AT))
    if discord_export.kind_of(beginning):
        return "discord"
    if freshdesk_export.kind_of(beginning):
        return "freshdesk"
    if zendesk_export.kind_of(beginning):
        return "zendesk"
    try:
        format_of(path)
    except BadRequest:
        return "table" if columns_of(path, {}) else "document"
    return "rows"


def _read_table(path: Path) -> Iterator[Found]:
    columns = columns_of(path, {}) if path.suffix.lower() in _JSON | _TABLES else None
    if columns is None:
        raise BadRequest(f"{path} names no columns of questions and answers: name them with --map question=COLUMN --map answer=COLUMN")
    return read_table(path, columns)


def _read_discord(path: Path) -> Iterator[Found]:
    if path.stat().st_size > DOCUMENT_BYTES:
        raise BadRequest(f"{path} has more than {DOCUMENT_BYTES >> 20} MB: export it in parts")
    return read_discord(path)


def _read_archive(path: Path, reading: Reading, unpacked: Path) -> Iterator[Found]:
    if path.stat().st_size > _ARCHIVE_BYTES:
        raise BadRequest(f"{path} has more than {_ARCHIVE_BYTES >> 20} MB: unpack it, or export a shorter time")
    archive = Archive(path.read_bytes(), path.name)
    if slack_export.kind_of(archive.entries):
        yield from read_slack(archive)
        return
    for entry in sorted(archive.entries):
        yield from _read_entry(archive, entry, reading, unpacked)


def _read_entry(archive: Archive, entry: str, reading: Reading, unpacked: Path) -> Iterator[Found]:
    suffix, origin = PurePath(entry).suffix.lower(), {"file": archive.shown(entry)}
    if not _is_seen(PurePath(entry)):
        return
    if suffix == ".zip" or suffix not in _KNOWN:
        yield Refusal(origin, "nested_archive" if suffix == ".zip" else "other_file")
        return
    try:
        data = archive.read(entry)
    except Unreadable as error:
        yield Refusal(origin, "file", {"problem": str(error)})
        return
    unpacked.mkdir(parents=True, exist_ok=True)
    copy = unpacked / f"{hashlib.sha256(entry.encode()).hexdigest()[:16]}{suffix}"
    try:
        copy.write_bytes(data)
        del data
        for found in _read(copy, reading, unpacked):
            yield _named(found, archive.shown(entry), copy.name)
    finally:
        copy.unlink(missing_ok=True)


def _named(found: Found, shown: str, copy: str) -> Found:
    origin = {**found.origin, "file": shown}
    if isinstance(found, Item):
        return replace(found, origin=origin)
    problem = found.values.get("problem")
    values = {**found.values, "problem": problem.replace(copy, printable(shown))} if isinstance(problem, str) else found.values
    return replace(found, origin=origin, values=values)
