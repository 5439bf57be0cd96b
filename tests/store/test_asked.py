"""What people asked, as a list."""

from sqlalchemy import update

from bot.messages import Viewer
from store.asked import asked_questions
from store.database import Database
from store.schema import exchanges
from tests.store.ledger_rows import NOW, answer


async def test_the_newest_questions_of_an_audience_come_first(database: Database) -> None:
    """Those of all are seen by each, those of others by none."""
    for exchange_id, text, audience in (
        ("E1", "Why?", "employees"),
        ("E2", "When?", "all"),
        ("E3", "Who?", "customers"),
        ("E4", "How?", "employees"),
    ):
        await answer(database, exchange_id, text=text, audience=audience)  # type: ignore[arg-type]

    assert [each.question for each in await asked_questions(database, Viewer("employees"), limit=10)] == ["How?", "When?", "Why?"]
    assert [each.exchange_id for each in await asked_questions(database, Viewer("customers"), limit=1)] == ["E3"]


async def test_an_erased_question_is_none(database: Database) -> None:
    """Its author took it back; an empty one says nothing either."""
    ledger = await answer(database, "E1", text="Why?")
    await answer(database, "E2", text="When?")
    await answer(database, "E3", text="Who?")
    await ledger.erase("E1", at=NOW)
    async with database.begin() as connection:
        await connection.execute(update(exchanges).where(exchanges.c.exchange_id == "E2").values(question=""))

    assert [each.exchange_id for each in await asked_questions(database, Viewer("employees"), limit=10)] == ["E3"]
