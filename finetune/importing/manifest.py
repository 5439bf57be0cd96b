"""What is told of divided rows: whose they are, by what right they may train, and the hashes of their files; read and written here."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from bot.errors import Refused
from bot.messages import Audience, Reach
from finetune.importing.sources import parts_of
from finetune.whole import write_whole
from store.export_files import IMPORT, MANIFEST, is_of_export

EMPLOYEES: Final = Reach("employees")  # who material is for where nobody says
_AGAIN: Final = "make it again with `aprendiz data import` or `aprendiz data split`"


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    The manifest of a folder of divided rows.

    `sha256` is its own hash (hex), `files` have that of each file by its name, and `rows` how many rows it has; `rights` is empty where
    none were declared.
    """

    folder: Path
    sha256: str
    reach: Reach
    rights: str
    files: Mapping[str, str]
    rows: Mapping[str, int]


def read_manifest(folder: Path) -> Manifest:
    """
    Read the manifest of *folder*; call it off the event loop.

    Raises:
        Refused: There is none, or it tells of something else.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        problem = f"holds no divided rows ({MANIFEST} cannot be read: {error.strerror})"
        raise Refused(f"{folder} {problem}: name a folder that `aprendiz data import` or `aprendiz data split` wrote") from error
    try:
        told = json.loads(content)
        settings = told["settings"]
        audience, scope, rights = settings["audience"], settings.get("scope") or "", settings.get("rights") or ""
        files = {str(name): str(each["sha256"]) for name, each in told["files"].items()}
        rows = {str(name): int(count) for name, count in told["counts"]["rows"].items()}
        known = IMPORT in told and audience in get_args(Audience) and isinstance(scope, str) and isinstance(rights, str)
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known:
        raise Refused(f"{path} tells nothing of divided rows and whom they are for: {_AGAIN}")
    return Manifest(folder, hashlib.sha256(content).hexdigest(), Reach(audience, scope), rights, files, rows)


def declared(reach: Reach, rights: str) -> dict[str, str | None]:
    """Return what the manifest's settings say of whom rows may train and why; nothing said is null."""
    return {"audience": reach.audience, "scope": reach.scope or None, "rights": rights or None}


def described(path: Path) -> dict[str, Any]:
    """Return what the manifest says of a file that was read, or of a folder whose files are read as one."""
    parts = parts_of(path)
    hashes = [sha256_of(each) for each in parts]
    if path.is_dir():  # as `sha256sum` of what it says of each file
        told = "".join(f"{digest}  {each.relative_to(path).as_posix()}\n" for digest, each in zip(hashes, parts, strict=True))
        hashes = [hashlib.sha256(told.encode()).hexdigest()]
    return {"file": path.name, "bytes": sum(each.stat().st_size for each in parts), "sha256": hashes[0]}


def write_manifest(folder: Path, manifest: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Write what is told of an import with the hashes of its files, *names* of *folder*; return it."""
    files = {name: {"sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size} for name in names}
    whole = {**manifest, "files": files}
    write_whole(folder / MANIFEST, json.dumps(whole, ensure_ascii=False, indent=2) + "\n")
    return whole


def sha256_of(path: Path) -> str:
    """Return the hash of a file as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_apart(folder: Path, exports: Path) -> None:
    """
    Keep divided rows and exports apart: each would take the other's manifest for its own.

    Raises:
        Refused: *folder* lies where *exports* are kept, or holds one.
    """
    if folder.absolute().resolve().is_relative_to(exports.absolute().resolve()):
        raise Refused(f"{folder} lies in {exports}, where rounds look for exports: name a folder elsewhere")
    if is_of_export(folder / MANIFEST):
        raise Refused(f"{folder} holds an export, whose {MANIFEST} would be lost: name another folder")
