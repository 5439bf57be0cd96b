"""The models that answer, built from the settings: in this process or behind an address."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast
from zoneinfo import ZoneInfo

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.metered import MeteredBackend, MeteredCompleter
from bot.backends.requantise import requantised, twin_made_before
from bot.backends.route import Route
from bot.backends.runtime import Runtime
from bot.completing import Completer
from bot.draft import Model
from bot.errors import ChatbotError, Misconfigured
from bot.model_settings import ADDRESSES, DEFAULT_MODEL, ModelSettings, ProviderKind
from bot.ports import Backend, Purse
from bot.settings import Settings
from bot.spending import budget_of, checked_price, price_of
from store.database import Database, database_url, migrate, open_database
from store.spending import SqlPurse

if TYPE_CHECKING:
    from bot.backends.openai import OpenAIBackend
    from bot.backends.service import Service

Check = tuple[str, bool, str]  # name, works, one line

logger = logging.getLogger(__name__)
T = TypeVar("T")

_LEARN_S: Final = 2.0  # of a start
_MODELS: Final = "models"  # in the home: what was requantised or pulled
# Measured on the sample company: sentences below are mostly inventions of the small model, sentences above mostly right.
_SMALL_MODEL_SUPPORT: Final = 0.85
# What may differ between two names of one model in memory.
_OF_ANSWERS: Final = {"max_tokens", "temperature", "top_p", "repeat_penalty", "support", "deadline_s", "first_token_s", "fallback"}


@dataclass(frozen=True, slots=True)
class OpenModels:
    """
    The models that may answer, by name; the empty one answers where no channel chose another.

    `local` are those in this process, with the settings they were opened by, `hosted` those behind addresses, each once.
    """

    by_name: Mapping[str, Model]
    local: tuple[tuple[ModelSettings, LlamaCppBackend], ...]
    hosted: tuple["OpenAIBackend", ...]

    @property
    def default(self) -> Model:
        """The model that answers where no channel chose another."""
        return self.by_name[""]

    @property
    def further(self) -> dict[str, Model]:
        """The others, by name."""
        return {name: model for name, model in self.by_name.items() if name}


async def open_models(settings: Settings, stack: AsyncExitStack, purse: Purse) -> OpenModels:
    """
    Open the model that answers, those that channels chose, and those that answer in their places; what they cost is booked on *purse*.

    Names that differ in sampling, limits or support alone are one model in memory, with one line of those who wait. A file named with
    another window, adapter or thread count is opened again: its weights are mapped from the same pages, its contexts are its own.
    """
    opened: dict[object, tuple[ModelSettings, tuple[Backend, ...]]] = {}
    routes: dict[object, Backend] = {}
    models: dict[str, Model] = {}
    for name, model in chosen_models(settings).items():
        makeup = tuple(model.model_dump(exclude=_OF_ANSWERS).items())
        if makeup not in opened:
            opened[makeup] = model, await _named_in_errors(name, _open_servers(model, settings, stack))
        servers = opened[makeup][1]
        routed = (makeup, model.first_token_s, bool(model.fallback))
        if routed not in routes:
            routes[routed] = _route(model, _booked(servers, model, settings, purse))
        models[name] = Model(routes[routed], model, support_of(model), servers=len(servers))
    hosted, local = _parted(opened.values())
    await _learn_windows(hosted)
    return OpenModels(models, local, hosted)


def chosen_models(settings: Settings) -> dict[str, ModelSettings]:
    """Return the settings of every model that may be asked, by name; the default one's is empty."""
    names = dict.fromkeys(("", *(voice.model for voice in settings.assistant.voices)))
    for name in tuple(names):
        names |= dict.fromkeys(default_or_named(each, settings) for each in _settings_of(name, settings).fallback)
    return {name: _settings_of(name, settings) for name in names}


