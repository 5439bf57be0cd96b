"""Whom a command asks: the server that runs on this home, or an assistant opened in this process."""

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from adapters.cli import running
from adapters.cli.wording import sentence
from bot.errors import ChatbotError
from bot.identifiers import new_id
from bot.messages import Answer, Audience, Incoming, Piece, Place, Queued, Restarted
from bot.texts import N_

if TYPE_CHECKING:
    from adapters.cli.output import Output, Progress
    from adapters.compose import Indexed, Services
    from adapters.compose_knowledge import Library
    from bot.engine import Engine
    from bot.foresight import Foresight
    from bot.ports import Foreseer, Searcher
    from bot.settings import Settings
    from store.encoding_process import EncodingProcess
    from store.outbox import Outbox
    from store.reading_process import ReadingProcess

_IDLE_S = 0.05
_YOUNG = 50_000  # objects between two looks for garbage: modules make many and no garbage, and looking took a sixth of their time
_SOON = 2000  # changes carried over while others are written: four pages, so that the end is soon told of
_REST = 20_000  # changes carried over at a time once all are written: between two times the encoder waits


class Assistant(Protocol):
    """Answers, here or there."""

    def ask(
        self, question: str, *, audience: Audience | None, scopes: tuple[str, ...], person: str, locale: str
    ) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
        """Accept and answer *question*, with material of *scopes*, too: pieces, then the whole; read it under `aclosing`."""


def open_assistant(settings: "Settings") -> AbstractAsyncContextManager[Assistant]:
    """Return the server that runs on this home where there is one: it owns the index and has the model loaded."""
    server = running.find(settings.home)
    if server:
        return server
    from adapters.compose import open_services

    return _here(open_services(settings))


def open_searcher(settings: "Settings") -> AbstractAsyncContextManager["Searcher"]:
    """Return what searches the passages, likewise; no model is loaded."""
    server = running.find(settings.home)
    if server:
        return server
    from adapters.compose import open_indexed

    return _searcher(open_indexed(settings))


def open_foreseer(settings: "Settings") -> AbstractAsyncContextManager["Foreseer"]:
    """Return what tells from which passage a question would be answered, likewise."""
    server = running.find(settings.home)
    if server:
        return server
    from adapters.compose import open_indexed

    return _foreseer(open_indexed(settings))


@asynccontextmanager
async def _here(opening: AbstractAsyncContextManager["Services"]) -> AsyncIterator[Assistant]:
    async with opening as services:
        await catch_up(services.outbox)
        yield Here(services.engine)


@asynccontextmanager
async def _searcher(opening: AbstractAsyncContextManager["Indexed"]) -> AsyncIterator["Searcher"]:
    async with opening as indexed:
        await catch_up(indexed.outbox)
        yield indexed.retriever


@asynccontextmanager
async def _foreseer(opening: AbstractAsyncContextManager["Indexed"]) -> AsyncIterator["Foreseer"]:
    from bot.foresight import Foresight

    async with opening as indexed:
        await catch_up(indexed.outbox)
        yield ForeseeingHere(indexed.retriever, Foresight(indexed.retriever, indexed.settings, indexed.calibrations))


async def follow(settings: "Settings", output: "Output") -> None:
    """
    Bring what was just changed into the index, so that others find it.

    A running server does so by itself. Where the index cannot be opened the change is kept all the same, and taken up later.
    """
    if await asyncio.to_thread(running.find, settings.home):
        return
    from adapters.compose import open_indexed

    try:
        async with open_indexed(settings) as indexed:
            await catch_up(indexed.outbox)
    except ChatbotError as error:
        output.note(N_("Kept; the index will follow later ({problem})."), problem=sentence(error, output.language))


