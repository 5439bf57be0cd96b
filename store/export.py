"""From the ledger to training rows: what people liked or corrected, if those whose words it holds allow it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.settings import RightsSettings
from bot.texts import translate
from store.database import Database
from store.export_files import ExportFiles
from store.rights import REFUSALS, Opinion, Refusal, Words, is_to_other_words, refusal_of_answer, refusal_of_reach, refusal_of_words
from store.schema import approved, exchanges, people, system_texts, votes
from store.training_rows import TrainingRow, json_line, metadata_of

# Exchanges read at a time; with their histories they are what the export holds in memory.
_PAGE = 200
_LOOK_UP = 500  # ids in one query

Progress = Callable[[int, int], None]

_FACTS = (
    *(exchanges.c.exchange_id, exchanges.c.platform, exchanges.c.surface, exchanges.c.rights_policy, exchanges.c.revised_at),
    *(exchanges.c.scope, exchanges.c.private, people.c.consent),
)
_TEXTS = (
    *(exchanges.c.question, exchanges.c.prompt, exchanges.c.answer, exchanges.c.system_text_id, exchanges.c.history),
    *(exchanges.c.audience, exchanges.c.kind, exchanges.c.asked_at, exchanges.c.language, exchanges.c.model, exchanges.c.adapter),
)
_WHOLE = (*_FACTS, *_TEXTS, exchanges.c.passages)
_WITH_CONSENT = exchanges.outerjoin(people, people.c.person == exchanges.c.person)
# Erased ones have no time of answering. Not by status: SQLite would follow that index to nearly every exchange and sort them, for each
# page anew.
_ANSWERED = exchanges.c.answered_at.is_not(None)


@dataclass(slots=True)
class _Tally:
    """What was found on the way."""

    exchanges: int = 0
    rows: int = 0
    corrected: int = 0
    turns_cut: int = 0
    first: str | None = None
    last: str | None = None
    refusals: Counter[Refusal] = field(default_factory=Counter)
    examples: dict[Refusal, list[str]] = field(default_factory=dict)

    def refuse(self, exchange_id: str, refusal: Refusal, *, examples: int) -> None:
        """Count a refusal, and keep the exchange as one of at most that many *examples* of it."""
        self.refusals[refusal] += 1
        if examples > len(self.examples.get(refusal, ())):
            self.examples[refusal].append(exchange_id)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an export would give: rows, and how many answered exchanges each reason refuses, with some of their ids."""

    rows: int
    refusals: Mapping[Refusal, int]
    examples: Mapping[Refusal, tuple[str, ...]]

    def sentence(self, locale: str) -> str:
        """Return one line for people, such as "0 rows: 14 await consent"."""
        counted = translate(locale, "1 row") if self.rows == 1 else translate(locale, "{count} rows", count=self.rows)
        reasons = [translate(locale, REFUSALS[reason], count=count) for reason, count in self.refusals.items()]
        return f"{counted}: {', '.join(reasons)}" if reasons else counted


@dataclass(frozen=True, slots=True)
class ExportReport(Explanation):
    """An export that was written; `turns_cut` counts earlier turns left out because their authors' words may not train."""

    corrected: int
    turns_cut: int
    path: Path
    manifest: Path
    sha256: str


