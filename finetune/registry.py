"""Which trained version answers whom in this process: what the ledger says, as far as the files on this machine allow it."""

import asyncio
import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.backends.llama_cpp import default_model_path
from bot.errors import Misconfigured
from bot.messages import Adapter, Audience
from bot.model_settings import ModelSettings
from bot.ports import Versions
from finetune.whole import whole_file
from store.versions import SqlVersions, Version

logger = logging.getLogger(__name__)

_KNOWN_FOR_S: Final = 1.0  # what the ledger said is good for so long


@dataclass(frozen=True, slots=True)
class Base:
    """The model file (GGUF) that versions are laid over; never its requantised twin, which is made anew where it is missing."""

    name: str
    path: Path
    sha256: str


async def base_of(model: ModelSettings) -> Base | None:
    """
    Return the base that the settings choose; None where they leave no room for versions (a hosted model, or an adapter of their own).

    Raises:
        Misconfigured: The file cannot be read.
    """
    return await asyncio.to_thread(_base, model) if _takes_versions(model) else None


@dataclass(frozen=True, slots=True)
class _Serving:
    """What was found at a moment of the clock: `problems` are of the versions that `adapters` lacks."""

    at_s: float
    adapters: Mapping[Audience, Adapter] = field(default_factory=dict)
    problems: Mapping[Audience, str] = field(default_factory=dict)


class Registry(Versions):
    """
    The port on the ledger's rows and the files beside it.

    Files lie in one folder under the sha256 of their content. Each is read whole once before it serves, and again when it was changed.
    """

    def __init__(
        self,
        versions: SqlVersions,
        *,
        folder: Path,
        model: ModelSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Look nothing up yet.

        Args:
            versions: The rows.
            folder: Where the files lie; made where it is missing.
            model: What answers here; its file is read once there is a version in production.
            clock: Gives seconds that never go back.
        """
        self._versions = versions
        self._folder = folder
        self._model = model
        self._clock = clock
        self._serving: _Serving | None = None
        self._looking = asyncio.Lock()

    async def current(self, audience: Audience) -> Adapter | None:
        """See the port; the ledger is asked once a second at most."""
        serving = await self._look()
        own: Audience = audience if audience in serving.adapters or audience in serving.problems else "all"
        return serving.adapters.get(own)

    async def check(self) -> str:
        """See the port."""
        serving = await self._look()
        if serving.problems:
            raise Misconfigured(" ".join(serving.problems.values()))
        if not _takes_versions(self._model):
            return "none; they are laid over a local model (llama_cpp) without APRENDIZ_MODEL__ADAPTER"
        if not serving.adapters:
            return "none in production; the model answers as it is"
        return ", ".join(f"{adapter.name} for {audience}" for audience, adapter in sorted(serving.adapters.items()))

    async def problem_of(self, version: Version) -> str:
        """Return why *version* cannot serve here, in one sentence; empty where it can."""
        try:
            base = await base_of(self._model)
        except Misconfigured as error:
            return f"{error}."
        return await asyncio.to_thread(_problem, version, self.path_of(version), base)

    def path_of(self, version: Version) -> Path:
        """Return where the version's file lies, or should."""
        return self._folder / f"{version.adapter_sha256}.gguf"

    async def keep(self, gguf: Path) -> str:
        """
        Copy an adapter into the folder, whole or not at all, and return its sha256.

        Raises:
            Misconfigured: It cannot be read or written; the disk is full, say.
        """
        return await asyncio.to_thread(_keep, gguf, self._folder)

    async def _look(self) -> _Serving:
        known = self._serving
        if known is not None and self._clock() < known.at_s + _KNOWN_FOR_S:
            return known
        async with self._looking:
            known = self._serving
            if known is None or self._clock() >= known.at_s + _KNOWN_FOR_S:
                known = self._serving = await self._found(known)
        return known

    async def _found(self, before: _Serving | None) -> _Serving:
        at_s = self._clock()
        adapters: dict[Audience, Adapter] = {}
        problems: dict[Audience, str] = {}
        serving = await self._versions.in_production() if _takes_versions(self._model) else {}
        for audience, version in serving.items():
            problem = await self.problem_of(version)
            if problem:
                problems[audience] = problem
            else:
                adapters[audience] = Adapter(f"v{version.version}", self.path_of(version), version.languages)
        for audience, problem in problems.items():
            if before is None or before.problems.get(audience) != problem:
                logger.error("version cannot serve", extra={"audience": audience, "problem": problem})
        return _Serving(at_s, adapters, problems)


def _takes_versions(model: ModelSettings) -> bool:
    return model.backend == "llama_cpp" and model.adapter is None


def _base(model: ModelSettings) -> Base:
    path = model.path or default_model_path()
    try:
        return Base(model.name or path.stem, path, _digest_of(path))
    except OSError as error:
        raise Misconfigured(f"model file {path} cannot be read ({error.strerror}); correct APRENDIZ_MODEL__PATH") from error


def _problem(version: Version, path: Path, base: Base | None) -> str:
    named = f"Version {version.version} (for {version.audience})"
    back = f"aprendiz models rollback --audience {version.audience} takes it back"
    if base is None:
        return f"{named} can only be laid over a local model (llama_cpp) without APRENDIZ_MODEL__ADAPTER; correct the settings."
    if base.sha256 != version.base_sha256:
        return (
            f"{named} was trained on {version.base_name} ({version.base_sha256[:12]}), and {base.path} is another model "
            f"({base.sha256[:12]}); correct APRENDIZ_MODEL__PATH, or {back}."
        )
    try:
        sha256 = _digest_of(path)
    except OSError as error:
        return f"{named} cannot serve: its file {path} cannot be read ({error.strerror}); restore it from a backup, or {back}."
    if sha256 != version.adapter_sha256:
        return f"{named} cannot serve: its file {path} was altered; restore it from a backup, or {back}."
    return ""


def _digest_of(path: Path) -> str:
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=64)  # a file is read again when it was changed
def _digest(path: Path, _size_bytes: int, _changed_ns: int, _inode: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(source: Path, folder: Path) -> str:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sha256 = _digest_of(source)
    except OSError as error:
        raise Misconfigured(
            f"the adapter {source} cannot be kept in {folder} ({error.strerror}); free some space or correct the folder's rights"
        ) from error
    with whole_file(folder / f"{sha256}.gguf") as draft:
        shutil.copyfile(source, draft)
    return sha256
