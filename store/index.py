"""Chroma, embedded or behind an address: a searchable copy of the ledger that can be thrown away and built again."""

import asyncio
import hashlib
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast
from urllib.parse import urlsplit

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from bot.messages import Audience, Reach
from bot.ports import Encoder, IndexEntry, IndexKind
from store.vectors import Vectors

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client
    from chromadb.config import Settings

T = TypeVar("T")

_OURS = re.compile(r"(?P<kind>passages|verified|conversations)-(?P<audience>employees|customers|all)-")
_SCOPE = "scope"  # a collection's own metadata, whose name holds but the hash of it
_MARK = 24  # hexadecimal digits
_TIMEOUT_S = 30.0
_KEPT = 200_000  # vectors of a collection in memory, in 240 MB at most
_PAGE = 500  # vectors read at a time: a question that comes meanwhile waits for so many
_WRITTEN_AT_ONCE = 250  # entries: Chroma holds the interpreter's lock for all the 0.2 s that they take, and a chat waits meanwhile
_REBUILD = "run `aprendiz index rebuild`"
# Chroma's error classes (chromadb.errors.error_types) that pass with time; every other one is for the operator.
PASSING = frozenset({"RateLimitError"})


class _Home(Protocol):
    """Where a Chroma lives: how it is opened, thrown away and spoken of."""

    def is_new(self) -> bool: ...

    def open(self) -> "Client": ...

    def wipe(self, client: "Client | None") -> "Client | None": ...

    def release(self) -> None: ...

    def explain(self, error: Exception) -> ChatbotError | None: ...


