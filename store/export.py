"""From the ledger to training rows: what people liked or corrected, if those whose words it holds allow it."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Reach
from bot.settings import RightsSettings
from bot.texts import translate
from store.approved_rows import Written, approved_alone, refusal_of_approved, row_of_approved
from store.contributions import Ballots, Contributions
from store.database import Database
from store.export_files import ExportFiles, Kind
from store.rated import FACTS, Found, Said, SystemTexts, load, pages_of, questions_of, reaches_of, said_of, words_of
from store.rights import REFUSALS, Refusal, refusal_of_answer, refusal_of_material, refusal_of_reach, refusal_of_words
from store.schema import exchanges
from store.training_rows import TrainingRow, json_line, metadata_of, preference_line, thumb_line

Progress = Callable[[int, int], None]
_Lines = Mapping[Kind, Sequence[str]]


@dataclass(slots=True)
class _Tally:
    """What was found on the way."""

    exchanges: int = 0
    written: Counter[Kind] = field(default_factory=Counter)
    corrected: int = 0
    approved: int = 0
    turns_cut: int = 0
    first: str | None = None
    last: str | None = None
    refusals: Counter[Refusal] = field(default_factory=Counter)
    examples: dict[Refusal, list[str]] = field(default_factory=dict)
    most_examples: int = 0

    def refuse(self, exchange_id: str, refusal: Refusal) -> None:
        """Count a refusal, and keep the exchange as one of some examples of it."""
        self.refusals[refusal] += 1
        if self.most_examples > len(self.examples.setdefault(refusal, [])):
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
    """
    An export that was written.

    `preferences` counts pairs of a correction and the answer that was voted down, `thumbs` rated answers; `approved` counts rows of answers
    that were approved without an exchange, `turns_cut` earlier turns left out because their authors' words may not train.
    """

    preferences: int
    thumbs: int
    corrected: int
    approved: int
    turns_cut: int
    path: Path
    manifest: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class _Counted:
    """How votes count, and which exchanges are over their author's share."""

    ballots: Ballots
    over: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The exchanges of a page of which rows may be made, with what was said of them: those that are worth learning, and those rated."""

    good: frozenset[str]
    rated: frozenset[str]
    said: Mapping[str, Said]

    @property
    def ids(self) -> list[str]:
        """All of them, oldest first."""
        return sorted(self.good | self.rated)


class Exporter:
    """Exports under one snapshot: the same ledger under the same settings gives the same bytes."""

    def __init__(
        self,
        database: Database,
        *,
        rights: RightsSettings,
        share_per_person: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        Export from *database*.

        Of one person's questions at most that share of all rows is taken (`store.contributions.limit_of`); what has expired *now* is not.
        """
        self._database = database
        self._rights = rights
        self._share = share_per_person
        self._now = now

    async def export(self, directory: Path, *, progress: Progress | None = None) -> ExportReport:
        """
        Write `training-<hash>.jsonl` and `manifest.json` into *directory*, whole or not at all.

        Beside them, where there are any, `training-<hash>.preferences.jsonl` (what an expert corrected, against the answer that was voted
        down) and `training-<hash>.thumbs.jsonl` (answers with more votes on one side), which the manifest names too.

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
                async for lines in pages:
                    await asyncio.to_thread(_write, files, lines)
            path, manifest, sha256 = await asyncio.to_thread(files.finish, self._manifest(tally))
        finally:
            # Shielded: a cancelled export must not leave its draft and lock behind.
            await asyncio.shield(asyncio.to_thread(files.end))
        return ExportReport(
            rows=tally.written["rows"],
            refusals=_in_order(tally.refusals),
            examples={},
            preferences=tally.written["preferences"],
            thumbs=tally.written["thumbs"],
            corrected=tally.corrected,
            approved=tally.approved,
            turns_cut=tally.turns_cut,
            path=path,
            manifest=manifest,
            sha256=sha256,
        )

    async def explain(self, *, examples: int = 0, progress: Progress | None = None) -> Explanation:
        """Tell what an export would give, with at most *examples* exchange ids per reason, oldest first; writes nothing."""
        tally = _Tally(most_examples=examples)
        async with aclosing(self._pages(tally, progress)) as pages:
            async for _ in pages:
                pass
        found = {reason: tuple(tally.examples[reason]) for reason in REFUSALS if tally.examples.get(reason)}
        return Explanation(tally.written["rows"], _in_order(tally.refusals), found)

    async def _pages(self, tally: _Tally, progress: Progress | None) -> AsyncGenerator[_Lines]:
        """Walk through the answered exchanges by id, a page at a time, then through the answers that were approved without one."""
        async with self._snapshot() as connection:
            total = (await connection.execute(select(func.count()).where(exchanges.c.status == "answered"))).scalar_one()
            counted = await self._counted(connection)
            texts = SystemTexts(connection)
            async with aclosing(pages_of(connection, FACTS)) as pages:
                async for page in pages:
                    chosen = self._choose(page, await said_of(connection, page), counted, tally)
                    yield await self._lines(connection, texts, chosen, counted, tally)
                    if progress is not None:
                        progress(tally.exchanges, total)
            yield self._approved(await approved_alone(connection), tally)

    def _approved(self, answers: Sequence[Written], tally: _Tally) -> _Lines:
        lines = []
        for row in answers:
            if refusal := refusal_of_approved(row, self._now()):
                tally.refuse(row.approved_id, refusal)
            else:
                lines.append(json_line(row_of_approved(row)))
        tally.approved += len(lines)
        tally.written["rows"] += len(lines)
        return {"rows": lines}

    @asynccontextmanager
    async def _snapshot(self) -> AsyncGenerator[AsyncConnection]:
        async with self._database.connect() as connection:
            if connection.dialect.name == "postgresql":  # SQLite's readers see one snapshot anyway
                await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    async def _counted(self, connection: AsyncConnection) -> _Counted:
        """Count everybody's votes and questions before a row is written."""
        ballots, contributions, voted = Ballots(), Contributions(), defaultdict[str, list[str]](list)
        async with aclosing(pages_of(connection, FACTS)) as pages:
            async for page in pages:
                said = await said_of(connection, page)
                for row in page:
                    self._count(row, said[row.exchange_id], contributions)
                    for person, _ in said[row.exchange_id].votes:
                        voted[person].append(row.exchange_id)
        for person, ids in voted.items():
            if len(ids) > 1:  # who voted once counts once
                await asyncio.to_thread(ballots.note, person, await questions_of(connection, ids))
        return _Counted(ballots, contributions.over(self._share))

    def _count(self, row: Found, said: Said, contributions: Contributions) -> None:
        if refusal_of_words(words_of(row), self._rights):
            return
        refusal = refusal_of_answer(said.opinion)
        if refusal in (None, "down_voted"):
            contributed = contributions.bad if refusal else contributions.good
            contributed[row.person].append((said.opinion.corrected, row.exchange_id))

    def _choose(self, page: Sequence[Found], said: Mapping[str, Said], counted: _Counted, tally: _Tally) -> _Chosen:
        good, rated = set(), set()
        for row in page:
            tally.exchanges += 1
            exchange_id, opinion = row.exchange_id, said[row.exchange_id].opinion
            too_many: Refusal | None = "over_share" if exchange_id in counted.over else None
            barred = refusal_of_words(words_of(row), self._rights) or too_many
            refusal = refusal_of_answer(opinion) or barred
            if refusal is None:
                good.add(exchange_id)
            else:
                tally.refuse(exchange_id, refusal)
            if barred is None and row.revised_at is None and opinion.up != opinion.down:
                rated.add(exchange_id)
        return _Chosen(frozenset(good), frozenset(rated), said)

    async def _lines(
        self, connection: AsyncConnection, texts: SystemTexts, chosen: _Chosen, counted: _Counted, tally: _Tally
    ) -> dict[Kind, list[str]]:
        found = await load(connection, chosen.ids)
        earlier = {exchange_id for row in found.values() for exchange_id, _ in row.history}
        seen = found | await load(connection, sorted(earlier - found.keys()))
        reaches = await reaches_of(connection, seen.values())
        lines: dict[Kind, list[str]] = {"rows": [], "preferences": [], "thumbs": []}
        for exchange_id in chosen.ids:
            exchange, said = found[exchange_id], chosen.said[exchange_id]
            if limited := _refusal_of_material(exchange, said, seen, reaches):
                if exchange_id in chosen.good:
                    tally.refuse(exchange_id, limited)
                continue
            history = self._history(exchange, seen)
            system_text = await texts.of(exchange.system_text_id)
            metadata = metadata_of(exchange, said.opinion, counted.ballots.weighed(exchange.question, said.votes))
            original = TrainingRow(system_text, [*history, (exchange.prompt, exchange.answer)], metadata)
            best = said.correction.answer if said.correction else exchange.answer
            row = TrainingRow(system_text, [*history, (exchange.prompt, best)], metadata)
            if exchange_id in chosen.good:
                lines["rows"].append(json_line(row))
                tally.corrected += said.opinion.corrected
                tally.turns_cut += len(exchange.history) - len(history)
                tally.first, tally.last = tally.first or exchange_id, exchange_id
            if exchange_id in chosen.rated:
                good = said.opinion.up > said.opinion.down
                lines["thumbs"].append(thumb_line(original, good=good))
                if not good and said.correction and best.strip() != exchange.answer.strip():
                    lines["preferences"].append(preference_line(row, exchange.answer))
        tally.written.update({kind: len(each) for kind, each in lines.items()})
        return lines

    def _history(self, exchange: Found, seen: Mapping[str, Found]) -> list[tuple[str, str]]:
        """Return the earlier turns as the model saw them, without those whose words may not train or are no longer those it saw."""
        found = [(seen[exchange_id], whole) for exchange_id, whole in exchange.history if exchange_id in seen]
        return [
            (turn.prompt if whole else turn.question, turn.answer)
            for turn, whole in found
            if turn.revised_at is None and refusal_of_words(words_of(turn), self._rights) is None
        ]

    def _manifest(self, tally: _Tally) -> dict[str, Any]:
        return {
            "format": "messages",
            "rows": tally.written["rows"],
            "corrected": tally.corrected,
            "approved": tally.approved,
            "turns_cut": tally.turns_cut,
            "exchanges": tally.exchanges,
            "refusals": _in_order(tally.refusals),
            "settings": {"rights": self._rights.model_dump(), "share_per_person": self._share},
            "first_exchange": tally.first,
            "last_exchange": tally.last,
            "preferences": {"format": "preference", "rows": tally.written["preferences"]},
            "thumbs": {"format": "thumbs", "rows": tally.written["thumbs"]},
        }


