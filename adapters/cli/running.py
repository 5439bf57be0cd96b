"""The server that runs on a home: how it makes itself known to other commands."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from bot.errors import Misconfigured, Refused
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.running_server import RunningServer

FILE: Final = "serve.json"
_LOCK: Final = "serve.lock"


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """
    Be the one server of *home* until the end.

    Raises:
        Refused: Another one is; the detail names its address.
        Misconfigured: The home cannot be written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A command that looks whether a server runs holds the lock for an instant.
        lock = FileLock(home / _LOCK, timeout=1).acquire()
    except Timeout as error:
        announced = _read(home / FILE)
        here = N_("aprendiz serve already runs on {home} at {url}; stop it first, or set APRENDIZ_HOME to another folder")
        somewhere = N_("aprendiz serve already runs on {home}; stop it first, or set APRENDIZ_HOME to another folder")
        url = announced["url"] if announced else ""
        raise Refused.told(here if url else somewhere, home=home.absolute(), url=url) from error
    except OSError as error:
        text = N_("the home {home} cannot be written ({reason}); correct APRENDIZ_HOME or its rights")
        raise Misconfigured.told(text, home=home.absolute(), reason=error.strerror) from error
    with lock:
        yield


@asynccontextmanager
async def announced(home: Path, *, url: str, token: str) -> AsyncIterator[None]:
    """Keep `serve.json` in *home*, readable by its owner alone, until the end."""
    path = home / FILE
    await asyncio.to_thread(_write, path, {"url": url, "token": token})
    try:
        yield
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def find(home: Path) -> "RunningServer | None":
    """
    Return the server that runs on *home*, None where there is none.

    Raises:
        Misconfigured: It runs as another user.
    """
    found = _read(home / FILE)
    if found is None:
        return None
    try:
        with FileLock(home / _LOCK, timeout=0):
            return None  # left behind by a server that was killed
    except Timeout:
        from adapters.cli.running_server import RunningServer  # HTTP's libraries are not for those who talk to none

        return RunningServer(found["url"], found["token"])


def _read(path: Path) -> dict[str, str] | None:
    try:
        value = json.loads(path.read_bytes())
        return {"url": str(value["url"]), "token": str(value["token"])}
    except PermissionError as error:
        text = N_("{path} cannot be read: run this command as the user who runs aprendiz serve")
        raise Misconfigured.told(text, path=path) from error
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, value: dict[str, str]) -> None:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(value, file)
    new.replace(path)
