"""A frozen retriever: corrections among the passages, nothing word for word, and nothing that comes later."""

import numpy as np
import pytest
from sqlalchemy import delete

from bot.index_ports import IndexEntry
from bot.messages import Audience, Reach, Viewer
from bot.ports import Retriever
from store.database import Database
from store.frozen import NumpyIndex, frozen_retriever
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from store.schema import passages
from tests.fakes.encoder import SecondWordEncoder, WordCrossEncoder, WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import add_source, approve


async def frozen(database: Database, *, audience: Audience = "employees") -> Retriever:
    return await frozen_retriever(database, WordEncoder(), passages=3, minimum_score=0.3, audience=audience)


async def test_a_correction_is_a_passage_and_no_short_cut(database: Database) -> None:
    """Otherwise both models would give the expert's words, and nothing would be measured."""
    await add_source(database, "faq", ("Where is the key?", "At the desk."))
    await approve(database, "Where is the key?", "In the red box.")

    found = await (await frozen(database)).find("Where is the key?", viewer=Viewer("employees"))

    assert found.approved is None
    assert [(passage.heading, passage.text) for passage in found.passages] == [("Where is the key?", "In the red box.")]
    assert found.confidence == found.passages[0].score > 0.99


async def test_later_changes_do_not_reach_it(database: Database) -> None:
    """Both contenders answer from the same passages, however long the comparison takes."""
    await add_source(database, "guide", "The key hangs at the reception desk.")
    retriever = await frozen(database)
    before = await retriever.find("Where does the key hang? At which desk?", viewer=Viewer("employees"))
    await add_source(database, "news", "The key hangs at the desk in the cellar now.")
    await approve(database, "Where does the key hang? At which desk?", "In the cellar.")
    async with database.begin() as connection:
        await connection.execute(delete(passages).where(passages.c.source_id == "guide"))

    assert await retriever.find("Where does the key hang? At which desk?", viewer=Viewer("employees")) == before
    assert [passage.source for passage in before.passages] == ["guide"]


async def test_it_sees_what_its_audience_sees(database: Database) -> None:
    """Another audience's question would be answered from the wrong material: it is a mistake."""
    await add_source(database, "internal", "The discount limit is forty percent.")
    await add_source(database, "public", "The discount limit is ten percent.", audience="customers")
    await add_source(database, "shared", "The discount limit is on the receipt.", audience="all")
    found = {
        each: await (await frozen(database, audience=each)).find("discount limit", viewer=Viewer(each)) for each in ("customers", "all")
    }

    assert {each: {passage.source for passage in one.passages} for each, one in found.items()} == {
        "customers": {"public", "shared"},
        "all": {"shared"},
    }
    with pytest.raises(ValueError, match=r"frozen for .*'all'.*, asked by .*'customers'"):
        await (await frozen(database, audience="all")).find("discount limit", viewer=Viewer("customers"))


async def test_it_finds_what_the_served_one_finds(database: Database) -> None:
    """The comparison is about what people will get; follow-ups too."""
    await add_source(database, "shop", *(f"Opening hours of shop {number} on Saturdays are nine to {number}." for number in range(1, 1200)))
    await approve(database, "When does the cellar open?", "The opening hours of the cellar are ten to two.")
    encoder, index = WordEncoder(), MemoryIndex()
    while await Outbox(database, index, encoder).drain():
        pass
    served = HybridRetriever(database, index, encoder, passages=3, minimum_score=0.3)
    retriever = await frozen(database)

    for question, earlier in (("Opening hours of shop 7?", ()), ("And on Saturdays?", ("What are the opening hours of the cellar?",))):
        one = await served.find(question, viewer=Viewer("employees"), earlier=earlier)
        other = await retriever.find(question, viewer=Viewer("employees"), earlier=earlier)
        assert [passage.passage_id for passage in one.passages] == [passage.passage_id for passage in other.passages] != []


@pytest.mark.parametrize(("most", "read"), [(2, True), (1, False)])
async def test_it_is_read_closely_where_it_is_not_too_much(
    database: Database, monkeypatch: pytest.MonkeyPatch, most: int, read: bool
) -> None:
    """A tenth of a second each: a round must not wait for hours, and both models are asked with the same passages either way."""
    monkeypatch.setattr("store.frozen._READ_CLOSELY", most)
    await add_source(database, "faq", ("Where is the key?", "At the desk."), "The belt is red.")
    second = SecondWordEncoder()

    made = await frozen_retriever(database, WordEncoder(), passages=3, minimum_score=0.3, audience="employees", second=second)
    await made.find("Which belt is red?", viewer=Viewer("employees"))

    assert sorted(second.passages) == (["Faq /  / The belt is red.", "Where is the key? At the desk."] if read else [])
    assert second.questions == (["Which belt is red?"] if read else [])


async def test_the_best_are_read_together_with_the_question(database: Database) -> None:
    """Contenders are asked what service would let them answer."""
    await add_source(database, "faq", "The belt is red.")
    reader = WordCrossEncoder()

    made = await frozen_retriever(database, WordEncoder(), passages=3, minimum_score=0.3, audience="employees", reader=reader)
    found = await made.find("Which belt is red?", viewer=Viewer("employees"))

    assert reader.read == [("Which belt is red?", "Faq\nThe belt is red.")]
    assert "answers" in found.evidence


async def test_an_empty_ledger_finds_nothing(database: Database) -> None:
    """The first round may come before the first document."""
    assert (await (await frozen(database)).find("Where?", viewer=Viewer("employees"))).passages == ()


async def test_vectors_are_kept_once() -> None:
    """A hundred thousand of them are 200 MB."""
    index = NumpyIndex()
    await index.upsert("passages", Reach("all"), [IndexEntry(each, "", {}, np.eye(3, dtype=np.float32)[0]) for each in "ab"])
    await index.query("passages", Reach("all"), np.eye(3, dtype=np.float32)[0], limit=1)
    first, second = await index.fetch("passages", Reach("all"), ["a", "b"])

    assert first.vector.base is second.vector.base is not None
