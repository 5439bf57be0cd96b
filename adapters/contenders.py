"""Who is compared: what stands on a command line, as contenders, whose own models are open."""

import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from adapters.compose import Records
from adapters.compose_models import llama_cpp, open_hosted, path_of, service_of, support_of
from bot.backends.requantise import requantised
from bot.errors import Refused
from bot.messages import Adapter, Audience
from bot.model_settings import ModelSettings
from bot.settings import Settings
from bot.spending import price_of
from finetune.arms import Contender, OwnModel
from store.versions import Version

TUNED: Final = "ft:"
_OWN_PROVIDER: Final = "openai"  # that of [openai], where no [providers.openai] takes its place
_NAMED: Final = "model:"


class Contenders:
    """Finds who is meant; models that contenders bring stay open as long as *stack*."""

    def __init__(self, records: Records, audience: Audience, stack: AsyncExitStack) -> None:
        self._records, self._audience, self._stack = records, audience, stack

    async def find(self, text: str) -> Contender:
        """
        Return who is meant by "base", "production", a number, "model:NAME", "PROVIDER:MODEL" or the path of an adapter.

        Raises:
            Refused: Nobody is.
            Misconfigured: Its model cannot be opened.
        """
        settings = self._records.settings
        if text in ("base", "production"):
            return await self.serving(whole=text == "production")
        if number := re.fullmatch(r"v?(\d+)", text):
            return await self._version(int(number[1]))
        if text.startswith(_NAMED):
            return await self._named(text)
        if (model := hosted_model(text, settings)) is not None:
            return await self.hosted(model, name=text)
        return await self._laid(text)

    async def serving(self, *, whole: bool) -> Contender:
        """
        Return what answers now, or, where not *whole*, the model alone.

        Raises:
            Refused: No version is in production.
        """
        settings = self._records.settings
        if settings.model.backend == "openai":
            return await self.hosted(settings.model, name=settings.model.name)
        if not whole:
            return Contender("base", None)
        adapter = await self._records.registry.current(self._audience)
        if adapter is None:
            raise Refused(f"no version is in production for {self._audience}: compare with base, which answers there")
        return Contender(adapter.name, adapter)

    async def hosted(self, model: ModelSettings, *, name: str) -> Contender:
        """Return a hosted model as a contender, opened."""
        settings = self._records.settings
        backend = await open_hosted(model, settings, self._stack, self._records.purse)
        address = " ".join(model.servers) or service_of(model, settings).base_url
        price = price_of(settings.prices, model.name)
        return Contender(name, None, OwnModel(backend, None, address, model.languages, support_of(model), price))

    async def version_of(self, text: str) -> Version | None:
        """Return the version that is meant, None where it is none of the registry's."""
        if text == "production" and self._records.settings.model.backend == "llama_cpp":
            return await self._records.versions.current(self._audience)
        number = re.fullmatch(r"v?(\d+)", text)
        return await self._records.versions.show(int(number[1])) if number else None

    async def _version(self, number: int) -> Contender:
        version = await self._records.versions.show(number)
        if version is None:
            raise Refused(f"there is no version {number}: aprendiz models list shows those there are")
        if problem := await self._records.registry.problem_of(version):
            raise Refused(problem)
        return Contender(f"v{number}", Adapter(f"v{number}", self._records.registry.path_of(version), version.languages))

    async def _named(self, text: str) -> Contender:
        settings, name = self._records.settings, text.removeprefix(_NAMED)
        model = settings.models.get(name)
        if model is None:
            known = ", ".join(f"{_NAMED}{each}" for each in settings.models) or "none: write a [models.NAME] table"
            raise Refused(f"no model is called {name}; known: {known}")
        return await (self.hosted(model, name=text) if model.backend == "openai" else self._local(model, text))

    async def _local(self, model: ModelSettings, name: str) -> Contender:
        settings = self._records.settings
        path = await path_of(model)
        served = await requantised(path, settings.home / "models") if model.requantise else path
        backend = await self._stack.enter_async_context(llama_cpp(served, model, adapter=None, max_waiting=settings.policy.max_waiting))
        adapter = Adapter(name, model.adapter, model.languages) if model.adapter else None
        return Contender(name, adapter, OwnModel(backend, served, "", model.languages, support_of(model)))

    async def _laid(self, text: str) -> Contender:
        path = Path(text)
        if not await asyncio.to_thread(path.is_file):
            raise Refused(
                f"{text!r} is neither base, production, a version's number (aprendiz models list), model:NAME, PROVIDER:MODEL nor a file"
            )
        if self._records.settings.model.backend == "openai":
            raise Refused("adapters are laid over a local model, but APRENDIZ_MODEL__BACKEND is openai: set it to llama_cpp")
        return Contender(text, Adapter(text, path))


def hosted_model(text: str, settings: Settings) -> ModelSettings | None:
    """Return the settings of `PROVIDER:MODEL`, or of an `ft:` model of [openai]; None where *text* names no provider."""
    provider, colon, name = (_OWN_PROVIDER, ":", text) if text.startswith(TUNED) else text.partition(":")
    if not (colon and name) or provider not in (*settings.providers, _OWN_PROVIDER):
        return None
    return provided(provider, name, settings)


def provided(provider: str, name: str, settings: Settings) -> ModelSettings:
    """Return the settings of a provider's model that none of the settings' tables names."""
    known = next((each for each in (settings.model, *settings.models.values()) if each.backend == "openai"), None)
    languages = known.languages if known else ("*",)
    own = "" if provider not in settings.providers else provider
    return ModelSettings(
        backend="openai", name=name, provider=own, languages=languages, max_tokens=settings.model.max_tokens, support=settings.model.support
    )
