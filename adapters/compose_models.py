"""The models that answer, built from the settings: in this process or behind an address."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.requantise import requantised, twin_made_before
from bot.backends.runtime import Runtime
from bot.draft import Model
from bot.errors import Misconfigured
from bot.model_settings import ModelSettings, ProviderKind
from bot.ports import Backend
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.backends.openai import OpenAIBackend
    from bot.backends.service import Service

_MODELS: Final = "models"  # in the home: what was requantised or pulled
# Measured on the sample company: sentences below are mostly inventions of the small model, sentences above mostly right.
_SMALL_MODEL_SUPPORT: Final = 0.85
# What may differ between two names of one model in memory.
_OF_ANSWERS: Final = {"max_tokens", "temperature", "top_p", "repeat_penalty", "support", "deadline_s"}


async def open_models(settings: Settings, stack: AsyncExitStack) -> dict[str, Model]:
    """
    Open the model that answers (under the empty name) and those that channels chose.

    Names that differ in sampling, limits or support alone are one model in memory, with one line of those who wait. A file named with
    another window, adapter or thread count is opened again: its weights are mapped from the same pages, its contexts are its own.
    """
    chosen = {"": settings.model} | {voice.model: settings.models[voice.model] for voice in settings.assistant.voices if voice.model}
    opened: dict[object, Backend] = {}
    models: dict[str, Model] = {}
    for name, model in chosen.items():
        makeup = tuple(model.model_dump(exclude=_OF_ANSWERS).items())
        if makeup not in opened:
            try:
                opened[makeup] = await _open_backend(model, settings, stack)
            except Misconfigured as error:
                raise Misconfigured(_about(name, str(error))) from error
        models[name] = Model(opened[makeup], model, support_of(model))
    return models


def _about(name: str, detail: str) -> str:
    """Return what is wrong with a model; one with a name has its settings in a table of its own."""
    if not name:
        return detail
    return f"models.{name}: " + re.sub("APRENDIZ_MODEL__([A-Z_]+)", lambda key: f"models.{name}.{key[1].lower()}", detail)


def named(models: Mapping[str, Model]) -> dict[str, Model]:
    """Return the models that channels chose, without the one that answers elsewhere."""
    return {name: model for name, model in models.items() if name}


async def _open_backend(model: ModelSettings, settings: Settings, stack: AsyncExitStack) -> Backend:
    match model.backend:
        case "openai":
            return await stack.enter_async_context(await asyncio.to_thread(_hosted, model, settings))
        case "llama_cpp":
            return await stack.enter_async_context(await _local(model, settings))


def _hosted(model: ModelSettings, settings: Settings) -> "OpenAIBackend":
    from bot.backends.openai import OpenAIBackend  # its SDK takes a second to import

    own_window = "context_tokens" in model.model_fields_set
    return OpenAIBackend(
        model.name,
        service_of(model, settings),
        languages=model.languages,
        context_tokens=model.context_tokens if own_window else None,
    )


def service_of(model: ModelSettings, settings: Settings) -> "Service":
    """Return where a hosted model answers."""
    from bot.backends.service import ADDRESSES, Service

    if not model.provider:
        own = settings.openai
        kind: ProviderKind = "openai" if own.base_url == ADDRESSES["openai"] else "compatible"
        return Service(own.api_key.get_secret_value(), own.base_url, kind)
    named = settings.providers[model.provider]
    return Service(
        named.api_key.get_secret_value(),
        named.base_url or ADDRESSES[named.kind],
        named.kind,
        named.api_version,
        table=f"providers.{model.provider}",
    )


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


async def improve(models: Mapping[str, Model], settings: Settings) -> None:
    """Requantise slow model files once each, and swap them in between two answers."""
    slow: dict[Path, dict[int, LlamaCppBackend]] = {}  # those opened from a file, each once however many names it has
    for model in models.values():
        if model.settings.requantise and isinstance(model.backend, LlamaCppBackend):
            slow.setdefault(await path_of(model.settings), {})[id(model.backend)] = model.backend
    cache = settings.home / _MODELS
    for path, backends in slow.items():
        if await twin_made_before(path, cache):
            continue  # and opened at the start
        better = await requantised(path, cache)
        for backend in backends.values() if better != path else ():
            await backend.set_model(better)
