"""The rounds of training and their steps, as the ledger keeps them: what runs, what became of the others, where to go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, insert, select, union, update

from bot.messages import Audience
from store.database import Database
from store.schema import corrections, exchanges, round_steps, rounds, votes
from store.upserts import insertion, replacing

RoundStatus = Literal["running", "promoted", "refused", "failed"]
StepStatus = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """
    One round.

    `step` is the one it is at, or was when it ended; `reason` says why it ended so. The hashes and the seed say what it was made from,
    and are empty until it is known; `version` is what came of it, None where nothing did.
    """

    round_id: str
    audience: Audience
    status: RoundStatus
    step: str
    started_at: datetime
    ended_at: datetime | None
    reason: str
    manifest_sha256: str
    recipe_sha256: str
    base_sha256: str
    seed: int
    version: int | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStep:
    """One step of a round; `began_at` is when it was begun for the last time."""

    round_id: str
    step: str
    status: StepStatus
    began_at: datetime
    ended_at: datetime | None
    detail: Mapping[str, Any]


class SqlRounds:
    """The rounds in the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, round_id: str, audience: Audience, *, at: datetime, detail: Mapping[str, Any] | None = None) -> None:
        """Keep that a round was begun; its id sorts by time (`new_id`)."""
        row = {"round_id": round_id, "audience": audience, "status": "running", "started_at": at, "detail": dict(detail or {})}
        await self._database.write(lambda connection: connection.execute(insert(rounds).values(row)))

    async def bind(self, round_id: str, *, manifest_sha256: str, recipe_sha256: str, base_sha256: str, seed: int) -> None:
        """Keep what the round is made from, once that is known."""
        made_from = {"manifest_sha256": manifest_sha256, "recipe_sha256": recipe_sha256, "base_sha256": base_sha256, "seed": seed}
        await self._change(round_id, made_from)

    async def note_step(
        self, round_id: str, step: str, status: StepStatus, *, at: datetime, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Keep that a step began (`running`) or ended; begun again, it forgets how it ended before."""
        await self._database.write(partial(_note_step, round_id=round_id, step=step, status=status, at=at, detail=dict(detail or {})))

    async def end(self, round_id: str, status: RoundStatus, *, at: datetime, reason: str = "", version: int | None = None) -> None:
        """Keep how a round ended, why, and what came of it."""
        await self._change(round_id, {"status": status, "ended_at": at, "reason": reason, "version": version})

    async def show(self, round_id: str) -> Round | None:
        """Return one round, None where there is none of that id."""
        return await self._newest(select(rounds).where(rounds.c.round_id == round_id))

    async def running(self, audience: Audience) -> Round | None:
        """Return the round of that audience that has not ended: it runs, or its process was killed."""
        return await self._newest(select(rounds).where(rounds.c.audience == audience, rounds.c.status == "running"))

    async def ended_like(
        self, audience: Audience, *, manifest_sha256: str, recipe_sha256: str, base_sha256: str, seed: int
    ) -> Round | None:
        """Return the newest round of that audience that came to a decision (promoted or refused) from just this, None where none did."""
        made_from = (
            *(rounds.c.manifest_sha256 == manifest_sha256, rounds.c.recipe_sha256 == recipe_sha256),
            *(rounds.c.base_sha256 == base_sha256, rounds.c.seed == seed),
        )
        decided = rounds.c.status.in_(("promoted", "refused"))
        return await self._newest(select(rounds).where(rounds.c.audience == audience, decided, *made_from))

    async def list(self, limit: int) -> tuple[Round, ...]:
        """Return the newest rounds, at most *limit*, newest first."""
        wanted = select(rounds).order_by(rounds.c.round_id.desc()).limit(limit)
        return await self._database.read(lambda connection: tuple(map(_round, connection.execute(wanted))))

    async def steps(self, round_id: str) -> tuple[RoundStep, ...]:
        """Return the steps of a round in the order in which they were begun."""
        wanted = select(round_steps).where(round_steps.c.round_id == round_id).order_by(round_steps.c.began_at, round_steps.c.step)
        return await self._database.read(lambda connection: tuple(map(_step, connection.execute(wanted))))

    async def newly_rated(self, audience: Audience, since: datetime | None) -> int:
        """
        Return how many exchanges of *audience* and of `all` were voted on or corrected after that moment, or ever.

        What is private or limited to a scope trains nothing and is not counted.
        """
        voted, corrected = select(votes.c.exchange_id), select(corrections.c.exchange_id)
        if since is not None:
            voted = voted.where(votes.c.rated_at > since)
            corrected = corrected.where(corrections.c.corrected_at > since)
        either = union(voted, corrected).subquery()
        joined = exchanges.join(either, either.c.exchange_id == exchanges.c.exchange_id)
        standing = exchanges.c.audience.in_((audience, "all")), exchanges.c.status == "answered"
        for_all = exchanges.c.scope == "", exchanges.c.private.is_(False)
        counted = select(func.count()).select_from(joined).where(*standing, *for_all)
        return await self._database.read(lambda connection: connection.execute(counted).scalar_one())

    async def _change(self, round_id: str, values: Mapping[str, Any]) -> None:
        changing = update(rounds).where(rounds.c.round_id == round_id).values(values)
        await self._database.write(lambda connection: connection.execute(changing))

    async def _newest(self, wanted: Select[Any]) -> Round | None:
        newest = wanted.order_by(rounds.c.round_id.desc()).limit(1)
        row = await self._database.read(lambda connection: connection.execute(newest).one_or_none())
        return None if row is None else _round(row)


def _note_step(connection: Connection, *, round_id: str, step: str, status: StepStatus, at: datetime, detail: dict[str, Any]) -> None:
    ended_at = None if status == "running" else at
    row = {"round_id": round_id, "step": step, "status": status, "began_at": at, "ended_at": ended_at, "detail": detail}
    changed = ("status", "ended_at", "detail", *(("began_at",) if status == "running" else ()))
    noting = insertion(connection.dialect.name, round_steps).values(row)
    connection.execute(replacing(noting, ("round_id", "step"), changed))
    connection.execute(update(rounds).where(rounds.c.round_id == round_id).values(step=step))


def _round(row: Row[Any]) -> Round:
    return Round(**row._mapping)


def _step(row: Row[Any]) -> RoundStep:
    return RoundStep(**row._mapping)
