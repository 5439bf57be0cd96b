"""Watched folders: looked at again and again, imported where they changed; what cannot be seen for the moment is not taken for deleted."""

import asyncio
import logging
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.messages import Audience
from store.knowledge import AddReport, Knowledge
from store.vanishing import Vanished

logger = logging.getLogger(__name__)

NOT_OPEN = "it cannot be opened ({reason}); its documents are kept"
EMPTY = "it holds no document, as a share that is not mounted; its documents are kept until aprendiz knowledge add or remove names it"
MANY_GONE = "{gone} of {known} documents vanished at once; they are kept until the next look finds the same"
_FEW = 10  # a folder with fewer documents may well lose most of them


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder to watch, for whom; without a scope, what somebody limited in it stays limited."""

    path: Path
    audience: Audience = "employees"
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """What is wrong with a watched folder: `problem` is an English clause for the log, its placeholders are `values`."""

    path: Path
    problem: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return f"{self.path}: {self.problem.format(**self.values)}"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at all watched folders came to: files by outcome, and what was wrong."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    warnings: tuple[Warned, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The counts by name, for a log line or the record of the job."""
        named = {name: getattr(self, name) for name in _COUNTED}
        return named | {"skipped": len(self.skipped), "warnings": len(self.warnings)}


_COUNTED = ("added", "changed", "unchanged", "removed", "passages")


class Watching:
    """Looks at folders; it remembers from one look to the next what had vanished, and what it has told already."""

    def __init__(self, knowledge: Knowledge, folders: Sequence[Watched], *, max_file_mb: int) -> None:
        """Watch *folders*; files larger than *max_file_mb* (MiB) are skipped."""
        self._knowledge = knowledge
        self._folders = tuple(folders)
        self._max_file_mb = max_file_mb
        self._missed: dict[Path, frozenset[str]] = {}
        self._told: frozenset[str] = frozenset()

    async def look(self) -> Look:
        """
        Import what changed in the watched folders since the last look, and log it: counts once, each new problem once.

        Raises:
            TryAgainLater, Misconfigured: The database cannot be used; what was imported until then stays.
        """
        look = Look()
        for folder in self._folders:
            look = _sum(look, *await self._look_at(folder))
        changed = look.added or look.changed or look.removed
        logger.log(logging.INFO if changed else logging.DEBUG, "watched folders read", extra=look.counts)
        self._tell([*map(str, look.warnings), *(f"{name}: {problem}" for name, problem in look.skipped)])
        return look

    async def _look_at(self, folder: Watched) -> tuple[AddReport, list[Warned]]:
        warnings: list[Warned] = []
        missed = self._missed.pop(folder.path, frozenset())
        if problem := await asyncio.to_thread(_unreadable, folder.path):
            return AddReport(), [Warned(folder.path, NOT_OPEN, {"reason": problem})]
        report = await self._knowledge.add(
            [folder.path],
            audience=folder.audience,
            scope=folder.scope or None,
            max_file_mb=self._max_file_mb,
            leaving=partial(self._leaving, folder, missed, warnings),
        )
        return report, warnings

    def _leaving(self, folder: Watched, missed: frozenset[str], warnings: list[Warned], vanished: Vanished) -> Collection[str]:
        """Choose which vanished documents leave: none of a folder without any, most of others only if the look before *missed* them."""
        gone = frozenset(vanished.gone)
        if not vanished.found and len(gone) == vanished.known:
            warnings.append(Warned(folder.path, EMPTY, {}))
            return ()
        if vanished.known >= _FEW and len(gone) > vanished.known / 2 and not gone <= missed:
            self._missed[folder.path] = gone
            warnings.append(Warned(folder.path, MANY_GONE, {"gone": len(gone), "known": vanished.known}))
            return ()
        return gone

    def _tell(self, problems: Sequence[str]) -> None:
        """Log what was not said at the last look."""
        for problem in problems:
            if problem not in self._told:
                logger.warning("watched document", extra={"problem": problem})
        self._told = frozenset(problems)


def _unreadable(folder: Path) -> str:
    """Return why *folder* cannot be read; empty where it can."""
    try:
        with os.scandir(folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def _sum(look: Look, report: AddReport, warnings: Sequence[Warned]) -> Look:
    counts = {name: getattr(look, name) + getattr(report, name) for name in _COUNTED}
    return Look(**counts, skipped=look.skipped + report.skipped, warnings=(*look.warnings, *warnings))
