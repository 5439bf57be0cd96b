"""Insertions that give way to a row that is there, or replace it: both databases know ON CONFLICT, each through its own construct."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import sqlite


def insertion(dialect: str, table: Table) -> Any:
    """Return the insertion into *table* that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # loaded by its engine; others need not import it

        return postgresql.insert(table)
    return sqlite.insert(table)


def replacing(inserting: Any, key: Sequence[str], values: Sequence[str], *, where: ColumnElement[bool] | None = None) -> Any:
    """Return *inserting* so that it sets the *values* of a row with the same *key*; with *where*, of none but such a row."""
    return inserting.on_conflict_do_update(index_elements=key, set_={name: inserting.excluded[name] for name in values}, where=where)