class Exporter:
    """Exports under one snapshot: the same ledger under the same settings gives the same bytes."""

    def __init__(self, database: Database, *, rights: RightsSettings) -> None:
        self._database = database
        self._rights = rights

    async def export(self, directory: Path, *, progress: Progress | None = None) -> ExportReport:
        """
        Write `training-<hash>.jsonl` and `manifest.json` into *directory*, whole or not at all.

        Args:
            directory: Made where it is missing.
            progress: Called with (exchanges read, exchanges in all) after every page.

        Raises:
            Refused: Another export is writing there.
            Misconfigured: The directory cannot be written, or its disk is full.
            TryAgainLater: The database does not respond.
        """
        tally = _Tally()
        files = ExportFiles(directory)
        try:
            await asyncio.to_thread(files.begin)
            async with aclosing(self._pages(tally, progress)) as pages:
                async for rows in pages:
                    await asyncio.to_thread(_write, files, rows)
            path, manifest, sha256 = await asyncio.to_thread(files.finish, self._manifest(tally))
        finally:
            # Shielded: a cancelled export must not leave its draft and lock behind.
            await asyncio.shield(asyncio.to_thread(files.end))
        return ExportReport(
            rows=tally.rows,
            refusals=_in_order(tally.refusals),
            examples={},
            corrected=tally.corrected,
            turns_cut=tally.turns_cut,
            path=path,
            manifest=manifest,
            sha256=sha256,
        )

    async def explain(self, *, examples: int = 0, progress: Progress | None = None) -> Explanation:
        """Tell what an export would give, with at most *examples* exchange ids per reason, oldest first; writes nothing."""
        tally = _Tally(examples={reason: [] for reason in REFUSALS})
        async with aclosing(self._pages(tally, progress, examples=examples)) as pages:
            async for _ in pages:
                pass
        found = {reason: tuple(ids) for reason, ids in tally.examples.items() if ids}
        return Explanation(tally.rows, _in_order(tally.refusals), found)

    async def _pages(self, tally: _Tally, progress: Progress | None, *, examples: int = 0) -> AsyncGenerator[list[TrainingRow]]:
        """Walk through the answered exchanges by id, a page at a time."""
        facts = select(*_FACTS).select_from(_WITH_CONSENT).where(_ANSWERED).order_by(exchanges.c.exchange_id).limit(_PAGE)
        async with self._database.connect() as connection:
            if connection.dialect.name == "postgresql":  # SQLite's readers see one snapshot anyway
                await connection.execution_options(isolation_level="REPEATABLE READ")
            total = (await connection.execute(select(func.count()).where(exchanges.c.status == "answered"))).scalar_one()
            texts = _SystemTexts(connection)
            last = ""
            while page := (await connection.execute(facts.where(exchanges.c.exchange_id > last))).all():
                last = page[-1].exchange_id
                opinions, answers = await _opinions(connection, page)
                chosen = self._choose(page, opinions, tally, examples=examples)
                yield await self._rows(connection, texts, _Chosen(chosen, opinions, answers), tally, examples=examples)
                if progress is not None:
                    progress(tally.exchanges, total)

    def _choose(self, page: Sequence[Row[*tuple[Any, ...]]], opinions: Mapping[str, Opinion], tally: _Tally, *, examples: int) -> list[str]:
        chosen = []
        for row in page:
            tally.exchanges += 1
            refusal = refusal_of_answer(opinions[row.exchange_id]) or refusal_of_words(_words(row), self._rights)
            if refusal is None:
                chosen.append(row.exchange_id)
                continue
            tally.refuse(row.exchange_id, refusal, examples=examples)
        return chosen

    async def _rows(
        self, connection: AsyncConnection, texts: "_SystemTexts", chosen: "_Chosen", tally: _Tally, *, examples: int
    ) -> list[TrainingRow]:
        found = await _load(connection, chosen.ids, _WHOLE)
        earlier = {exchange_id for row in found.values() for exchange_id, _ in row.history}
        seen = found | await _load(connection, sorted(earlier - found.keys()), (*_FACTS, *_TEXTS))
        rows = []
        for exchange_id in chosen.ids:
            exchange = found[exchange_id]
            opinion = chosen.opinions[exchange_id]
            if limited := _refusal_of_history(exchange, seen):
                tally.refuse(exchange_id, limited, examples=examples)
                continue
            history = self._history(exchange, seen)
            answer = chosen.answers.get(exchange_id, exchange.answer)
            turns = [*history, (exchange.prompt, answer)]
            rows.append(TrainingRow(await texts.of(exchange.system_text_id), turns, metadata_of(exchange, opinion)))
            tally.rows += 1
            tally.corrected += opinion.corrected
            tally.turns_cut += len(exchange.history) - len(history)
            tally.first, tally.last = tally.first or exchange_id, exchange_id
        return rows

    def _history(self, exchange: Row[*tuple[Any, ...]], seen: Mapping[str, Row[*tuple[Any, ...]]]) -> list[tuple[str, str]]:
        """Return the earlier turns as the model saw them, without those whose words may not train or are no longer those it saw."""
        found = [(seen[exchange_id], whole) for exchange_id, whole in exchange.history if exchange_id in seen]
        return [
            (turn.prompt if whole else turn.question, turn.answer)
            for turn, whole in found
            if turn.revised_at is None and refusal_of_words(_words(turn), self._rights) is None
        ]

    def _manifest(self, tally: _Tally) -> dict[str, Any]:
        return {
            "format": "messages",
            "rows": tally.rows,
            "corrected": tally.corrected,
            "turns_cut": tally.turns_cut,
            "exchanges": tally.exchanges,
            "refusals": _in_order(tally.refusals),
            "settings": {"rights": self._rights.model_dump()},
            "first_exchange": tally.first,
            "last_exchange": tally.last,
        }


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The exchanges of a page that may train, what people said of them, and the experts' answers."""

    ids: Sequence[str]
    opinions: Mapping[str, Opinion]
    answers: Mapping[str, str]


