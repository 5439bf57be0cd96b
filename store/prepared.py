"""Statements that every message needs, compiled once: SQLAlchemy's way to SQLite takes ten times as long as SQLite itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from store.text import clean_text


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    fixed: Mapping[str, Any]  # what the statement itself says, by parameter
    order: tuple[tuple[str, Callable[[Any], Any] | None], ...]  # each place's parameter, and how its type goes to SQLite

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        given = {**self.fixed, **values}
        ready = [given[name] if convert is None else convert(given[name]) for name, convert in self.order]
        # Nearly all of it is ASCII, of which a NUL alone needs a look.
        return [clean_text(value) if isinstance(value, str) and ("\0" in value or not value.isascii()) else value for value in ready]


class Prepared:
    """
    A statement for both databases, run inside a transaction by `count` or `rows`.

    On SQLite it goes straight to the driver, in the transaction of the given connection; the types' own conversions are kept for what
    goes in, but not for what comes out: `rows` is for texts and numbers. The driver's errors are the caller's to translate.
    """

    def __init__(self, make: Callable[[str], Any]) -> None:
        """Keep the statement that *make* returns for a dialect's name."""
        self._statements = {name: make(name) for name in ("sqlite", "postgresql")}
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def count(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run it with *values* by parameter (columns, for an insert or update without its own), and return how many rows it changed."""
        if connection.dialect.name == "sqlite":
            return int(self._execute(connection, values).rowcount)
        return connection.execute(self._statements["postgresql"], values).rowcount

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run it likewise, and return the rows it found."""
        if connection.dialect.name == "sqlite":
            found: list[tuple[Any, ...]] = self._execute(connection, values).fetchall()
            return found
        return connection.execute(self._statements["postgresql"], values).all()

    def _execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        keys = tuple(values)
        compiled = self._compiled.get(keys)
        if compiled is None:
            compiled = self._compiled[keys] = _compile(self._statements["sqlite"], connection.dialect, keys)
        driver: Any = connection.connection.dbapi_connection
        return driver.execute(compiled.sql, compiled.parameters(values))


def _compile(statement: Any, dialect: Dialect, keys: Sequence[str]) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(keys))
    processors = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
    return _Compiled(
        str(compiled),
        {name: value for name, value in compiled.params.items() if name not in keys},
        tuple((name, processors[name]) for name in compiled.positiontup),
    )
