"""A person in the ledger: all that is kept about them, read out as one object or taken away."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from store import personal_rows
from store.clusters import Clusters
from store.database import Database
from store.hosted_schema import charges
from store.personal_rows import batches
from store.schema import approved, claims, corrections, exchanges, people, placeholder_uses, posts, receipts, votes
from store.sealing import Sealer
from store.text import clean_text


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken out of the ledger: how many rows of what, and whose answers (exchange ids of others) lost an echoed word."""

    counts: Mapping[str, int]
    silenced: tuple[str, ...]


class Persons:
    """Knows people by their pseudonyms alone."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        """Read *database*, whose askers' addresses *sealer* opens."""
        self._database = database
        self._sealer = sealer

    async def exchange_ids(self, person: str) -> tuple[str, ...]:
        """Return the exchanges that the person asked, oldest first."""
        return tuple(await self._database.read(partial(personal_rows.ids_of, person=person)))

    async def aged(self, before: datetime) -> tuple[str, ...]:
        """Return the exchanges asked before that moment that still have words."""
        wanted = select(exchanges.c.exchange_id).where(exchanges.c.asked_at < before, exchanges.c.status.in_(("answered", "abandoned")))
        return tuple(await self._database.read(lambda connection: connection.execute(wanted.order_by("exchange_id")).scalars().all()))

    async def texts(self, ids: Sequence[str]) -> frozenset[str]:
        """Return the words of the asker's own in those exchanges."""
        return frozenset(await self._database.read(lambda connection: personal_rows.texts_of(connection, ids)))

    async def echoing(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Return the exchanges of others whose answers say again what only *ids* can have told them."""
        return tuple(await self._database.read(lambda connection: [row.exchange_id for row, _ in personal_rows.echoing(connection, ids)]))

    async def are_rated(self, ids: Sequence[str]) -> bool:
        """Tell whether any of *ids* was voted on, and so is in the index."""

        def work(connection: Connection) -> bool:
            rated = (select(votes.c.exchange_id).where(votes.c.exchange_id.in_(part)).limit(1) for part in batches(ids))
            return any(connection.execute(wanted).first() for wanted in rated)

        return await self._database.read(work)

    async def read(self, person: str) -> dict[str, Any]:
        """Return all that the ledger keeps about the person, as JSON would have it; `unreadable` says what cannot be told."""
        return await self._database.read(lambda connection: _Reading(connection, self._sealer).of(person))

    async def take_away(self, person: str, ids: Sequence[str], *, at: datetime) -> Taken:
        """Delete the person's exchanges *ids*, and all that they said of others' (see store.personal_rows)."""

        def work(connection: Connection) -> Taken:
            counts: Counter[str] = Counter()
            silenced = personal_rows.silence_echoes(connection, ids, at=at)
            counts += personal_rows.forget_opinions(connection, person, at=at)
            counts += personal_rows.release_approved(connection, ids, at=at)
            counts["notes in the vault"] = personal_rows.forget_in_vault(connection, ids, self._sealer)
            counts += personal_rows.delete_exchanges(connection, ids, at=at)
            counts["answers to others that lost words"] = len(silenced)
            return Taken(+counts, tuple(silenced))

        await self._forget_likeness(ids)
        return await self._database.write(work)

    async def empty(self, ids: Sequence[str], *, at: datetime) -> Taken:
        """Take the words out of exchanges."""
        await self._forget_likeness(ids)
        counts = await self._database.write(lambda connection: personal_rows.empty_exchanges(connection, ids, at=at))
        return Taken(counts, ())

    async def _forget_likeness(self, ids: Sequence[str]) -> None:
        """Forget what their questions are like, by which near-duplicates are known; first of all, for their words tell which they are."""
        await Clusters(self._database).forget(sorted(await self.texts(ids)))

    async def shells_of(self, ids: Sequence[str]) -> int:
        """Return how many of *ids* are empty shells."""
        shell = exchanges.c.person == "", exchanges.c.status == "erased"

        def work(connection: Connection) -> int:
            counted = (select(func.count()).where(exchanges.c.exchange_id.in_(part), *shell) for part in batches(ids))
            return sum(connection.execute(wanted).scalar_one() for wanted in counted)

        return await self._database.read(work)


class _Reading:
    """Reads under one snapshot."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer
        self._unreadable: list[str] = []

    def of(self, person: str) -> dict[str, Any]:
        ids = personal_rows.ids_of(self._connection, person)
        decided = self._connection.execute(select(people).where(people.c.person == person)).one_or_none()
        return {
            "person": person,
            "consent": _plain(decided) if decided else None,
            "exchanges": [self._exchange(row) for part in batches(ids) for row in self._rows(exchanges, exchanges.c.exchange_id.in_(part))],
            "votes": [_plain(row) for row in self._rows(votes, votes.c.person == person)],
            "corrections": [_plain(row) for row in self._rows(corrections, corrections.c.person == person)],
            "hidden_values": [
                {"exchange_id": row.exchange_id, "placeholder": row.placeholder}
                for row in self._rows(placeholder_uses, placeholder_uses.c.person == person)
            ],
            "approved_answers_signed": [_plain(row) for row in self._rows(approved, approved.c.author == person)],
            "unreadable": self._unreadable,
        }

    def _exchange(self, row: Row[Any]) -> dict[str, Any]:
        """Return an exchange with what hangs on it; who else voted or corrected is another person's."""
        told = _plain(row) | {"address": self._address(row)}
        if row.status == "erased":
            self._unreadable.append(f"exchange {row.exchange_id}: its words are erased")
        for name, table in (("posts", posts), ("votes", votes), ("corrections", corrections), ("approved_answers", approved)):
            hanging = [_plain(each) for each in self._rows(table, table.c.exchange_id == row.exchange_id)]
            told[name] = [{key: value for key, value in each.items() if key not in ("person", "author")} for each in hanging]
        fixed = select(receipts.c.version).where(receipts.c.exchange_id == row.exchange_id)
        told["fixed_in_version"] = self._connection.execute(fixed).scalar_one_or_none()
        keys = select(func.count()).select_from(claims).where(claims.c.exchange_id == row.exchange_id)
        told["keys_of_events"] = self._connection.execute(keys).scalar_one()
        spent = self._rows(charges, charges.c.exchange_id == row.exchange_id)
        told["calls_to_hosted_models"] = [_plain(each) for each in spent]
        return told

    def _address(self, row: Row[Any]) -> str:
        if not row.address:
            return ""
        opened = self._sealer.open(row.address)
        if opened is None:
            self._unreadable.append(f"address of exchange {row.exchange_id}: sealed under another key")
        return opened or ""

    def _rows(self, table: Table, wanted: Any) -> Sequence[Row[Any]]:
        return self._connection.execute(select(table).where(wanted).order_by(*table.primary_key.columns)).all()


def _plain(row: Row[Any]) -> dict[str, Any]:
    """Return a row as JSON would have it."""
    return {name: value.isoformat() if isinstance(value, datetime) else _clean(value) for name, value in row._mapping.items()}


def _clean(value: object) -> object:
    return clean_text(value) if isinstance(value, str) else value
