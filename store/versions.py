"""The versions that training made, which of them answers whom, and how that came about."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from bot.errors import Refused
from bot.messages import Audience
from store.database import Database
from store.schema import promotions, versions

Stage = Literal["candidate", "production", "retired", "refused"]
Action = Literal["promote", "rollback"]


ERASED: Final = "erased_rows"  # in the metrics: how many rows of those it learnt from were erased since


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """
    What a round made.

    `base_sha256` is of the model file (GGUF) it was trained on, `adapter_sha256` and `size_bytes` of its own file, `manifest_sha256` of
    the export it learnt from; `languages` are those it was proved in beyond the configured ones; `recipe`, `metrics` and `decision` are
    JSON objects of finite numbers.
    """

    audience: Audience
    round_id: str
    created_at: datetime
    base_name: str
    base_sha256: str
    adapter_sha256: str
    size_bytes: int
    manifest_sha256: str
    recipe: Mapping[str, Any]
    seed: int
    languages: tuple[str, ...]
    metrics: Mapping[str, Any]
    decision: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(NewVersion):
    """A version with its number, counted from 1; of an audience at most one is in `production`."""

    version: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class Promotion:
    """A change of what answers an audience: from then on *version*, or none of its own."""

    audience: Audience
    version: int | None
    at: datetime
    action: Action
    reason: str


class SqlVersions:
    """The registry's rows. Whatever changes what answers is one transaction; those of two processes come one after the other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewVersion, *, stage: Stage = "candidate") -> int:
        """Keep a new version and return its number."""
        row = asdict(new) | {"stage": stage, "languages": list(new.languages)}
        adding = insert(versions).values(row).returning(versions.c.version)
        return await self._database.write(lambda connection: connection.execute(adding).scalar_one())

    async def show(self, version: int) -> Version | None:
        """Return one version, None where there is none of that number."""
        return await self._database.read(lambda connection: _one(connection, select(versions).where(versions.c.version == version)))

    async def list(self) -> tuple[Version, ...]:
        """Return all versions, newest first."""
        wanted = select(versions).order_by(versions.c.version.desc())
        return await self._database.read(lambda connection: tuple(map(_version, connection.execute(wanted))))

    async def judge(
        self, version: int, *, stage: Stage, metrics: Mapping[str, Any], decision: Mapping[str, Any], languages: Sequence[str]
    ) -> None:
        """Keep what the evaluation found of a version and what was decided."""
        values = {"stage": stage, "metrics": dict(metrics), "decision": dict(decision), "languages": list(languages)}
        changing = update(versions).where(versions.c.version == version).values(values)
        await self._database.write(lambda connection: connection.execute(changing))

    async def note_erased(self, version: int, *, rows: int) -> None:
        """Keep with a version that so many rows it learnt from were erased since."""
        await self._database.write(partial(_note_erased, version=version, rows=rows))

    async def retire(self, version: int) -> None:
        """Keep that a version serves nobody any more."""
        changing = update(versions).where(versions.c.version == version).values(stage="retired")
        await self._database.write(lambda connection: connection.execute(changing))

    async def promote(self, version: int, *, at: datetime, reason: str) -> None:
        """
        Let *version* answer its audience from now on; the one before is retired. One that answers already stays as it is.

        Raises:
            Refused: There is no such version.
        """
        await self._database.write(partial(_promote, version=version, at=at, reason=reason))

    async def roll_back(self, audience: Audience, *, at: datetime, reason: str) -> Version | None:
        """
        Let the version answer that did before the present one was promoted, and return it.

        None means that the audience has no version of its own any more: the one for `all` answers, or else the model without one.

        Raises:
            Refused: The audience has no version of its own in production.
        """
        return await self._database.write(partial(_roll_back, audience=audience, at=at, reason=reason))

    async def current(self, audience: Audience) -> Version | None:
        """Return the version that answers *audience*: its own, else that for `all`, else None."""
        serving = await self.in_production()
        return serving.get(audience) or serving.get("all")

    async def in_production(self) -> Mapping[Audience, Version]:
        """Return each audience's own version in production, by audience."""
        wanted = _newest().add_columns(*versions.c).join_from(promotions, versions, versions.c.version == promotions.c.version)
        return await self._database.read(lambda connection: {row.audience: _version(row) for row in connection.execute(wanted)})

    async def history(self, audience: Audience) -> tuple[Promotion, ...]:
        """Return what changed for that audience, oldest first."""
        return await self._database.read(partial(_history, audience=audience))


def _newest() -> Select[Any]:
    """Return the query for the newest promotion of each audience, without columns."""
    newest = select(func.max(promotions.c.promotion_id)).group_by(promotions.c.audience)
    return select().where(promotions.c.promotion_id.in_(newest))


def _promote(connection: Connection, *, version: int, at: datetime, reason: str) -> None:
    chosen = _one(connection, select(versions).where(versions.c.version == version))
    if chosen is None:
        raise Refused(f"There is no version {version}; aprendiz models list shows them.")
    _lock(connection, chosen.audience)
    line = _line(_history(connection, chosen.audience))
    if line and line[-1] == version:
        return
    _serve(connection, Promotion(chosen.audience, version, at, "promote", reason))


def _roll_back(connection: Connection, *, audience: Audience, at: datetime, reason: str) -> Version | None:
    _lock(connection, audience)
    line = _line(_history(connection, audience))
    if not line:
        raise Refused(f"No version for {audience} is in production, so there is nothing to roll back; aprendiz models list shows what is.")
    before = line[-2] if len(line) > 1 else None
    _serve(connection, Promotion(audience, before, at, "rollback", reason))
    return _one(connection, select(versions).where(versions.c.version == before))


def _note_erased(connection: Connection, *, version: int, rows: int) -> None:
    known = _one(connection, select(versions).where(versions.c.version == version))
    if known is not None:
        metrics = {**known.metrics, ERASED: int(known.metrics.get(ERASED, 0)) + rows}
        connection.execute(update(versions).where(versions.c.version == version).values(metrics=metrics))


def _lock(connection: Connection, audience: Audience) -> None:
    """Make other promotions of that audience wait; SQLite's writers exclude each other anyway."""
    of_audience = select(versions.c.version).where(versions.c.audience == audience).order_by(versions.c.version)
    connection.execute(of_audience.with_for_update()).all()


def _history(connection: Connection, audience: Audience) -> tuple[Promotion, ...]:
    wanted = select(promotions).where(promotions.c.audience == audience).order_by(promotions.c.promotion_id)
    return tuple(Promotion(row.audience, row.version, row.at, row.action, row.reason) for row in connection.execute(wanted))


def _line(history: Sequence[Promotion]) -> list[int]:
    """Return the versions that were promoted and not rolled back, the one in production last."""
    line: list[int] = []
    for change in history:
        if change.action == "rollback":
            line.pop()
        elif change.version is not None:
            line.append(change.version)
    return line


def _serve(connection: Connection, change: Promotion) -> None:
    retired = versions.c.audience == change.audience, versions.c.stage == "production"
    connection.execute(update(versions).where(*retired).values(stage="retired"))
    connection.execute(update(versions).where(versions.c.version == change.version).values(stage="production"))
    connection.execute(insert(promotions).values(asdict(change)))


def _one(connection: Connection, wanted: Select[Any]) -> Version | None:
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _version(row)


_NAMES = tuple(field.name for field in fields(Version))


def _version(row: Row[Any]) -> Version:
    values = {name: getattr(row, name) for name in _NAMES}
    return Version(**(values | {"languages": tuple(row.languages)}))
