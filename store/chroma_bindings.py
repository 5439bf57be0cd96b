"""Chroma's engine without the Python package around it, whose import takes longer than most commands: the part of its client used here."""

import resource
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import chromadb_rust_bindings as engine  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

_WHERE: Final = ("default_tenant", "default_database")  # as every client that is told nothing else
_DATABASE: Final = "chroma.sqlite3"
_FILES_OF_AN_INDEX: Final = 5
_CONFIGURATION: Final = '{"hnsw": {"space": "cosine"}, "spann": null, "embedding_function": {"type": "legacy"}}'


class EmbeddedClient:
    """
    What `chromadb.PersistentClient` of this version does with the engine (tests compare what either writes and reads).

    What it checks before is left out: ids, vectors and metadata are ours. Errors are `chromadb.errors`', which the engine imports itself.
    """

    def __init__(self, path: Path) -> None:
        """Open the directory *path*, made where it is missing."""
        path.mkdir(parents=True, exist_ok=True)
        files = engine.SqliteDBConfig(
            hash_type=engine.MigrationHash.MD5, migration_mode=engine.MigrationMode.Apply, url=str(path / _DATABASE)
        )
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._engine: Any = engine.Bindings(
            allow_reset=False, sqlite_db_config=files, persist_path=str(path), hnsw_cache_size=most // _FILES_OF_AN_INDEX
        )

    def close(self) -> None:
        """Let go of the files."""
        del self._engine

    def heartbeat(self) -> int:
        """Return the time, in ns."""
        now: int = self._engine.heartbeat()
        return now

    def get_version(self) -> str:
        """Return the package's version, for which the engine would import it."""
        return version("chromadb")

    def get_max_batch_size(self) -> int:
        """Return how many entries may be written at a time."""
        size: int = self._engine.get_max_batch_size()
        return size

    def count_collections(self) -> int:
        """Return how many collections there are."""
        count: int = self._engine.count_collections(*_WHERE)
        return count

    def list_collections(self) -> "list[EmbeddedCollection]":
        """Return all collections."""
        return [EmbeddedCollection(self._engine, found) for found in self._engine.list_collections(None, None, *_WHERE)]

    def get_or_create_collection(self, name: str, *, metadata: Mapping[str, Any] | None, **_: object) -> "EmbeddedCollection":
        """Return the collection called *name*; a new one measures cosine distance and has that *metadata*."""
        return EmbeddedCollection(self._engine, self._engine.create_collection(name, _CONFIGURATION, None, metadata, True, *_WHERE))


class EmbeddedCollection:
    """What `chromadb.Collection` does, likewise."""

    def __init__(self, bindings: Any, found: Any) -> None:
        self._engine = bindings
        self._id = str(found.id)
        self.name: str = found.name
        self.metadata: Mapping[str, Any] | None = found.metadata
        self.configuration_json: Mapping[str, Any] = found.configuration

    def count(self) -> int:
        """Return how many entries there are."""
        count: int = self._engine.count(self._id, *_WHERE)
        return count

    def get(self, ids: Sequence[str] | None = None, *, include: Sequence[str]) -> Mapping[str, Any]:
        """Return the columns *include* of the entries of *ids*, or of all, in an order of its own; unknown ids are left out."""
        found = self._engine.get(self._id, ids, None, None, 0, None, include, *_WHERE)
        return {name: getattr(found, name) for name in ("ids", "embeddings", "documents", "metadatas")}

    def query(self, *, query_embeddings: Sequence[NDArray[np.float32]], n_results: int, include: Sequence[str]) -> Mapping[str, Any]:
        """Return the *n_results* entries nearest to each vector, nearest first."""
        vectors = [vector.tolist() for vector in query_embeddings]
        found = self._engine.query(self._id, None, vectors, n_results, None, None, include, *_WHERE)
        return {name: getattr(found, name) for name in ("ids", "distances")}

    def upsert(
        self,
        *,
        ids: Sequence[str],
        embeddings: NDArray[np.float32],
        documents: Sequence[str],
        metadatas: Sequence[Mapping[str, Any] | None],
    ) -> None:
        """Write entries, *embeddings* one row each; metadata is merged with what is there."""
        self._engine.upsert(self._id, ids, embeddings.tolist(), metadatas, documents, None, *_WHERE)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete the entries of *ids*; unknown ones are passed over."""
        self._engine.delete(self._id, ids, None, None, None, *_WHERE)
