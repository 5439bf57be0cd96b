"""Folders of imported rows, read into examples for a round: nothing but what their manifests name, byte for byte."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.errors import BadRequest, Refused
from bot.messages import Message
from finetune.examples import Example, question_in
from finetune.findings import Finding
from finetune.formats.reading import format_of, read_records
from finetune.formats.records import ORIGIN, Conversation, Record
from finetune.importing.manifest import Manifest, read_manifest, sha256_of
from finetune.importing.shares import SPLITS
from finetune.row_checks import faults_in
from finetune.statistics.seen import CATEGORY, key_of
from store.splitting import Split

IMPORTED: Final = "import:"  # with which the ids of imported examples begin
_AGAIN: Final = "import or split it again"


@dataclass(frozen=True, slots=True)
class Import:
    """
    A folder that was read.

    Its examples have the split of their file as `given`; `dropped` rows were left out because somebody dropped them by hand.
    """

    manifest: Manifest
    examples: tuple[Example, ...]
    dropped: int


def trainable(folder: Path) -> Manifest:
    """
    Return the manifest of a folder whose rows may train; call it off the event loop.

    Raises:
        Refused: It is none, its files are not those that its manifest names, it holds no answered questions, nobody said by what right they
            may train, or they are for some of their audience alone: a version tells what it learnt to all of it.
    """
    manifest = read_manifest(folder)
    names = answered_in(manifest)
    if not names:
        raise Refused(f"{folder} holds no questions with answers: a round learns nothing from plain text")
    if not manifest.rights:
        raise Refused(f"nobody said by what right the rows in {folder} may train: {_AGAIN} with --source-rights")
    if manifest.reach.scope:
        raise Refused(
            f"{folder} is for {manifest.reach.scope} alone, and a version tells what it learnt to its whole audience: leave it out"
        )
    for name in names:
        path = folder / name
        if not path.is_file() or sha256_of(path) != manifest.files[name]:
            raise Refused(f"{path} is not the file that the manifest beside it names: {_AGAIN}")
    return manifest


def read_import(manifest: Manifest, *, line: int, dropped: Collection[str]) -> Import:
    """
    Read the rows of a folder; call it off the event loop.

    Of a conversation each answer that is to be learnt becomes an example, what was said before being its history. Those without a system
    text have none.

    Args:
        manifest: As `trainable` gave it.
        line: The number of the first example.
        dropped: The keys (`key_of`) of rows that are left out.

    Raises:
        Refused: A row cannot be trained on; the detail names file and line.
    """
    examples: list[Example] = []
    left_out = 0
    for split in SPLITS:
        path = manifest.folder / f"{split}.jsonl"
        if path.name not in answered_in(manifest):
            continue
        for record in _conversations(path):
            key = key_of(record)
            if key in dropped:
                left_out += 1
                continue
            examples += _examples(record, manifest, split=split, line=line + len(examples), key=key)
    return Import(manifest, tuple(examples), left_out)


def name_of(manifest: Manifest) -> str:
    """Return what an import is called: its folder, with a slash behind it, which no other source of rows has."""
    return f"{manifest.folder.as_posix()}/"


def answered_in(manifest: Manifest) -> list[str]:
    """Return the names of the files that hold answered questions."""
    names = (f"{split}.jsonl" for split in SPLITS)
    return [name for name in names if name in manifest.files and manifest.rows.get(name)]


def _conversations(path: Path) -> Iterator[Conversation]:
    try:
        for found in read_records(path, format_of(path)):
            yield _sound(found, path)
    except BadRequest as error:
        raise Refused(str(error)) from error


def _sound(found: Record | Finding, path: Path) -> Conversation:
    if isinstance(found, Finding):
        raise Refused(f"{path}, {found.sentence()}; {_AGAIN}")
    line = found.origin.line if found.origin else 0
    if not isinstance(found, Conversation):
        raise Refused(f"{path}, line {line} holds no question with its answer: convert it with `aprendiz data convert --to messages`")
    if faults := [fault for fault in faults_in(found) if fault[0] != "damaged"]:
        raise Refused(f"{path}, {Finding(line, *faults[0]).sentence()}; {_AGAIN}")
    return found


def _examples(record: Conversation, manifest: Manifest, *, split: Split, line: int, key: str) -> Iterator[Example]:
    turns = record.messages
    system = turns[0].content if turns[0].role == "system" else ""
    said = turns[1:] if system else turns
    learnt = [at for at in range(1, len(said), 2) if said[at].weight != 0]
    for number, at in enumerate(learnt):
        yield Example(
            exchange_id=f"{IMPORTED}{key[1:17]}{f'-{at // 2}' if at > 1 else ''}",
            line=line + number,
            question=question_in(said[at - 1].content),
            answer=said[at].content,
            system=system,
            history=tuple(Message(each.role, each.content) for each in said[: at - 1]),
            passages=(),
            audience=manifest.reach.audience,
            language=_text(record.metadata, "language"),
            up=0,
            down=0,
            corrected=False,
            category=_text(record.metadata, CATEGORY),
            origin=_origin(record, name_of(manifest)),
            given=split,
        )


def _origin(record: Conversation, folder: str) -> dict[str, Any]:
    """Return where a row comes from: the import called *folder*, and what that says of its own source."""
    told = record.metadata.get(ORIGIN)
    return {"import": folder, **(told if isinstance(told, Mapping) else {})}


def _text(metadata: Mapping[str, Any], key: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) else ""
