"""What people on Slack and Discord asked, rated and corrected comes out as rows of every kind, each of which traces to its exchange."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from adapters.compose_redaction import make_redactor
from bot.messages import Audience
from bot.settings import PrivacySettings, RightsSettings
from finetune.examples import Example, settle
from finetune.findings import Code
from finetune.left_data import LeftData
from finetune.material import Material, divided
from finetune.validation import Checks, validate
from store.clusters import Clusters
from store.database import Database, migrate, open_database
from store.export import Exporter, ExportReport
from store.ledger import SqlLedger
from tests.adapters.discord.test_client import custom_id
from tests.adapters.discord.world import company, settings_with
from tests.adapters.slack.stage import MENTION, Stage
from tests.contracts.ledgers import NOW, SEALER
from tests.fakes.slack_server import FakeSlack

RIGHTS = RightsSettings(slack="allow", discord="allow")
AUDIENCES: tuple[Audience, ...] = ("employees", "customers")  # who asks on Slack, and on Discord
_DAYS = 30
_THINGS = ("pump", "filter", "gate", "lamp", "crane", "scale", "fan")

Vote = Literal["up", "down", ""]


@dataclass
class Month:
    """What is asked on each day, and what became of it: the vote on each exchange, and the experts' answers."""

    ledger: SqlLedger
    rng: random.Random
    votes: dict[str, Vote] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    corrected: dict[str, str] = field(default_factory=dict)

    def question(self, day: int) -> str:
        """Return what is asked on a day."""
        return f"How long does the {self.rng.choice(_THINGS)} in hall {day} run?"

    def vote(self) -> Vote:
        """Return what somebody thinks of an answer."""
        votes: tuple[Vote, ...] = ("up", "up", "down", "down", "")
        return self.rng.choice(votes)

    async def note(self, vote: Vote) -> None:
        """Keep what was said of the exchange asked last, and let an expert correct every second one that was voted down."""
        (asked,) = [each for each in await self.ledger.conversations(limit=100) if each.exchange_id not in self.votes]
        exchange_id = asked.exchange_id
        self.votes[exchange_id], self.answers[exchange_id] = vote, asked.answer
        if vote == "down" and Counter(self.votes.values())["down"] % 2:
            self.corrected[exchange_id] = f"It runs {len(self.votes)} hours."
            await self.ledger.correct(exchange_id, "expert", self.corrected[exchange_id], at=NOW)

    async def on_slack(self) -> None:
        """Ask and vote in a fake Slack, on even days."""
        slack = FakeSlack()
        stage = Stage(slack, ledger=self.ledger)
        async with slack.serving(), stage.playing(None):
            for day in range(0, _DAYS, 2):
                asked = slack.say("U1", "C1", f"{MENTION} {self.question(day)}")
                await stage.finished("C1", asked.ts)
                vote = self.vote()
                if vote:
                    answer = slack.workspace.answers("C1", asked.ts)[-1]
                    await slack.click("U1", answer, "positive_button" if vote == "up" else "negative_button")
                await self.note(vote)

    async def on_discord(self) -> None:
        """Ask and vote on a fake Discord, on odd days."""
        async with company(ledger=self.ledger, settings=settings_with(rights=RIGHTS)) as acme:
            for day in range(1, _DAYS, 2):
                await acme.ana.send(acme.channel, f"{acme.me} {self.question(day)}")
                vote = self.vote()
                if vote:
                    answer = acme.answers()[-1]
                    await acme.ana.click(answer, custom_id=custom_id(answer, 0 if vote == "up" else 1))
                await self.note(vote)


async def test_a_month_of_ratings_comes_out_as_rows_of_every_kind(tmp_path: Path) -> None:
    """The answers that were liked and the experts' train, the pairs tell both, every rated answer stands for itself; each file is sound."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        month = Month(SqlLedger(database, SEALER), random.Random(6))
        await month.on_slack()
        await month.on_discord()
        # The fakes ask under the default policy, which is kept with each exchange: consent, given here by everybody at once.
        for exchange_id in month.votes:
            shown = await month.ledger.show(exchange_id)
            assert shown is not None
            await month.ledger.set_consent(shown.person, platform="slack", granted=True, at=NOW)
        exporter = Exporter(database, rights=RIGHTS, share_per_person=0.2)
        report, again = await exporter.export(tmp_path / "a"), await exporter.export(tmp_path / "b")
        examples = [each for audience in AUDIENCES for each in await _read_by_a_round(audience, tmp_path / "a", database)]
    findings = await asyncio.to_thread(_findings, report)

    rows, pairs, thumbs = [await _rows(report, kind) for kind in ("rows", "preferences", "thumbs")]
    liked = {each for each, vote in month.votes.items() if vote == "up"}
    assert {row["metadata"]["platform"] for row in rows} == {row["metadata"]["platform"] for row in thumbs} == {"slack", "discord"}
    assert _said(rows, "messages") == {each: month.answers[each] for each in liked} | month.corrected
    assert _said(pairs, "chosen") == month.corrected
    assert _said(pairs, "rejected") == {each: month.answers[each] for each in month.corrected}
    assert _said(thumbs, "completion") == {each: month.answers[each] for each, vote in month.votes.items() if vote}
    assert {row["metadata"]["exchange_id"] for row in thumbs if row["label"]} == liked
    assert len(month.corrected) > 2
    assert findings == {"messages": {}, "preference-chat": {}, "thumbs-chat": {}}
    assert {each.exchange_id: each.answer for each in examples} == _said(rows, "messages")
    assert {each.split for each in examples} >= {"train", "test"}
    assert len(settle(examples)) > 15
    assert report.sha256 == again.sha256
    assert await asyncio.to_thread(report.manifest.read_bytes) == await asyncio.to_thread(again.manifest.read_bytes)


async def _read_by_a_round(audience: Audience, exports: Path, database: Database) -> tuple[Example, ...]:
    material = Material(exports, (), exports / "row-decisions.jsonl", lambda _audience: "")
    found = await asyncio.to_thread(material.read, audience)
    return await divided(found.examples, Clusters(database), at=NOW)


def _findings(report: ExportReport) -> dict[str, dict[Code, int]]:
    """Return what `aprendiz data validate` finds in each file, by the format that it takes the file for."""
    manifest = json.loads(report.manifest.read_text())
    files = [report.path, *(report.manifest.parent / manifest[kind]["file"] for kind in ("preferences", "thumbs"))]
    found = [validate(path, Checks(left_data=LeftData(make_redactor(PrivacySettings())))) for path in files]
    return {each.given.name: dict(each.counts) for each in found}


async def _rows(report: ExportReport, kind: str) -> list[dict[str, Any]]:
    manifest = json.loads(await asyncio.to_thread(report.manifest.read_text))
    named = manifest if kind == "rows" else manifest[kind]
    text = await asyncio.to_thread((report.manifest.parent / named["file"]).read_text)
    return [json.loads(line) for line in text.splitlines()]


def _said(rows: list[dict[str, Any]], key: str) -> dict[str, str]:
    """Return the last message under *key* of each row by its exchange; no exchange stands twice."""
    found = {row["metadata"]["exchange_id"]: row[key][-1]["content"] for row in rows}
    assert len(found) == len(rows)
    return found
