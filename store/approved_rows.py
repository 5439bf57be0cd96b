"""Answers that experts approved without being asked, as training rows: the company's own words, which need nobody's consent."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from store.personal_rows import own_words
from store.rights import Refusal, refusal_of_reach
from store.schema import approved
from store.training_rows import TrainingRow, Value

Written = Row[*tuple[Any, ...]]


async def approved_alone(connection: AsyncConnection) -> list[Written]:
    """Return the answers that are not revoked and hang on no exchange, by id: experts write them by hand, so they are few."""
    standing = approved.c.exchange_id == "", approved.c.revoked_at.is_(None)
    return sorted(await connection.execute(select(approved).where(*standing)), key=lambda row: row.approved_id)


def refusal_of_approved(row: Written, now: datetime) -> Refusal | None:
    """Return why an answer may not train; None where it may."""
    if row.expires_at is not None and row.expires_at <= now:
        return "expired"
    if row.question == own_words(row.answer):  # whoever asked it was erased
        return "unasked"
    return refusal_of_reach(row.scope, private=False)


def row_of_approved(row: Written) -> TrainingRow:
    """Return the row of an answer, without the system text that nobody was asked under; it has no votes and no exchange."""
    metadata: dict[str, Value] = {
        "exchange_id": "",
        "approved_id": row.approved_id,
        "audience": row.audience,
        "kind": "verified",
        "rating": "none",
        "up": 0,
        "down": 0,
        "corrected": False,
        "agreement": 0.0,
        "weight": 1.0,
        "asked_at": row.approved_at.isoformat(),
        "language": row.language,
        "question": row.question,
        "passages": [],
    }
    return TrainingRow("", [(row.question, row.answer)], metadata)