class _SystemTexts:
    """The system texts by id: a handful in a ledger, kept while they stay one."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._texts: dict[str, str] = {}

    async def of(self, system_text_id: str) -> str:
        if system_text_id not in self._texts:
            if len(self._texts) >= 64:
                self._texts.clear()
            wanted = select(system_texts.c.text).where(system_texts.c.system_text_id == system_text_id)
            self._texts[system_text_id] = (await self._connection.execute(wanted)).scalar_one()
        return self._texts[system_text_id]


async def _opinions(connection: AsyncConnection, page: Sequence[Row[*tuple[Any, ...]]]) -> tuple[dict[str, Opinion], dict[str, str]]:
    """Return what people said of the exchanges of *page* (by id), and the correction of each that is in force."""
    first, last = page[0].exchange_id, page[-1].exchange_id
    up = func.sum(case((votes.c.value == "up", 1), else_=0)).label("up")
    counted = select(votes.c.exchange_id, up, func.count().label("votes")).group_by(votes.c.exchange_id)
    voted = {
        row.exchange_id: (row.up, row.votes - row.up)
        for row in await connection.execute(counted.where(votes.c.exchange_id.between(first, last)))
    }
    in_force = select(approved.c.exchange_id, approved.c.answer, approved.c.approved_at).where(approved.c.revoked_at.is_(None))
    corrected = {row.exchange_id: row for row in await connection.execute(in_force.where(approved.c.exchange_id.between(first, last)))}
    opinions = {
        row.exchange_id: Opinion(
            *voted.get(row.exchange_id, (0, 0)),
            corrected=row.exchange_id in corrected,
            revised=is_to_other_words(row.revised_at, corrected[row.exchange_id].approved_at if row.exchange_id in corrected else None),
        )
        for row in page
    }
    return opinions, {exchange_id: row.answer for exchange_id, row in corrected.items()}


async def _load(connection: AsyncConnection, ids: Sequence[str], columns: Sequence[ColumnElement[Any]]) -> dict[str, Row[*tuple[Any, ...]]]:
    found: dict[str, Row[*tuple[Any, ...]]] = {}
    wanted = select(*columns).select_from(_WITH_CONSENT).where(_ANSWERED)
    for at in range(0, len(ids), _LOOK_UP):
        rows = await connection.execute(wanted.where(exchanges.c.exchange_id.in_(ids[at : at + _LOOK_UP])))
        found.update((row.exchange_id, row) for row in rows)
    return found


def _words(row: Row[*tuple[Any, ...]]) -> Words:
    return Words(row.platform, row.surface, row.rights_policy, row.consent or "unasked", row.scope, row.private)


def _refusal_of_history(exchange: Row[*tuple[Any, ...]], seen: Mapping[str, Row[*tuple[Any, ...]]]) -> Refusal | None:
    """Return why what the model saw of the conversation keeps its answer from training: a cut would leave what it took from there."""
    turns = (seen[exchange_id] for exchange_id, _ in exchange.history if exchange_id in seen)
    return next((refusal for turn in turns if (refusal := refusal_of_reach(turn.scope, private=turn.private))), None)


def _write(files: ExportFiles, rows: Sequence[TrainingRow]) -> None:
    files.write("".join(map(json_line, rows)))


def _in_order(refusals: Counter[Refusal]) -> dict[Refusal, int]:
    return {reason: refusals[reason] for reason in REFUSALS if refusals[reason]}
