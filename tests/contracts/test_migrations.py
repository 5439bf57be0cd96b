"""Each migration on both databases, with rows that an earlier version left."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from store.clusters import Assigned, Clusters, cluster_of
from store.database import Database, make_tables, migrate, open_database
from store.ledger import SqlLedger
from store.migrating import read_scripts, upgrade
from store.schema import REVISION, people, revisions_made, votes
from store.splitting import Split, split_of
from store.tables import metadata
from tests.contracts.ledgers import NOW, SEALER, answered

AT = "2026-03-01 12:00:00.000000"
FIRST_ROWS = (
    f"""INSERT INTO exchanges (exchange_id, conversation_id, status, person, platform, surface, workspace, channel, audience, rights_policy,
        locale, message_ref, question, asked_at, answered_at, kind, answer, prompt)
        VALUES ('E1', 'slack:T1:C1:1', 'answered', 'asker', 'slack', 'mention', 'T1', 'C1', 'employees', 'consent',
        'en', '1.0', 'Where is the key?', '{AT}', '{AT}', 'generated', 'At the desk.', 'Where is the key?')""",
    f"INSERT INTO people (person, platform, consent, decided_at) VALUES ('asker', 'slack', 'granted', '{AT}')",
    *(
        f"INSERT INTO votes (exchange_id, person, value, via, reason, rated_at) VALUES ('E1', {vote}, '{AT}')"
        for vote in ("'a', 'up', 'web', ''", "'b', 'down', 'web', 'it is five'", "'c', 'down', 'web', 'wrong'")
    ),
)


def _upgrade_to(connection: Connection, scripts: ScriptDirectory, revision: str) -> None:
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for script in reversed([*scripts.iterate_revisions(revision, "base")]):
            script.module.upgrade()
    context.stamp(scripts, revision)


@pytest.fixture
async def first(url: str) -> AsyncIterator[Database]:
    """Give a database as the first version left it."""
    scripts = await asyncio.to_thread(read_scripts)
    async with open_database(url) as opened:
        async with opened.begin() as connection:
            await connection.run_sync(_upgrade_to, scripts, "0001")
            for row in FIRST_ROWS:
                await connection.execute(text(row))
        yield opened


async def test_the_first_versions_words_become_comments(first: Database) -> None:
    """Whoever wrote why in words gave none of today's reasons; one that happens to be spelt like them is one."""
    await migrate(first)
    async with first.connect() as connection:
        rows = await connection.execute(select(votes.c.person, votes.c.reason, votes.c.comment).order_by(votes.c.person))
        kept = [tuple(row) for row in rows]

    assert kept == [("a", "", ""), ("b", "other", "it is five"), ("c", "wrong", "")]


async def test_the_first_versions_rows_work_as_before(first: Database) -> None:
    """An installation that is upgraded goes on with its threads, limits, decisions and messages."""
    await migrate(first)
    ledger = SqlLedger(first, SEALER)
    async with first.connect() as connection:
        asked_at = (await connection.execute(select(people.c.asked_at))).scalar_one()
    (turn,) = await ledger.turns("slack:T1:C1:1", limit=5)
    shown = await ledger.show("E1")

    assert turn.question == "Where is the key?"
    assert shown is not None
    assert (shown.parent, shown.revised_at, shown.consent, asked_at) == ("", None, "granted", None)
    assert await ledger.asked_since("asker", NOW) == (NOW,)
    assert await ledger.asked_with("slack", channel="C1", message_ref="1.0") == "E1"
    assert not await ledger.note_consent_asked("asker", platform="slack", at=NOW)
    assert await ledger.erase("E1", at=NOW)
    await answered(ledger, minute=1)


async def test_clusters_of_an_earlier_version_stay_what_they_are(url: str) -> None:
    """It kept exact clusters without marks: those keep their splits, and near-duplicates of their questions join them."""
    asked, near = "How do I ask for a refund of my ticket?", "how do I ask for a refund of my tickets"
    split: Split = "train" if split_of(cluster_of(near)) == "test" else "test"
    scripts = await asyncio.to_thread(read_scripts)
    async with open_database(url) as opened:
        async with opened.begin() as connection:
            await connection.run_sync(_upgrade_to, scripts, "0004")
            kept = f"INSERT INTO clusters (cluster_id, split, first_seen_at) VALUES ('{cluster_of(asked)}', '{split}', '{AT}')"
            await connection.execute(text(kept))
        await migrate(opened)
        (first,) = await Clusters(opened).assign([asked], at=NOW)
        (second,) = await Clusters(opened).assign([near], at=NOW)

    assert first == second == Assigned(cluster_of(asked), split)


async def test_the_tables_made_at_once_are_those_of_all_migrations(url: str) -> None:
    """A new SQLite file is made without Alembic; whoever adds a migration must not leave new homes behind."""

    def made_by_migrations(connection: Connection) -> tuple[object, ...]:
        upgrade(connection, scripts=scripts, place="here")
        return _described(connection)

    def made_at_once(connection: Connection) -> tuple[object, ...]:
        metadata.drop_all(connection)
        revisions_made.metadata.drop_all(connection)
        make_tables(connection)
        return _described(connection)

    scripts = await asyncio.to_thread(read_scripts)
    async with open_database(url) as opened, opened.begin() as connection:
        migrated = await connection.run_sync(made_by_migrations)
        at_once = await connection.run_sync(made_at_once)

    assert scripts.get_heads() == [REVISION]
    assert at_once == migrated


async def test_a_new_database_needs_no_migration_afterwards(url: str) -> None:
    """What made the tables has left its mark, so that the next version knows where to begin."""
    async with open_database(url) as opened:
        await migrate(opened)
        async with opened.connect() as connection:
            marks = (await connection.execute(select(revisions_made))).scalars().all()
        await migrate(opened)

    assert marks == [REVISION]


def _described(connection: Connection) -> tuple[object, ...]:
    """Return every table's columns by name, keys, indexes and rows; SQLite puts added columns at the end."""
    look = inspect(connection)
    return tuple(
        (
            table,
            sorted((each["name"], str(each["type"]), each["nullable"], str(each["default"])) for each in look.get_columns(table)),
            look.get_pk_constraint(table),
            sorted(map(str, look.get_foreign_keys(table))),
            sorted(map(_told, look.get_indexes(table))),
            sorted(map(str, look.get_unique_constraints(table))),
            sorted(map(tuple, connection.execute(metadata.tables[table].select()))),
        )
        for table in sorted(look.get_table_names())
        if table != revisions_made.name
    )


def _told(index: ReflectedIndex) -> str:
    """Return an index in words; its conditions are objects that tell only where they lie in memory."""
    conditions = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str(index | {"dialect_options": conditions})
