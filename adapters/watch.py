"""The clock's look at watched folders, and what the operator can read of the last one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.clock import Job
from bot.errors import ChatbotError
from bot.settings import KnowledgeSettings
from store.jobs import JobRuns
from store.knowledge import Knowledge
from store.watching import Watched, Watching

NAME: Final = "watch"


@dataclass(frozen=True, slots=True)
class LastLook:
    """When watched folders were last looked at; `counts` by name (see `store.watching.Look`), or why it `failed`."""

    at: datetime
    counts: dict[str, int]
    failed: str = ""


def watched_folders(settings: KnowledgeSettings) -> tuple[Watched, ...]:
    """Return the folders that the settings name."""
    return tuple(Watched(each.path.expanduser(), each.audience, each.scope) for each in settings.watch)


def watch_jobs(knowledge: Knowledge, runs: JobRuns, settings: KnowledgeSettings, *, now: Callable[[], datetime]) -> tuple[Job, ...]:
    """Return the job that looks at the watched folders, where there are any."""
    folders = watched_folders(settings)
    if not folders:
        return ()
    watching = Watching(knowledge, folders, max_file_mb=settings.max_file_mb)

    async def look() -> None:
        try:
            found = await watching.look()
        except ChatbotError as error:
            await runs.note(NAME, now(), outcome="failed", detail=str(error))
            raise
        await runs.note(NAME, now(), outcome="done", detail=json.dumps(found.counts))

    return (Job(NAME, look, every_s=settings.watch_minutes * 60),)


async def last_look(runs: JobRuns) -> LastLook | None:
    """Return how the last look ended, None before the first."""
    ended = await runs.last(NAME)
    if ended is None:
        return None
    if ended.outcome != "done":
        return LastLook(ended.at, {}, failed=ended.detail)
    return LastLook(ended.at, json.loads(ended.detail))
