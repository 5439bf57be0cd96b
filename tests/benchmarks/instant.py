"""An answerer without a model: real engine, redaction and SQLite ledger, and an instant answer to everything."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.chat import ChatServices
from bot.engine import Engine, EngineParts
from bot.messages import Finished, Generation, Message, Piece, Queued
from bot.ports import Backend
from bot.settings import RightsSettings, Settings
from store.attachments import Attachments
from store.database import migrate, open_database
from store.ledger import SqlLedger
from store.pseudonyms import KeyedPseudonyms
from store.redaction import PatternRedactor
from store.sealing import Sealer
from store.vault import SqlVault
from tests.fakes.retriever import ScriptedRetriever, passage
from tests.fakes.standing_by import standing_by

PIECES = ("Replace ", "the filter ", "every six months.")
ANSWER = "".join(PIECES)
SOURCE = "https://example.com/filters.md"
KEY = b"k" * 32


@dataclass(frozen=True, slots=True)
class Instant:
    """A model that has its answer ready."""

    pieces: tuple[str, ...] = (ANSWER,)
    name: str = "instant"
    context_tokens: int = 100_000
    languages: frozenset[str] = frozenset("*")

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Count nothing."""
        return (1,) * len(prompt)

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """Say the answer."""
        for piece in self.pieces:
            yield Piece(piece)
        yield Finished("stop", 1, 1, 0, 0.0, 0.0, self.name)

    async def check(self) -> str:
        """Be well."""
        return self.name


def ledger_path(home: Path) -> Path:
    """Return where the ledger of a home is."""
    return home / "ledger.db"


@asynccontextmanager
async def open_instant(home: Path, model: Backend, *, fallback: Backend | None = None) -> AsyncIterator[ChatServices]:
    """
    Open what a chat platform's adapter works with, on the ledger in *home* (a folder).

    Where *model* fails, *fallback* answers.

    The operator has the rights, so that nobody is asked for consent, and people may ask as often as they like.
    """
    settings = await asyncio.to_thread(_settings)
    redactor = await asyncio.to_thread(PatternRedactor)
    sealer = Sealer(KEY)
    async with open_database(f"sqlite:///{ledger_path(home)}") as database:
        await migrate(database)
        ledger = SqlLedger(database, sealer)
        retriever = ScriptedRetriever({"": (passage(ANSWER, source=SOURCE),)})
        parts = EngineParts(
            ledger, retriever, model, redactor, KeyedPseudonyms(KEY), identify=lambda text: "en", now=lambda: datetime.now(UTC)
        )
        if fallback:
            parts, settings = standing_by(parts, settings, fallback)
        yield ChatServices(
            engine=Engine(parts, settings),
            ledger=ledger,
            vault=SqlVault(database, sealer),
            attachments=Attachments(redactor, parts.pseudonyms, settings.policy.max_attachment_kb),
            policy=settings.policy,
            language="en",
        )


def _settings() -> Settings:
    rights = RightsSettings(slack="allow", discord="allow", web="allow")
    whole = Settings(rights=rights)
    free = whole.policy.model_copy(update={"per_person_per_minute": 0, "per_person_per_day": 0})
    return whole.model_copy(update={"policy": free})
