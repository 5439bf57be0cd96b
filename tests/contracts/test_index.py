"""What every index does: the fake and the frozen one in memory, Chroma in this process, and a Chroma server."""

import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.index_ports import Index, IndexEntry, IndexLook
from bot.messages import Reach
from store.frozen import NumpyIndex
from store.index import ChromaIndex
from tests.fakes.chroma_server import chroma_server
from tests.fakes.encoder import SecondWordEncoder, WordEncoder
from tests.fakes.index import MemoryIndex


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One Chroma server for all tests of the session."""
    with chroma_server(tmp_path_factory.mktemp("server") / "chroma") as url:
        yield url


@pytest.fixture(params=["memory", "frozen", "embedded", "server"])
async def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Index]:
    """An empty index of each make."""
    if request.param in ("memory", "frozen"):
        yield MemoryIndex() if request.param == "memory" else NumpyIndex()
        return
    if request.param == "embedded":
        made = ChromaIndex.embedded(tmp_path_factory.mktemp("home") / "chroma", WordEncoder(3))
    else:
        made = ChromaIndex.server(request.getfixturevalue("server"), WordEncoder(3))
    async with made:
        await made.reset()
        yield made


@pytest.fixture(params=["embedded", "server"])
async def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Index, Index]]:
    """An empty index of Chroma's, and one of another encoder's vectors beside it."""
    if request.param == "embedded":
        made = ChromaIndex.embedded(tmp_path_factory.mktemp("home") / "chroma", WordEncoder(3))
    else:
        made = ChromaIndex.server(request.getfixturevalue("server"), WordEncoder(3))
    async with made:
        await made.reset()
        yield made, made.beside(SecondWordEncoder(4))


def entry(entry_id: str, *direction: float, document: str = "text", **metadata: str | float | bool) -> IndexEntry:
    """Return an entry that points in *direction*."""
    vector = np.array(direction or (1, 0, 0), dtype=np.float32)
    return IndexEntry(entry_id, document, metadata or {"kept": True}, vector / np.linalg.norm(vector))


async def test_an_entry_comes_back_as_it_was_written(index: Index) -> None:
    """What a plain client reads must be what the ledger said, with its types."""
    await index.upsert(
        "conversations", Reach("employees"), [entry("a", document="Olá\n\nmundo", rating="up", up=2, trainable=True, score=0.5)]
    )

    (kept,) = await index.fetch("conversations", Reach("employees"), ["a"])

    assert (kept.entry_id, kept.document) == ("a", "Olá\n\nmundo")
    assert dict(kept.metadata) == {"rating": "up", "up": 2, "trainable": True, "score": 0.5}
    assert kept.vector == pytest.approx([1, 0, 0])


async def test_a_rewritten_entry_keeps_nothing_of_the_old_one(index: Index) -> None:
    """Chroma merges metadata on upsert: a withdrawn right would stay readable."""
    await index.upsert("conversations", Reach("all"), [entry("a", 1, 0, 0, document="old", consent="granted", rating="up")])
    await index.upsert("conversations", Reach("all"), [entry("a", 0, 1, 0, document="new", rating="down")])

    (kept,) = await index.fetch("conversations", Reach("all"), ["a"])

    assert (kept.document, dict(kept.metadata)) == ("new", {"rating": "down"})
    ((entry_id, distance),) = await index.query("conversations", Reach("all"), np.array([0, 1, 0], np.float32), limit=1)
    assert entry_id == "a"
    assert distance == pytest.approx(0, abs=1e-6)


async def test_fetch_keeps_the_order_asked_for_and_leaves_out_the_unknown(index: Index) -> None:
    """Chroma's own get returns rows in its order; ranks would be mixed up."""
    await index.upsert("passages", Reach("all"), [entry(each) for each in "abcd"])

    assert [each.entry_id for each in await index.fetch("passages", Reach("all"), ["d", "nobody", "a", "c"])] == ["d", "a", "c"]
    assert await index.fetch("passages", Reach("all"), []) == ()


async def test_the_nearest_come_first_by_cosine_distance(index: Index) -> None:
    """Relevance is computed from these distances."""
    await index.upsert("passages", Reach("all"), [entry("far", -1, 0, 0), entry("near", 1, 0.1, 0), entry("between", 1, 1, 0)])

    found = await index.query("passages", Reach("all"), np.array([1, 0, 0], np.float32), limit=2)

    assert [each[0] for each in found] == ["near", "between"]
    assert found[1][1] == pytest.approx(1 - 2**-0.5, abs=1e-5)


async def test_an_empty_collection_answers(index: Index) -> None:
    """A new home has no collections yet, and its first question must not fail."""
    assert await index.query("verified", Reach("customers"), np.array([1, 0, 0], np.float32), limit=3) == ()
    assert await index.ids("verified", Reach("customers")) == ()
    assert await index.fetch("verified", Reach("customers"), ["a"]) == ()
    await index.delete("verified", Reach("customers"), ["a"])
    await index.delete("verified", Reach("customers"), [])
    await index.upsert("verified", Reach("customers"), [])


