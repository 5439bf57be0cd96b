"""Receipts: which version answers well what was once voted down."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select

from store.database import Database
from store.schema import exchanges, receipts, versions
from store.upserts import insertion

_BATCH: Final = 500  # ids a statement


class Receipts:
    """The receipts in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self, exchange_ids: Sequence[str], *, version: int, at: datetime) -> None:
        """Keep that *version* answers well what those exchanges asked; the first version that did stays named."""
        for start in range(0, len(exchange_ids), _BATCH):
            rows = [{"exchange_id": each, "version": version, "at": at} for each in sorted(exchange_ids[start : start + _BATCH])]
            await self._database.write(partial(_mark, rows=rows))

    async def of(self, exchange_ids: Sequence[str]) -> dict[str, int]:
        """
        Return the version that fixed each of those exchanges that one fixed.

        A receipt holds while its version, or a later one for the same audience, is in production: after a roll-back the old answer is
        given again.
        """
        found: dict[str, int] = {}
        for start in range(0, len(exchange_ids), _BATCH):
            wanted = in_force().where(receipts.c.exchange_id.in_(exchange_ids[start : start + _BATCH]))
            found |= await self._database.read(partial(_read, wanted=wanted))
        return found


def in_force() -> Select[Any]:
    """Return the query for (exchange_id, version) of the receipts that hold."""
    made, serving = versions.alias("made"), versions.alias("serving")
    later = (serving.c.audience == made.c.audience) & (serving.c.stage == "production") & (serving.c.version >= made.c.version)
    joined = receipts.join(made, made.c.version == receipts.c.version).join(serving, later)
    return select(receipts.c.exchange_id, receipts.c.version).select_from(joined)


def fixed_in() -> ColumnElement[int]:
    """Return the column `fixed_in` for a query of exchanges: the version of the receipt that holds, 0 where none does."""
    version = in_force().with_only_columns(receipts.c.version).where(receipts.c.exchange_id == exchanges.c.exchange_id)
    return func.coalesce(version.correlate(exchanges).scalar_subquery(), 0).label("fixed_in")


def _mark(connection: Connection, *, rows: Sequence[dict[str, object]]) -> None:
    connection.execute(insertion(connection.dialect.name, receipts).on_conflict_do_nothing(), rows)


def _read(connection: Connection, *, wanted: Select[Any]) -> dict[str, int]:
    return {row.exchange_id: row.version for row in connection.execute(wanted)}
