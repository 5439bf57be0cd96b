"""Questions that their authors changed or deleted: the same cases for the fake ledger and the real one on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.errors import UnknownExchange
from bot.exchanges import HistoryRef
from bot.messages import Turn
from bot.ports import Ledger
from bot.prompt import render_turn
from store.database import Database
from store.ledger import SqlLedger
from store.schema import approved, claims, exchanges, outbox
from tests.contracts.ledgers import NOW, PASSAGE, answered, exchange, question, rights
from tests.fakes.ledger import MemoryLedger

THREAD = "slack:T1:C1:1"
LATER = NOW + timedelta(hours=1)


async def changes(ledger: Ledger, place: Database | None) -> list[tuple[str, str]]:
    """Return (kind, ref) of what the index has to follow, oldest first."""
    if place is None:
        assert isinstance(ledger, MemoryLedger)
        return ledger.changes
    async with place.connect() as connection:
        return [(row.kind, row.ref) for row in await connection.execute(select(outbox.c.kind, outbox.c.ref).order_by(outbox.c.outbox_id))]


async def test_changed_words_are_changed_in_the_prompt_too(ledger: Ledger, place: Database | None) -> None:
    """The next turn of the thread is answered with the words that people now see; the passages are the company's and stay."""
    asked = question("Where is the key?")
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    passage = replace(PASSAGE, text="Where is the key? At the desk.")
    await ledger.record(replace(exchange(asked), prompt=render_turn((passage,), asked.text)))

    assert await ledger.revise(asked.exchange_id, "Where is the car?", at=LATER)
    (turn,) = await ledger.turns(THREAD, limit=5)
    assert turn == Turn(asked.exchange_id, render_turn((passage,), "Where is the car?"), "Where is the car?", "At the desk.")
    assert await changes(ledger, place) == [("conversations", asked.exchange_id)]


async def test_the_same_words_change_nothing(ledger: Ledger, place: Database | None) -> None:
    """Platforms report a message as edited when they merely unfold a link in it."""
    exchange_id = await answered(ledger)

    assert not await ledger.revise(exchange_id, "Question 0?", at=LATER)
    assert await changes(ledger, place) == []


async def test_nothing_is_changed_or_erased_where_nothing_is(ledger: Ledger, place: Database | None) -> None:
    """A message that was never a question, or is forgotten already."""
    exchange_id = await answered(ledger)
    await ledger.erase(exchange_id, at=LATER)
    noted = len(await changes(ledger, place))

    assert not await ledger.revise("unknown", "New?", at=LATER)
    assert not await ledger.revise(exchange_id, "New?", at=LATER)
    assert not await ledger.erase("unknown", at=LATER)
    assert not await ledger.erase(exchange_id, at=LATER)
    assert len(await changes(ledger, place)) == noted


async def test_a_question_changed_while_it_is_answered_keeps_the_new_words(ledger: Ledger) -> None:
    """The old words must not come back with the prompt of the answer."""
    asked = question("Where is the key?")
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.revise(asked.exchange_id, "Where is the car?", at=LATER)
    await ledger.record(replace(exchange(asked), prompt=render_turn((PASSAGE,), asked.text)))

    (turn,) = await ledger.turns(THREAD, limit=5)
    assert (turn.prompt, turn.question) == (render_turn((PASSAGE,), "Where is the car?"), "Where is the car?")


async def test_a_changed_question_is_taken_up_again_as_it_is_now(ledger: Ledger) -> None:
    """After a crash the new words are answered."""
    asked = question("Where is the key?")
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.revise(asked.exchange_id, "Where is the car?", at=LATER)
    (again,) = await ledger.open_exchanges("slack", since=NOW)
    await ledger.record(exchange(again.question))

    (turn,) = await ledger.turns(THREAD, limit=5)
    assert (again.question.text, turn.prompt) == ("Where is the car?", f"{PASSAGE.text}\n\nWhere is the car?")


async def test_an_erased_exchange_is_no_turn_any_more(ledger: Ledger, place: Database | None) -> None:
    """Whoever deletes their question has it forgotten, and the answer, which repeats it; the thread still is one of ours."""
    exchange_id = await answered(ledger)
    await ledger.rate(exchange_id, "voter", "up", via="button", at=NOW)

    assert await ledger.erase(exchange_id, at=LATER)
    assert await ledger.turns(THREAD, limit=5) == ()
    assert await ledger.takes_part(THREAD)
    assert await ledger.recent("asker", limit=5) == ()
    assert (await changes(ledger, place))[-1] == ("conversations", exchange_id)


async def test_an_erased_exchange_is_neither_rated_nor_corrected(ledger: Ledger) -> None:
    """Nobody can say anything of what nobody knows."""
    exchange_id = await answered(ledger)
    await ledger.rate(exchange_id, "voter", "down", via="button", at=NOW)
    await ledger.erase(exchange_id, at=LATER)

    with pytest.raises(UnknownExchange):
        await ledger.rate(exchange_id, "other", "up", via="button", at=NOW)
    with pytest.raises(UnknownExchange):
        await ledger.correct(exchange_id, "expert", "Better.", at=NOW)
    assert not await ledger.explain_vote(exchange_id, "voter", reason="wrong", comment="The key is red.")