async def distances(index: Index, reach: Reach, asked: NDArray[np.float32], *, ids: Sequence[str]) -> Mapping[str, float]:
    return await index.look(lambda look: look.distances("passages", reach, asked, ids=ids))


async def test_distances_are_those_of_what_is_written_now(index: Index) -> None:
    """What is looked up by its words is measured by its meaning, and a text that changed by its new one."""
    reach, asked = Reach("all"), np.array([1, 0, 0], np.float32)
    await index.upsert("passages", reach, [entry("a", 1, 0, 0), entry("b", 1, 1, 0), entry("c", 0, 1, 0)])
    assert await distances(index, reach, asked, ids=[]) == {}
    assert await distances(index, reach, asked, ids=["c", "nobody", "b", "a"]) == pytest.approx(
        {"a": 0.0, "b": 1 - 2**-0.5, "c": 1.0}, abs=1e-3
    )
    await index.upsert("passages", reach, [entry("a", -1, 0, 0), entry("d", 1, 0, 0)])
    await index.delete("passages", reach, ["b"])

    assert await distances(index, reach, asked, ids=["a", "b", "c", "d"]) == pytest.approx({"a": 2.0, "c": 1.0, "d": 0.0}, abs=1e-3)
    assert await distances(index, Reach("employees"), asked, ids=["a"]) == {}
    await index.reset()
    assert await distances(index, reach, asked, ids=["a", "c"]) == {}


async def test_a_look_asks_as_often_as_it_likes(index: Index) -> None:
    """One question measures what its own words found by what the nearest are; what it fails by is told as it is."""
    reach, asked = Reach("all"), np.array([1, 0, 0], np.float32)
    await index.upsert("passages", reach, [entry("a", 1, 0, 0), entry("b", 1, 1, 0), entry("c", 0, 1, 0)])

    def work(look: IndexLook) -> tuple[list[str], Mapping[str, float], bool]:
        nearest = [entry_id for entry_id, _ in look.nearest("passages", reach, asked, limit=2)]
        return nearest, look.distances("passages", reach, asked, ids=nearest[:1]), threading.current_thread() is threading.main_thread()

    nearest, measured, on_the_loop = await index.look(work)

    assert (nearest, on_the_loop) == (["a", "b"], False)
    assert measured == pytest.approx({"a": 0}, abs=1e-3)
    with pytest.raises(KeyError, match="nobody"):
        await index.look(lambda look: look.distances("passages", reach, asked, ids=["a"])["nobody"])


async def test_a_warm_index_measures_the_same(index: Index) -> None:
    """Reading ahead is for speed alone; a collection that is empty or far larger than a page is read as well."""
    reach, asked = Reach("all"), np.array([0, 1, 0], np.float32)
    vectors = np.eye(3, dtype=np.float32)
    await index.warm("passages", reach)
    await index.upsert("passages", reach, [IndexEntry(f"{number}", "text", {"row": number}, vectors[number % 3]) for number in range(1201)])
    await index.warm("passages", reach)
    await index.upsert("passages", reach, [entry("1200", 0, 1, 0)])
    await index.delete("passages", reach, ["1"])

    assert await distances(index, reach, asked, ids=["0", "1", "4", "1200"]) == pytest.approx({"0": 1, "4": 0, "1200": 0}, abs=1e-3)


async def test_audiences_and_kinds_never_mix(index: Index) -> None:
    """An employees' source must not be found by a customer's question."""
    await index.upsert("passages", Reach("employees"), [entry("secret")])
    await index.upsert("verified", Reach("employees"), [entry("approved")])

    assert await index.query("passages", Reach("customers"), np.array([1, 0, 0], np.float32), limit=5) == ()
    assert await index.query("passages", Reach("all"), np.array([1, 0, 0], np.float32), limit=5) == ()
    assert await index.ids("passages", Reach("employees")) == ("secret",)


async def test_deleted_entries_are_gone(index: Index) -> None:
    """A removed source must not be quoted any more."""
    await index.upsert("passages", Reach("all"), [entry("b"), entry("a"), entry("c", 0, 1, 0)])
    await index.delete("passages", Reach("all"), ["a", "nobody"])

    assert await index.ids("passages", Reach("all")) == ("b", "c")
    assert [each[0] for each in await index.query("passages", Reach("all"), np.array([1, 0, 0], np.float32), limit=5)] == ["b", "c"]


async def test_many_entries_are_written_in_batches(index: Index) -> None:
    """A large import exceeds what Chroma takes in one call (5,461)."""
    count = 6000
    vectors = np.eye(3, dtype=np.float32)
    entries = [IndexEntry(f"{number:05}", "text", {"row": number}, vectors[number % 3]) for number in range(count)]
    await index.upsert("passages", Reach("all"), entries)

    assert len(await index.ids("passages", Reach("all"))) == count
    assert [each.metadata["row"] for each in await index.fetch("passages", Reach("all"), ["05999", "00000"])] == [5999, 0]
    await index.delete("passages", Reach("all"), [each.entry_id for each in entries[:-1]])
    assert await index.ids("passages", Reach("all")) == ("05999",)


