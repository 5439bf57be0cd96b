"""Exchanges taken out of files: exports, the folders of rounds and of evaluations. Everything else in them stays as it is."""

import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot.errors import Misconfigured
from finetune.round_files import RoundFolder
from finetune.whole import whole_file, write_whole
from store.export_files import MANIFEST
from store.training_rows import written

_ID = re.compile(rb"(?<![0-9A-Z])[0-9A-HJKMNP-TV-Z]{20}(?![0-9A-Z])")  # as bot.identifiers makes them
_EXPORT = re.compile(r"training-[0-9a-f]{12}(\.(?:preferences|thumbs))?\.jsonl")
_BESIDE: Final = ("preferences", "thumbs")  # what a manifest names beside its rows
_TELLING: Final = 12  # characters: a shorter text is theirs only where it stands alone
_ANSWERS: Final = "answers-*.jsonl"


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What is to go: the exchanges' ids, and the words of their askers' own.

    A text goes where it stands alone; where it is *searched* for, also what holds it. That takes a moment for each text and line: of one
    person there are few, of all that has aged too many.
    """

    ids: frozenset[str]
    texts: frozenset[str]
    searched: bool = True
    _bytes: frozenset[bytes] = field(init=False)
    _telling: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what each line is compared with."""
        object.__setattr__(self, "_bytes", frozenset(each.encode() for each in self.ids))
        object.__setattr__(self, "_telling", tuple(sorted(text for text in self.texts if self.searched and len(text) >= _TELLING)))

    def is_named(self, content: bytes) -> bool:
        """Tell whether *content* names one of the exchanges."""
        return any(found in self._bytes for found in _ID.findall(content))

    def is_told(self, value: object) -> bool:
        """Tell whether a text in *value*, as JSON gives it, is theirs or holds words of theirs."""
        return any(text in self.texts or any(each in text for each in self._telling) for text in _strings(value))

    def stands_in(self, content: bytes) -> bool:
        """Tell whether *content*, of any form, names one or holds words of theirs, escaped as JSON or HTML has it or not."""
        if self.is_named(content):
            return True
        forms = ((text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1], html.escape(text)) for text in self._telling)
        return any(form.encode() in content for each in forms for form in {*each})


def clear_exports(folder: Path, wanted: Wanted) -> Counter[str]:
    """
    Take the rows out of every export in *folder*; a file that changes has the name of its new content, and its manifest follows.

    Rows of others lose the earlier turns that are theirs. Keep other exports out meanwhile; call it off the event loop.

    Raises:
        Misconfigured: A file cannot be read or written; what was done is whole, and the same call goes on.
    """
    counts: Counter[str] = Counter()
    _drop_drafts(folder)
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        if path.suffix == ".jsonl":
            counts += _clear_rows(path, wanted)
        elif path.name != MANIFEST and _holds(path, wanted):
            path.unlink()
            counts["files"] += 1
    for manifest in sorted(folder.rglob(MANIFEST)):
        _follow(manifest)
    return counts


def clear_rounds(folder: Path, wanted: Wanted) -> Counter[str]:
    """Take the rows and questions out of every round's folder in *folder*; what was answered to them goes with them. Raises as above."""
    counts: Counter[str] = Counter()
    _drop_drafts(folder)
    for path in sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else ():
        for rows in sorted(path.glob("rows/*.jsonl")):
            counts += _clear_rows(rows, wanted)
        counts += _clear_judging(RoundFolder(path), wanted)
    return counts


