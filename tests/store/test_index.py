"""Chroma's own traps and faults: locks, damage, servers that are down, errors that become ours."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import chromadb
import chromadb.errors
import numpy as np
import pytest
from chromadb.config import Settings

from bot.errors import Misconfigured, TryAgainLater
from bot.index_ports import IndexEntry
from bot.messages import Reach
from store.chroma import PASSING
from store.index import ChromaIndex
from tests.fakes.chroma_server import chroma_server
from tests.fakes.encoder import WordEncoder

ENCODER = WordEncoder(3)
ENTRY = IndexEntry("a", "text", {"kept": True}, np.array([1, 0, 0], np.float32))


async def fill(path: Path, count: int = 1) -> None:
    """Write an index and close it."""
    async with ChromaIndex.embedded(path, ENCODER) as index:
        vectors = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
        await index.upsert(
            "passages", Reach("all"), [IndexEntry(f"{row}", "text", {"row": row}, vector) for row, vector in enumerate(vectors)]
        )


async def test_an_index_survives_its_process(tmp_path: Path) -> None:
    """A second start finds what the first one wrote."""
    await fill(tmp_path / "chroma", 3)
    async with ChromaIndex.embedded(tmp_path / "chroma", ENCODER) as index:
        assert await index.ids("passages", Reach("all")) == ("0", "1", "2")


async def test_another_process_keeps_its_index(tmp_path: Path) -> None:
    """Two processes on one Chroma serve stale vectors: the second is sent away with what to do, until the first one ends."""
    holder = (
        "import asyncio, pathlib, sys\n"
        "from bot.messages import Reach\n"
        "from store.index import ChromaIndex\n"
        "from tests.fakes.encoder import WordEncoder\n"
        "async def hold():\n"
        "    async with ChromaIndex.embedded(pathlib.Path(sys.argv[1]), WordEncoder(3)):\n"
        "        print('held', flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(hold())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", holder, str(tmp_path / "chroma"), stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"

    with pytest.raises(Misconfigured, match=f"{tmp_path} is in use by another process.*APRENDIZ_HOME"):
        async with ChromaIndex.embedded(tmp_path / "chroma", ENCODER):
            raise AssertionError
    process.kill()
    await process.wait()
    async with ChromaIndex.embedded(tmp_path / "chroma", ENCODER) as index:
        assert await index.ids("passages", Reach("all")) == ()


def _no_database(path: Path) -> None:
    (path / "chroma.sqlite3").write_bytes(b"garbage" * 1000)


def _half_a_database(path: Path) -> None:
    database = path / "chroma.sqlite3"
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 3])


def _no_vectors(path: Path) -> None:
    for file in path.glob("*/header.bin"):
        file.write_bytes(b"\xff" * 100)


@pytest.mark.parametrize("damage", [_no_database, _half_a_database, _no_vectors])
async def test_a_damaged_index_names_its_remedy_and_a_reset_cures_it(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """The operator reads one sentence with the command that helps; nothing is lost, the ledger has it all."""
    path = tmp_path / "chroma"
    await fill(path, 1500)  # vectors are written to files of their own from the thousandth on
    await asyncio.to_thread(damage, path)

    async with ChromaIndex.embedded(path, ENCODER) as index:
        with pytest.raises(Misconfigured, match=r"damaged or its disk is full.*aprendiz index rebuild"):
            await index.query("passages", Reach("all"), ENTRY.vector, limit=1)
        await index.reset()
        await index.upsert("passages", Reach("all"), [ENTRY])
        assert await index.ids("passages", Reach("all")) == ("a",)


async def test_a_place_that_is_no_directory_is_named(tmp_path: Path) -> None:
    """A home in the wrong place is the operator's to mend."""
    (tmp_path / "chroma").write_text("a file")
    with pytest.raises(Misconfigured, match="cannot be opened"):
        async with ChromaIndex.embedded(tmp_path / "chroma", ENCODER):
            raise AssertionError


async def test_a_collection_of_another_space_is_refused(tmp_path: Path) -> None:
    """Chroma keeps the space of an existing collection without a word, and every relevance would be wrong."""
    path = tmp_path / "chroma"

    def make() -> None:
        client = chromadb.PersistentClient(path, settings=Settings(anonymized_telemetry=False))
        client.create_collection("passages-all-words-3", configuration={"hnsw": {"space": "l2"}}, embedding_function=None)
        client.close()  # type: ignore[attr-defined]

    await asyncio.to_thread(make)
    async with ChromaIndex.embedded(path, ENCODER) as index:
        with pytest.raises(Misconfigured, match=r"cosine.*aprendiz index rebuild"):
            await index.ids("passages", Reach("all"))
        await index.reset()
        assert await index.ids("passages", Reach("all")) == ()


async def test_a_server_that_is_down_means_try_again(tmp_path: Path) -> None:
    """The asker is told to wait; once the server is back the same index goes on."""
    async with ChromaIndex.server("http://127.0.0.1:9", ENCODER) as index:
        with pytest.raises(TryAgainLater, match=r"127\.0\.0\.1:9 does not respond"):
            await index.check()


