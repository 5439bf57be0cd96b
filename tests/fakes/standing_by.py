"""A second model beside an engine's, which answers where the first fails."""

from dataclasses import replace

from bot.draft import Model
from bot.engine import EngineParts
from bot.errors import TryAgainLater
from bot.model_settings import ModelSettings
from bot.ports import Backend
from bot.settings import Settings
from tests.fakes.backend import ScriptedBackend

NAME = "reserve"


def standing_by(parts: EngineParts, settings: Settings, backend: Backend) -> tuple[EngineParts, Settings]:
    """Return *parts* and *settings* with *backend* as the fallback of the model that answers."""
    model = settings.model.model_copy(update={"fallback": (NAME,)})
    models = {**settings.models, NAME: ModelSettings(max_tokens=model.max_tokens)}
    there = {**parts.models, NAME: Model(backend, models[NAME])}
    return replace(parts, models=there), settings.model_copy(update={"model": model, "models": models})


def breaking(pieces: tuple[str, ...], *, after: int, delay_s: float = 0.0) -> ScriptedBackend:
    """Return a hosted model that dies after so many of its pieces."""
    return ScriptedBackend(pieces, error=TryAgainLater("connection reset"), fail_after=after, delay_s=delay_s, name="hosted")


def local(pieces: tuple[str, ...], *, delay_s: float = 0.0) -> ScriptedBackend:
    """Return what answers in its place."""
    return ScriptedBackend(pieces, delay_s=delay_s, name="local")
