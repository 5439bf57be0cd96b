"""Placeholders of a conversation: the same cases for the fake ledger and the real one; then races, and how people leave."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.errors import TryAgainLater
from bot.placeholders import Hidden
from bot.ports import Ledger
from store.database import Database
from store.ledger import SqlLedger
from store.persons import Persons
from store.schema import approved, placeholder_uses, placeholders
from tests.contracts.ledgers import NOW, SEALER, exchange, question, rights
from tests.fakes.ledger import MemoryLedger

THREAD = "slack:T1:C1:1"
ANA, BEA = "a" * 32, "b" * 32
PHONE, OTHER, THIRD = "1" * 32, "2" * 32, "3" * 32  # keyed hashes

KEEPS_NOTHING = {  # every row is refused, as by those of another process
    "sqlite": ("CREATE TRIGGER refuse BEFORE INSERT ON placeholders BEGIN SELECT RAISE(IGNORE); END",),
    "postgresql": (
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER refuse BEFORE INSERT ON placeholders FOR EACH ROW EXECUTE FUNCTION nothing()",
    ),
}


async def claim(
    ledger: Ledger, words: str, hidden: Hidden, *, minute: int = 0, person: str = ANA, conversation: str = THREAD
) -> tuple[str, str]:
    """Ask; return the exchange's id and the words as they are kept."""
    asked = question(words, person=person, minute=minute, conversation=conversation)
    kept = await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked), hidden=hidden)
    assert kept is not None
    await ledger.record(exchange(kept))
    return kept.exchange_id, kept.text


async def called(ledger: Ledger, value: str, *, minute: int) -> str:
    """Return what a phone is called in the thread from now on."""
    _, words = await claim(ledger, "[PHONE_1]", {"[PHONE_1]": value}, minute=minute)
    return words


async def test_a_value_has_one_placeholder_throughout_its_conversation(ledger: Ledger) -> None:
    """Other values have others, and another conversation begins anew; what is returned is what is kept."""
    await claim(ledger, "Call [PHONE_1].", {"[PHONE_1]": PHONE})
    _, second = await claim(ledger, "Or [PHONE_1], not [PHONE_2]?", {"[PHONE_1]": OTHER, "[PHONE_2]": PHONE}, minute=1, person=BEA)
    _, third = await claim(ledger, "[PHONE_1]!", {"[PHONE_1]": OTHER}, minute=2)
    _, elsewhere = await claim(ledger, "[PHONE_1]!", {"[PHONE_1]": OTHER}, minute=3, conversation="slack:T1:C1:2")

    assert (second, third, elsewhere) == ("Or [PHONE_2], not [PHONE_1]?", "[PHONE_2]!", "[PHONE_1]!")
    assert [turn.question for turn in await ledger.turns(THREAD, limit=9)] == ["Call [PHONE_1].", second, third]


async def test_a_second_delivery_gives_no_number(ledger: Ledger) -> None:
    """It leaves nothing behind."""
    first, again = question("[PHONE_1]"), question("[PHONE_1]", minute=1)
    await ledger.claim(first, keys=("k",), rights=rights(first), hidden={"[PHONE_1]": PHONE})

    assert await ledger.claim(again, keys=("k",), rights=rights(again), hidden={"[PHONE_1]": OTHER}) is None
    assert await called(ledger, THIRD, minute=2) == "[PHONE_2]"


async def test_what_an_author_wrote_is_never_anybodys_number(ledger: Ledger) -> None:
    """Later in the thread, too."""
    _, written = await claim(ledger, "Who is [PHONE_1]?", {"[PHONE_1]": None})

    assert written == "Who is [PHONE_1]?"
    assert await called(ledger, PHONE, minute=1) == "[PHONE_2]"


async def test_the_highest_number_that_is_written_holds_nobody_up(ledger: Ledger) -> None:
    """Whoever writes it beside their own phone number; the next one of the thread is numbered all the same."""
    _, words = await claim(ledger, "[PHONE_999999] [PHONE_1]", {"[PHONE_999999]": None, "[PHONE_1]": PHONE})

    assert words == "[PHONE_999999] [PHONE_1000000]"
    assert await called(ledger, OTHER, minute=1) == "[PHONE_1000001]"
    assert await called(ledger, PHONE, minute=2) == "[PHONE_1000000]"


