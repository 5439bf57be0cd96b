"""A document into the ledger, in the caller's transaction: passages that say the same as before stay, and cost the index nothing."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.messages import Audience, Reach
from store.changes import note_changes
from store.readers.document import Excerpt
from store.schema import passages, sources

_BATCH = 500  # rows a statement
_MARK_CHARACTERS = 13  # of base 32: 65 bits, and what the column has room for
_OF_SOURCE = ("shown", "title", "audience", "scope")  # that its passages' entries in the index repeat
_UNSEEN = frozenset({"ordinal"})  # by the index


def passage_ids(source_id: str, excerpts: Iterable[Excerpt]) -> list[str]:
    """
    Return the id of each of a source's passages, which hangs on what it says and not on where it stands.

    So a paragraph put in at the beginning leaves all others their ids. The same said twice is told apart by its count.
    """
    said: Counter[tuple[str, str, str]] = Counter()
    ids: list[str] = []
    for excerpt in excerpts:
        words = (excerpt.question, excerpt.heading, excerpt.text)
        digest = hashlib.sha256(json.dumps([*words, said[words]]).encode()).digest()
        said[words] += 1
        ids.append(f"{source_id}-{base64.b32encode(digest).decode().lower()[:_MARK_CHARACTERS]}")
    return ids


def write_source(connection: Connection, source_id: str, values: Mapping[str, Any], excerpts: Sequence[Excerpt], *, at: datetime) -> None:
    """
    Make a source (its columns are *values*) and its passages what was read now, and note for the index what differs for it.

    Args:
        connection: Writing, its transaction open.
        source_id: Of a source that is there, or a new one.
        values: Every column of `sources` but the id.
        excerpts: In reading order.
        at: When.
    """
    before = connection.execute(select(sources).where(sources.c.source_id == source_id)).one_or_none()
    if before is None:
        connection.execute(insert(sources).values(source_id=source_id, **values))
    else:
        connection.execute(update(sources).where(sources.c.source_id == source_id).values(**values))
    reach = Reach(values["audience"], values["scope"])
    new = dict(zip(passage_ids(source_id, excerpts), _rows(excerpts, source_id, reach), strict=True))
    old = _passages_of(connection, source_id)
    alike = before is not None and all(getattr(before, name) == values[name] for name in _OF_SOURCE)
    _drop(connection, [old[each] for each in old if each not in new or (before is not None and before.audience != reach.audience)], at=at)
    replaced = [each for each in new if each not in old or _differs(old[each], new[each])]
    for batch in _batches([each for each in replaced if each in old]):
        connection.execute(delete(passages).where(passages.c.passage_id.in_(batch)))
    for batch in _batches(replaced):
        connection.execute(insert(passages), [{"passage_id": each, **new[each]} for each in batch])
    noted = [each for each in new if not alike or each not in old or _differs(old[each], new[each], passing_over=_UNSEEN)]
    note_changes(connection, "passages", noted, audience=reach.audience, at=at)


def drop_source(connection: Connection, source_id: str, *, at: datetime) -> None:
    """Delete a source with its passages, which leave the index too."""
    _drop(connection, [*_passages_of(connection, source_id).values()], at=at)
    connection.execute(delete(passages).where(passages.c.source_id == source_id))
    connection.execute(delete(sources).where(sources.c.source_id == source_id))


def _rows(excerpts: Sequence[Excerpt], source_id: str, reach: Reach) -> list[dict[str, Any]]:
    names = Excerpt.__dataclass_fields__
    shared = {"source_id": source_id, "audience": reach.audience, "scope": reach.scope}
    return [{"ordinal": at, **shared, **{name: getattr(each, name) for name in names}} for at, each in enumerate(excerpts)]


def _passages_of(connection: Connection, source_id: str) -> dict[str, Row[*tuple[Any, ...]]]:
    found = connection.execute(select(passages).where(passages.c.source_id == source_id).order_by(passages.c.ordinal))
    return {row.passage_id: row for row in found}


def _drop(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], *, at: datetime) -> None:
    """Delete passages and note that they left the collections of their audience."""
    for batch in _batches([row.passage_id for row in rows]):
        connection.execute(delete(passages).where(passages.c.passage_id.in_(batch)))
    leaving: dict[Audience, list[str]] = {}
    for row in rows:
        leaving.setdefault(row.audience, []).append(row.passage_id)
    for audience, ids in leaving.items():
        note_changes(connection, "passages", ids, audience=audience, at=at, deleted=True)


def _differs(row: Row[*tuple[Any, ...]], values: Mapping[str, Any], *, passing_over: frozenset[str] = frozenset()) -> bool:
    return any(getattr(row, name) != value for name, value in values.items() if name not in passing_over)


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH))