def clear_evaluations(folder: Path, wanted: Wanted) -> Counter[str]:
    """Delete the evaluations in *folder* that asked their questions; their figures would be others without them. Raises as above."""
    counts: Counter[str] = Counter()
    for path in sorted(each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else ():
        if any(_holds(each, wanted) for each in path.rglob("*") if each.is_file()):
            counts["files"] += _delete(each for each in path.rglob("*") if each.is_file())
    return counts


def clear_converted(folder: Path) -> Counter[str]:
    """Delete all rows in *folder*: they no longer tell whose they are, and the command that converted them does so again."""
    return Counter(files=_delete(path for path in folder.glob("*") if path.is_file()))


def learnt_in(folder: Path, wanted: Wanted) -> dict[str, int]:
    """Return how many rows of theirs stand in the rows of each round in *folder*, by the round's id."""
    found: Counter[str] = Counter()
    for rows in sorted(folder.glob("*/rows/*.jsonl")):
        count = sum(1 for line in _lines(rows) if _changed(line, wanted) is None)
        if count:
            found[rows.parent.parent.name] += count
    return dict(found)


def rows_of(folder: Path, wanted: Wanted) -> dict[str, int]:
    """Return how many rows of theirs stand in each file of rows beneath *folder*, by its path there."""
    found: dict[str, int] = {}
    for path in sorted(folder.rglob("*.jsonl")) if folder.is_dir() else ():
        with path.open("rb") as file:
            count = sum(1 for line in file if wanted.is_named(line))
        if count:
            found[str(path.relative_to(folder))] = count
    return found


def _clear_judging(folder: RoundFolder, wanted: Wanted) -> Counter[str]:
    """Take out of a round what it asked; answers, evaluation and report are deleted as a whole, the card with its figures stays."""
    counts: Counter[str] = Counter()
    papers = [path for path in (folder.questions, folder.verdict, folder.report) if path.is_file()]
    books = [*folder.evaluation.glob(_ANSWERS), *folder.again.glob(_ANSWERS)]
    if not any(_holds(path, wanted) for path in (*papers, *books)):
        return counts
    # The questions last: killed before, the next call finds them there.
    counts["files"] = _delete([path for path in papers if path != folder.questions] + books)
    if folder.questions.is_file():
        asked = folder.read(folder.questions)
        kept = _without(asked, wanted)
        counts["questions"] = sum(len(asked[name]) - len(kept[name]) for name in ("held_out", "again"))
        folder.keep(folder.questions, kept)
    return counts


def _without(asked: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    kept = {
        name: [each for each in asked[name] if each.get("exchange_id") not in wanted.ids and not wanted.is_told(each)]
        for name in ("held_out", "again")
    }
    wrong = {cluster: [each for each in ids if each not in wanted.ids] for cluster, ids in asked["wrong"].items()}
    return {**asked, **kept, "wrong": {cluster: ids for cluster, ids in wrong.items() if ids}}


def _clear_rows(path: Path, wanted: Wanted) -> Counter[str]:
    """Take the rows out of a file of JSON Lines; one that holds none is not touched."""
    counts: Counter[str] = Counter()
    digest = hashlib.sha256()
    for line in _lines(path):
        kept = _changed(line, wanted)
        if kept != line:
            counts["rows" if kept is None else "turns"] += 1
        digest.update(kept or b"")
    if not counts:
        return counts
    export = _EXPORT.fullmatch(path.name)
    target = path.with_name(f"training-{digest.hexdigest()[:12]}{export[1] or ''}.jsonl") if export else path
    with whole_file(target) as draft, draft.open("wb") as file:
        file.writelines(kept for line in _lines(path) if (kept := _changed(line, wanted)) is not None)
    if target != path:
        _name_in_manifest(path, target)
        path.unlink()
    return counts


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise _unreadable(path, error) from error


def _changed(line: bytes, wanted: Wanted) -> bytes | None:
    """Return what is left of a line, None where all of it goes."""
    if wanted.is_named(line):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None if wanted.stands_in(line) else line
    kept = _without_turns(row, wanted)
    if wanted.is_told(kept):
        return None
    return line if kept is row else written(kept).encode()


def _without_turns(row: Any, wanted: Wanted) -> Any:
    """Return *row* without the earlier turns whose question is theirs; itself where there are none."""
    place, own = ("messages", 2) if isinstance(row, dict) and "messages" in row else ("prompt", 1)  # the last turn is the row's own
    messages = row.get(place) if isinstance(row, dict) else None
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        return row
    going: set[int] = set()
    for at in range(len(messages) - own):
        if messages[at].get("role") == "user" and messages[at].get("content") in wanted.texts:
            going |= {at, at + 1} if messages[at + 1].get("role") == "assistant" else {at}
    return {**row, place: [each for at, each in enumerate(messages) if at not in going]} if going else row


def _name_in_manifest(path: Path, target: Path) -> None:
    """Let the manifest name the new file while the old one is there: killed in between, the next call makes the same again."""
    manifest = path.with_name(MANIFEST)
    named = _read(manifest) if manifest.is_file() else {}
    if named.get("file") == path.name:
        write_whole(manifest, _told({**named, "file": target.name}))
    for kind in _BESIDE:
        if named.get(kind, {}).get("file") == path.name:
            write_whole(manifest, _told({**named, kind: {**named[kind], "file": target.name}}))


def _follow(manifest: Path) -> None:
    """Count anew what the manifest says of its files, where they are others by now."""
    named = _read(manifest)
    followed = _counted(manifest, named) | {kind: _counted(manifest, named[kind]) for kind in _BESIDE if kind in named}
    if followed != named:
        write_whole(manifest, _told(followed))


def _counted(manifest: Path, named: dict[str, Any]) -> dict[str, Any]:
    """Return what is *named* of a file beside *manifest* as the file is now."""
    path = manifest.with_name(str(named.get("file", "")))
    if not path.is_file() or path == manifest:
        return named
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 == named.get("sha256"):
        return named
    metadata = [row.get("metadata", {}) for row in map(json.loads, _lines(path))]
    ids = [each["exchange_id"] for each in metadata if each.get("exchange_id")]
    corrected, approved = (sum(bool(each.get(key)) for each in metadata) for key in ("corrected", "approved_id"))
    counted = {"rows": len(metadata), "corrected": corrected, "approved": approved}
    ends = {"first_exchange": ids[0] if ids else None, "last_exchange": ids[-1] if ids else None}
    known = {key: value for key, value in {**counted, **ends}.items() if key in named}
    return {**named, "sha256": sha256, "size_bytes": path.stat().st_size, **known}


def _read(manifest: Path) -> dict[str, Any]:
    try:
        value = json.loads(manifest.read_bytes())
    except OSError as error:
        raise _unreadable(manifest, error) from error
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _told(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"


def _drop_drafts(folder: Path) -> None:
    """Delete what a process that was killed left half written."""
    for draft in folder.rglob(".*.draft"):
        if draft.is_file():
            draft.unlink(missing_ok=True)


def _holds(path: Path, wanted: Wanted) -> bool:
    try:
        return wanted.stands_in(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error


def _delete(paths: Any) -> int:
    count = 0
    for path in list(paths):
        path.unlink(missing_ok=True)
        count += 1
    return count


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _unreadable(path: Path, error: OSError) -> Misconfigured:
    return Misconfigured(f"{path} cannot be read ({error.strerror or error}); correct its rights, then run the same command again")
