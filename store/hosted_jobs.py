"""Training jobs at providers, in the ledger: what was ordered, which call is under way, what the provider told, what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select, update

from bot.errors import Refused
from store.database import Database
from store.hosted_schema import hosted_events, hosted_jobs
from store.upserts import insertion


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """
    A job that is to be, or one that was started elsewhere (`remote_id`).

    `terms` is a JSON object of what was ordered, `fingerprint` the same for equal orders at one provider, of which one at a time is open.
    """

    job_id: str
    provider: str
    model: str
    terms: Mapping[str, Any]
    fingerprint: str
    created_at: datetime
    remote_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedJob(NewJob):
    """
    A job as far as it is known.

    `training_file`, `validation_file` and `remote_id` are the provider's names of what was made there, empty until it is. `intent` is the
    call that was begun at `intent_at` and whose answer is not known. `status` is the provider's word, empty before it has one; `reason` is
    why the job failed, or what keeps it from going on. `detail` is a JSON object of steps, tokens, checkpoints and metrics. `asked_at` is
    when the provider last told of it, `ended_at` None while it may go on.
    """

    training_file: str
    validation_file: str
    intent: str
    intent_at: datetime | None
    status: str
    reason: str
    trained_model: str
    detail: Mapping[str, Any]
    asked_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something that the provider told; `remote_id` is its name there."""

    remote_id: str
    at: datetime
    level: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent(NewEvent):
    """An event with its number, which grows in the order of reading."""

    event_id: int


class SqlHostedJobs:
    """The jobs in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, new: NewJob) -> HostedJob:
        """Keep a new job and return it; where one of the same fingerprint, or the same one of the provider's, is open, return that."""
        return await self._database.write(partial(_begin, new=new))

    async def show(self, name: str) -> HostedJob | None:
        """Return the job of that id, ours or the provider's; None where there is none, nor for an empty one."""
        if not name:
            return None
        wanted = select(hosted_jobs).where(or_(hosted_jobs.c.job_id == name, hosted_jobs.c.remote_id == name))
        return await self._database.read(lambda connection: _first(connection, wanted))

    async def require(self, name: str) -> HostedJob:
        """
        Return the job of that id, ours or the provider's.

        Raises:
            Refused: There is none.
        """
        found = await self.show(name)
        if found is None:
            raise Refused(f"There is no job {name}; aprendiz jobs list shows those there are, aprendiz jobs adopt takes one over.")
        return found

    async def list(self, limit: int) -> tuple[HostedJob, ...]:
        """Return the newest jobs, at most *limit*, newest first."""
        return await self._jobs(select(hosted_jobs).order_by(hosted_jobs.c.job_id.desc()).limit(limit))

    async def unended(self) -> tuple[HostedJob, ...]:
        """Return the jobs that may go on, oldest first."""
        return await self._jobs(select(hosted_jobs).where(hosted_jobs.c.ended_at.is_(None)).order_by(hosted_jobs.c.job_id))

    async def succeeded(self, fingerprint: str) -> HostedJob | None:
        """Return the newest job of that fingerprint that has a model, None where there is none."""
        wanted = select(hosted_jobs).where(hosted_jobs.c.fingerprint == fingerprint, hosted_jobs.c.trained_model != "")
        return await self._database.read(lambda connection: _first(connection, wanted))

    async def of_model(self, model: str) -> HostedJob | None:
        """Return the newest job whose model, or a checkpoint of it, is called *model*; None where there is none."""
        wanted = select(hosted_jobs).where(hosted_jobs.c.trained_model != "", hosted_jobs.c.trained_model.in_((model, _whole(model))))
        return await self._database.read(lambda connection: _first(connection, wanted))

    async def intend(self, job_id: str, intent: str, *, at: datetime) -> None:
        """Keep that a call is about to be made."""
        await self._change(job_id, {"intent": intent, "intent_at": at})

    async def note(self, job_id: str, values: Mapping[str, Any], events: Iterable[NewEvent] = ()) -> HostedJob:
        """Set columns of a job, keep new *events* (those known already are left alone), and return it; all in one transaction."""
        return await self._database.write(partial(_note, job_id=job_id, values=values, events=tuple(events)))

    async def events(self, job_id: str, *, after: int = 0) -> tuple[JobEvent, ...]:
        """Return what the provider told, behind the event of that number, in order."""
        kept = hosted_events.c
        wanted = select(kept.event_id, kept.remote_id, kept.at, kept.level, kept.message)
        wanted = wanted.where(kept.job_id == job_id, kept.event_id > after).order_by(kept.event_id)
        return await self._database.read(lambda connection: tuple(JobEvent(**row._mapping) for row in connection.execute(wanted)))

    async def _jobs(self, wanted: Select[Any]) -> tuple[HostedJob, ...]:
        return await self._database.read(lambda connection: tuple(map(_job, connection.execute(wanted))))

    async def _change(self, job_id: str, values: Mapping[str, Any]) -> None:
        changing = update(hosted_jobs).where(hosted_jobs.c.job_id == job_id).values(values)
        await self._database.write(lambda connection: connection.execute(changing))


def _whole(model: str) -> str:
    """Return the name of the model of which *model* is a checkpoint: https://platform.openai.com/docs/api-reference/fine-tuning/checkpoints."""
    return model.partition(":ckpt-step-")[0]


def _begin(connection: Connection, *, new: NewJob) -> HostedJob:
    row = asdict(new) | {"terms": dict(new.terms)}
    connection.execute(insertion(connection.dialect.name, hosted_jobs).values(row).on_conflict_do_nothing())
    same = or_(hosted_jobs.c.job_id == new.job_id, (hosted_jobs.c.fingerprint == new.fingerprint) & hosted_jobs.c.ended_at.is_(None))
    if new.remote_id:
        same = or_(same, (hosted_jobs.c.provider == new.provider) & (hosted_jobs.c.remote_id == new.remote_id))
    return _only(connection, select(hosted_jobs).where(same))


def _note(connection: Connection, *, job_id: str, values: Mapping[str, Any], events: tuple[NewEvent, ...]) -> HostedJob:
    if events:
        inserting = insertion(connection.dialect.name, hosted_events).on_conflict_do_nothing(index_elements=["job_id", "remote_id"])
        connection.execute(inserting, [asdict(each) | {"job_id": job_id} for each in events])
    if values:
        connection.execute(update(hosted_jobs).where(hosted_jobs.c.job_id == job_id).values(values))
    return _only(connection, select(hosted_jobs).where(hosted_jobs.c.job_id == job_id))


def _first(connection: Connection, wanted: Select[Any]) -> HostedJob | None:
    row = connection.execute(wanted.order_by(hosted_jobs.c.job_id.desc()).limit(1)).one_or_none()
    return None if row is None else _job(row)


def _only(connection: Connection, wanted: Select[Any]) -> HostedJob:
    return _job(connection.execute(wanted.order_by(hosted_jobs.c.job_id.desc()).limit(1)).one())


def _job(row: Row[Any]) -> HostedJob:
    return HostedJob(**row._mapping)
