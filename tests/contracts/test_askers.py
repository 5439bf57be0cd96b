"""What the ledger knows of those who ask: how often, what, where, and whether they agreed; on the fake and the real one."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bot.exchanges import Asked, OpenExchange
from bot.messages import Place
from bot.ports import Ledger
from bot.ratings import VoteReason
from store.database import Database, migrate, open_database
from store.ledger import SqlLedger
from store.schema import exchanges
from store.sealing import Sealer
from tests.contracts.ledgers import NOW, SEALER, answered, exchange, question, rights
from tests.fakes.ledger import MemoryLedger


def minute(number: int) -> datetime:
    """Return the moment that many minutes after NOW."""
    return NOW + timedelta(minutes=number)


async def test_how_often_somebody_asked(ledger: Ledger) -> None:
    """Limits count what was accepted, answered or not, and what was deleted since: deleting is no way around them."""
    erased = await answered(ledger, minute=3)
    await ledger.erase(erased, at=minute(4))
    for number in (2, 1, 0):
        asked = question(minute=number)
        await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
    await answered(ledger, minute=2, person="other")

    assert await ledger.asked_since("asker", minute(1)) == (minute(1), minute(2), minute(3))
    assert await ledger.asked_since("nobody", NOW) == ()


async def test_a_message_leads_to_the_exchange_that_it_began(ledger: Ledger) -> None:
    """So that an edited or deleted message changes the right question."""
    first = await answered(ledger)  # message 1.0 of channel C1

    assert await ledger.asked_with("slack", channel="C1", message_ref="1.0") == first
    assert await ledger.asked_with("slack", channel="C2", message_ref="1.0") is None
    assert await ledger.asked_with("discord", channel="C1", message_ref="1.0") is None
    await ledger.erase(first, at=NOW)
    assert await ledger.asked_with("slack", channel="C1", message_ref="1.0") is None


async def test_a_question_without_a_message_is_found_by_none(ledger: Ledger) -> None:
    """The terminal's and the web's have none."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked))

    assert await ledger.asked_with("slack", channel="C1", message_ref="") is None


async def test_recent_questions_are_ones_own_with_ones_vote(ledger: Ledger) -> None:
    """The home shows people what they asked and how they voted, not what others think of it."""
    ids = [await answered(ledger, minute=number) for number in range(3)]
    await answered(ledger, minute=5, person="other")
    waiting = question(minute=6)
    await ledger.claim(waiting, keys=("k",), rights=rights(waiting))
    await ledger.rate(ids[2], "asker", "down", via="button", at=NOW)
    await ledger.rate(ids[1], "voter", "up", via="button", at=NOW)

    place = Place("slack", "mention", "slack:T1:C1:1", "T1", "C1")
    assert await ledger.recent("asker", limit=2) == (
        Asked(ids[2], "Question 2?", "generated", minute(2), place, "down"),
        Asked(ids[1], "Question 1?", "generated", minute(1), place, ""),
    )
    assert await ledger.recent("nobody", limit=5) == ()


async def test_direct_channels_are_those_outside_workspaces(ledger: Ledger) -> None:
    """After a restart the gaps of direct messages are read where people wrote lately, and nowhere else."""
    places = {
        "D2": Place("discord", "direct_message", "d2", "", "D2"),
        "D1": Place("discord", "direct_message", "d1", "", "D1"),
        "guild": Place("discord", "mention", "g", "G1", "C1"),
        "web": Place("web", "web", "w"),
        "slack": Place("slack", "direct_message", "s", "", "D9"),
        "nowhere": Place("discord", "slash_command", "n", "", ""),
    }
    for number, place in enumerate([*places.values(), places["D1"]]):
        asked = replace(question(minute=number), place=place)
        await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
    old = replace(question(minute=-1), place=Place("discord", "direct_message", "d0", "", "D0"))
    await ledger.claim(old, keys=("old",), rights=rights(old))

    assert await ledger.direct_channels("discord", since=NOW) == ("D1", "D2")


async def test_a_place_in_a_thread_keeps_its_channel(ledger: Ledger) -> None:
    """Settings of a channel hold for its threads, after a restart too."""
    asked = replace(question(), place=Place("discord", "thread", "discord:9", "G1", "9", "C1"))
    await ledger.claim(asked, keys=("k",), rights=rights(asked))

    assert await ledger.place_of(asked.exchange_id) == asked.place
    assert await ledger.open_exchanges("discord", since=NOW) == (OpenExchange(asked, ""),)


async def test_the_asker_can_be_reached_after_a_restart(ledger: Ledger) -> None:
    """An accepted question is taken up again with what its adapter needs for it."""
    asked = question()
    await ledger.claim(asked, keys=("k",), rights=rights(asked), message_ref="1.0", address='{"user": "U1", "ção": 1}')

    assert await ledger.open_exchanges("slack", since=NOW) == (OpenExchange(asked, "1.0", '{"user": "U1", "ção": 1}'),)


async def votes_of(ledger: Ledger, exchange_id: str) -> list[tuple[str, str, str]]:
    """Return (value, reason, comment) of an exchange's votes."""
    if isinstance(ledger, MemoryLedger):
        return [(vote.value, vote.reason, vote.comment) for vote in ledger.kept[exchange_id].votes.values()]
    assert isinstance(ledger, SqlLedger)
    shown = await ledger.show(exchange_id)
    assert shown is not None
    return [(vote.value, vote.reason, vote.comment) for vote in shown.votes]