async def test_where_an_erased_exchange_stood_is_still_known(ledger: Ledger) -> None:
    """Its answer's messages can be taken away where the platform lets us, and a repeated delivery stays a duplicate."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.intend_post(asked.exchange_id, part=0)
    await ledger.posted(asked.exchange_id, part=0, channel="C1", message_ref="2.0")
    await ledger.erase(asked.exchange_id, at=LATER)
    again = question()

    assert await ledger.posts_of(asked.exchange_id) == ((0, "C1", "2.0"),)
    assert await ledger.exchange_of("slack", channel="C1", message_ref="2.0") == asked.exchange_id
    assert await ledger.place_of(asked.exchange_id) == asked.place
    assert not await ledger.claim(again, keys=("k",), rights=rights(again))


async def test_an_answer_to_an_erased_question_is_not_kept(ledger: Ledger) -> None:
    """The model may still have been writing; nor is the question taken up again, or ended otherwise."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.erase(asked.exchange_id, at=LATER)
    await ledger.record(exchange(asked))
    await ledger.abandon(asked.exchange_id, reason="left")

    assert await ledger.turns(THREAD, limit=5) == ()
    assert await ledger.open_exchanges("slack", since=NOW) == ()
    with pytest.raises(UnknownExchange):
        await ledger.rate(asked.exchange_id, "voter", "up", via="button", at=NOW)


async def test_an_abandoned_question_can_be_erased(ledger: Ledger) -> None:
    """Its words are as private as any."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))
    await ledger.abandon(asked.exchange_id, reason="left")

    assert await ledger.revise(asked.exchange_id, "Where is the car?", at=LATER)
    assert await ledger.erase(asked.exchange_id, at=LATER)


# What only the real ledger shows: every column.


async def test_no_column_keeps_a_word_of_what_was_erased(sql: SqlLedger, database: Database) -> None:
    """The whole row is searched, so that a column of tomorrow is too."""
    earlier = await answered(sql, minute=1)
    asked = question("Where does Zoe live?")
    place = replace(asked.place, parent="P1")
    asked = replace(asked, place=place)
    await sql.claim(asked, keys=("k",), rights=rights(asked), message_ref="1.0", address="U1")
    passage = replace(PASSAGE, text="Zoe lives in Rio.")
    answer = exchange(asked, "Zoe lives in Rio.", history=(HistoryRef(earlier, with_passages=True),))
    await sql.record(replace(answer, passages=(passage,)))
    await sql.rate(asked.exchange_id, "voter", "up", via="button", at=NOW)
    await sql.erase(asked.exchange_id, at=LATER)
    async with database.connect() as connection:
        row = (await connection.execute(select(exchanges).where(exchanges.c.exchange_id == asked.exchange_id))).one()
        keys = (await connection.execute(select(claims.c.key).where(claims.c.exchange_id == asked.exchange_id))).scalars().all()
    shown = await sql.show(asked.exchange_id)

    assert not [value for value in row if "Zoe" in str(value)]
    assert (row.status, row.answered_at, row.revised_at, row.address, row.history) == ("erased", None, LATER, "", [])
    assert keys == ["k"]
    assert shown is not None
    assert [vote.value for vote in shown.votes] == ["up"]
    assert (shown.parent, shown.revised_at) == ("P1", LATER)
    assert (await sql.counts()).erased == 1


async def test_an_approved_answer_outlives_its_question(sql: SqlLedger, database: Database) -> None:
    """The expert wrote it for everybody who asks the same."""
    exchange_id = await answered(sql)
    approved_id = await sql.correct(exchange_id, "expert", "Better.", at=NOW)
    await sql.erase(exchange_id, at=LATER)
    async with database.connect() as connection:
        kept = (await connection.execute(select(approved.c.approved_id).where(approved.c.revoked_at.is_(None)))).scalars().all()

    assert kept == [approved_id]


@pytest.mark.parametrize(("text", "trains"), [("Where is the key?", False), ("Where is the car?", True)])
async def test_only_an_answer_to_the_words_that_stand_there_may_train(sql: SqlLedger, text: str, trains: bool) -> None:
    """One to the old words, finished after the change, is marked; one to the new words after a crash is not."""
    asked = question("Where is the key?")
    await sql.claim(asked, keys=("k",), rights=rights(asked))
    await sql.revise(asked.exchange_id, "Where is the car?", at=LATER)
    await sql.record(exchange(replace(asked, text=text)))
    shown = await sql.show(asked.exchange_id)

    assert shown is not None
    assert (shown.revised_at is None) == trains
    assert shown.prompt == f"{PASSAGE.text}\n\nWhere is the car?"


async def test_an_answer_and_its_erasure_at_once_leave_nothing(sql: SqlLedger) -> None:
    """Whichever comes first, the words are gone in the end."""
    asked = [question(minute=minute) for minute in range(20)]
    for each in asked:
        await sql.claim(each, keys=(each.exchange_id,), rights=rights(each))
    async with asyncio.TaskGroup() as group:
        for each in asked:
            group.create_task(sql.record(exchange(each)))
            group.create_task(sql.erase(each.exchange_id, at=LATER))

    assert {listed.status for listed in await sql.conversations(limit=50)} == {"erased"}
    assert {listed.answer for listed in await sql.conversations(limit=50)} == {""}
