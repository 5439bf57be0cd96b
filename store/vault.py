"""The vault on SQLite or PostgreSQL: small values, sealed."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from bot.ports import Vault
from store.database import Database
from store.prepared import Prepared
from store.schema import vault
from store.sealing import Sealer
from store.upserts import insertion, replacing

_PUT = Prepared(lambda dialect: replacing(insertion(dialect, vault), ["name"], ["sealed", "put_at"]))


class SqlVault(Vault):
    """The port on either database; what was sealed under another key reads as if it were not there."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def put(self, name: str, value: str, *, at: datetime) -> None:
        """See the port; *name* has at most 255 characters."""
        row = {"name": name, "sealed": self._sealer.seal(value), "put_at": at}
        await self._database.write(lambda connection: _PUT.count(connection, row))

    async def get(self, name: str) -> str | None:
        """See the port."""
        wanted = select(vault.c.sealed).where(vault.c.name == name)
        return self._open(await self._database.read(lambda connection: connection.execute(wanted).scalar_one_or_none()))

    async def take(self, name: str) -> str | None:
        """See the port."""
        taking = delete(vault).where(vault.c.name == name).returning(vault.c.sealed)
        return self._open(await self._database.write(lambda connection: connection.execute(taking).scalar_one_or_none()))

    async def names(self, prefix: str) -> tuple[str, ...]:
        """See the port."""
        wanted = select(vault.c.name).where(_begins(prefix))
        # Sorted here: PostgreSQL's order follows its locale.
        return tuple(sorted(await self._database.read(lambda connection: connection.execute(wanted).scalars().all())))

    async def forget(self, prefix: str, *, before: datetime) -> None:
        """See the port."""
        forgetting = delete(vault).where(_begins(prefix), vault.c.put_at < before)
        await self._database.write(lambda connection: connection.execute(forgetting))

    def _open(self, sealed: str | None) -> str | None:
        return None if sealed is None else self._sealer.open(sealed)


def _begins(prefix: str) -> ColumnElement[bool]:
    """Compare exactly: SQLite's LIKE takes capital letters for small ones."""
    return func.substr(vault.c.name, 1, len(prefix)) == prefix
