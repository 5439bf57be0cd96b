"""The part of the composition that an import needs: documents, the ledger's database, the index. It loads in half the time of the whole."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from adapters.compose_redaction import redaction_of
from bot.errors import Misconfigured
from bot.index_ports import Encoder, SecondEncoder
from bot.settings import Settings
from bot.texts import N_, load_catalogues
from store.database import Database, database_url, migrate, open_database
from store.e5 import E5Encoder, runs_here
from store.index import ChromaIndex
from store.knowledge import Knowledge
from store.outbox import Outbox
from store.reading_files import Reader, read_here
from store.second_vectors import Second, SecondVectors

logger = logging.getLogger(__name__)

_SEEN = "seen-files.json"  # in the home: which documents need not be read again

_PAGE = 512  # changes carried over at a time, enough for the encoder's threads to share
_LOOK_AGAIN_S = 600.0  # on a server, for what others have written
_AHEAD = 2  # pages: one is encoded, the next waits for the encoder, which so never waits for Chroma


@dataclass(frozen=True, slots=True)
class Library:
    """The ledger's database, migrated, and the documents in it."""

    settings: Settings
    database: Database
    knowledge: Knowledge


@dataclass(frozen=True, slots=True)
class IndexedLibrary(Library):
    """The library with what carries it into the index; where Chroma is embedded, this process owns it."""

    second_encoder: SecondEncoder | None
    second_vectors: SecondVectors
    outbox: Outbox


@asynccontextmanager
async def open_library(settings: Settings, *, reader: Reader | None = None) -> AsyncIterator[Library]:
    """
    Make the home, and open its ledger for documents, which *reader* reads (see `Knowledge`).

    Raises:
        Misconfigured: The home or the database cannot be used; the detail names the remedy.
    """
    await asyncio.to_thread(_prepare, settings)
    async with open_database(database_url(settings)) as database:
        await migrate(database)
        read = reader or partial(read_here, redaction=redaction_of(settings.privacy))
        watched = [each.path.expanduser() for each in settings.knowledge.watch]
        knowledge = Knowledge(database, now=now, memory=settings.home / _SEEN, reader=read, watched=watched)
        yield Library(settings, database, knowledge)


@asynccontextmanager
async def open_indexed_library(settings: Settings, encoder: Encoder, *, reader: Reader | None = None) -> AsyncIterator[IndexedLibrary]:
    """
    Open the library (see `open_library`) and the index, texts embedded by *encoder*, of which no question waits for its turn.

    Raises:
        Misconfigured: As `open_library`; or another process owns the embedded index.
    """
    async with open_library(settings, reader=reader) as library, index_of(settings, encoder) as index:
        second_encoder = await second_encoder_of(settings)
        second_vectors = second_vectors_of(settings, library.database, index, second_of(index, second_encoder or E5Encoder()))
        outbox = Outbox(library.database, index, encoder, second=second_vectors, page=_PAGE, ahead=_AHEAD)
        yield IndexedLibrary(settings, library.database, library.knowledge, second_encoder, second_vectors, outbox)


def index_of(settings: Settings, encoder: Encoder) -> ChromaIndex:
    """Return the index that *settings* name, to be entered."""
    url = settings.store.chroma_url
    return ChromaIndex.server(url, encoder) if url else ChromaIndex.embedded(settings.home / "chroma", encoder)


async def second_encoder_of(settings: Settings) -> E5Encoder | None:
    """Return the second encoder, not loaded yet; None where *settings* switch it off, and, logged, where this processor cannot run it."""
    if not settings.knowledge.second_encoder:
        return None
    if not await asyncio.to_thread(runs_here):
        logger.warning("the second encoder is off: this processor lacks AVX2")
        return None
    return E5Encoder()


def second_of(index: ChromaIndex, encoder: SecondEncoder) -> Second:
    """Return the second *encoder* with the index of its vectors, beside *index*."""
    return Second(encoder, index.beside(encoder))


def second_vectors_of(settings: Settings, database: Database, index: ChromaIndex, second: Second) -> SecondVectors:
    """Return what keeps *second* to *index*; other processes write to a Chroma server, too."""
    return SecondVectors(database, index, second, look_again_s=_LOOK_AGAIN_S if settings.store.chroma_url else math.inf)


def now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


def _prepare(settings: Settings) -> None:
    """Make the home, and read what would otherwise be read inside the event loop."""
    load_catalogues()
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        text = N_("the home {home} cannot be made ({reason}); correct APRENDIZ_HOME or its rights")
        raise Misconfigured.told(text, home=settings.home.absolute(), reason=error.strerror) from error
