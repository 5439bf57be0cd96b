"""Receipts on both databases: they hold while what fixed the answer answers."""

import pytest

from store.database import Database
from store.ledger import SqlLedger
from store.receipts import Receipts
from store.versions import SqlVersions
from tests.contracts.ledgers import NOW, answered
from tests.contracts.versions import NEW, promoted


@pytest.fixture
def receipts(database: Database) -> Receipts:
    return Receipts(database)


@pytest.fixture
def versions(database: Database) -> SqlVersions:
    return SqlVersions(database)


async def test_a_receipt_names_the_version(receipts: Receipts, versions: SqlVersions) -> None:
    """Whoever voted an answer down sees that it was heard."""
    version = await promoted(versions)
    await receipts.mark([f"E{number}" for number in range(600)], version=version, at=NOW)
    await receipts.mark([], version=version, at=NOW)

    assert await receipts.of(["E1", "E599", "E600"]) == {"E1": version, "E599": version}
    assert await receipts.of([]) == {}


async def test_the_first_version_that_fixed_it_stays_named(receipts: Receipts, versions: SqlVersions) -> None:
    """A later one that answers it as well did not fix it."""
    first = await promoted(versions)
    await receipts.mark(["E1"], version=first, at=NOW)
    second = await promoted(versions)
    await receipts.mark(["E1", "E2"], version=second, at=NOW)

    assert await receipts.of(["E1", "E2"]) == {"E1": first, "E2": second}


async def test_a_roll_back_takes_the_receipts_along(receipts: Receipts, versions: SqlVersions) -> None:
    """The old answer is given again: nothing is fixed."""
    first = await promoted(versions)
    second = await promoted(versions)
    await receipts.mark(["E1"], version=first, at=NOW)
    await receipts.mark(["E2"], version=second, at=NOW)
    await versions.roll_back("employees", at=NOW, reason="worse")

    assert await receipts.of(["E1", "E2"]) == {"E1": first}


async def test_a_candidate_fixes_nothing_yet(receipts: Receipts, versions: SqlVersions) -> None:
    """Nor does another audience's version."""
    version = await versions.add(NEW)
    await receipts.mark(["E1"], version=version, at=NOW)
    await promoted(versions, audience="customers")

    assert await receipts.of(["E1"]) == {}


async def test_whoever_voted_it_down_sees_that_it_is_fixed(receipts: Receipts, versions: SqlVersions, sql: SqlLedger) -> None:
    """In their own questions, and wherever conversations are reviewed."""
    version = await promoted(versions)
    first, second = await answered(sql, minute=1), await answered(sql, minute=2)
    await receipts.mark([first], version=version, at=NOW)
    shown = await sql.show(first)

    assert [(each.exchange_id, each.fixed_in) for each in await sql.recent("asker", limit=5)] == [(second, 0), (first, version)]
    assert [(each.exchange_id, each.fixed_in) for each in await sql.conversations(limit=5)] == [(second, 0), (first, version)]
    assert shown is not None
    assert shown.listed.fixed_in == version