def with_stand_in(name: str, checks: Mapping[str, Check], settings: Settings) -> Check:
    """Return the check of a model among all *checks*: one that does not work fails nothing as long as another answers in its place."""
    label, works, said = checks[name]
    names = (default_or_named(each, settings) for each in _settings_of(name, settings).fallback)
    if works or (other := next((each for each in names if checks[each][1]), None)) is None:
        return label, works, said
    return label, True, f"{said}; meanwhile {other or DEFAULT_MODEL} answers: {checks[other][2]}"


def default_or_named(name: str, settings: Settings) -> str:
    """Return the key of a model that an operator calls *name*."""
    return "" if name == DEFAULT_MODEL and name not in settings.models else name


def _settings_of(name: str, settings: Settings) -> ModelSettings:
    return settings.models[name] if name else settings.model


async def _open_servers(model: ModelSettings, settings: Settings, stack: AsyncExitStack) -> tuple[Backend, ...]:
    match model.backend:
        case "openai":
            checked_price(settings.prices, settings.budget, model.name)
            servers = await asyncio.to_thread(hosted_servers, model, settings)
            return tuple([await stack.enter_async_context(each) for each in servers])
        case "llama_cpp":
            return (await stack.enter_async_context(await _local(model, settings)),)


async def open_hosted(model: ModelSettings, settings: Settings, stack: AsyncExitStack, purse: Purse) -> Backend:
    """Open a hosted model that answers nobody in service; what it costs is booked on *purse*, and stopped by the budget, all the same."""
    servers = await _open_servers(model, settings, stack)
    await _learn_windows(cast("tuple[OpenAIBackend, ...]", servers))
    return _route(model, _booked(servers, model, settings, purse))


def _route(model: ModelSettings, servers: tuple[Backend, ...]) -> Backend:
    """Return what chooses among *servers*; a local model alone, in whose place no other answers, needs none."""
    if model.backend == "llama_cpp" and not model.fallback:
        return servers[0]
    return Route(servers, first_token_s=model.first_token_s)


def _booked(servers: tuple[Backend, ...], model: ModelSettings, settings: Settings, purse: Purse) -> tuple[Backend, ...]:
    """Return *servers*, each with a meter where it costs money: who is asked in another's place is another call."""
    if model.backend == "llama_cpp":
        return servers
    price = price_of(settings.prices, model.name)
    return tuple(MeteredBackend(each, price=price, purse=purse) for each in servers)


def _parted(
    opened: Iterable[tuple[ModelSettings, tuple[Backend, ...]]],
) -> tuple[tuple["OpenAIBackend", ...], tuple[tuple[ModelSettings, LlamaCppBackend], ...]]:
    each = [(model, backend) for model, servers in opened for backend in servers]
    local = tuple((model, backend) for model, backend in each if isinstance(backend, LlamaCppBackend))
    return tuple(cast("OpenAIBackend", backend) for model, backend in each if model.backend == "openai"), local


async def _learn_windows(hosted: Iterable["OpenAIBackend"]) -> None:
    """Ask services for windows that nobody set, for a moment: one that is down is asked again by the clock."""

    async def learn(backend: "OpenAIBackend") -> None:
        try:
            async with asyncio.timeout(_LEARN_S):
                await backend.learn()
        except (ChatbotError, TimeoutError) as error:
            logger.info("window not learnt", extra={"model": backend.name, "reason": type(error).__name__})

    async with asyncio.TaskGroup() as group:
        for backend in hosted:
            if backend.window_unknown:
                group.create_task(learn(backend))


async def _named_in_errors(name: str, opening: Awaitable[T]) -> T:
    try:
        return await opening
    except Misconfigured as error:
        raise Misconfigured(_about(name, str(error))) from error


def _about(name: str, detail: str) -> str:
    """Return what is wrong with a model; one with a name has its settings in a table of its own."""
    if not name:
        return detail
    return f"models.{name}: " + re.sub("APRENDIZ_MODEL__([A-Z_]+)", lambda key: f"models.{name}.{key[1].lower()}", detail)


