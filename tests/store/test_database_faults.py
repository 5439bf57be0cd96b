"""The meaning of drivers' errors, compared with what the drivers themselves list."""

import sqlite3

import asyncpg  # type: ignore[import-untyped]
import pytest

from bot.errors import Misconfigured, TryAgainLater
from store.database_faults import POSTGRES_FAULTS, SQLITE_FAULTS, fault_of

# Mistakes of ours, outcomes that are no errors, and signals that this program does not use.
SQLITE_BUGS = {
    *(sqlite3.SQLITE_OK, sqlite3.SQLITE_ROW, sqlite3.SQLITE_DONE, sqlite3.SQLITE_NOTICE, sqlite3.SQLITE_WARNING),
    *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_INTERNAL, sqlite3.SQLITE_ABORT, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT),
    *(sqlite3.SQLITE_NOTFOUND, sqlite3.SQLITE_EMPTY, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT),
    *(sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE),
}
# https://www.sqlite.org/rescode.html#primary_result_code_list
SQLITE_CODES = {*range(29), 100, 101}
# Classes of our own mistakes (data, syntax, constraints, transactions), of outcomes, and of features that this program does not use.
POSTGRES_BUGS = {
    *("00", "01", "02", "03", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24", "25", "26", "27", "2B"),
    *("2D", "2F", "34", "38", "39", "3B", "3F", "42", "44", "54", "72", "HV", "P0"),
}


def test_every_sqlite_code_is_judged() -> None:
    """A code that nobody thought of would reach a person as a stack trace."""
    assert SQLITE_FAULTS.keys() | SQLITE_BUGS == SQLITE_CODES
    assert not SQLITE_FAULTS.keys() & SQLITE_BUGS


def test_every_postgres_class_is_judged() -> None:
    """A class of SQLSTATEs that a new driver brings must be put somewhere, not slip through."""
    states = {error.sqlstate for error in vars(asyncpg.exceptions).values() if isinstance(getattr(error, "sqlstate", None), str)}

    assert {state[:2] for state in states} - {code[:2] for code in POSTGRES_FAULTS} <= POSTGRES_BUGS
    assert {code for code in POSTGRES_FAULTS if len(code) == 5} <= states


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (asyncpg.exceptions.DiskFullError(""), Misconfigured, "disk is full"),
        (asyncpg.exceptions.TooManyConnectionsError(""), TryAgainLater, "busy"),
        (asyncpg.exceptions.InvalidPasswordError(""), Misconfigured, "refuses the login"),
        (asyncpg.exceptions.InsufficientPrivilegeError(""), Misconfigured, "lacks a permission"),
        (asyncpg.exceptions.DeadlockDetectedError(""), TryAgainLater, "busy"),
        (asyncpg.exceptions.InterfaceError("connection is closed"), TryAgainLater, "does not respond"),
        (ConnectionRefusedError(), TryAgainLater, "does not respond"),
        (TimeoutError(), TryAgainLater, "does not respond"),
    ],
)
def test_what_people_are_told(error: Exception, kind: type[Exception], words: str) -> None:
    """Who can act decides the kind, and the sentence names the database."""
    fault = fault_of(error, "db.example")

    assert type(fault) is kind
    assert words in str(fault)
    assert "db.example" in str(fault)


@pytest.mark.parametrize("error", [asyncpg.exceptions.UndefinedTableError(""), sqlite3.OperationalError("no such table"), ValueError("x")])
def test_a_bug_stays_a_bug(error: Exception) -> None:
    """A mistake in our SQL must not be told as the operator's."""
    assert fault_of(error, "db.example") is None