def _refusal_of_material(exchange: Found, said: Said, seen: Mapping[str, Found], reaches: Mapping[str, Reach]) -> Refusal | None:
    """
    Return why what an answer rests on keeps it from training: passages, a correction, and what the model saw of the conversation.

    Of the conversation nothing is cut, for the answer would still tell what it took from there.
    """
    turns = [seen[exchange_id] for exchange_id, _ in exchange.history if exchange_id in seen]
    limited = next((refusal for turn in turns if (refusal := refusal_of_reach(turn.scope, private=turn.private))), None)
    shown = [exchange, *(seen[exchange_id] for exchange_id, whole in exchange.history if whole and exchange_id in seen)]
    material = [reach for row in shown for passage in row.passages for reach in _reaches(passage, reaches)]
    correction = [said.correction.reach] if said.correction else []
    return limited or refusal_of_material(exchange.audience, [*material, *correction])


def _reaches(passage: Mapping[str, Any], reaches: Mapping[str, Reach]) -> list[Reach]:
    """Return whom a passage was for when it was shown, and whom it is for today where it is still there."""
    now = reaches.get(passage["passage_id"])
    return [Reach(passage["audience"], passage.get("scope", "")), *([now] if now else [])]


def _write(files: ExportFiles, lines: _Lines) -> None:
    for kind, each in lines.items():
        if each:
            files.write("".join(each), kind)


def _in_order(refusals: Counter[Refusal]) -> dict[Refusal, int]:
    return {reason: refusals[reason] for reason in REFUSALS if refusals[reason]}
