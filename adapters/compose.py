"""The one composition root: every object of the program is built here, from the settings, and closed here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import text

from adapters.chat import ChatServices
from adapters.clock import Clock, Job
from adapters.compose_knowledge import index_of, now, open_library, second_encoder_of, second_of, second_vectors_of
from adapters.compose_models import Check, OpenModels, improve, open_models, purse_on, with_stand_in
from adapters.compose_redaction import make_redactor
from adapters.erasing import retention_jobs
from adapters.hosted_jobs import hosted_clock_jobs
from adapters.memory import return_free_memory
from adapters.model_watch import LOOK_EVERY_S, ModelWatch
from adapters.round_child import RoundChild, round_jobs
from adapters.sweep import sweep
from adapters.watch import watch_jobs
from bot.engine import Engine, EngineParts
from bot.errors import ChatbotError
from bot.feedback import Feedback
from bot.index_ports import Encoder
from bot.ports import Backend, Pseudonyms, Redactor
from bot.settings import Settings
from finetune.registry import Registry
from store.approvals import Approvals
from store.attachments import Attachments
from store.calibration import SqlCalibrations
from store.clusters import Clusters
from store.courtesies import courtesy_of
from store.database import Database
from store.e5 import E5Encoder
from store.e5_cross import PASSAGES, E5CrossEncoder
from store.embeddings import UniversalSentenceEncoder
from store.export import Exporter
from store.index import ChromaIndex
from store.jobs import JobRuns
from store.knowledge import Knowledge
from store.language import identify
from store.ledger import SqlLedger
from store.outbox import Outbox
from store.pseudonyms import KeyedPseudonyms, load_key
from store.receipts import Receipts
from store.retrieval import HybridRetriever
from store.rounds import SqlRounds
from store.sealing import Sealer
from store.second_vectors import SecondVectors
from store.several_questions import questions_of
from store.spending import SqlPurse
from store.vault import SqlVault
from store.versions import SqlVersions

logger = logging.getLogger(__name__)

_ADAPTERS = "adapters"  # in the home: trained versions
_DRAIN_EVERY_S = 0.5
_SWEEP_EVERY_S = 300.0
_EXPIRE_EVERY_S = 30.0  # nobody is served an expired answer meanwhile: the index alone waits
_CALIBRATE_EVERY_S = 3600.0
_REFINE_EVERY_S = 5.0


class App(Protocol):
    """A chat platform."""

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """Serve until cancelled; call *ready* whenever the connection stands."""


@dataclass(frozen=True, slots=True)
class Records:
    """The ledger and what works on it alone: no index, no model; the encoders load with their first text, the second may be off."""

    settings: Settings
    database: Database
    ledger: SqlLedger
    vault: SqlVault
    redactor: Redactor
    pseudonyms: Pseudonyms
    feedback: Feedback
    knowledge: Knowledge
    encoder: Encoder
    second_encoder: E5Encoder | None
    exporter: Exporter
    runs: JobRuns
    clusters: Clusters
    rounds: SqlRounds
    versions: SqlVersions
    receipts: Receipts
    registry: Registry
    sealer: Sealer
    calibrations: SqlCalibrations
    purse: SqlPurse

    @property
    def approvals(self) -> Approvals:
        """What experts do with approved answers; it keeps what it read of them."""
        return Approvals(self.database, self.encoder, now=now)

    @property
    def export_directory(self) -> Path:
        """Where the clock exports to, and the command line unless told otherwise."""
        return self.settings.export_directory


@dataclass(frozen=True, slots=True)
class Indexed(Records):
    """The records with the index; where Chroma is embedded, this process owns it. Second vectors are kept right where they are off, too."""

    index: ChromaIndex
    second_vectors: SecondVectors
    outbox: Outbox
    retriever: HybridRetriever


@dataclass(frozen=True, slots=True)
class Services(Indexed):
    """Everything that answers; `models` are the further ones that channels chose, by name."""

    backend: Backend
    models: Mapping[str, Backend]
    engine: Engine
    clock: Clock
    platforms: Mapping[str, App]
    improve_model: Callable[[], Awaitable[None]]

    async def checks(self) -> list[Check]:
        """Return (name, works, one line) for what answers depend on: `model`, each `model NAME`, `database`, `index`, `version`."""
        _, _, version = await _checked("version", self.registry.check)  # one that cannot serve fails nothing: the model answers without it
        models = {name: await _checked(f"model {name}".strip(), each.check) for name, each in {"": self.backend, **self.models}.items()}
        return [
            *(with_stand_in(name, models, self.settings) for name in models),
            await _checked("database", self._check_database),
            await _checked("index", self.index.check),
            ("version", True, version),
        ]

    async def _check_database(self) -> str:
        async with self.database.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return self.database.place


@asynccontextmanager
async def open_records(settings: Settings) -> AsyncIterator[Records]:
    """
    Open the ledger, migrated, and what needs nothing else.

    Raises:
        Misconfigured: The home or the database cannot be used; the detail names the remedy.
    """
    async with open_library(settings) as library:
        database = library.database
        redactor = await asyncio.to_thread(make_redactor, settings.privacy)
        key = await asyncio.to_thread(load_key, settings.home, settings.privacy.key)
        sealer = Sealer(key)
        ledger = SqlLedger(database, sealer, most_repeatable=settings.cache.entries)
        pseudonyms = KeyedPseudonyms(key)
        versions = SqlVersions(database)
        yield Records(
            settings=settings,
            database=database,
            ledger=ledger,
            vault=SqlVault(database, sealer),
            redactor=redactor,
            pseudonyms=pseudonyms,
            feedback=Feedback(
                ledger,
                redactor=redactor,
                pseudonyms=pseudonyms,
                now=now,
                max_question_characters=settings.policy.max_question_characters,
            ),
            knowledge=library.knowledge,
            encoder=UniversalSentenceEncoder(),
            second_encoder=await second_encoder_of(settings),
            exporter=Exporter(database, rights=settings.rights, share_per_person=settings.rounds.share_per_person),
            runs=JobRuns(database, settings.home),
            clusters=Clusters(database),
            rounds=SqlRounds(database),
            versions=versions,
            receipts=Receipts(database),
            sealer=sealer,
            registry=Registry(versions, folder=settings.home / _ADAPTERS, model=settings.model),
            calibrations=SqlCalibrations(database),
            purse=purse_on(database, settings),
        )


@asynccontextmanager
async def open_indexed(settings: Settings) -> AsyncIterator[Indexed]:
    """
    Open the records (see `open_records`) and the index.

    Raises:
        Misconfigured: As `open_records`; or another process owns the embedded index.
    """
    async with AsyncExitStack() as stack:
        records = await stack.enter_async_context(open_records(settings))
        index = await stack.enter_async_context(index_of(settings, records.encoder))
        knowledge = settings.knowledge
        second = second_of(index, records.second_encoder or E5Encoder())
        second_vectors = second_vectors_of(settings, records.database, index, second)
        yield Indexed(
            **_fields(records),
            index=index,
            second_vectors=second_vectors,
            outbox=Outbox(records.database, index, records.encoder, second=second_vectors),
            retriever=HybridRetriever(
                records.database,
                index,
                records.encoder,
                passages=knowledge.passages,
                minimum_score=knowledge.minimum_score,
                odds_within=knowledge.odds_within,
                second=second if records.second_encoder else None,
                cross=E5CrossEncoder() if records.second_encoder else None,
                reader=E5CrossEncoder(PASSAGES) if knowledge.second_encoder else None,
                now=now,
            ),
        )


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """
    Open everything: records, index, models, engine; platforms and clock are built and not yet running.

    Raises:
        Misconfigured: As `open_indexed`; or the model, a token or a cron setting cannot be used.
    """
    async with AsyncExitStack() as stack:
        indexed = await stack.enter_async_context(open_indexed(settings))
        models = await open_models(settings, stack, indexed.purse)
        await asyncio.to_thread(identify, "bom dia")  # loads its model
        engine = _engine(indexed, models)
        yield Services(
            **_fields(indexed),
            backend=models.default.backend,
            models={name: model.backend for name, model in models.further.items()},
            engine=engine,
            clock=_clock(indexed, models, await stack.enter_async_context(RoundChild())),
            platforms=_platforms(settings, _chat_services(indexed, engine)),
            improve_model=lambda: improve(models, settings),
        )


def _fields(records: Records) -> dict[str, Any]:
    return {field.name: getattr(records, field.name) for field in fields(records)}


def _engine(indexed: Indexed, models: OpenModels) -> Engine:
    parts = EngineParts(
        ledger=indexed.ledger,
        retriever=indexed.retriever,
        backend=models.default.backend,
        redactor=indexed.redactor,
        pseudonyms=indexed.pseudonyms,
        identify=identify,
        now=now,
        support=models.default.support,
        models=models.further,
        versions=indexed.registry,
        calibrations=indexed.calibrations,
        courtesy_of=courtesy_of,
        questions_of=questions_of,
    )
    return Engine(parts, indexed.settings)


def _chat_services(records: Records, engine: Engine) -> ChatServices:
    settings = records.settings
    return ChatServices(
        engine=engine,
        ledger=records.ledger,
        vault=records.vault,
        attachments=Attachments(records.redactor, records.pseudonyms, settings.policy.max_attachment_kb),
        policy=settings.policy,
        language=settings.language,
        prompts=settings.assistant.prompts,
        public_url=settings.web.public_url,
    )


def _clock(records: Indexed, models: OpenModels, child: RoundChild) -> Clock:
    settings = records.settings
    drain = Job("outbox", records.outbox.drain, every_s=_DRAIN_EVERY_S)
    sweeping = Job("sweep", lambda: sweep(records.ledger, records.vault, now=now()), every_s=_SWEEP_EVERY_S)
    expiring = Job("expire", records.approvals.drop_expired, every_s=_EXPIRE_EVERY_S)
    export = (Job("export", lambda: records.exporter.export(records.export_directory), cron=settings.export.cron),)
    rounds = round_jobs(records.rounds, settings.rounds, child, now=now)
    watch = watch_jobs(records.knowledge, records.runs, settings.knowledge, now=now)
    calibrating = Job("calibrate", lambda: records.calibrations.refit(now()), every_s=_CALIBRATE_EVERY_S)
    encoder = records.second_encoder
    refining = (Job("refine", lambda: _refine(records.second_vectors, encoder), every_s=_REFINE_EVERY_S),) if encoder else ()
    exporting = export if settings.export.cron else ()
    watching = (Job("models", ModelWatch(models.hosted, now=now).look, every_s=LOOK_EVERY_S),) if models.hosted else ()
    hosted = hosted_clock_jobs(records.database, settings)
    regular = (drain, sweeping, expiring, calibrating, *watching, *refining, *watch)
    jobs = (*regular, *exporting, *rounds, *hosted, *retention_jobs(records, now=now))
    return Clock(jobs, runs=records.runs, zone=ZoneInfo(settings.timezone), now=now)


async def _refine(second_vectors: SecondVectors, encoder: E5Encoder) -> None:
    """Read closely what was not yet, and leave no memory behind that only this needed."""
    if await second_vectors.fill_all():
        encoder.rest()
        await asyncio.to_thread(return_free_memory)


def _platforms(settings: Settings, services: ChatServices) -> dict[str, App]:
    # Imported here: each SDK takes its time, and most homes use one of them.
    platforms: dict[str, App] = {}
    slack = settings.slack
    if slack.bot_token.get_secret_value() or slack.app_token.get_secret_value() or slack.client_id:
        from adapters.slack.app import SlackApp

        platforms["slack"] = SlackApp(services, slack)
    if settings.discord.token.get_secret_value():
        from adapters.discord.address import point_at
        from adapters.discord.app import DiscordApp

        point_at(settings.discord.api_url)
        platforms["discord"] = DiscordApp(services, settings.discord)
    return platforms


async def _checked(name: str, check: Callable[[], Awaitable[str]]) -> Check:
    try:
        return name, True, await check()
    except ChatbotError as error:
        return name, False, str(error)
