"""Chroma, embedded or behind an address: a searchable copy of the ledger that can be thrown away and built again."""

import asyncio
import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from bot.errors import Misconfigured
from bot.index_ports import Encoder, IndexEntry, IndexKind, IndexLook
from bot.messages import Audience, Reach
from store.chroma import REBUILD, ChromaHome, Embedded, Server
from store.vectors import Vectors

if TYPE_CHECKING:
    from chromadb import Collection
    from chromadb.api.client import Client

T = TypeVar("T")

_OURS = re.compile(r"(?P<kind>passages|verified|conversations)-(?P<audience>employees|customers|all)-")
_SCOPE = "scope"  # a collection's own metadata, whose name holds but the hash of it
_MARK = 24  # hexadecimal digits
_KEPT = 200_000  # vectors of a collection in memory, in 240 MB at most
_PAGE = 500  # vectors read at a time: a question that comes meanwhile waits for so many
_WRITTEN_AT_ONCE = 250  # entries: Chroma holds the interpreter's lock for all the 0.2 s that they take, and a chat waits meanwhile


@dataclass(slots=True, eq=False)
class _Chroma:
    """What the indexes over one Chroma share: one thread owns the client, which opens with the first use."""

    home: ChromaHome
    thread: ThreadPoolExecutor
    client: "Client | None" = None
    indexes: "list[ChromaIndex]" = field(default_factory=list)


