"""A person's rows on either database: read out whole, and taken away without a trace of anybody else's."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, select

from bot.exchanges import HistoryRef
from bot.messages import Place
from store.clusters import Clusters, cluster_of
from store.database import Database
from store.ledger import SqlLedger
from store.persons import Persons
from store.schema import approved, claims, cluster_questions, corrections, exchanges, people, posts, votes
from store.tables import metadata
from store.vault import SqlVault
from tests.contracts.ledgers import NOW, SEALER, answered, exchange, question, rights

ANA, BEA = "a" * 32, "b" * 32


async def rows(database: Database, table: Table) -> list[dict[str, Any]]:
    """Return what stands in a table."""
    wanted = select(table).order_by(*table.primary_key.columns)
    return await database.read(lambda connection: [dict(row._mapping) for row in connection.execute(wanted)])


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return what stands in every table but those that follow changes."""
    return {name: await rows(database, table) for name, table in metadata.tables.items() if name not in ("outbox", "revisions")}


@pytest.fixture
def persons(database: Database) -> Persons:
    """Give the people of a ledger."""
    return Persons(database, SEALER)


@pytest.fixture
def ledger(database: Database) -> SqlLedger:
    """Give the ledger."""
    return SqlLedger(database, SEALER)


async def all_of(ledger: SqlLedger, person: str, minute: int) -> str:
    """Let a person ask, be posted to, and decide; others vote and correct. Return the exchange's id."""
    exchange_id = await answered(ledger, minute=minute, person=person, conversation=f"slack:T1:C{minute}:1")
    await ledger.posted(exchange_id, part=0, channel="C1", message_ref="1.1")
    await ledger.rate(exchange_id, "voter", "down", via="button", at=NOW, reason="other", comment="No.")
    await ledger.correct(exchange_id, "expert", f"It is {minute}. It always was.", at=NOW)
    await ledger.set_consent(person, platform="slack", granted=True, at=NOW)
    return exchange_id


async def test_exactly_their_rows_go(database: Database, ledger: SqlLedger, persons: Persons) -> None:
    """Everything of others is byte for byte what it was; of theirs the company keeps the expert's words alone."""
    bea = await all_of(ledger, BEA, 1)
    before = await everything(database)
    ana = await all_of(ledger, ANA, 2)
    await ledger.rate(bea, ANA, "up", via="button", at=NOW)
    taken = await persons.take_away(ANA, await persons.exchange_ids(ANA), at=NOW)
    after = await everything(database)

    (kept,) = [row for row in after["approved"] if row not in before["approved"]]
    assert (kept["question"], kept["answer"], kept["exchange_id"]) == ("It is 2.", "It is 2. It always was.", "")
    after["approved"].remove(kept)
    assert after == before
    assert taken.counts["exchanges"] == 1
    assert taken.counts["votes"] == 2
    assert ana not in str(after)


async def test_what_an_expert_wrote_stays_without_their_name(database: Database, ledger: SqlLedger, persons: Persons) -> None:
    """Whoever corrected and leaves, leaves the correction."""
    exchange_id = await answered(ledger, person=BEA)
    await ledger.correct(exchange_id, ANA, "At the desk.", at=NOW, name="Ana of the desk")
    await persons.take_away(ANA, (), at=NOW)

    assert [(row["author"], row["answer"]) for row in await rows(database, approved)] == [("", "At the desk.")]
    assert [(row["person"], row["answer"]) for row in await rows(database, corrections)] == [("", "At the desk.")]


async def test_a_question_being_answered_leaves_a_shell_that_the_clock_takes(
    database: Database, ledger: SqlLedger, persons: Persons
) -> None:
    """The answer that comes too late finds nothing to be written to, and fails nobody."""
    asked = question("Where am I?", person=ANA)
    await ledger.claim(asked, keys=("key",), rights=rights(asked), address="Ana's", message_ref="1.0")
    await persons.take_away(ANA, (asked.exchange_id,), at=NOW)
    await ledger.record(exchange(asked, "Here."))
    (shell,) = await rows(database, exchanges)
    left = await persons.shells_of((asked.exchange_id,))
    await ledger.prune(asked.asked_at.replace(year=2100))

    assert {shell[name] for name in ("person", "question", "answer", "address", "channel", "conversation_id", "message_ref")} == {""}
    assert left == 1
    assert await rows(database, exchanges) == []


async def test_a_word_that_only_they_said_goes_from_answers_to_others(database: Database, ledger: SqlLedger, persons: Persons) -> None:
    """Where the model had it from their turn; what the other, the passages or anybody else said stays."""
    ids: list[str] = []
    for number, (person, text, answer) in enumerate(
        ((ANA, "I am Zanzibar-7 of the desk?", "Hello."), (BEA, "And my key?", "The key of Zanzibar-7 hangs at the desk."))
    ):
        asked = question(text, person=person, minute=number)
        await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
        history = (HistoryRef(ids[0], with_passages=True),) if ids else ()
        await ledger.record(exchange(asked, answer, history=history))
        ids.append(asked.exchange_id)
    echoing = await persons.echoing(ids[:1])
    await persons.take_away(ANA, ids[:1], at=NOW)

    assert echoing == (ids[1],)
    assert [row["answer"] for row in await rows(database, exchanges)] == ["The key of [ERASED] hangs at the desk."]


