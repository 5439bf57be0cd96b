"""What people asked, as a list of questions to be compared or sorted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.messages import Viewer
from store.candidates import of_reaches, visible_to
from store.database import Database
from store.schema import exchanges


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with the exchange that it began; `language` is empty where it was never told."""

    exchange_id: str
    question: str
    language: str
    asked_at: datetime


async def asked_questions(database: Database, viewer: Viewer, *, limit: int) -> Sequence[AskedQuestion]:
    """Return the newest questions of those who see no more than *viewer*, redacted as they were kept; erased ones are none."""
    columns = [exchanges.c[name] for name in AskedQuestion.__dataclass_fields__]
    known = of_reaches(exchanges, visible_to(viewer)), exchanges.c.question != "", exchanges.c.status != "erased"
    async with database.connect() as connection:
        rows = await connection.execute(select(*columns).where(*known).order_by(exchanges.c.exchange_id.desc()).limit(limit))
        return [AskedQuestion(**row) for row in rows.mappings()]