@pytest.mark.parametrize("reason", ["wrong", "outdated", "not_found", "tone", "other"])
async def test_a_vote_is_explained_afterwards(ledger: Ledger, reason: VoteReason) -> None:
    """The vote is kept before the form is shown: one that is dismissed loses nothing."""
    exchange_id = await answered(ledger)
    await ledger.rate(exchange_id, "voter", "down", via="button", at=NOW)

    assert await ledger.explain_vote(exchange_id, "voter", reason=reason, comment="in words")
    assert await ledger.explain_vote(exchange_id, "voter", reason=reason, comment="better words")
    assert await votes_of(ledger, exchange_id) == [("down", reason, "better words")]


async def test_a_changed_vote_is_not_explained(ledger: Ledger) -> None:
    """A form that stood open while its sender changed their mind must not turn the vote round, nor make one."""
    exchange_id = await answered(ledger)
    await ledger.rate(exchange_id, "voter", "down", via="button", at=NOW, reason="wrong", comment="why")
    await ledger.rate(exchange_id, "voter", "up", via="button", at=NOW)

    assert not await ledger.explain_vote(exchange_id, "voter", reason="tone", comment="")
    assert not await ledger.explain_vote(exchange_id, "nobody", reason="tone", comment="")
    assert not await ledger.explain_vote("unknown", "voter", reason="tone", comment="")
    assert await votes_of(ledger, exchange_id) == [("up", "", "")]


async def test_consent_is_asked_for_once(ledger: Ledger) -> None:
    """Whoever did not answer is not asked again and again; being asked is no answer."""
    assert await ledger.note_consent_asked("asker", platform="slack", at=NOW)
    assert not await ledger.note_consent_asked("asker", platform="slack", at=minute(1))
    assert await ledger.note_consent_asked("other", platform="slack", at=NOW)
    assert await ledger.consent_of("asker") == "unasked"


async def test_whoever_decided_is_not_asked(ledger: Ledger) -> None:
    """The privacy command may come first; the button's answer comes after the question."""
    await ledger.set_consent("decided", platform="slack", granted=False, at=NOW)
    await ledger.note_consent_asked("asker", platform="slack", at=NOW)
    await ledger.set_consent("asker", platform="slack", granted=True, at=minute(1))

    assert not await ledger.note_consent_asked("decided", platform="slack", at=minute(1))
    assert not await ledger.note_consent_asked("asker", platform="slack", at=minute(2))
    assert (await ledger.consent_of("decided"), await ledger.consent_of("asker")) == ("refused", "granted")


# What only the real ledger shows.


async def addresses(database: Database) -> list[str]:
    """Return the sealed addresses, in order of asking."""
    async with database.connect() as connection:
        return list((await connection.execute(select(exchanges.c.address).order_by(exchanges.c.exchange_id))).scalars())


async def test_an_address_is_sealed_and_forgotten_with_the_answer(sql: SqlLedger, database: Database) -> None:
    """It names a person, whom the pseudonym hides; nobody needs it once they were answered or told why not."""
    asked = [question(minute=number) for number in range(3)]
    for each in asked:
        await sql.claim(each, keys=(each.exchange_id,), rights=rights(each), address="U12345")
    before = await addresses(database)
    await sql.record(exchange(asked[0]))
    await sql.abandon(asked[1].exchange_id, reason="left")

    assert [SEALER.open(address) for address in before] == ["U12345"] * 3
    assert not any("U12345" in address for address in before)
    assert await addresses(database) == ["", "", before[2]]


async def test_addresses_are_forgotten_by_age(sql: SqlLedger, database: Database) -> None:
    """A question that was never answered must not keep its asker's name for ever."""
    for number in (0, 1, 2):
        asked = question(minute=number)
        await sql.claim(asked, keys=(asked.exchange_id,), rights=rights(asked), address="U1" if number else "")

    assert await sql.forget_addresses(minute(2)) == 1
    assert [bool(address) for address in await addresses(database)] == [False, False, True]
    assert await sql.forget_addresses(minute(2)) == 0


async def test_an_address_whose_key_is_lost_is_empty(sql: SqlLedger, database: Database) -> None:
    """The question is still answered where it was asked."""
    asked = question()
    await sql.claim(asked, keys=("k",), rights=rights(asked), address="U1")

    assert await SqlLedger(database, Sealer(b"another key of the tests")).open_exchanges("slack", since=NOW) == (OpenExchange(asked, ""),)


async def test_looking_somebody_up_reads_no_table(tmp_path: Path) -> None:
    """Both are asked of every message, in a ledger of years."""
    statements: list[str] = []

    def trace(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.set_trace_callback(statements.append)

    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        sql = SqlLedger(database, SEALER)
        await database.read(trace)
        await sql.asked_since("asker", NOW)
        await sql.asked_with("slack", channel="C1", message_ref="1.0")
        plans = [await _plan(database, statement) for statement in statements if statement.startswith("SELECT")]

    assert plans == [
        ["SEARCH exchanges USING COVERING INDEX ix_exchanges_person_asked_at (person=? AND asked_at>?)"],
        ["SEARCH exchanges USING INDEX ix_exchanges_platform_channel_message_ref (platform=? AND channel=? AND message_ref=?)"],
    ]


async def _plan(database: Database, statement: str) -> list[str]:
    async with database.connect() as connection:
        return [row.detail for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
