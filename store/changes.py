"""Notes that a change leaves in its own transaction: an outbox row for Chroma, a raised revision for caches."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Audience
from store.prepared import Prepared
from store.schema import outbox, revisions

Kind = Literal["passages", "verified", "conversations"]
Counted = Kind | Literal["clusters"]
_BATCH = 500  # rows a statement


def note_change(connection: Connection, kind: Kind, ref: str, *, audience: Audience, at: datetime, deleted: bool = False) -> None:
    """Write the outbox row of a change to *ref* (a passage, approved answer or exchange id)."""
    connection.execute(insert(outbox).values(kind=kind, audience=audience, ref=ref, deleted=deleted, written_at=at))


def note_changes(
    connection: Connection, kind: Kind, refs: Sequence[str], *, audience: Audience, at: datetime, deleted: bool = False
) -> None:
    """Write the outbox rows of many changes at once, in the order of *refs*."""
    for start in range(0, len(refs), _BATCH):
        rows = [
            {"kind": kind, "audience": audience, "ref": ref, "deleted": deleted, "written_at": at} for ref in refs[start : start + _BATCH]
        ]
        connection.execute(insert(outbox), rows)


def raise_revision(connection: Connection, kind: Kind) -> None:
    """Raise the revision that caches of *kind* follow."""
    raised = connection.execute(update(revisions).where(revisions.c.kind == kind).values(revision=revisions.c.revision + 1))
    if raised.rowcount == 0:
        connection.execute(insert(revisions).values(kind=kind, revision=1))


async def revision_of(connection: AsyncConnection, kind: Kind) -> int:
    """Return the revision of *kind*; 0 before the first change."""
    return (await connection.execute(select(revisions.c.revision).where(revisions.c.kind == kind))).scalar_one_or_none() or 0


def read_revisions(connection: Connection, kinds: Sequence[Counted]) -> dict[str, int]:
    """Return the revision of each of *kinds*."""
    return dict.fromkeys(kinds, 0) | {kind: revision for kind, revision in _REVISIONS.rows(connection, {}) if kind in kinds}


_REVISIONS: Final = Prepared(lambda _: select(revisions.c.kind, revisions.c.revision))  # of all kinds, which are few
