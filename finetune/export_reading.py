"""The newest export, read back into examples: its manifest names the file, whose every byte and line is checked."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from bot.errors import Misconfigured, Refused
from bot.messages import AnswerKind, Audience, Message, Passage, Role
from finetune.examples import Example, Export, question_in
from finetune.formats.records import Conversation, Turn
from finetune.statistics.seen import key_of
from store.export_files import MANIFEST, is_of_import

_AGAIN = "export again with `aprendiz export`"
_APPROVED = "approved:"  # with which the ids of answers begin that an expert approved without being asked


class _Unreadable(Exception):
    """A row is not as an export writes it; the text says what."""


def read_export(folder: Path, *, dropped: Collection[str] = ()) -> Export:
    """
    Read the newest export in *folder* or in a folder directly below it; call it off the event loop.

    Left out are rows that somebody *dropped* by hand (their keys, `finetune.statistics.seen.key_of`).

    Raises:
        Refused: There is none, its rows are not those that the manifest names, or one cannot be read; the detail names file and line.
        Misconfigured: A file cannot be opened.
    """
    manifests = manifests_in(folder)
    if not manifests:
        raise Refused(f"{folder} holds no export ({MANIFEST}): make one with `aprendiz export --out {folder}`")
    manifest = max(manifests, key=lambda path: (path.stat().st_mtime_ns, path))
    try:
        content = manifest.read_bytes()
        path, sha256 = _named(content, manifest)
        if _hash_of(path) != sha256:
            raise Refused(f"{path} is not the file that {manifest.name} names (its SHA-256 differs): {_AGAIN}")
        found = [*_examples(path, dropped)]
        kept = tuple(each for each in found if each is not None)
        return Export(path, hashlib.sha256(content).hexdigest(), kept, len(found) - len(kept))
    except OSError as error:
        raise Misconfigured(f"the export {error.filename} cannot be read ({error.strerror}): {_AGAIN}") from error


def manifests_in(folder: Path) -> list[Path]:
    """Return the manifests of the exports in *folder* and directly below it; not those of imported rows. Call it off the event loop."""
    return [path for path in (*folder.glob(MANIFEST), *folder.glob(f"*/{MANIFEST}")) if not is_of_import(path)]


def _named(content: bytes, manifest: Path) -> tuple[Path, str]:
    try:
        named = json.loads(content)
    except ValueError as error:
        raise Refused(f"{manifest} is no JSON: {_AGAIN}") from error
    file, sha256 = (named.get("file"), named.get("sha256")) if isinstance(named, dict) else (None, None)
    if not isinstance(file, str) or not isinstance(sha256, str) or Path(file).name != file:
        raise Refused(f"{manifest} names no file beside it with its SHA-256: {_AGAIN}")
    return manifest.with_name(file), sha256


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _examples(path: Path, dropped: Collection[str]) -> Iterator[Example | None]:
    """Give the example of each row, None for those that were dropped."""
    reader = _Reader()
    with path.open("rb") as file:  # as bytes: only a line feed ends a row
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                example = reader.example(number, row)
                yield None if dropped and _key(row) in dropped else example
            except (ValueError, _Unreadable) as error:
                what = str(error) if isinstance(error, _Unreadable) else "it is no JSON in UTF-8"
                raise Refused(f"{path}, line {number}: {what}; {_AGAIN}") from error


def _key(row: Mapping[str, Any]) -> str:
    return key_of(Conversation(tuple(Turn(each["role"], each["content"]) for each in row["messages"])))


class _Reader:
    """Turns rows into examples; a text or passage that many rows share is kept once."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._passages: dict[Passage, Passage] = {}

    def example(self, line: int, row: object) -> Example:
        messages, metadata = self._parts(row)
        system = messages.pop(0).content if messages[0].role == "system" else ""
        if [message.role for message in messages] != ["user", "assistant"] * (len(messages) // 2) or not messages:
            raise _Unreadable("its messages are not questions and answers in turn")
        audience: Audience = _one_of(metadata, "audience", get_args(Audience))
        return Example(
            exchange_id=_text(metadata, "exchange_id") or f"{_APPROVED}{_text(metadata, 'approved_id')}",
            line=line,
            question=_text(metadata, "question") if "question" in metadata else question_in(messages[-2].content),
            answer=messages[-1].content,
            system=system,
            history=tuple(messages[:-2]),
            passages=self._passages_in(metadata, audience),
            audience=audience,
            language=_text(metadata, "language"),
            up=_count(metadata, "up"),
            down=_count(metadata, "down"),
            corrected=metadata.get("corrected") is True or "approved_id" in metadata,  # an expert's words
            kind=_one_of(metadata, "kind", get_args(AnswerKind)),
            asked_at=_text(metadata, "asked_at"),
            category=_text(metadata, "category") if "category" in metadata else "",
        )

    def _parts(self, row: object) -> tuple[list[Message], Mapping[str, Any]]:
        messages, metadata = (row.get("messages"), row.get("metadata")) if isinstance(row, dict) else (None, None)
        if not isinstance(messages, list) or not messages or not isinstance(metadata, dict):
            raise _Unreadable('it has no list "messages" or no object "metadata"')
        return [self._message(message) for message in messages], metadata

    def _message(self, message: object) -> Message:
        if not isinstance(message, dict) or message.get("role") not in get_args(Role):
            raise _Unreadable("a message has no role that is known")
        content = _text(message, "content")
        return Message(message["role"], self._texts.setdefault(content, content))

    def _passages_in(self, metadata: Mapping[str, Any], audience: Audience) -> tuple[Passage, ...]:
        passages = metadata.get("passages", [])
        if not isinstance(passages, list):
            raise _Unreadable('"passages" is no list')
        return tuple(self._passage(passage, audience) for passage in passages)

    def _passage(self, passage: object, audience: Audience) -> Passage:
        if not isinstance(passage, dict):
            raise _Unreadable("a passage is no object")
        found = Passage(
            passage_id=_text(passage, "passage_id"),
            source=_text(passage, "source"),
            title=_text(passage, "title"),
            heading=_text(passage, "heading"),
            text=_text(passage, "text"),
            audience=audience,
            language=_text(passage, "language"),
        )
        return self._passages.setdefault(found, found)


def _text(values: Mapping[str, Any], key: str) -> str:
    if not isinstance(values.get(key), str):
        raise _Unreadable(f'"{key}" is no text')
    return str(values[key])


def _count(values: Mapping[str, Any], key: str) -> int:
    if not isinstance(values.get(key), int):
        raise _Unreadable(f'"{key}" is no number')
    return int(values[key])


def _one_of(values: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> Any:
    if values.get(key) not in allowed:
        raise _Unreadable(f'"{key}" is none of {", ".join(allowed)}')
    return values[key]
