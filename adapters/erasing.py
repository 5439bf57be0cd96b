"""A person's right to leave: what is kept about them goes from ledger, files and index, and what has aged goes the same way."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from adapters.clock import Job
from adapters.erasure_journal import Begun, Journal, Kind
from adapters.persons import pseudonym_of
from bot.backends.llama_cpp import LlamaCppBackend
from bot.errors import Refused, TryAgainLater
from bot.texts import N_
from finetune import erased_files, erased_versions
from finetune.erased_files import Wanted
from finetune.private import write_private
from store.export_files import LOCK as EXPORT_LOCK
from store.persons import Persons, Taken

if TYPE_CHECKING:
    from adapters.compose import Indexed, Services

logger = logging.getLogger(__name__)

RECEIPTS: Final = "receipts"  # in the home
ROUNDS: Final = "rounds"
EVALUATIONS: Final = "evaluations"
CONVERTED: Final = "jobs/rows"  # what migrations have yet to upload
TRAINING_LOCK: Final = "training"  # of the process that runs a round
_LOCK: Final = "erasing"
_EXPORT_WAIT_S: Final = 60.0

Progress = Callable[[str], None]

STEPS: Final = {
    "reading": N_("Looking for what is theirs"),
    "ledger": N_("Taking it out of the ledger"),
    "files": N_("Taking it out of exports, rounds and evaluations"),
    "index": N_("Writing the index anew without it"),
    "versions": N_("Taking versions out of service"),
    "compacting": N_("Writing the ledger's files anew without it"),
}
# What the operator has to do yet; the first three are done by the same command, run again.
PENDING: Final = {
    "round_running": N_("A round is running on rows that may be theirs: run the same command again once it has ended."),
    "export_running": N_("An export is being written: run the same command again once it has ended."),
    "index_busy": N_("Another process is writing to the index: run the same command again in a minute."),
    "log_held": N_("Somebody is still reading the ledger, and its log holds old pages: run the same command again later."),
    "chroma_server": N_("The Chroma server keeps deleted texts in its files: run chroma vacuum there."),
    "postgresql": N_("PostgreSQL keeps deleted rows until VACUUM FULL is run; its log and its backups have to expire."),
    "shells": N_("A question of theirs was being answered: its empty row goes within eight days."),
    "versions_untraced": N_("The rows of some versions are gone, so nobody can tell whether they learnt from theirs."),
    "versions_learnt": N_("Versions that learnt from rows of theirs still exist: run again with --retire to take them out of service."),
}
_AGAIN: Final = frozenset({"round_running", "export_running", "index_busy"})
BEYOND: Final = N_(
    "Not reached: backups made before, files written elsewhere, what a model's provider keeps, the messages on the platform."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What an erasure did, without anything about the person.

    `removed` counts by place and kind; `pending` names entries of `PENDING`; `versions` learnt from rows of theirs, `retired` were taken
    out of service, of `untraced` nobody can tell. Times are ISO 8601.
    """

    receipt_id: str
    kind: Kind
    begun_at: str
    ended_at: str
    removed: dict[str, dict[str, int]]
    versions: tuple[int, ...]
    retired: tuple[int, ...]
    untraced: tuple[int, ...]
    pending: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as it is written."""
        sentences = [{"code": code, "remedy": PENDING[code]} for code in self.pending]
        return asdict(self) | {"pending": sentences, "beyond": BEYOND}


class Erasure:
    """Erases from one home; one at a time. Killed at any moment, the next call goes on where it stopped."""

    def __init__(self, indexed: "Indexed", *, now: Callable[[], datetime], forget: Callable[[], Awaitable[None]] | None = None) -> None:
        """Work on *indexed*; *forget* drops what the models in memory remember of conversations."""
        self._parts = indexed
        self._home = indexed.settings.home
        self._journal = Journal(self._home, indexed.sealer)
        self._persons = Persons(indexed.database, indexed.sealer)
        self._now = now
        self._forget = forget

    async def person(self, person: str, *, retire: bool, progress: Progress = lambda _step: None) -> tuple[Receipt, Path]:
        """
        Erase a person (a pseudonym), and end what erasures before left; return the receipt, and where it is kept.

        Raises:
            Refused: Another erasure is at it.
            TryAgainLater, Misconfigured: The database or a file cannot be used; the next call goes on.
        """
        async with self._alone():
            begun = await self._begun("person", person)
            progress("reading")
            begun = await self._gathered(begun, await self._persons.exchange_ids(person))
            return await self._run(begun, retire=retire, progress=progress)

    async def named(self, person: str, *, retire: bool, progress: Progress) -> dict[str, Any]:
        """
        Erase a person as an operator names them; return the receipt as it is written, and its `path`. Raises as `person`.

        Raises:
            BadRequest: Nobody is named so.
        """
        receipt, path = await self.person(pseudonym_of(person, self._parts.pseudonyms), retire=retire, progress=progress)
        return receipt.to_dict() | {"path": str(path)}

    async def aged(self, before: datetime) -> Receipt | None:
        """Take the words out of what was asked before that moment; None where there are none. Raises as `person`."""
        async with self._alone():
            ids = await self._persons.aged(before)
            left = [each for each in await asyncio.to_thread(lambda: [*self._journal.open_ones()]) if each.kind == "age"]
            if not ids and not left:
                return None
            begun = await self._gathered(await self._begun("age", ""), ids)
            receipt, _ = await self._run(begun, retire=False, progress=lambda _step: None)
            return receipt

    async def unfinished(self) -> int:
        """Return how many erasures were begun and not ended."""
        return len(await asyncio.to_thread(lambda: [*self._journal.open_ones()]))

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        async with self._parts.runs.alone(_LOCK) as alone:
            if not alone:
                raise Refused("Another erasure is running on this home; wait for it to end.")
            yield

    async def _begun(self, kind: Kind, person: str) -> Begun:
        """Return the one that was cut off, or a new one."""
        known = await asyncio.to_thread(lambda: [*self._journal.open_ones()])
        same = (each for each in known if (each.kind, each.person) == (kind, person))
        return next(same, None) or self._journal.begin(kind, person, at=self._now())

    async def _gathered(self, begun: Begun, ids: Sequence[str]) -> Begun:
        """Add to *begun* the exchanges *ids* and what is to be looked for elsewhere, before anything of it is gone."""
        rated = await self._persons.are_rated(ids)
        begun = replace(
            begun,
            ids=tuple(sorted({*begun.ids, *ids})),
            echoing=tuple(sorted({*begun.echoing, *(await self._persons.echoing(ids) if begun.kind == "person" else ())})),
            texts=tuple(sorted({*begun.texts, *await self._persons.texts(ids)})),
            indexed=begun.kind == "person" or begun.learnt is not None or rated,
        )
        return await self._kept(begun)

    async def _kept(self, begun: Begun) -> Begun:
        await asyncio.to_thread(self._journal.keep, begun)
        return begun

    async def _run(self, begun: Begun, *, retire: bool, progress: Progress) -> tuple[Receipt, Path]:
        begun = await self._traced(begun)
        progress("ledger")
        begun = await self._out_of_ledger(begun)
        progress("files")
        begun, pending = await self._out_of_files(begun)
        progress("index")
        pending += await self._out_of_index(begun)
        progress("versions")
        retired = await self._retired() if retire else ()
        if self._forget:
            await self._forget()
        progress("compacting")
        pending += await self._compacted(begun)
        return await self._ended(begun, retired, pending)

    async def _traced(self, begun: Begun) -> Begun:
        """Note with the versions what they learnt, while the rows are there to tell."""
        if begun.learnt is None:
            learnt = await asyncio.to_thread(erased_files.learnt_in, self._home / ROUNDS, _wanted(begun))
            begun = await self._kept(replace(begun, learnt=learnt))
        if not begun.noted:
            versions = await erased_versions.note_learnt(self._parts.versions, begun.learnt or {})
            begun = await self._kept(replace(begun, noted=True, versions=versions))
        return begun

    async def _out_of_ledger(self, begun: Begun) -> Begun:
        begun = await self._kept(begun.counted("ledger", (await self._taken(begun, begun.ids)).counts))
        # Whoever still asks meanwhile is erased, too.
        while begun.kind == "person" and (more := await self._persons.exchange_ids(begun.person)):
            begun = await self._gathered(begun, more)
            begun = await self._kept(begun.counted("ledger", (await self._taken(begun, more)).counts))
        return begun

    async def _taken(self, begun: Begun, ids: Sequence[str]) -> Taken:
        if begun.kind == "age":
            return await self._persons.empty(ids, at=self._now())
        return await self._persons.take_away(begun.person, ids, at=self._now())

    async def _out_of_files(self, begun: Begun) -> tuple[Begun, list[str]]:
        wanted, pending = _wanted(begun), []
        try:
            exported = await asyncio.to_thread(self._clear_exports, wanted)
            begun = await self._kept(begun.counted("exports", exported))
        except Timeout:
            pending.append("export_running")
        converted = await asyncio.to_thread(erased_files.clear_converted, self._home / CONVERTED)
        begun = await self._kept(begun.counted("jobs", converted))
        async with self._parts.runs.alone(TRAINING_LOCK) as alone:
            if alone:
                await self._close_rounds(begun)
                rounds = await asyncio.to_thread(erased_files.clear_rounds, self._home / ROUNDS, wanted)
                evaluations = await asyncio.to_thread(erased_files.clear_evaluations, self._home / EVALUATIONS, wanted)
                begun = await self._kept(begun.counted("rounds", rounds).counted("evaluations", evaluations))
            else:
                pending.append("round_running")
        return begun, pending

    def _clear_exports(self, wanted: Wanted) -> Any:
        folder = self._parts.export_directory
        if not folder.is_dir():
            return {}
        with FileLock(folder / EXPORT_LOCK, timeout=_EXPORT_WAIT_S):
            return erased_files.clear_exports(folder, wanted)

    async def _close_rounds(self, begun: Begun) -> None:
        """End the rounds that were cut off and had rows of theirs: what they would go on with is no longer there."""
        for round_id in begun.learnt or {}:
            known = await self._parts.rounds.show(round_id)
            if known is not None and known.status == "running":
                await self._parts.rounds.end(round_id, "failed", at=self._now(), reason="rows of it were erased", version=known.version)

    async def _out_of_index(self, begun: Begun) -> list[str]:
        try:
            if begun.indexed and not await self._parts.outbox.compact():
                return ["chroma_server"]
        except TryAgainLater:
            return ["index_busy"]
        return []

    async def _retired(self) -> tuple[int, ...]:
        return await erased_versions.retire(self._parts.versions, self._parts.registry, self._home / ROUNDS, at=self._now())

    async def _compacted(self, begun: Begun) -> list[str]:
        pending = ["shells"] if await self._persons.shells_of(begun.ids) else []
        if await self._parts.database.compact():
            return pending
        return [*pending, "postgresql" if self._parts.database.dialect.name == "postgresql" else "log_held"]

    async def _ended(self, begun: Begun, retired: tuple[int, ...], pending: list[str]) -> tuple[Receipt, Path]:
        untraced = await erased_versions.untraced(self._parts.versions, self._parts.registry, self._home / ROUNDS) if begun.ids else ()
        if set(begun.versions) - set(retired):
            pending.append("versions_learnt")
        if set(untraced) - set(retired):
            pending.append("versions_untraced")
        receipt = Receipt(
            receipt_id=begun.receipt_id,
            kind=begun.kind,
            begun_at=begun.begun_at,
            ended_at=self._now().astimezone(UTC).isoformat(),
            removed={place: counts for place, counts in begun.counts.items() if counts},
            versions=begun.versions,
            retired=retired,
            untraced=untraced,
            pending=tuple(code for code in PENDING if code in pending),
        )
        path = self._home / RECEIPTS / f"erasure-{begun.receipt_id}.json"
        await asyncio.to_thread(write_private, path, _json(receipt))
        if not _AGAIN.intersection(pending):
            await asyncio.to_thread(self._journal.end, begun)
        logger.info("erased", extra={"receipt": receipt.receipt_id, "kind": receipt.kind, "pending": list(receipt.pending)})
        return receipt, path


def retention_jobs(indexed: "Indexed", *, now: Callable[[], datetime]) -> tuple[Job, ...]:
    """Return the clock's job that takes the words out of what has aged; none where the settings keep everything."""
    privacy = indexed.settings.privacy
    if not privacy.keep_days:
        return ()
    erasure, kept = Erasure(indexed, now=now), timedelta(days=privacy.keep_days)
    return (Job("privacy", lambda: erasure.aged(now() - kept), cron=privacy.cron),)


def erasure_beside(services: "Services") -> Erasure:
    """Return what erases while *services* answer."""

    async def forget() -> None:
        for backend in (services.backend, *services.models.values()):
            if isinstance(backend, LlamaCppBackend):
                await backend.forget()

    return Erasure(services, now=lambda: datetime.now(UTC), forget=forget)


def _wanted(begun: Begun) -> Wanted:
    return Wanted(frozenset((*begun.ids, *begun.echoing)), frozenset(begun.texts), searched=begun.kind == "person")


def _json(receipt: Receipt) -> str:
    return json.dumps(receipt.to_dict(), ensure_ascii=False, indent=2) + "\n"