def following(settings: "Settings", output: "Output", *, unread: Callable[[int], None]) -> AbstractAsyncContextManager["Library"]:
    """
    Return the ledger, to be opened for changes that the index takes up meanwhile, and wholly before the end; see `follow`.

    What was changed until an error or an interruption is kept, and taken up by the next command. *unread* is told how many passages the
    second encoder has still to read, where that is not a running server's work.
    """
    gc.set_threshold(_YOUNG)
    if running.find(settings.home):
        from adapters.compose_knowledge import open_library

        return open_library(settings)
    from adapters.compose_redaction import redaction_of
    from store.reading_process import ReadingProcess

    reader = ReadingProcess(redaction_of(settings.privacy))  # first, for they import while we do
    from store.encoding_process import EncodingProcess

    encoder = EncodingProcess()
    # Loaded before an event loop runs, because loading would hold it up.
    import adapters.compose_knowledge  # noqa: F401

    return _following(settings, output, encoder, reader, unread)


@asynccontextmanager
async def _following(
    settings: "Settings", output: "Output", encoder: "EncodingProcess", reader: "ReadingProcess", unread: Callable[[int], None]
) -> AsyncIterator["Library"]:
    from adapters.compose_knowledge import open_indexed_library, open_library
    from store.reading_files import given_up

    async with AsyncExitStack() as stack:
        for child in (encoder, reader):
            stack.push_async_callback(asyncio.to_thread, child.close)
        try:
            library = await stack.enter_async_context(open_indexed_library(settings, encoder, reader=reader.read))
        except ChatbotError as error:
            output.note(N_("Kept; the index will follow later ({problem})."), problem=sentence(error, output.language))
            yield await stack.enter_async_context(open_library(settings, reader=reader.read))
            return
        all_written = asyncio.Event()
        carrying = asyncio.create_task(_keep_up(library.outbox, all_written))
        try:
            yield library
            all_written.set()
            await _ended(carrying)
        finally:
            await given_up(carrying)  # before what it works with is closed
        try:
            with output.progress(N_("Updating the index")) as progress:
                await catch_up(library.outbox, progress)
            unread(await library.second_vectors.lacking() if library.second_encoder else 0)
        except ChatbotError as error:
            output.note(N_("Kept; the index will follow later ({problem})."), problem=sentence(error, output.language))


async def _ended(carrying: asyncio.Task[None]) -> None:
    """Wait for a task; an error of ours in it comes up again in what follows, if it lasts."""
    await asyncio.wait([carrying])
    error = None if carrying.cancelled() else carrying.exception()
    if error is not None and not isinstance(error, ChatbotError):
        raise error


async def _keep_up(outbox: "Outbox", all_written: asyncio.Event) -> None:
    """Carry over whatever comes, until all is written."""
    while not all_written.is_set():
        if not await outbox.drain(_SOON):
            await asyncio.sleep(_IDLE_S)


async def catch_up(outbox: "Outbox", progress: "Progress | None" = None) -> None:
    """Carry all that waits into the index; *progress* is told of the rows done and those there were."""
    done, total = 0, await outbox.pending()

    def tell(rows: int) -> None:
        if progress:
            progress(min(done + rows, total), total)

    while carried := await outbox.drain(_REST, told=tell):
        done += carried
        tell(0)


class Here:
    """The assistant opened in this process."""

    def __init__(self, engine: "Engine") -> None:
        """Ask *engine* directly."""
        self._engine = engine

    async def ask(
        self, question: str, *, audience: Audience | None, scopes: tuple[str, ...], person: str, locale: str
    ) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
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
                scopes=scopes,
            )
        )
        assert accepted is not None, "a new key is never a duplicate"  # noqa: S101  # a bug, if ever
        async with aclosing(self._engine.answer(accepted)) as events:
            async for event in events:
                yield event


class ForeseeingHere:
    """What is found, and what questions would be answered from, in this process."""

    def __init__(self, searcher: "Searcher", foresight: "Foresight") -> None:
        """Look into what both look into."""
        self.search = searcher.search
        self.basis = foresight.basis
