"""Where a Chroma lives, in a directory of this process or behind an address: how it is opened, thrown away and spoken of."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from bot.texts import N_
from store.hnsw_files import Room

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.config import Settings

REBUILD = "run `aprendiz index rebuild`"
_TIMEOUT_S = 30.0
# Chroma's error classes (chromadb.errors.error_types) that pass with time; every other one is for the operator.
PASSING = frozenset({"RateLimitError"})


class ChromaHome(Protocol):
    """A place; all of it is for the thread that owns the client."""

    def open(self) -> "Client":
        """Return a client."""

    def wipe(self, client: "Client | None", ours: Callable[[str], bool]) -> "Client | None":
        """Throw away all collections whose names are *ours*; return the client that goes on, None where it has to be opened again."""

    def tidy(self) -> None:
        """Leave in its files what belongs to them alone; after every write."""

    def release(self) -> None:
        """Let go of what belongs to the place."""

    def explain(self, error: Exception) -> ChatbotError | None:
        """Return what an error of Chroma's is to people, None for any other."""


class Embedded:
    """A directory, which one process at a time may own (the lock file lies beside it)."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._lock = FileLock(self._path.with_suffix(".lock"))
        self._copy, self._old = self._path.with_suffix(".new"), self._path.with_suffix(".old")
        self._room = Room(self._path)

    def lock(self) -> None:
        """
        Own the directory, made where it is missing.

        Raises:
            Misconfigured: Another process does, or it cannot be written to.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            self._settle()
            self._path.mkdir(exist_ok=True)
        except Timeout as error:
            text = N_(
                "the index in {path} is in use by another process, probably `aprendiz serve`: stop that one, or give this one another home "
                "with APRENDIZ_HOME"
            )
            raise Misconfigured.told(text, path=self._path.parent) from error
        except OSError as error:
            text = N_("the index in {path} cannot be opened ({reason}): make that directory writable")
            raise Misconfigured.told(text, path=self._path, reason=error.strerror) from error

    def is_new(self) -> bool:
        """Tell whether nothing was ever written."""
        return not any(self._path.iterdir())

    def open(self) -> "Client":
        """See the port."""
        return _persistent(self._path)

    def begin_copy(self) -> "Client":
        """Return a client of a new directory beside this one, which `finish_copy` lets take its place."""
        self._settle()
        return _persistent(self._copy)

    def finish_copy(self, client: "Client | None", copy: "Client") -> None:
        """Close both clients, and put the copy in the place of the directory; killed at any moment, the next `lock` ends it."""
        for each in (copy, client):
            if each is not None:
                each.close()
        Room(self._copy).clear()
        self._path.rename(self._old)
        self._settle()

    def _settle(self) -> None:
        """Finish what was begun of a change of places, and drop what came to nothing; a copy is whole once the old one has moved."""
        if self._old.exists():
            if not self._path.exists():
                self._copy.rename(self._path)
            shutil.rmtree(self._old)
        shutil.rmtree(self._copy, ignore_errors=True)

    def wipe(self, client: "Client | None", _ours: Callable[[str], bool]) -> "Client | None":
        """See the port; a directory is ours as a whole, the ruins in it, too."""
        if client is not None:
            client.close()
        shutil.rmtree(self._path)
        self._path.mkdir()
        return None

    def tidy(self) -> None:
        """See the port."""
        self._room.clear()

    def release(self) -> None:
        """See the port."""
        self._lock.release()

    def explain(self, error: Exception) -> ChatbotError | None:
        """See the port."""
        from chromadb.errors import ChromaError

        if not isinstance(error, ChromaError | OSError):
            return None
        text = N_("the index in {path} is damaged or its disk is full ({reason}): free space, or run `aprendiz index rebuild`")
        return Misconfigured.told(text, path=self._path, reason=error)


class Server:
    """A Chroma server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sessions: list[Any] = []

    def open(self) -> "Client":
        """See the port."""
        from chromadb import HttpClient

        parts = urlsplit(self._url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Misconfigured(f"APRENDIZ_STORE__CHROMA_URL is {self._url!r}: write it as http://host:port")
        secure = parts.scheme == "https"
        try:
            client = HttpClient(parts.hostname, parts.port or (443 if secure else 80), ssl=secure, settings=_settings())
        except ValueError as error:  # what the client makes of a refused connection and of an HTTP 5xx while it opens
            raise TryAgainLater(f"the Chroma server at {self._url} does not respond ({error})") from error
        # Chroma's client waits without end and never closes its connections; only its inner sessions (one is its administrator's)
        # can be told otherwise.
        inner = cast("Any", client)
        self._sessions = [each._server._session for each in (inner, inner._admin_client)]
        for session in self._sessions:
            session.timeout = _TIMEOUT_S
        return cast("Client", client)

    def wipe(self, client: "Client | None", ours: Callable[[str], bool]) -> "Client | None":
        """See the port."""
        client = client or self.open()
        for collection in client.list_collections():
            if ours(collection.name):
                client.delete_collection(collection.name)
        return client

    def tidy(self) -> None:
        """See the port; they are the server's."""

    def release(self) -> None:
        """See the port."""
        for session in self._sessions:
            session.close()

    def explain(self, error: Exception) -> ChatbotError | None:
        """See the port."""
        from chromadb.errors import ChromaError
        from httpx import HTTPError  # the library chromadb talks with

        if type(error) is Exception or isinstance(error, HTTPError | OSError):
            return TryAgainLater(f"the Chroma server at {self._url} does not respond ({error})")
        if not isinstance(error, ChromaError):
            return None
        if type(error).__name__ in PASSING:
            return TryAgainLater(f"the Chroma server at {self._url} is busy ({error})")
        return Misconfigured(f"the Chroma server at {self._url} refused ({error}): check its log, or {REBUILD}")


def _persistent(path: Path) -> "Client":
    from store.chroma_bindings import EmbeddedClient

    return cast("Client", EmbeddedClient(path))


def _settings() -> "Settings":
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)