async def test_reset_leaves_nothing_and_goes_on_working(index: Index) -> None:
    """A rebuild starts from fresh collections, in the process that serves."""
    await index.upsert("passages", Reach("all"), [entry("a")])
    await index.reset()

    assert await index.ids("passages", Reach("all")) == ()
    await index.upsert("passages", Reach("all"), [entry("b")])
    assert await index.ids("passages", Reach("all")) == ("b",)


async def test_check_says_in_one_line_what_it_is(index: Index) -> None:
    """`doctor` prints it."""
    await index.upsert("passages", Reach("all"), [entry("a")])

    line = await index.check()

    assert "1 collection" in line
    assert "\n" not in line


async def test_an_index_beside_another_has_entries_of_its_own(both: tuple[Index, Index]) -> None:
    """Vectors of two encoders have nothing to do with each other, nor have their ids."""
    first, second = both
    limited = Reach("employees", "channel:slack:C1")
    await first.upsert("passages", Reach("all"), [entry("a"), entry("b", 0, 1, 0)])
    await second.upsert("passages", Reach("all"), [IndexEntry("a", "", {}, np.array([0, 0, 0, 1], np.float32))])
    await second.upsert("passages", limited, [IndexEntry("c", "", {}, np.array([1, 0, 0, 0], np.float32))])

    assert (await first.reaches("passages"), await second.reaches("passages")) == ((Reach("all"),), (Reach("all"), limited))
    assert (await first.ids("passages", Reach("all")), await second.ids("passages", Reach("all"))) == (("a", "b"), ("a",))
    asked = np.array([0, 0, 0, 1], np.float32)
    for _ in range(2):  # what is known to be absent is not looked for again
        assert await distances(second, Reach("all"), asked, ids=["a", "b"]) == pytest.approx({"a": 0.0}, abs=1e-3)
    await second.upsert("passages", Reach("all"), [IndexEntry("b", "", {}, asked)])
    assert await distances(second, Reach("all"), asked, ids=["a", "b"]) == pytest.approx({"a": 0.0, "b": 0.0}, abs=1e-3)
    await second.delete("passages", Reach("all"), ["a"])
    assert (await first.ids("passages", Reach("all")), await second.ids("passages", Reach("all"))) == (("a", "b"), ("b",))
    (kept,) = await second.fetch("passages", Reach("all"), ["b"])
    assert (kept.document, dict(kept.metadata)) == ("", {})


async def test_a_reset_empties_both_and_both_go_on_working(both: tuple[Index, Index]) -> None:
    """A damaged index is thrown away as a whole."""
    for first, second in (both, both[::-1]):
        for index, size in ((both[0], 3), (both[1], 4)):
            await index.upsert("passages", Reach("all"), [IndexEntry("a", "text", {"row": 1}, np.eye(size, dtype=np.float32)[0])])
            await distances(index, Reach("all"), np.eye(size, dtype=np.float32)[0], ids=["a"])

        await first.reset()

        assert (await second.ids("passages", Reach("all")), await first.ids("passages", Reach("all"))) == ((), ())
        assert await distances(both[1], Reach("all"), np.eye(4, dtype=np.float32)[0], ids=["a"]) == {}


async def test_compacting_leaves_what_is_there(both: tuple[Index, Index]) -> None:
    """Erasing somebody must cost nobody else anything: entries, their vectors, what lies beside them, and what is limited to a scope."""
    first, second = both
    limited = Reach("employees", "channel:slack:C1")
    for index, vector in ((first, (0.6, 0.8, 0)), (second, (0, 0, 0, 1))):
        for reach in (Reach("employees"), limited):
            await index.upsert("verified", reach, [entry("a", *vector, document="kept", kept=1), entry("b", *vector, document="going")])
            await index.delete("verified", reach, ["b"])
    before = [await index.fetch("verified", reach, ["a"]) for index in both for reach in (Reach("employees"), limited)]

    await first.compact()

    after = [await index.fetch("verified", reach, ["a", "b"]) for index in both for reach in (Reach("employees"), limited)]
    assert [[(each.entry_id, each.document, dict(each.metadata)) for each in found] for found in after] == [
        [(each.entry_id, each.document, dict(each.metadata)) for each in found] for found in before
    ]
    assert all(np.array_equal(one.vector, other.vector) for (one,), (other,) in zip(before, after, strict=True))
    assert await first.reaches("verified") == (Reach("employees"), limited)
    assert [found[0] for found in await first.query("verified", limited, np.array((1, 0, 0), dtype=np.float32), limit=1)] == ["a"]