async def test_what_is_edited_out_is_forgotten_and_its_placeholder_stays_taken(ledger: Ledger) -> None:
    """The edit itself is numbered like any other words."""
    await claim(ledger, "[PHONE_1]", {"[PHONE_1]": PHONE})
    exchange_id, _ = await claim(ledger, "[PHONE_1]", {"[PHONE_1]": OTHER}, minute=1)

    assert not await ledger.revise(exchange_id, "[PHONE_1]", at=NOW, hidden={"[PHONE_1]": OTHER})
    assert await ledger.revise(exchange_id, "[PHONE_1]?", at=NOW, hidden={"[PHONE_1]": PHONE})
    assert [turn.question for turn in await ledger.turns(THREAD, limit=9)] == ["[PHONE_1]", "[PHONE_1]?"]
    assert await called(ledger, OTHER, minute=2) == "[PHONE_3]"
    assert await called(ledger, PHONE, minute=3) == "[PHONE_1]"


async def test_other_words_of_the_exchange_are_numbered_likewise(ledger: Ledger) -> None:
    """Comments and files, several texts at once, each with placeholders of its own."""
    exchange_id, _ = await claim(ledger, "[PHONE_1]", {"[PHONE_1]": PHONE})
    names = await ledger.number(exchange_id, BEA, ({"[PHONE_1]": OTHER}, {"[PHONE_1]": PHONE, "[PHONE_7]": None}, {}))

    assert names == ({"[PHONE_1]": "[PHONE_8]"}, {"[PHONE_1]": "[PHONE_1]", "[PHONE_7]": "[PHONE_7]"}, {})
    assert await called(ledger, OTHER, minute=1) == "[PHONE_8]"
    assert await called(ledger, THIRD, minute=2) == "[PHONE_9]"


async def test_a_deleted_question_takes_what_only_it_told(ledger: Ledger) -> None:
    """What another question told as well is still known; nothing gets a placeholder that stood for something else."""
    exchange_id, _ = await claim(ledger, "[PHONE_1] [PHONE_2]", {"[PHONE_1]": PHONE, "[PHONE_2]": OTHER})
    await claim(ledger, "[PHONE_1]", {"[PHONE_1]": OTHER}, minute=1)
    await ledger.erase(exchange_id, at=NOW)

    assert await ledger.number(exchange_id, ANA, ({"[PHONE_1]": PHONE},)) == ({},)
    assert await ledger.number("unknown", ANA, ({"[PHONE_1]": PHONE},)) == ({},)
    assert await called(ledger, PHONE, minute=2) == "[PHONE_3]"
    assert await called(ledger, OTHER, minute=3) == "[PHONE_2]"


async def test_what_an_expert_wrote_is_found_whoever_asks(ledger: Ledger, place: Database | None) -> None:
    """The approved answer's question is none of the thread's any more."""
    await claim(ledger, "[PHONE_1]", {"[PHONE_1]": PHONE})
    exchange_id, words = await claim(ledger, "Is [PHONE_1] yours?", {"[PHONE_1]": OTHER}, minute=1)
    await ledger.correct(exchange_id, "expert", "No.", at=NOW)

    if place is None:
        assert isinstance(ledger, MemoryLedger)
        approved_for = [each.question for each in ledger.approved.values()]
    else:
        async with place.connect() as connection:
            approved_for = list((await connection.execute(select(approved.c.question))).scalars())
    assert (words, approved_for) == ("Is [PHONE_2] yours?", ["Is [PHONE_1] yours?"])


async def test_questions_at_once_in_two_processes_do_not_clash(processes: tuple[Database, Database]) -> None:
    """Each says two of three numbers, in any order."""
    ledgers = [SqlLedger(each, SEALER) for each in processes]
    said: list[tuple[str, str]] = []

    async def ask(number: int) -> None:
        values = [(PHONE, OTHER, THIRD)[(number + at) % 3] for at in range(2)]
        hidden = {f"[PHONE_{at + 1}]": value for at, value in enumerate(values)}
        _, words = await claim(ledgers[number % 2], "[PHONE_1] [PHONE_2]", hidden, minute=number)
        said.extend(zip(values, words.split(), strict=True))

    async with asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(ask(number))

    by_value = {value: {placeholder for each, placeholder in said if each == value} for value in (PHONE, OTHER, THIRD)}
    assert sorted(placeholder for each in by_value.values() for placeholder in each) == ["[PHONE_1]", "[PHONE_2]", "[PHONE_3]"]


