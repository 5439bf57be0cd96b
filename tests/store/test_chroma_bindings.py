"""Chroma's engine without its package: the same files, the same answers."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings

from store.chroma_bindings import EmbeddedClient

IDS = ["a", "b", "c"]
VECTORS = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
ENTRIES: dict[str, Any] = {
    "ids": IDS,
    "embeddings": VECTORS,
    "documents": ["one", "two", ""],
    "metadatas": [{"page": 1, "title": "A"}, {"score": 0.5, "good": True}, None],
}
ALL = ["embeddings", "documents", "metadatas"]

WITHOUT_PACKAGE = """
import sys, pathlib, numpy as np
from store.chroma_bindings import EmbeddedClient
client = EmbeddedClient(pathlib.Path(sys.argv[1]))
collection = client.get_or_create_collection("notes", metadata=None)
collection.upsert(ids=["a"], embeddings=np.ones((1, 3), np.float32), documents=["text"], metadatas=[{"page": 1}])
collection.get(["a"], include=["embeddings", "documents", "metadatas"])
collection.query(query_embeddings=[np.ones(3, np.float32)], n_results=1, include=["distances"])
collection.delete(["a"])
print(collection.count(), len(client.list_collections()), client.count_collections(), client.get_version(), client.heartbeat() > 0)
client.close()
assert "chromadb" not in sys.modules
"""


def package(path: Path) -> Any:
    """Open the directory as everybody does."""
    return chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False))


def asked(client: Any) -> Any:
    """Ask for a collection as the index does."""
    space = {"hnsw": {"space": "cosine"}}
    return client.get_or_create_collection("notes", configuration=space, metadata={"scope": "x"}, embedding_function=None)


def content(collection: Any) -> dict[str, Any]:
    """Return what a collection says of itself and of its entries."""
    got = collection.get(IDS, include=ALL)
    found = collection.query(query_embeddings=[VECTORS[1]], n_results=3, include=["distances"])
    return {
        "name": collection.name,
        "metadata": dict(collection.metadata),
        "configuration": dict(collection.configuration_json),
        "count": collection.count(),
        "ids": got["ids"],
        "embeddings": np.asarray(got["embeddings"], np.float32).tolist(),
        "documents": got["documents"],
        "metadatas": got["metadatas"],
        "nearest": found["ids"],
        "distances": found["distances"],
    }


@pytest.mark.parametrize("written_by", [package, EmbeddedClient])
def test_either_reads_alike_what_either_has_written(tmp_path: Path, written_by: Any) -> None:
    """Any Chroma client may read the index, and an index of an earlier version goes on."""
    writer = written_by(tmp_path)
    asked(writer).upsert(**ENTRIES)
    writer.close()
    ours, theirs = EmbeddedClient(tmp_path), package(tmp_path)

    assert content(asked(ours)) == content(asked(theirs))
    assert [each.name for each in ours.list_collections()] == [each.name for each in theirs.list_collections()] == ["notes"]
    ours.close()
    theirs.close()


def test_both_write_the_same(tmp_path: Path) -> None:
    """A collection made here has the package's settings, and its entries no other content."""
    ours, theirs = EmbeddedClient(tmp_path / "ours"), package(tmp_path / "theirs")
    for client in (ours, theirs):
        collection = asked(client)
        collection.upsert(**ENTRIES)
        collection.upsert(**{**ENTRIES, "metadatas": [{"page": None, "new": "x"}, {"score": 1.5}, {"late": 2}]})
        collection.delete(["b", "unknown"])

    assert content(asked(ours)) == content(asked(theirs))
    assert ours.get_max_batch_size() == theirs.get_max_batch_size()
    assert ours.get_version() == theirs.get_version()
    ours.close()
    theirs.close()


def test_the_package_is_not_imported(tmp_path: Path) -> None:
    """That is what this is for: it takes more than a second."""
    command = [sys.executable, "-c", WITHOUT_PACKAGE, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout

    assert told.split() == ["0", "1", "1", chromadb.__version__, "True"]
