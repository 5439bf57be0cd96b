"""Statements that bypass SQLAlchemy on SQLite: they must write and read exactly what it would."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select, update

from store.database import Database
from store.prepared import Prepared
from store.schema import exchanges, people

_WHEN = datetime(2026, 3, 1, 9, 0, tzinfo=timezone(timedelta(hours=-3)))
_ROW: dict[str, Any] = {
    "exchange_id": "E1",
    "conversation_id": "c",
    "status": "open",
    "person": "p",
    "platform": "cli",
    "surface": "terminal",
    "workspace": "",
    "channel": "",
    "audience": "employees",
    "rights_policy": "allow",
    "locale": "pt-BR",
    "message_ref": "",
    "question": "Onde está \ud83d\ude00 a\ud800 chave\0?",
    "asked_at": _WHEN,
    "history": [["E0", True]],
    "passages": [{"text": "\ud800 é", "page": 1}],
    "generation": None,
    "confidence": 0.25,
}


async def test_it_writes_what_sqlalchemy_writes(database: Database) -> None:
    """Both ways are in use on one table: zones, objects, missing values and broken characters must look the same."""
    prepared = Prepared(lambda _: insert(exchanges))
    await database.write(lambda connection: prepared.count(connection, _ROW))
    async with database.begin() as connection:
        await connection.execute(insert(exchanges).values({**_ROW, "exchange_id": "E2"}))
    async with database.connect() as connection:
        first, second = (await connection.execute(select(exchanges).order_by(exchanges.c.exchange_id))).all()

    assert first[1:] == second[1:]
    assert first.question == "Onde está 😀 a\ufffd chave\ufffd?"
    assert first.asked_at == _WHEN.astimezone(UTC)


async def test_it_counts_what_it_changed(database: Database) -> None:
    """A claim is granted or refused by that number; values of the statement's own and given ones stand together."""
    prepared = Prepared(lambda _: update(people).where(people.c.person == bindparam("who"), people.c.platform == "cli").values(consent="x"))
    row = {"platform": "cli", "consent": "granted"}
    async with database.begin() as connection:
        await connection.execute(insert(people), [{"person": "a", **row}, {"person": "b", **row}])

    assert await database.write(lambda connection: prepared.count(connection, {"who": "a", "decided_at": _WHEN})) == 1
    assert await database.write(lambda connection: prepared.count(connection, {"who": "a"})) == 1  # other columns, another statement
    assert await database.write(lambda connection: prepared.count(connection, {"who": "c"})) == 0
    async with database.connect() as connection:
        kept = (await connection.execute(select(people.c.person, people.c.consent, people.c.decided_at).order_by(people.c.person))).all()
    assert [tuple(each) for each in kept] == [("a", "x", _WHEN.astimezone(UTC)), ("b", "granted", None)]


async def test_it_reads_rows(database: Database) -> None:
    """Reading is half of what an answer asks of the ledger."""
    async with database.begin() as connection:
        await connection.execute(insert(people).values(person="a", platform="cli", consent="granted"))
    prepared = Prepared(lambda _: select(people.c.person, people.c.consent).where(people.c.platform == bindparam("on")))

    assert [tuple(row) for row in await database.read(lambda connection: prepared.rows(connection, {"on": "cli"}))] == [("a", "granted")]
    assert await database.read(lambda connection: prepared.rows(connection, {"on": "web"})) == []


async def test_it_is_undone_with_its_transaction(database: Database) -> None:
    """It goes around SQLAlchemy, but not around the transaction that others share."""
    prepared = Prepared(lambda _: insert(people))

    def write_and_fail(connection: Connection) -> None:
        prepared.count(connection, {"person": "a", "platform": "cli", "consent": "x"})
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(write_and_fail)
    async with database.connect() as connection:
        assert (await connection.execute(select(people.c.person))).all() == []