async def test_a_question_without_personal_data_asks_nothing_more(database: Database) -> None:
    """Neither when it is claimed nor when it is edited: the tables could be missing."""
    async with database.begin() as connection:
        for table in (placeholder_uses, placeholders):
            await connection.execute(text(f"DROP TABLE {table.name}"))
    exchange_id, _ = await claim(ledger := SqlLedger(database, SEALER), "Where is the key?", {})

    assert await ledger.revise(exchange_id, "Where is the car?", at=NOW)


async def test_what_can_never_be_kept_is_given_up(database: Database) -> None:
    """The transaction that writes keeps nobody else waiting for ever, and leaves nothing behind."""
    async with database.begin() as connection:
        for statement in KEEPS_NOTHING[connection.dialect.name]:
            await connection.execute(text(statement))

    with pytest.raises(TryAgainLater):
        await claim(ledger := SqlLedger(database, SEALER), "[PHONE_1]", {"[PHONE_1]": PHONE})
    assert list(await ledger.turns(THREAD, limit=9)) == []


async def kept(database: Database) -> Mapping[str, bool]:
    """Return by placeholder of the thread whether it is known what it stands for."""

    def work(connection: Any) -> Mapping[str, bool]:
        rows = connection.execute(select(placeholders).where(placeholders.c.conversation_id == THREAD)).all()
        return {row.placeholder: row.value_hash is not None for row in rows}

    return await database.read(work)


@pytest.fixture
def persons(database: Database) -> Persons:
    """Give the people of a ledger."""
    return Persons(database, SEALER)


async def test_who_leaves_takes_what_only_they_told(database: Database, persons: Persons) -> None:
    """In questions and in comments on others' answers; the keyed hashes themselves stand nowhere."""
    ledger = SqlLedger(database, SEALER)
    await claim(ledger, "[PHONE_1] [PHONE_2]", {"[PHONE_1]": PHONE, "[PHONE_2]": OTHER})
    beas, _ = await claim(ledger, "[PHONE_1]", {"[PHONE_1]": OTHER}, minute=1, person=BEA)
    await ledger.number(beas, ANA, ({"[PHONE_1]": THIRD},))
    told = await persons.read(ANA)
    taken = await persons.take_away(ANA, await persons.exchange_ids(ANA), at=NOW)

    assert [each["placeholder"] for each in told["hidden_values"]] == ["[PHONE_1]", "[PHONE_2]", "[PHONE_3]"]
    assert taken.counts["keyed hashes of personal data"] == 2
    assert await kept(database) == {"[PHONE_1]": False, "[PHONE_2]": True, "[PHONE_3]": False}
    assert (await persons.read(ANA))["hidden_values"] == []


async def test_nothing_is_left_of_a_conversation_without_words(database: Database, persons: Persons) -> None:
    """Whoever was alone there leaves no trace of it."""
    ledger = SqlLedger(database, SEALER)
    await claim(ledger, "[PHONE_1] [PHONE_7]", {"[PHONE_1]": PHONE, "[PHONE_7]": None})
    open_one = question("[PHONE_1]", person=ANA, minute=1)
    await ledger.claim(open_one, keys=("k",), rights=rights(open_one), hidden={"[PHONE_1]": OTHER})
    await persons.take_away(ANA, await persons.exchange_ids(ANA), at=NOW)

    assert await kept(database) == {}
    assert await ledger.number(open_one.exchange_id, ANA, ({"[PHONE_1]": PHONE},)) == ({},)


async def test_what_ages_takes_what_it_told(database: Database, persons: Persons) -> None:
    """What younger questions told as well stays."""
    ledger = SqlLedger(database, SEALER)
    old, _ = await claim(ledger, "[PHONE_1] [PHONE_2]", {"[PHONE_1]": PHONE, "[PHONE_2]": OTHER})
    young, _ = await claim(ledger, "[PHONE_1]", {"[PHONE_1]": OTHER}, minute=60)
    await persons.empty((old,), at=NOW)
    after_one = await kept(database)
    await persons.empty((young,), at=NOW)

    assert after_one == {"[PHONE_1]": False, "[PHONE_2]": True}
    assert await kept(database) == {}


async def test_hashes_of_two_conversations_cannot_be_compared(database: Database) -> None:
    """Who reads the ledger without its key cannot tell who gave the same number elsewhere, nor the hash itself."""
    ledger = SqlLedger(database, SEALER)
    for number in range(2):
        await claim(ledger, "[PHONE_1]", {"[PHONE_1]": PHONE}, conversation=f"slack:T1:C1:{number}")
    async with database.connect() as connection:
        hashes = (await connection.execute(select(placeholders.c.value_hash))).scalars().all()

    assert len({*hashes, PHONE}) == 3
