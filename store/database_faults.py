"""What a database's errors mean to the people who can act: one table per database, compared with the drivers' lists by a test."""

import sqlite3
from collections.abc import Callable, Mapping

from bot.errors import ChatbotError, Misconfigured, TryAgainLater

Fault = tuple[type[ChatbotError], str]

_BUSY: Fault = (TryAgainLater, "The database {place} is busy: another process is writing; try again.")
_FULL: Fault = (Misconfigured, "The database {place} cannot grow: its disk is full; free some space.")
_DAMAGED: Fault = (Misconfigured, "The database {place} is damaged or not a database; move the file away and restore a backup.")
_READ_ONLY: Fault = (Misconfigured, "The database {place} cannot be written; give this user write permission to the file and its folder.")
_UNOPENED: Fault = (Misconfigured, "The database {place} cannot be opened; check that its folder exists and that this user may use it.")
_DISK: Fault = (Misconfigured, "The disk of the database {place} reports an error; check the disk.")
_GONE: Fault = (TryAgainLater, "The database {place} does not respond; check that its server runs and can be reached.")
_LOGIN: Fault = (Misconfigured, "The database {place} refuses the login; check user and password in store.database_url.")
_MISSING: Fault = (Misconfigured, "The server has no database {place}; create it or correct store.database_url.")
_FORBIDDEN: Fault = (Misconfigured, "The user of the database {place} lacks a permission; grant it the right to create and write tables.")

# Primary result codes: https://www.sqlite.org/rescode.html
SQLITE_FAULTS: Mapping[int, Fault] = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FORMAT: _DAMAGED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_AUTH: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _UNOPENED,
    sqlite3.SQLITE_NOLFS: _UNOPENED,
    sqlite3.SQLITE_IOERR: _DISK,
}

# SQLSTATEs, then their classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
POSTGRES_FAULTS: Mapping[str, Fault] = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _FORBIDDEN,
    "08": _GONE,
    "28": _LOGIN,
    "3D": _MISSING,
    "40": _BUSY,
    "53": _BUSY,
    "55": _BUSY,
    "57": _GONE,
    "58": _DISK,
    "F0": _DAMAGED,
    "XX": _DAMAGED,
}


def fault_of(error: BaseException, place: str) -> ChatbotError | None:
    """
    Return what *error*, raised by a driver for the database at *place*, means to people; None where it is a bug.

    Args:
        error: The driver's own exception, or the operating system's where there was no connection.
        place: How the operator knows the database: a path, or an address without its password.
    """
    fault = _sqlite_fault(error) or _postgres_fault(error)
    if fault is None:
        return None
    kind, sentence = fault
    make: Callable[[str], ChatbotError] = kind
    return make(sentence.format(place=place))


def _sqlite_fault(error: BaseException) -> Fault | None:
    if not isinstance(error, sqlite3.Error):
        return None
    return SQLITE_FAULTS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)  # the low byte is the primary code


def _postgres_fault(error: BaseException) -> Fault | None:
    if isinstance(error, OSError):  # TimeoutError is one, too
        return _GONE
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return POSTGRES_FAULTS.get(state) or POSTGRES_FAULTS.get(state[:2])
    # asyncpg's own complaints (a connection closed under it) carry no SQLSTATE.
    return _GONE if type(error).__name__ == "InterfaceError" else None