class ChromaIndex:
    """
    The index port over Chroma; made by `embedded` or `server`, used as an async context manager.

    One thread owns the client, which opens with the first use: importing chromadb takes 2 s.
    """

    def __init__(self, home: "_Home", encoder: Encoder) -> None:
        self._home = home
        self._suffix = f"{encoder.name}-{encoder.dimension}"
        self._client: Client | None = None
        self._collections: dict[str, Collection] = {}
        self._dimension = encoder.dimension
        # By the name of the collection; only of an index that nobody else can change.
        self._vectors: dict[str, Vectors] | None = {} if isinstance(home, _Embedded) else None
        # What collections may hold that were empty when their only owner opened them: to ask Chroma takes a third as long as to write.
        self._written: dict[str, set[str]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chroma")

    @classmethod
    def embedded(cls, path: Path, encoder: Encoder) -> Self:
        """Keep the index in the directory *path*, which one process at a time may own (the lock file lies beside it)."""
        return cls(_Embedded(path), encoder)

    @classmethod
    def server(cls, url: str, encoder: Encoder) -> Self:
        """Use the Chroma server at *url*."""
        return cls(_Server(url), encoder)

    async def __aenter__(self) -> Self:
        if isinstance(self._home, _Embedded):
            await self._in_thread(self._home.lock)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def upsert(self, kind: IndexKind, reach: Reach, entries: Sequence[IndexEntry]) -> None:
        """Write *entries*; one that exists is replaced as a whole, metadata too."""
        if entries:
            await self._run(lambda: self._upsert(self._collection(kind, reach), list(entries)))

    async def delete(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> None:
        """Delete the entries of *ids*; unknown ids are passed over."""
        if ids:
            await self._run(lambda: self._delete(self._collection(kind, reach), list(ids)))

    async def query(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """Return (id, cosine distance) of the nearest entries, nearest first."""

        def nearest() -> tuple[tuple[str, float], ...]:
            found = self._collection(kind, reach).query(query_embeddings=cast("Any", [vector]), n_results=limit, include=["distances"])
            distances = found["distances"] or [[]]
            return tuple(zip(found["ids"][0], distances[0], strict=True))

        return await self._run(nearest)

    async def ids(self, kind: IndexKind, reach: Reach) -> tuple[str, ...]:
        """Return every id of the collection, sorted."""
        return await self._run(lambda: tuple(sorted(self._collection(kind, reach).get(include=[])["ids"])))

    async def fetch(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> tuple[IndexEntry, ...]:
        """Return the entries of *ids* in that order; unknown ids are left out."""
        # A new home holds nothing: an import's first texts need not wait until Chroma is loaded.
        if not ids or await self._in_thread(lambda: self._client is None and self._home.is_new()):
            return ()
        return await self._run(lambda: self._fetch(self._collection(kind, reach), list(ids)))

    async def distances(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, ids: Sequence[str]) -> Mapping[str, float]:
        """Return the cosine distance of each of *ids*; unknown ids are left out."""
        if not ids:
            return {}
        return await self._run(lambda: self._distances(self._collection(kind, reach), vector, list(ids)))

    async def warm(self, kind: IndexKind, reach: Reach) -> None:
        """Load the collection, and where this process owns the index as many of its vectors as memory may hold, page by page."""
        ids = await self.ids(kind, reach)
        probe = np.full(self._dimension, self._dimension**-0.5, dtype=np.float32)
        await self.query(kind, reach, probe, limit=1)
        if self._vectors is not None:
            for first in range(0, min(len(ids), _KEPT), _PAGE):
                await self.distances(kind, reach, probe, ids=ids[first : first + _PAGE])

    async def reaches(self, kind: IndexKind) -> tuple[Reach, ...]:
        """Return of which reaches there is a collection of that kind, in order."""
        return await self._run(lambda: self._reaches(kind))

    async def reset(self) -> None:
        """Delete all collections, also damaged ones and those of other encoders."""
        await self._in_thread(self._reset)

    async def check(self) -> str:
        """Open Chroma where it is not open yet, and return one line on it."""
        return await self._run(self._describe)

    async def _run(self, work: Callable[[], T]) -> T:
        return await self._in_thread(lambda: self._again_if_gone(work))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._explained(work))

    # Everything below runs in the thread.

    def _again_if_gone(self, work: Callable[[], T]) -> T:
        from chromadb.errors import NotFoundError

        try:
            return work()
        except NotFoundError:  # another process has rebuilt the collection: its handle here is stale
            self._forget()
            return work()

    def _explained(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:  # Chroma's client raises the bare class for an HTTP 5xx
            ours = self._home.explain(error)
            if ours is None:
                raise
            raise ours from error

    def _open(self) -> "Client":
        if self._client is None:
            self._client = self._home.open()
        return self._client

    def _collection(self, kind: IndexKind, reach: Reach) -> "Collection":
        name = f"{kind}-{reach.audience}-{_scope_mark(reach.scope)}{self._suffix}"
        if name not in self._collections:
            # An existing collection keeps its space, whatever is asked for here.
            collection = self._open().get_or_create_collection(
                name,
                configuration={"hnsw": {"space": "cosine"}},
                metadata={_SCOPE: reach.scope} if reach.scope else None,
                embedding_function=None,
            )
            if (collection.configuration_json.get("hnsw") or {}).get("space") != "cosine":
                raise Misconfigured(f"the Chroma collection {name} does not measure cosine distance: {_REBUILD}")
            if self._vectors is not None and not collection.count():
                self._written[name] = set()
            self._collections[name] = collection
        return self._collections[name]

    def _reaches(self, kind: IndexKind) -> tuple[Reach, ...]:
        found: set[Reach] = set()
        for collection in self._open().list_collections():
            ours = _OURS.match(collection.name)
            if ours and ours["kind"] == kind and collection.name.endswith(f"-{self._suffix}"):
                found.add(Reach(cast("Audience", ours["audience"]), str((collection.metadata or {}).get(_SCOPE, ""))))
        return tuple(sorted(found))

    def _upsert(self, collection: "Collection", entries: list[IndexEntry]) -> None:
        kept = self._kept(collection)
        if kept is not None:
            kept.remove(entry.entry_id for entry in entries)  # first: of what fails half way nothing is known
        for batch in _batches(entries, min(_WRITTEN_AT_ONCE, self._open().get_max_batch_size())):
            ids = [entry.entry_id for entry in batch]
            # An upsert merges metadata: a key that is to go must be written as None.
            old = self._metadata(collection, self._perhaps_there(collection, ids))
            self._note_written(collection, ids)
            metadatas: list[Any] = [{**dict.fromkeys(old.get(entry.entry_id) or {}), **entry.metadata} for entry in batch]
            collection.upsert(
                ids=ids,
                embeddings=np.stack([entry.vector for entry in batch]),
                documents=[entry.document for entry in batch],
                metadatas=metadatas,
            )
        if kept is not None:
            kept.put([entry.entry_id for entry in entries], np.stack([entry.vector for entry in entries]))

    def _metadata(self, collection: "Collection", ids: list[str]) -> dict[str, Any]:
        if not ids:
            return {}
        got = collection.get(ids, include=["metadatas"])
        return dict(zip(got["ids"], got["metadatas"] or [], strict=True))

    def _perhaps_there(self, collection: "Collection", ids: list[str]) -> list[str]:
        """Return those of *ids* that the collection may hold."""
        written = self._written.get(collection.name)
        return ids if written is None else [each for each in ids if each in written]

    def _note_written(self, collection: "Collection", ids: list[str]) -> None:
        written = self._written.get(collection.name)
        if written is not None:
            written.update(ids)
            if len(written) > _KEPT:
                del self._written[collection.name]

    def _delete(self, collection: "Collection", ids: list[str]) -> None:
        kept = self._kept(collection)
        if kept is not None:
            kept.remove(ids)
        for batch in _batches(self._perhaps_there(collection, ids), self._open().get_max_batch_size()):
            collection.delete(ids=batch)

    def _fetch(self, collection: "Collection", ids: list[str]) -> tuple[IndexEntry, ...]:
        known: dict[str, IndexEntry] = {}
        for batch in _batches(self._perhaps_there(collection, ids), self._open().get_max_batch_size()):
            got = collection.get(batch, include=["documents", "metadatas", "embeddings"])
            vectors = np.asarray(got["embeddings"], dtype=np.float32)
            for entry_id, document, metadata, vector in zip(
                got["ids"], got["documents"] or (), got["metadatas"] or (), vectors, strict=True
            ):
                known[entry_id] = IndexEntry(entry_id, document, cast("dict[str, str | int | float | bool]", metadata or {}), vector)
        return tuple(known[entry_id] for entry_id in ids if entry_id in known)

    def _distances(self, collection: "Collection", vector: NDArray[np.float32], ids: list[str]) -> dict[str, float]:
        if self._vectors is not None and collection.name not in self._vectors:
            self._vectors[collection.name] = Vectors(self._dimension, most=_KEPT)
        kept = self._kept(collection)
        found = {} if kept is None else kept.distances(vector, ids)
        for batch in _batches([entry_id for entry_id in ids if entry_id not in found], self._open().get_max_batch_size()):
            got = collection.get(batch, include=["embeddings"])  # documents and metadata would take as long again
            if not got["ids"]:
                continue
            vectors = np.asarray(got["embeddings"], dtype=np.float32)
            found |= dict(zip(got["ids"], (1.0 - vectors @ vector).tolist(), strict=True))
            if kept is not None:
                kept.put(got["ids"], vectors)
        return found

    def _kept(self, collection: "Collection") -> Vectors | None:
        return None if self._vectors is None else self._vectors.get(collection.name)

    def _forget(self) -> None:
        self._collections.clear()
        self._written.clear()
        if self._vectors is not None:
            self._vectors.clear()

    def _reset(self) -> None:
        self._forget()
        self._client = self._home.wipe(self._client)

    def _describe(self) -> str:
        client = self._open()
        client.heartbeat()
        return f"Chroma {client.get_version()}, {client.count_collections()} collections"

    def _close(self) -> None:
        self._forget()
        if self._client is not None:
            self._client.close()
            self._client = None
        self._home.release()


class _Embedded:
    """A directory of this process."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._lock = FileLock(self._path.with_suffix(".lock"))

    def lock(self) -> None:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise Misconfigured(
                f"the index in {self._path.parent} is in use by another process, probably `aprendiz serve`: "
                "stop that one, or give this one another home with APRENDIZ_HOME"
            ) from error
        except OSError as error:
            raise Misconfigured(f"the index in {self._path} cannot be opened ({error.strerror}): make that directory writable") from error

    def is_new(self) -> bool:
        return not any(self._path.iterdir())

    def open(self) -> "Client":
        from chromadb import PersistentClient
        from chromadb.api.shared_system_client import SharedSystemClient

        try:
            return cast("Client", PersistentClient(self._path, settings=_settings()))
        except BaseException:
            # A client that failed to open stays in Chroma's cache of clients, and the next attempt would be handed that ruin.
            SharedSystemClient._identifier_to_system.pop(str(self._path), None)
            raise

    def wipe(self, client: "Client | None") -> "Client | None":
        if client is not None:
            client.close()
        shutil.rmtree(self._path)
        self._path.mkdir()
        return None

    def release(self) -> None:
        self._lock.release()

    def explain(self, error: Exception) -> ChatbotError | None:
        from chromadb.errors import ChromaError

        if not isinstance(error, ChromaError | OSError):
            return None
        return Misconfigured(f"the index in {self._path} is damaged or its disk is full ({error}): free space, or {_REBUILD}")


class _Server:
    """A Chroma server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._sessions: list[Any] = []

    def is_new(self) -> bool:
        return False  # to be asked there

    def open(self) -> "Client":
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

    def wipe(self, client: "Client | None") -> "Client | None":
        client = client or self.open()
        for collection in client.list_collections():
            if _OURS.match(collection.name):
                client.delete_collection(collection.name)
        return client

    def release(self) -> None:
        for session in self._sessions:
            session.close()

    def explain(self, error: Exception) -> ChatbotError | None:
        from chromadb.errors import ChromaError
        from httpx import HTTPError  # the library chromadb talks with

        if type(error) is Exception or isinstance(error, HTTPError | OSError):
            return TryAgainLater(f"the Chroma server at {self._url} does not respond ({error})")
        if not isinstance(error, ChromaError):
            return None
        if type(error).__name__ in PASSING:
            return TryAgainLater(f"the Chroma server at {self._url} is busy ({error})")
        return Misconfigured(f"the Chroma server at {self._url} refused ({error}): check its log, or {_REBUILD}")


def _scope_mark(scope: str) -> str:
    """Return what tells a scope's collections from others by name: Chroma's names are short and plain."""
    return f"{hashlib.sha256(scope.encode()).hexdigest()[:_MARK]}-" if scope else ""


def _settings() -> "Settings":
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def _batches(items: list[T], size: int) -> Iterable[list[T]]:
    return (items[first : first + size] for first in range(0, len(items), size))
