"""Answers that may be given again, in the fake and on both databases: they leave with whatever takes their words away."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.exchanges import Said
from bot.ports import Ledger
from store.database import Database
from store.hosted_schema import repeatable
from store.ledger import SqlLedger
from store.persons import Persons
from tests.contracts.ledgers import NOW, SEALER, exchange, question, rights

KEY = "k" * 64
LATER = NOW + timedelta(hours=1)


async def kept(
    ledger: Ledger, *, minute: int = 0, key: str = KEY, repeats: str = "", person: str = "asker", said: str = "At the desk."
) -> str:
    """Record an answer under *key*, in a conversation of its own."""
    asked = question(minute=minute, conversation=f"slack:T1:C1:{minute}", person=person)
    await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
    answer = exchange(asked, said)
    assert answer.finished is not None
    finished = replace(answer.finished, repeated=repeats)
    await ledger.record(replace(answer, cache_key=key, finished=finished, evidence={"withheld": 2.0}))
    return asked.exchange_id


async def test_an_answer_is_found_by_its_key(ledger: Ledger) -> None:
    """With how it ended, and what was not shown of it, from which its confidence is made."""
    exchange_id = await kept(ledger)
    found = await ledger.said(KEY, since=NOW)

    finished = exchange(question()).finished
    assert finished is not None
    assert found == Said(exchange_id, "At the desk.", finished, 2)
    assert await ledger.said("x" * 64, since=NOW) is None


async def test_the_newest_counts_and_not_its_repetition(ledger: Ledger) -> None:
    """An answer that is asked for every day would otherwise never expire."""
    first = await kept(ledger)
    await kept(ledger, minute=30, repeats=first)
    assert await ledger.said(KEY, since=NOW + timedelta(minutes=10)) is None
    newer = await kept(ledger, minute=40, said="In the drawer.")
    found = await ledger.said(KEY, since=NOW)

    assert found is not None
    assert (found.exchange_id, found.text) == (newer, "In the drawer.")


async def test_one_vote_against_it_is_enough(ledger: Ledger) -> None:
    """Against the answer, or where it was given again; taken back, it serves."""
    first = await kept(ledger)
    again = await kept(ledger, minute=1, repeats=first)
    await ledger.rate(first, "a", "up", via="button", at=LATER)
    assert await ledger.said(KEY, since=NOW) is not None
    await ledger.rate(again, "b", "down", via="button", at=LATER)
    assert await ledger.said(KEY, since=NOW) is None
    await ledger.rate(again, "b", None, via="button", at=LATER)

    assert await ledger.said(KEY, since=NOW) is not None


async def test_a_correction_ends_it(ledger: Ledger) -> None:
    """Whether or not the correction serves where the same is asked again."""
    first = await kept(ledger)
    await ledger.correct(first, "expert", "At the gate.", at=LATER)

    assert await ledger.said(KEY, since=NOW) is None


async def test_what_its_author_changes_or_deletes_is_not_given_again(ledger: Ledger) -> None:
    """It was an answer to words that are not there any more."""
    revised, erased = await kept(ledger), await kept(ledger, minute=1, key="e" * 64)
    await ledger.revise(revised, "Where is the lock?", at=LATER)
    await ledger.erase(erased, at=LATER)

    assert await ledger.said(KEY, since=NOW) is None
    assert await ledger.said("e" * 64, since=NOW) is None


@pytest.mark.parametrize("who", ["asker", "another"])
async def test_it_leaves_with_a_person(sql: SqlLedger, database: Database, who: str) -> None:
    """Whoever of those it was given to: also an answer that another's exchange repeats."""
    first = await kept(sql)
    await kept(sql, minute=1, repeats=first, person="another")
    persons = Persons(database, SEALER)
    await persons.take_away(who, await persons.exchange_ids(who), at=LATER)

    assert await sql.said(KEY, since=NOW) is None
    assert await count(database) == 0


async def test_it_leaves_with_age(sql: SqlLedger, database: Database) -> None:
    """The words are emptied; the sweep forgets what is older than any answer may be given again."""
    old, emptied = await kept(sql), await kept(sql, minute=600, key="e" * 64)
    await Persons(database, SEALER).empty([emptied], at=LATER)
    await sql.prune(NOW + timedelta(minutes=1))

    assert await sql.said("e" * 64, since=NOW) is None
    assert await count(database) == 0
    assert await sql.answer_of(old) is not None


async def test_only_so_many_are_kept(database: Database) -> None:
    """The newest; the exchanges themselves stay."""
    small = SqlLedger(database, SEALER, most_repeatable=3)
    ids = [await kept(small, minute=minute, key=f"{minute}" * 64) for minute in range(5)]

    assert await count(database) == 3
    assert [await small.said(f"{minute}" * 64, since=NOW) is not None for minute in range(5)] == [False, False, True, True, True]
    assert await small.answer_of(ids[0]) is not None


async def count(database: Database) -> int:
    """Return how many answers are kept to be given again."""
    async with database.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(repeatable))).scalar_one())