async def test_what_served_in_their_direct_messages_alone_goes(database: Database, ledger: SqlLedger, persons: Persons) -> None:
    """Nobody else could ever be given it."""
    asked = question("May I?", person=ANA)
    private = replace(asked, place=Place("slack", "direct_message", "slack:T1:D1:1", "T1", "D1", private=True))
    await ledger.claim(private, keys=("key",), rights=rights(private))
    await ledger.record(exchange(private, "No."))
    await ledger.correct(private.exchange_id, "expert", "You may.", at=NOW)
    taken = await persons.take_away(ANA, (private.exchange_id,), at=NOW)

    assert await rows(database, approved) == []
    assert taken.counts["approved answers deleted"] == 1


async def test_notes_in_the_vault_lose_theirs(database: Database, ledger: SqlLedger, persons: Persons) -> None:
    """A list keeps the others' notes; what is no list of notes stays."""
    exchange_id = await answered(ledger, person=ANA)
    vault = SqlVault(database, SEALER)
    await vault.put("begun:1", f'[{{"exchange_id": "{exchange_id}"}}, {{"exchange_id": "other"}}]', at=NOW)
    await vault.put("begun:2", f'[{{"exchange_id": "{exchange_id}"}}]', at=NOW)
    await vault.put("token", "xoxb", at=NOW)
    await persons.take_away(ANA, (exchange_id,), at=NOW)

    assert await vault.get("begun:1") == '[{"exchange_id": "other"}]'
    assert (await vault.get("begun:2"), await vault.get("token")) == (None, "xoxb")


async def test_all_that_is_kept_is_read(ledger: SqlLedger, persons: Persons) -> None:
    """With what hangs on it, without who else voted; what is sealed under another key is named."""
    exchange_id = await all_of(ledger, ANA, 1)
    other = await answered(ledger, person=BEA, minute=2)
    await ledger.rate(other, ANA, "up", via="button", at=NOW)
    told = await persons.read(ANA)

    (asked,) = told["exchanges"]
    assert (asked["exchange_id"], asked["question"]) == (exchange_id, "Question 1?")
    assert asked["votes"] == [
        {"exchange_id": exchange_id, "value": "down", "via": "button", "reason": "other", "comment": "No.", "rated_at": NOW.isoformat()}
    ]
    assert len(asked["posts"]) == len(asked["corrections"]) == len(asked["approved_answers"]) == asked["keys_of_events"] == 1
    assert told["consent"]["consent"] == "granted"
    assert [vote["exchange_id"] for vote in told["votes"]] == [other]


async def test_words_age_and_ratings_stay(database: Database, ledger: SqlLedger, persons: Persons) -> None:
    """Only what is older loses them."""
    old, young = await answered(ledger, person=ANA), await answered(ledger, person=ANA, minute=60)
    await ledger.rate(old, BEA, "down", via="button", at=NOW, reason="other", comment="No.")
    aged = await persons.aged(NOW.replace(hour=12, minute=30))
    await persons.empty(aged, at=NOW)

    assert aged == (old,)
    assert [bool(row["question"]) for row in await rows(database, exchanges)] == [False, True]
    assert [(row["value"], row["comment"]) for row in await rows(database, votes)] == [("down", "")]
    assert [row["exchange_id"] for row in await rows(database, exchanges)] == [old, young]
    assert await persons.aged(NOW.replace(hour=12, minute=30)) == ()


async def test_nobody_is_read_as_nothing(database: Database, persons: Persons) -> None:
    """An unknown pseudonym has nothing to give, and nothing to take."""
    told = await persons.read(ANA)
    taken = await persons.take_away(ANA, (), at=NOW)

    assert (told["exchanges"], told["votes"], told["consent"], dict(taken.counts)) == ([], [], None, {})
    assert [await rows(database, table) for table in (claims, posts, people)] == [[], [], []]


async def test_what_their_questions_are_like_is_forgotten(database: Database, ledger: SqlLedger, persons: Persons) -> None:
    """A likeness tells a guess from another; which of them tests stays."""
    await all_of(ledger, ANA, 1)
    [asked] = [row["question"] for row in await rows(database, exchanges)]
    splits = Clusters(database)
    before = await splits.assign([asked, "Is anybody else's question kept?"], at=NOW)
    await persons.take_away(ANA, await persons.exchange_ids(ANA), at=NOW)

    kept = {row["question_id"]: len(row["signature"]) > 0 for row in await rows(database, cluster_questions)}
    assert kept == {cluster_of(asked): False, cluster_of("Is anybody else's question kept?"): True}
    assert await Clusters(database).assign([asked], at=NOW) == before[:1]
