"""Questions as they were asked, so that they can be asked again: by whom, behind which others, and what was said to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Place, Viewer
from bot.scopes import scopes_of
from bot.settings import GroupSettings
from store.database import Database
from store.schema import exchanges

_EARLIER: Final = 40  # turns, as many as the engine looks at
_COLUMNS = tuple(
    exchanges.c[name]
    for name in (
        *("exchange_id", "question", "audience", "kind", "answer", "passages"),
        *("platform", "surface", "conversation_id", "workspace", "channel", "parent", "private"),
    )
)


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """
    A question as it was kept, with the earlier ones of its thread (oldest first), and the viewer who asked.

    `told` are the words that it was answered from and with, none where it was declined.
    """

    exchange_id: str
    question: str
    viewer: Viewer
    earlier: tuple[str, ...]
    told: frozenset[str]


async def asked_again(database: Database, exchange_ids: Iterable[str], groups: Mapping[str, GroupSettings]) -> list[AskedAgain]:
    """Return the questions of these exchanges, in their order, with the scopes that *groups* give their places now."""
    found = []
    async with database.connect() as connection:
        for exchange_id in exchange_ids:
            row = (await connection.execute(select(*_COLUMNS).where(exchanges.c.exchange_id == exchange_id))).one_or_none()
            if row is not None:
                place = Place(row.platform, row.surface, row.conversation_id, row.workspace, row.channel, row.parent, row.private)
                viewer = Viewer(row.audience, scopes_of(place, groups))
                found.append(AskedAgain(exchange_id, row.question, viewer, await _earlier(connection, row, viewer), _told(row)))
    return found


async def _earlier(connection: AsyncConnection, row: Row[Any], viewer: Viewer) -> tuple[str, ...]:
    """Return the earlier questions of a thread that may be told again."""
    before = (
        select(exchanges.c.question)
        .where(
            exchanges.c.conversation_id == row.conversation_id,
            exchanges.c.exchange_id < row.exchange_id,
            exchanges.c.status == "answered",
            exchanges.c.kind != "courtesy",
            exchanges.c.scope.in_(("", *viewer.scopes)),
        )
        .order_by(exchanges.c.exchange_id.desc())
        .limit(_EARLIER)
    )
    return tuple(reversed((await connection.execute(before)).scalars().all()))


def _told(row: Row[Any]) -> frozenset[str]:
    if row.kind == "declined":
        return frozenset()
    return frozenset({row.answer, *(str(passage["text"]) for passage in row.passages)})