async def test_a_server_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    """A restart of the server must not need one of ours, nor may another client's rebuild."""
    server = chroma_server(tmp_path / "chroma")
    url = await asyncio.to_thread(server.__enter__)
    try:
        async with ChromaIndex.server(url, ENCODER) as index, ChromaIndex.server(url, ENCODER) as other:
            await index.upsert("passages", Reach("all"), [ENTRY])
            assert await other.ids("passages", Reach("all")) == ("a",)
            await index.reset()
            await index.upsert("passages", Reach("all"), [ENTRY])
            assert await other.ids("passages", Reach("all")) == ("a",)
            await asyncio.to_thread(server.__exit__, None, None, None)
            with pytest.raises(TryAgainLater):
                await other.ids("passages", Reach("all"))
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


async def test_a_reset_leaves_other_peoples_collections_on_a_server(tmp_path: Path) -> None:
    """A Chroma server may be shared."""

    def make(url: str) -> None:
        port = int(url.rsplit(":", 1)[1])
        client = chromadb.HttpClient("127.0.0.1", port, settings=Settings(anonymized_telemetry=False))
        client.create_collection("theirs", embedding_function=None)
        inner = cast("Any", client)
        for each in (inner, inner._admin_client):
            each._server._session.close()

    server = chroma_server(tmp_path / "chroma")
    url = await asyncio.to_thread(server.__enter__)
    try:
        await asyncio.to_thread(make, url)
        async with ChromaIndex.server(url, ENCODER) as index:
            await index.upsert("passages", Reach("all"), [ENTRY])
            assert "2 collections" in await index.check()
            await index.reset()
            assert "1 collections" in await index.check()
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host", "http://"])
async def test_a_wrong_address_is_the_operators(url: str) -> None:
    """It names the setting and how to write it."""
    async with ChromaIndex.server(url, ENCODER) as index:
        with pytest.raises(Misconfigured, match=r"APRENDIZ_STORE__CHROMA_URL.*http://host:port"):
            await index.check()


def test_every_error_of_chroma_has_a_place() -> None:
    """A release that adds an error must be looked at: does it pass with time, or is it the operator's?"""
    assert set(chromadb.errors.error_types) == {
        "InvalidDimension",
        "InvalidArgumentError",
        "IDAlreadyExists",
        "DuplicateID",
        "InvalidUUID",
        "InvalidHTTPVersion",
        "AuthorizationError",
        "NotFoundError",
        "BatchSizeExceededError",
        "VersionMismatchError",
        "RateLimitError",
        "AuthError",
        "UniqueConstraintError",
        "QuotaError",
        "InternalError",
        "ChromaError",
    }
    assert {each.__name__ for each in chromadb.errors.error_types.values()} >= PASSING


async def test_the_loop_goes_on_while_chroma_works(tmp_path: Path) -> None:
    """A large import must not freeze the chat."""
    async with ChromaIndex.embedded(tmp_path / "chroma", ENCODER) as index:
        entries = [IndexEntry(f"{row}", "text", {"row": row}, ENTRY.vector) for row in range(3000)]
        steps = 0
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(index.upsert("passages", Reach("all"), entries))
            while not writing.done():
                await asyncio.sleep(0)
                steps += 1

    assert steps > 100  # a loop that is blocked takes two or three


async def test_the_heavy_optional_parts_stay_unloaded(tmp_path: Path) -> None:
    """The demo lives in 700 MB: Chroma's own embedding model alone would cost more than ours."""
    program = (
        "import asyncio, pathlib, sys\n"
        "from bot.messages import Reach\n"
        "from store.index import ChromaIndex\n"
        "from tests.fakes.encoder import WordEncoder\n"
        "async def use():\n"
        "    async with ChromaIndex.embedded(pathlib.Path(sys.argv[1]), WordEncoder(3)) as index:\n"
        "        await index.ids('passages', Reach('all'))\n"
        "asyncio.run(use())\n"
        "print(sorted({'onnxruntime', 'torch', 'transformers', 'sentence_transformers', 'scipy'} & set(sys.modules)))\n"
    )
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path / "chroma"), stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    output, _ = await run.communicate()

    assert output == b"[]\n"


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (Exception("an HTTP 503 without a body that says more"), TryAgainLater),
        (chromadb.errors.RateLimitError("slow down"), TryAgainLater),
        (chromadb.errors.ChromaAuthError("no"), Misconfigured),
        (chromadb.errors.InvalidDimensionException("3, not 512"), Misconfigured),
        (KeyError("a bug"), KeyError),
    ],
)
async def test_a_servers_errors_go_to_whoever_can_act(monkeypatch: pytest.MonkeyPatch, error: Exception, ours: type[Exception]) -> None:
    """Waiting helps against a busy server, never against a wrong key; a bug stays a bug."""

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(chromadb, "HttpClient", refuse)
    async with ChromaIndex.server("http://127.0.0.1:9", ENCODER) as index:
        with pytest.raises(ours):
            await index.check()
