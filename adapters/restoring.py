"""A backup made a home again: checked before anything is written, and there as a whole or not at all."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.backup import DUMP
from adapters.backup_format import HOME, SETTINGS, Manifest, read_archive, unpack
from bot.errors import Misconfigured, Refused
from bot.settings import CONFIG_FILE
from finetune.whole import whole_folder
from store.schema import REVISION

KEPT_SETTINGS: Final = "aprendiz.restored.toml"  # in the home, where the current folder has settings of its own


@dataclass(frozen=True, slots=True)
class Restored:
    """
    What was restored to `home`.

    `settings` is where the settings lie now, None where the backup had none; `dump` the ledger that is to be given to pg_restore, None
    where it is SQLite's.
    """

    home: Path
    manifest: Manifest
    settings: Path | None
    dump: Path | None


async def restore(source: Path, home: Path) -> Restored:
    """
    Restore the backup *source* to *home*, which must be empty or missing.

    The settings go into the current folder where it has none, else beside the restored files.

    Raises:
        Refused: *home* holds anything, or *source* is no whole backup; nothing was written.
        Misconfigured: A file cannot be read or written.
    """
    return await asyncio.to_thread(_restore, source, home)


def _restore(source: Path, folder: Path) -> Restored:
    home = folder.absolute()
    try:
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise Refused(f"{home} is not empty: restore into a new folder (--home), or move what is there away")
        manifest = read_archive(source)
        if manifest.revision > REVISION:
            raise Refused(f"{source} was made by a newer program ({manifest.program}): update this one first")
        home.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(home.with_name(f".{home.name}.draft"), ignore_errors=True)
        with whole_folder(home) as draft:
            _lay_out(source, manifest, draft)
            if home.exists():
                home.rmdir()
        dump = home / DUMP
        return Restored(home, manifest, _placed(home), dump if dump.is_file() else None)
    except OSError as error:
        raise Misconfigured(f"{error.filename or home} cannot be read or written ({error.strerror or error})") from error


def _lay_out(source: Path, manifest: Manifest, draft: Path) -> None:
    """Unpack into *draft* and bring the home's files to its top, the settings beside them."""
    draft.mkdir(mode=0o700)
    unpacked = draft / ".unpacking"
    for _ in unpack(source, manifest, unpacked):
        pass
    for each in sorted((unpacked / HOME).iterdir()) if (unpacked / HOME).is_dir() else ():
        each.rename(draft / each.name)
    if (unpacked / SETTINGS).is_file():
        (unpacked / SETTINGS).rename(draft / KEPT_SETTINGS)
    shutil.rmtree(unpacked, ignore_errors=True)


def _placed(home: Path) -> Path | None:
    """Move the settings to where commands read them, unless there are others; return where they lie."""
    if not (home / KEPT_SETTINGS).is_file():
        return None
    kept, target = home / KEPT_SETTINGS, Path(CONFIG_FILE).absolute()
    if target.exists():
        return kept
    shutil.copyfile(kept, target)
    target.chmod(0o600)
    kept.unlink()
    return target
