"""Rows for tests of what stands behind the ledger: sources, passages, approved answers, rated exchanges."""

from datetime import UTC, datetime

from sqlalchemy import insert

from bot.exchanges import Exchange, Rights
from bot.messages import Audience, Finished, Place, Question
from store.changes import note_change, raise_revision
from store.database import Database
from store.ledger import SqlLedger
from store.schema import approved, passages, sources
from tests.contracts.ledgers import SEALER

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def add_source(database: Database, name: str, *texts: str | tuple[str, str], audience: Audience = "employees") -> list[str]:
    """Import a source; each text is a passage, each pair an FAQ entry (question, answer). Returns the passages' ids."""
    ids = [f"{name}-{ordinal}" for ordinal in range(len(texts))]
    async with database.begin() as connection:
        await connection.execute(
            insert(sources).values(
                source_id=name,
                location=f"/files/{name}",
                shown=name,
                title=name.title(),
                format="markdown",
                audience=audience,
                sha256="",
                size_bytes=1,
                passages=len(texts),
                imported_at=NOW,
            )
        )
        for ordinal, (passage_id, item) in enumerate(zip(ids, texts, strict=True)):
            question, text = item if isinstance(item, tuple) else ("", item)
            await connection.execute(
                insert(passages).values(
                    passage_id=passage_id,
                    source_id=name,
                    ordinal=ordinal,
                    heading="",
                    text=text,
                    question=question,
                    row=str(ordinal + 1) if question else "",
                    audience=audience,
                    language="en",
                )
            )
            await connection.run_sync(note_change, "passages", passage_id, audience=audience, at=NOW)
        await connection.run_sync(raise_revision, "passages")
    return ids


async def approve(database: Database, question: str, answer: str, *, audience: Audience = "employees", approved_id: str = "A1") -> None:
    """Put an approved answer in force."""
    async with database.begin() as connection:
        await connection.execute(
            insert(approved).values(
                approved_id=approved_id, question=question, answer=answer, audience=audience, author="expert", approved_at=NOW
            )
        )
        await connection.run_sync(note_change, "verified", approved_id, audience=audience, at=NOW)
        await connection.run_sync(raise_revision, "verified")


async def answer(database: Database, exchange_id: str, *, text: str = "Where is the key?", audience: Audience = "employees") -> SqlLedger:
    """Record an answered exchange and return the ledger."""
    ledger = SqlLedger(database, SEALER)
    asked = Question(exchange_id, text, "asker", Place("slack", "mention", "slack:T1:C1:1", "T1", "C1"), audience, NOW, "en")
    rights = Rights("slack", "mention", "consent")
    await ledger.claim(asked, keys=(exchange_id,), rights=rights)
    await ledger.record(
        Exchange(
            question=asked,
            answer="At the desk.",
            kind="generated",
            system_text="You help.",
            prompt=f"passages\n\n{text}",
            history=(),
            passages=(),
            confidence=0.8,
            language="en",
            rights=rights,
            answered_at=NOW,
            finished=Finished("stop", 100, 10, 50, 0.2, 1.5, "smollm2"),
        )
    )
    return ledger
