"""One person's whole life with us on Slack, checked in the real ledger and by what an export would take of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from fastapi import FastAPI

from adapters.chat import consent_question, consent_thanks
from adapters.slack.blocks import CONSENT_ACTION, PRIVACY_ACTION
from adapters.web.app import serve
from bot.settings import RightsSettings
from store.conversations import Listed
from store.database import Database, migrate, open_database
from store.export import Exporter
from store.ledger import SqlLedger
from store.rights import Refusal
from tests.adapters.slack.stage import MENTION, Stage
from tests.contracts.ledgers import SEALER
from tests.fakes.slack_server import FakeSlack
from tests.fakes.slack_workspace import BOT_USER, Posted, Whisper


class Life:
    """U1, who asks in C1 and reads in D1."""

    def __init__(self, database: Database) -> None:
        self.slack = FakeSlack()
        self.ledger = SqlLedger(database, SEALER)
        self.stage = Stage(self.slack, ledger=self.ledger)
        self._exporter = Exporter(database, rights=RightsSettings())

    @asynccontextmanager
    async def lived(self, way: str) -> AsyncIterator[None]:
        """Run the fake Slack and the adapter, which hears of everything over its socket or over HTTP."""
        async with self.slack.serving(), self.stage.playing(self.slack.http_settings if way == "http" else None):
            if way == "socket":
                yield
                return
            app = FastAPI(openapi_url=None)
            adapter = self.stage.app
            assert adapter is not None
            assert adapter.http is not None
            app.mount("/slack", adapter.http)
            listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            serving = asyncio.create_task(serve(app, host="127.0.0.1", port=0, ready=listening.set_result))
            self.slack.request_url = f"{await listening}slack/events"
            try:
                yield
            finally:
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving

    async def asks_by_command(self) -> Posted:
        """Return the answer in the direct messages."""
        await self.slack.command("U1", "C1", "/ask", "When is the filter replaced?")
        await self.slack.until(self._roots)
        root = self._roots()[0]
        await self.stage.finished("D1", root.ts)
        return self.slack.workspace.answers("D1", root.ts)[-1]

    async def asks_by_mention(self) -> tuple[Posted, Posted]:
        """Return the question and its answer."""
        question = self.slack.say("U1", "C1", f"{MENTION} How long does the pump run?")
        await self.stage.finished("C1", question.ts)
        return question, self.slack.workspace.answers("C1", question.ts)[-1]

    async def sees(self, text: str) -> Whisper:
        """Return a message that they alone see."""
        await self.slack.until(lambda: any(text in each.shown for each in self.slack.workspace.seen_by("U1")))
        return next(each for each in self.slack.workspace.seen_by("U1") if text in each.shown)

    async def explains(self, reason: str, comment: str) -> None:
        """Fill in the form that a vote against opens."""
        await self.slack.until(lambda: self.slack.workspace.views.open)
        await self.slack.submit("U1", self.slack.workspace.views.modal_of("U1"), reason=reason, comment=comment)

    async def asked(self) -> Listed:
        """Return the exchange of the newest mention."""
        newest, *_ = await self.ledger.conversations(limit=1)
        return newest

    async def export(self) -> tuple[int, Mapping[Refusal, int]]:
        """Return how many rows an export would have, and why the others are refused."""
        explained = await self._exporter.explain()
        return explained.rows, explained.refusals

    async def becomes(self, rows: int, refusals: Mapping[Refusal, int]) -> None:
        """Wait until an export would be so: events are acknowledged before they are told of here."""
        for _ in range(200):
            if await self.export() == (rows, refusals):
                break
            await asyncio.sleep(0.02)
        assert await self.export() == (rows, refusals)

    def _roots(self) -> list[Posted]:
        mine = [each for (where, _), each in self.slack.workspace.messages.items() if where == "D1" and each.user == BOT_USER]
        return [each for each in mine if each.ts == each.thread_ts]


@pytest.mark.parametrize("way", ["socket", "http"])
async def test_a_persons_whole_life(way: str, tmp_path: Path) -> None:
    """Asks both ways, consents, votes, changes the vote, says why, edits, deletes, withdraws: each step shows in the ledger."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        life = Life(database)
        in_private: dict[Refusal, int] = {"private": 1}  # what was asked by the command, for it was answered in direct messages
        async with life.lived(way):
            by_command = await life.asks_by_command()
            assert await life.export() == (0, {"not_rated": 1})

            kept, _ = await life.asks_by_mention()
            question = await life.sees(consent_question("en").text)
            await life.slack.press("U1", question, f"{CONSENT_ACTION}:yes")
            await life.sees(consent_thanks("en", granted=True))
            assert await life.ledger.consent_of("slack/U1") == "granted"

            asked, by_mention = await life.asks_by_mention()
            await life.slack.click("U1", by_command, "positive_button")
            await life.slack.click("U1", life.slack.workspace.answers("C1", kept.ts)[-1], "positive_button")
            await life.slack.click("U1", by_mention, "positive_button")
            assert await life.export() == (2, in_private)

            await life.slack.click("U1", by_mention, "negative_button")
            await life.explains("outdated", "It ran longer in 2020.")
            assert await life.export() == (1, {**in_private, "down_voted": 1})
            mention = await life.asked()
            shown = await life.ledger.show(mention.exchange_id)
            assert shown is not None
            assert [(vote.value, vote.reason, vote.comment) for vote in shown.votes] == [("down", "outdated", "It ran longer in 2020.")]

            await life.slack.click("U1", by_mention, "positive_button")
            assert await life.export() == (2, in_private)
            life.slack.edit(asked, f"{MENTION} How long does the new pump run?")
            await life.becomes(1, {**in_private, "revised": 1})
            mention = await life.asked()
            assert mention.question == "How long does the new pump run?"

            life.slack.delete(asked)
            await life.becomes(1, in_private)
            shown = await life.ledger.show(mention.exchange_id)
            assert shown is None or (shown.listed.question, shown.listed.answer) == ("", "")

            await life.slack.command("U1", "C1", "/privacy")
            privacy = await life.sees("You allowed")
            await life.slack.press("U1", privacy, f"{PRIVACY_ACTION}:withdraw")
            await life.sees(consent_thanks("en", granted=False))
            assert await life.export() == (0, {**in_private, "consent_refused": 1})
            assert len(life.slack.workspace.seen_by("U1")) == 3  # where the answer comes, the thanks, the farewell: asked but once
