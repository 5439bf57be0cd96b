"""Whom a command asks: the server that runs on this home, or an assistant opened in this process."""

import asyncio
import getpass
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from adapters.cli import running
from adapters.cli.output import sentence
from bot.errors import ChatbotError
from bot.identifiers import new_id
from bot.messages import Answer, Audience, Incoming, Passage, Piece, Place, Queued
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.engine import Engine
    from bot.ports import Searcher
    from bot.settings import Settings
    from store.outbox import Outbox


class Assistant(Protocol):
    """Answers, here or there."""

    def ask(self, question: str, *, audience: Audience | None, person: str, locale: str) -> AsyncGenerator[Queued | Piece | Answer]:
        """Accept and answer *question*: pieces, then the whole; read it under `aclosing`."""


@asynccontextmanager
async def open_assistant(settings: "Settings") -> AsyncIterator[Assistant]:
    """Give the server that runs on this home where there is one: it owns the index and has the model loaded."""
    server = await running.find(settings.home)
    if server:
        async with server:
            yield server
        return
    from adapters.compose import open_services

    async with open_services(settings) as services:
        await catch_up(services.outbox)
        yield Here(services.engine)


@asynccontextmanager
async def open_searcher(settings: "Settings") -> AsyncIterator["Searcher"]:
    """Give what searches the passages, likewise; no model is loaded."""
    server = await running.find(settings.home)
    if server:
        async with server:
            yield server
        return
    from adapters.compose import open_indexed

    async with open_indexed(settings) as indexed:
        await catch_up(indexed.outbox)
        yield indexed.retriever


async def follow(settings: "Settings", output: "Output") -> None:
    """
    Bring what was just changed into the index, so that others find it.

    A running server does so by itself. Where the index cannot be opened the change is kept all the same, and taken up later.
    """
    if await running.find(settings.home):
        return
    from adapters.compose import open_indexed

    try:
        async with open_indexed(settings) as indexed:
            await catch_up(indexed.outbox)
    except ChatbotError as error:
        output.note(N_("Kept; the index will follow later ({problem})."), problem=sentence(error, output.language))


async def catch_up(outbox: "Outbox") -> None:
    """Carry all that waits into the index."""
    while await outbox.drain():
        pass


class Here:
    """The assistant opened in this process."""

    def __init__(self, engine: "Engine") -> None:
        """Ask *engine* directly."""
        self._engine = engine

    async def ask(self, question: str, *, audience: Audience | None, person: str, locale: str) -> AsyncGenerator[Queued | Piece | Answer]:
        """Accept *question* as command-line input and answer it."""
        now = datetime.now(UTC)
        key = f"cli:{new_id(now)}"
        accepted = await self._engine.accept(
            Incoming(
                text=question,
                person=person,
                place=Place("cli", "cli", conversation_id=key),
                keys=(key,),
                received_at=now,
                locale=locale,
                audience=audience,
            )
        )
        assert accepted is not None, "a new key is never a duplicate"  # noqa: S101  # a bug, if ever
        async with aclosing(self._engine.answer(accepted)) as events:
            async for event in events:
                yield event


async def operator_name() -> str:
    """Return who works at this terminal; containers may have users without a name."""
    try:
        return await asyncio.to_thread(getpass.getuser)
    except (OSError, KeyError):
        return "operator"


def answer_fields(answer: Answer) -> dict[str, Any]:
    """Return *answer* as `ask --json` prints it."""
    return {
        "exchange_id": answer.exchange_id,
        "answer": answer.text,
        "sources": [
            {"title": source.title, "source": source.source, "passage_id": source.passage_id, "score": source.score}
            for source in answer.sources
        ],
        "verified": answer.kind == "verified",
        "quoted": answer.kind == "quoted",
        "declined": answer.kind == "declined",
        "confidence": answer.confidence,
        "model": answer.model,
        "timings": dict(answer.timings),
    }


def hit_fields(passage: Passage) -> dict[str, Any]:
    """Return *passage* as `knowledge search --json` prints it."""
    return {
        "source": passage.source,
        "title": passage.title,
        "text": passage.text,
        "score": passage.score,
        "row": passage.row,
    }
