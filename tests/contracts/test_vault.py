"""What every vault does: the fake, and the real one on both databases."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from bot.ports import Vault
from store.database import Database
from store.schema import vault as vault_table
from store.sealing import Sealer
from store.vault import SqlVault
from tests.contracts.ledgers import NOW, SEALER


async def test_the_last_value_is_kept(vault: Vault) -> None:
    """An app that is installed again has a new token."""
    await vault.put("slack:T1", "xoxb-1", at=NOW)
    await vault.put("slack:T1", "xoxb-2 ção 😀", at=NOW)

    assert await vault.get("slack:T1") == "xoxb-2 ção 😀"
    assert await vault.get("slack:T2") is None


async def test_what_is_taken_is_gone(vault: Vault) -> None:
    """A pending installation is finished once."""
    await vault.put("state", "value", at=NOW)

    assert (await vault.take("state"), await vault.take("state"), await vault.get("state")) == ("value", None, None)


async def test_of_two_takers_one_gets_it(vault: Vault) -> None:
    """A browser that sends its request twice must not install twice."""
    await vault.put("state", "value", at=NOW)
    taken: list[str | None] = []

    async def take() -> None:
        taken.append(await vault.take("state"))

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(take())

    assert sorted(taken, key=str) == [None] * 7 + ["value"]


async def test_names_are_found_by_their_exact_beginning(vault: Vault) -> None:
    """Ids differ in case alone, and hold characters that SQL's LIKE reads as wildcards."""
    for name in ("slack:Tb", "slack:TB", "slack:tB", "slack%", "slac", "s_ack:T"):
        await vault.put(name, "value", at=NOW)

    assert await vault.names("slack:T") == ("slack:TB", "slack:Tb")
    assert await vault.names("s_") == ("s_ack:T",)
    assert len(await vault.names("")) == 6


async def test_old_values_are_forgotten(vault: Vault) -> None:
    """An installation that nobody finished is over after minutes; what has another beginning stays."""
    await vault.put("state:old", "value", at=NOW)
    await vault.put("state:new", "value", at=NOW + timedelta(minutes=1))
    await vault.put("token:old", "value", at=NOW)
    await vault.forget("state:", before=NOW + timedelta(minutes=1))

    assert await vault.names("") == ("state:new", "token:old")


async def test_a_value_put_again_is_new(vault: Vault) -> None:
    """Its age counts from the last time."""
    await vault.put("state", "first", at=NOW)
    await vault.put("state", "second", at=NOW + timedelta(minutes=2))
    await vault.forget("state", before=NOW + timedelta(minutes=1))

    assert await vault.get("state") == "second"


async def test_the_database_holds_no_plain_value(database: Database) -> None:
    """A copy of the database must not be a copy of everybody's tokens."""
    await SqlVault(database, SEALER).put("slack:T1", "xoxb-secret", at=NOW)
    async with database.connect() as connection:
        sealed = (await connection.execute(select(vault_table.c.sealed))).scalar_one()

    assert "xoxb" not in sealed
    assert SEALER.open(sealed) == "xoxb-secret"


async def test_under_another_key_there_is_nothing(database: Database) -> None:
    """A home restored without its key must ask for a new installation, not fail."""
    await SqlVault(database, SEALER).put("slack:T1", "xoxb-secret", at=NOW)
    other = SqlVault(database, Sealer(b"another key of the tests"))

    assert (await other.get("slack:T1"), await other.take("slack:T1")) == (None, None)
    assert await other.names("") == ()
