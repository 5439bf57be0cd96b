"""Checkpoints of a training: each a folder, whole or not there at all, so that a killed training goes on where it stopped."""

import errno
import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import Misconfigured, Refused
from finetune.whole import sync

logger = logging.getLogger(__name__)

STATE = "state.json"
_NAME = "step-{:08d}"
_DRAFT = ".draft"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint: its folder, and what was noted beside the weights."""

    folder: Path
    state: Mapping[str, Any]

    @property
    def step(self) -> int:
        """The steps done when it was written."""
        return int(self.state["step"])


class Checkpoints:
    """The checkpoints in one folder."""

    def __init__(self, folder: Path) -> None:
        """Keep checkpoints in *folder*, which need not be there yet."""
        self.folder = folder

    @contextmanager
    def staged(self, step: int) -> Iterator[tuple[Path, dict[str, Any]]]:
        """
        Give a folder to fill, and the state to note beside; at the end the checkpoint of *step* is there, on the disk, in one stroke.

        Raises:
            Misconfigured: It cannot be written, on a full disk for instance; earlier checkpoints stay as they are.
        """
        target = self.folder / _NAME.format(step)
        draft = target.with_suffix(_DRAFT)
        state: dict[str, Any] = {"step": step}
        with writing(self.folder):
            try:
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir(parents=True)
                yield draft, state
                _seal(draft, state)
                shutil.rmtree(target, ignore_errors=True)  # one that was found damaged
                draft.rename(target)
                sync(self.folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def newest(self) -> tuple[Checkpoint | None, tuple[str, ...]]:
        """Return the newest whole checkpoint, None where there is none, and the names of damaged ones that are newer."""
        damaged: list[str] = []
        for folder in reversed(self._folders()):
            state = _state_of(folder)
            if state is not None:
                return Checkpoint(folder, state), tuple(damaged)
            logger.warning("damaged checkpoint passed over", extra={"checkpoint": str(folder)})
            damaged.append(folder.name)
        return None, tuple(damaged)

    def at(self, step: int) -> Checkpoint | None:
        """Return the checkpoint of *step* where it is there and whole."""
        folder = self.folder / _NAME.format(step)
        state = _state_of(folder)
        return None if state is None else Checkpoint(folder, state)

    def keep(self, limit: int, *, best: int) -> None:
        """Delete all but the newest *limit* and that of the step *best*."""
        for folder in self._folders()[:-limit]:
            if folder.name != _NAME.format(best):
                shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("step-*") if path.suffix != _DRAFT)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """
    Turn what goes wrong on the disk into one sentence.

    Raises:
        Misconfigured: The disk is full, or *folder* cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise Misconfigured(
                f"the disk of {folder} is full: make room and run the same again, it goes on at the last checkpoint"
            ) from error
        raise Misconfigured(f"{folder} cannot be written ({error.strerror or error}): correct its rights or choose another") from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write *value* to *path*, whole or not at all."""
    draft = path.with_name(f".{path.name}{_DRAFT}")
    draft.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    sync(draft)
    draft.replace(path)
    sync(path.parent)


def replace_folder(source: Path, target: Path) -> None:
    """Copy the folder *source* to *target*, whole or not at all."""
    draft = target.with_suffix(_DRAFT)
    shutil.rmtree(draft, ignore_errors=True)
    try:
        shutil.copytree(source, draft)
        for path in draft.rglob("*"):
            sync(path)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    sync(target.parent)


def require_same(found: Mapping[str, str], wanted: Mapping[str, str], folder: Path) -> None:
    """
    Compare what the training in *folder* was made from with what is *wanted*: names of parts, with their hashes.

    Raises:
        Refused: They differ; the detail says in what.
    """
    others = [name for name, digest in wanted.items() if found.get(name) != digest]
    if others:
        raise Refused(f"{folder} holds a training with other {' and other '.join(others)}: choose another folder or delete this one")


def sha256_of(path: Path) -> str:
    """Return the file's hash as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seal(folder: Path, state: dict[str, Any]) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        sync(path)
    state["files"] = {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}
    write_json(folder / STATE, state)


def _state_of(folder: Path) -> dict[str, Any] | None:
    """Return the state of the checkpoint in *folder* where that is whole: every file is there and is what was written."""
    try:
        state = json.loads((folder / STATE).read_bytes())
        whole = all(sha256_of(folder / name) == digest for name, digest in state["files"].items())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return dict(state) if whole else None