def hosted_servers(model: ModelSettings, settings: Settings) -> list["OpenAIBackend"]:
    """Return what speaks with each server of a hosted model, to be entered."""
    from bot.backends.openai import OpenAIBackend  # its SDK takes a second to import

    service = service_of(model, settings)
    own_window = model.context_tokens if "context_tokens" in model.model_fields_set else None
    return [
        OpenAIBackend(model.name, replace(service, base_url=address), languages=model.languages, context_tokens=own_window)
        for address in model.servers or (service.base_url,)
    ]


def service_of(model: ModelSettings, settings: Settings) -> "Service":
    """Return where a hosted model answers."""
    from bot.backends.service import Service

    if not model.provider:
        own = settings.openai
        kind: ProviderKind = "openai" if own.base_url == ADDRESSES["openai"] else "compatible"
        return Service(own.api_key.get_secret_value(), own.base_url, kind)
    named = settings.providers[model.provider]
    return Service(
        named.api_key.get_secret_value(),
        named.address,
        named.kind,
        named.api_version,
        table=f"providers.{model.provider}",
    )


@asynccontextmanager
async def open_completer(settings: Settings, name: str) -> AsyncIterator[Completer]:
    """
    Open one model alone, by its name in `[models.NAME]`; of several servers the first. Empty: that of `[model]`. A hosted one is booked.

    Raises:
        Misconfigured: It cannot be opened.
    """
    model = _settings_of(name, settings)
    if model.backend == "llama_cpp":
        async with await _named_in_errors(name, _local(model, settings)) as local:
            yield local
        return
    price = checked_price(settings.prices, settings.budget, model.name)
    server, *_ = await _named_in_errors(name, asyncio.to_thread(hosted_servers, model, settings))
    async with open_database(database_url(settings)) as database, server as hosted:
        await migrate(database)
        yield MeteredCompleter(hosted, hosted, price=price, purse=purse_on(database, settings))


def purse_on(database: Database, settings: Settings) -> SqlPurse:
    """Return what books calls in *database* and keeps the operator's budget."""
    return SqlPurse(database, budget_of(settings.budget), zone=ZoneInfo(settings.timezone), now=lambda: datetime.now(UTC))


async def _local(model: ModelSettings, settings: Settings) -> LlamaCppBackend:
    path = await path_of(model)
    if model.requantise:
        path = await twin_made_before(path, settings.home / _MODELS) or path
    return llama_cpp(path, model, adapter=model.adapter, max_waiting=settings.policy.max_waiting)


def llama_cpp(path: Path, model: ModelSettings, *, adapter: Path | None, max_waiting: int) -> LlamaCppBackend:
    """Return what answers from the model file *path* as *model* says, with *adapter* laid over it where a request brings none."""
    return LlamaCppBackend(
        path,
        adapter=adapter,
        name=model.name,
        languages=model.languages,
        max_waiting=max_waiting,
        runtime=Runtime(gpu_layers=model.gpu_layers, threads=model.threads, context_tokens=model.context_tokens),
    )


def support_of(model: ModelSettings) -> float:
    """Return the share of its words that a sentence's passages must hold (0: off)."""
    small = model.backend == "llama_cpp" and model.path is None
    return model.support if model.support is not None else _SMALL_MODEL_SUPPORT if small else 0.0


async def path_of(model: ModelSettings) -> Path:
    """Return the file of a local model."""
    if model.path:
        return model.path
    return await asyncio.to_thread(default_model_path)


async def improve(models: OpenModels, settings: Settings) -> None:
    """Requantise slow model files once each, and swap them in between two answers."""
    slow: dict[Path, list[LlamaCppBackend]] = {}  # those opened from a file
    for model, backend in models.local:
        if model.requantise:
            slow.setdefault(await path_of(model), []).append(backend)
    cache = settings.home / _MODELS
    for path, backends in slow.items():
        if await twin_made_before(path, cache):
            continue  # and opened at the start
        better = await requantised(path, cache)
        for each in backends if better != path else ():
            await each.set_model(better)