class ChromaIndex:
    """The index port over Chroma; made by `embedded` or `server`, used as an async context manager, or `beside` another."""

    def __init__(self, chroma: _Chroma, encoder: Encoder) -> None:
        self._chroma = chroma
        self._chroma.indexes.append(self)
        self._suffix = f"{encoder.name}-{encoder.dimension}"
        self._collections: dict[str, Collection] = {}
        self._dimension = encoder.dimension
        # By the name of the collection; only of an index that nobody else can change.
        self._vectors: dict[str, Vectors] | None = {} if isinstance(chroma.home, Embedded) else None
        # What collections may hold that were empty when their only owner opened them: to ask Chroma takes a third as long as to write.
        self._written: dict[str, set[str]] = {}

    @classmethod
    def embedded(cls, path: Path, encoder: Encoder) -> Self:
        """Keep the index in the directory *path*, which one process at a time may own (the lock file lies beside it)."""
        return cls(_over(Embedded(path)), encoder)

    @classmethod
    def server(cls, url: str, encoder: Encoder) -> Self:
        """Use the Chroma server at *url*."""
        return cls(_over(Server(url)), encoder)

    def beside(self, encoder: Encoder) -> Self:
        """
        Return the index of another encoder's vectors over the same Chroma, with collections of its own.

        It opens and closes with this one, works in the same thread, and a `reset` of either empties both.
        """
        return type(self)(self._chroma, encoder)

    async def __aenter__(self) -> Self:
        if isinstance(self._chroma.home, Embedded):
            await self._in_thread(self._chroma.home.lock)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._in_thread(self._close)
        self._chroma.thread.shutdown(wait=False)

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
        return await self.look(lambda look: look.nearest(kind, reach, vector, limit=limit))

    async def look(self, work: Callable[[IndexLook], T]) -> T:
        """Return what *work* returns, run in the thread: twice where another process has rebuilt the collection."""
        return await self._run(lambda: work(self))

    async def ids(self, kind: IndexKind, reach: Reach) -> tuple[str, ...]:
        """Return every id of the collection, sorted."""
        return await self._run(lambda: tuple(sorted(self._collection(kind, reach).get(include=[])["ids"])))

    async def fetch(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> tuple[IndexEntry, ...]:
        """Return the entries of *ids* in that order; unknown ids are left out."""
        return await self._run(lambda: self._fetch(self._collection(kind, reach), list(ids))) if ids else ()

    async def warm(self, kind: IndexKind, reach: Reach) -> None:
        """Load the collection, and where this process owns the index as many of its vectors as memory may hold, page by page."""
        ids = await self.ids(kind, reach)
        probe = np.full(self._dimension, self._dimension**-0.5, dtype=np.float32)
        await self.query(kind, reach, probe, limit=1)
        if self._vectors is not None:
            for first in range(0, min(len(ids), _KEPT), _PAGE):
                await self._run(partial(self.distances, kind, reach, probe, ids=ids[first : first + _PAGE]))

    async def reaches(self, kind: IndexKind) -> tuple[Reach, ...]:
        """Return of which reaches there is a collection of that kind, in order."""
        return await self._run(lambda: self._reaches(kind))

    async def reset(self) -> None:
        """Delete all collections, also damaged ones and those of other encoders."""
        await self._in_thread(self._reset)

    async def compact(self) -> bool:
        """See the port: an embedded index is copied, page by page between questions, and the copy takes its place."""
        home = self._chroma.home
        if not isinstance(home, Embedded):
            return False
        if await self._in_thread(lambda: self._chroma.client is None and home.is_new()):
            return True
        copy = await self._run(home.begin_copy)
        collections = deque(await self._run(lambda: self._open().list_collections()))
        while collections:  # none is held on to: the engine ends with its last collection
            source = collections.popleft()
            ids = (await self._run(partial(source.get, include=[])))["ids"]
            for first in range(0, len(ids), _WRITTEN_AT_ONCE):
                await self._run(partial(_copy, source, ids[first : first + _WRITTEN_AT_ONCE], copy))
            del source
        await self._in_thread(partial(self._change_over, home, copy))
        return True

    async def check(self) -> str:
        """Open Chroma where it is not open yet, and return one line on it."""
        return await self._run(self._describe)

    async def _run(self, work: Callable[[], T]) -> T:
        return await self._in_thread(lambda: self._again_if_gone(work))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._chroma.thread, lambda: self._explained(work))

    # Everything below runs in the thread.

    def nearest(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """Return (id, cosine distance) of the nearest entries, nearest first; for `look`."""
        found = self._collection(kind, reach).query(query_embeddings=cast("Any", [vector]), n_results=limit, include=["distances"])
        return tuple(zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True))

    def distances(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, ids: Sequence[str]) -> Mapping[str, float]:
        """Return the cosine distance of each of *ids*; unknown ids are left out; for `look`."""
        if not ids:
            return {}
        collection = self._collection(kind, reach)
        if self._vectors is not None and collection.name not in self._vectors:
            self._vectors[collection.name] = Vectors(self._dimension, most=_KEPT)
        kept = self._kept(collection)
        found = {} if kept is None else kept.distances(vector, ids)
        for batch in _batches([*ids] if kept is None else kept.unknown(ids), self._open().get_max_batch_size()):
            got = collection.get(batch, include=["embeddings"])  # documents and metadata would take as long again
            if kept is not None:
                kept.note_absent({*batch} - {*got["ids"]})
            if not got["ids"]:
                continue
            vectors = np.asarray(got["embeddings"], dtype=np.float32)
            found |= dict(zip(got["ids"], (1.0 - vectors @ vector).tolist(), strict=True))
            if kept is not None:
                kept.put(got["ids"], vectors)
        return found

    def _again_if_gone(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:
            from chromadb.errors import NotFoundError  # half of a second, for errors alone

            if not isinstance(error, NotFoundError):
                raise
            self._forget_all()  # another process has rebuilt the collection: its handle here is stale
            return work()

    def _explained(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:  # Chroma's client raises the bare class for an HTTP 5xx
            ours = self._chroma.home.explain(error)
            if ours is None:
                raise
            raise ours from error

    def _open(self) -> "Client":
        if self._chroma.client is None:
            self._chroma.client = self._chroma.home.open()
        return self._chroma.client

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
                raise Misconfigured(f"the Chroma collection {name} does not measure cosine distance: {REBUILD}")
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
            metadatas: list[Any] = [{**dict.fromkeys(old.get(entry.entry_id) or {}), **entry.metadata} or None for entry in batch]
            collection.upsert(
                ids=ids,
                embeddings=np.stack([entry.vector for entry in batch]),
                documents=[entry.document for entry in batch],
                metadatas=metadatas,
            )
        self._chroma.home.tidy()
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

    def _kept(self, collection: "Collection") -> Vectors | None:
        return None if self._vectors is None else self._vectors.get(collection.name)

    def _forget(self) -> None:
        self._collections.clear()
        self._written.clear()
        if self._vectors is not None:
            self._vectors.clear()

    def _forget_all(self) -> None:
        for index in self._chroma.indexes:
            index._forget()

    def _reset(self) -> None:
        self._forget_all()
        self._chroma.client = self._chroma.home.wipe(self._chroma.client, lambda name: bool(_OURS.match(name)))

    def _change_over(self, home: Embedded, copy: "Client") -> None:
        for index in self._chroma.indexes:
            index._collections.clear()  # their vectors stay what they were
        client, self._chroma.client = self._chroma.client, None
        home.finish_copy(client, copy)

    def _describe(self) -> str:
        client = self._open()
        client.heartbeat()
        return f"Chroma {client.get_version()}, {client.count_collections()} collections"

    def _close(self) -> None:
        self._forget_all()
        if self._chroma.client is not None:
            self._chroma.client.close()
            self._chroma.client = None
            self._chroma.home.tidy()
        self._chroma.home.release()


def _over(home: ChromaHome) -> _Chroma:
    return _Chroma(home, ThreadPoolExecutor(max_workers=1, thread_name_prefix="chroma"))


def _copy(source: "Collection", ids: list[str], copy: "Client") -> None:
    """Copy entries as they are; of a collection that holds none nothing is left, not even its name."""
    target = copy.get_or_create_collection(
        source.name, configuration={"hnsw": {"space": "cosine"}}, metadata=source.metadata, embedding_function=None
    )
    got: Any = source.get(ids, include=["documents", "metadatas", "embeddings"])
    vectors = np.asarray(got["embeddings"], dtype=np.float32)
    target.upsert(ids=got["ids"], embeddings=vectors, documents=got["documents"], metadatas=got["metadatas"])


def _scope_mark(scope: str) -> str:
    """Return what tells a scope's collections from others by name: Chroma's names are short and plain."""
    return f"{hashlib.sha256(scope.encode()).hexdigest()[:_MARK]}-" if scope else ""


def _batches(items: list[T], size: int) -> Iterable[list[T]]:
    return (items[first : first + size] for first in range(0, len(items), size))
