"""Questions over both databases: the same passages, and what another process wrote."""

from bot.messages import Viewer
from store.database import Database
from store.outbox import Outbox
from store.retrieval import HybridRetriever
from tests.fakes.encoder import WordEncoder
from tests.fakes.index import MemoryIndex
from tests.store.ledger_rows import add_source, approve

VIEWER = Viewer("employees")


async def test_a_question_finds_what_any_process_has_written(processes: tuple[Database, Database]) -> None:
    """Some databases can be read in any thread, some only be awaited: people must not see which it is."""
    here, elsewhere = processes
    index, encoder = MemoryIndex(), WordEncoder()
    retriever = HybridRetriever(here, index, encoder, passages=3, minimum_score=0.3)

    async def found(question: str) -> list[str]:
        return [passage.text for passage in (await retriever.find(question, viewer=VIEWER)).passages]

    assert await found("Where does the FH-300 hang?") == []
    await add_source(here, "guide", "The FH-300 hangs at the desk.", "Lunch is at noon.", ("Who feeds our cats?", "Nobody."))
    await Outbox(here, index, encoder).drain()
    assert await found("Where does the FH-300 hang?") == ["The FH-300 hangs at the desk."]
    await add_source(elsewhere, "secret", "The FH-300 hangs in the safe.", audience="customers")
    await add_source(elsewhere, "news", "The FH-300 hangs in the cellar now.")
    assert {*await found("Where does the FH-300 hang?")} == {"The FH-300 hangs at the desk.", "The FH-300 hangs in the cellar now."}
    await approve(elsewhere, "Who feeds our cats?", "Ana does.")
    assert (await retriever.search("Who feeds our cats today?", viewer=VIEWER, limit=1))[0].text == "Ana does."
    known = (await retriever.find("Who feeds our cats?", viewer=VIEWER)).approved
    assert known is not None
    assert known.answer == "Ana does."
