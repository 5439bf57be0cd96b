"""A home in one file: its ledger at a moment, its key, what training made, its settings. The index is built anew from the ledger."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.engine import make_url

from adapters.backup_format import HOME, SETTINGS, Archive, Manifest, new_archive
from bot.errors import Misconfigured, Refused
from bot.settings import CONFIG_FILE
from store.database import FILE_NAME
from store.pseudonyms import KEY_FILE
from store.schema import REVISION

if TYPE_CHECKING:
    from bot.settings import Settings

DUMP: Final = "ledger.pgdump"  # in the home: what pg_dump wrote, for pg_restore
_WORK: Final = ".backup"  # in the home, while one is made
# What is made anew, belongs to a process, or is half written; as paths in the home.
_LEFT_OUT: Final = (
    *("chroma", "chroma.*", "models", "serve.json", "serve.new", "*.lock", "*/*.lock", "*.draining", _WORK, DUMP),
    *(f"{FILE_NAME}*", ".*", "*/.*", "*/*/.*", "rounds/*/base", "rounds/*/training/checkpoints"),
)


async def back_up(settings: "Settings", out: Path, *, at: datetime) -> Manifest:
    """
    Write a backup of the home to *out*, whole or not at all, readable by its owner alone; others go on working meanwhile.

    Raises:
        Refused: There is nothing to back up, *out* is there already or lies in the home, or PostgreSQL's own tool is missing.
        Misconfigured: A file or the database cannot be read, or *out* not be written.
    """
    return await asyncio.to_thread(_write, settings, out, at)


def _write(settings: "Settings", out: Path, at: datetime) -> Manifest:
    home = settings.home.absolute()
    if not home.is_dir():
        raise Refused(f"there is no home {home} to back up; correct APRENDIZ_HOME")
    if out.absolute().is_relative_to(home):
        raise Refused(f"{out} lies in the home itself: write the backup to another folder, best of another disk")
    if out.exists():
        raise Refused(f"{out} is there already: choose another name")
    url = settings.store.database_url.get_secret_value()
    sqlite = not url or url.startswith("sqlite")
    manifest = Manifest(
        made_at=at.isoformat(),
        program=version("aprendiz"),
        revision=REVISION,
        ledger="sqlite" if sqlite else "postgresql",
        key=HOME if (home / KEY_FILE).is_file() and not settings.privacy.key.get_secret_value() else "configured",
    )
    try:
        with new_archive(out) as archive, _working(home) as work:
            # The ledger first: what it speaks of has been in its folder before.
            if sqlite:
                _snapshot(Path(make_url(url).database or "") if url else home / FILE_NAME, work / FILE_NAME)
                archive.add(work / FILE_NAME, f"{HOME}/{FILE_NAME}")
            else:
                _dump(url, work / DUMP)
                archive.add(work / DUMP, f"{HOME}/{DUMP}")
            _add_home(archive, home)
            archive.add(Path(CONFIG_FILE), SETTINGS)
            archive.finish(manifest)
    except OSError as error:
        raise Misconfigured(f"{error.filename or home} cannot be read ({error.strerror or error}): correct its rights") from error
    return manifest


@contextmanager
def _working(home: Path) -> Iterator[Path]:
    """Give an empty folder for the ledger's copy, which others cannot read and a killed process's successor takes away."""
    work = home / _WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _snapshot(ledger: Path, target: Path) -> None:
    """Copy the ledger as it is at one moment, whoever writes meanwhile (https://www.sqlite.org/backup.html)."""
    if not ledger.is_file():
        raise Refused(f"there is no ledger {ledger} to back up: nothing was ever asked or imported in this home")
    try:
        with closing(sqlite3.connect(ledger, timeout=30)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        raise Misconfigured(f"the ledger {ledger} cannot be copied ({error}): free space, or restore it from an earlier backup") from error


def _dump(url: str, target: Path) -> None:
    """Let pg_dump write the ledger; its password goes through the environment, which others cannot read."""
    tool = shutil.which("pg_dump")
    if tool is None:
        raise Refused("the ledger is in PostgreSQL, and its tool pg_dump is not installed here: install the server's client programs")
    address = make_url(url).set(drivername="postgresql")
    password = address.password
    plain = address.set(password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}  # noqa: TID251  # for a program of others'
    command = [tool, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", f"--dbname={plain}"]
    done = subprocess.run(  # noqa: S603  # the operator's own tool, with the operator's own address
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "; ".join(done.stderr.strip().splitlines()[:2]) or f"exit code {done.returncode}"
        raise Misconfigured(f"pg_dump could not write the ledger: {said}")


def _add_home(archive: Archive, home: Path) -> None:
    for folder, folders, names in os.walk(home):
        here = Path(folder).relative_to(home)
        folders[:] = sorted(name for name in folders if not _is_left_out(here / name))
        for name in sorted(names):
            path = Path(folder) / name
            if not _is_left_out(here / name) and path.is_file() and not path.is_symlink():
                archive.add(path, f"{HOME}/{(here / name).as_posix()}")


def _is_left_out(path: Path) -> bool:
    # fnmatch's star takes slashes along, which is wanted of none of these: they are compared part by part.
    return any(len(path.parts) == len(pattern.split("/")) and all(map(fnmatch, path.parts, pattern.split("/"))) for pattern in _LEFT_OUT)
