"""A company that uses the whole product, for the test that closes the loop: a fake Slack, a fake Discord, and `aprendiz` as processes."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import httpx2
from playwright.async_api import Page

from adapters.chat import consent_question
from adapters.compose import Records, open_records
from adapters.slack.blocks import CONSENT_ACTION
from bot.messages import Platform
from bot.ratings import Correction
from bot.settings import read_settings
from store.conversations import Listed, Shown
from tests.adapters.web.chromium import ask_on, chromium
from tests.benchmarks.loop_traffic import Fact, likes
from tests.fakes.discord_server import CHANNEL, ME, TOKEN, DiscordServer, discord_server
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.fakes.slack_workspace import BOT_USER

_READY_WITHIN_S: Final = 180
_ANSWERED_WITHIN_S: Final = 120
_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, what it wrote, and when it ended (monotonic seconds)."""

    code: int
    out: str
    err: str
    at: float

    @property
    def json(self) -> dict[str, Any]:
        """The last line of standard output."""
        return dict(json.loads(self.out.splitlines()[-1]))


class Company:
    """Its people ask on both platforms and vote, its expert corrects what is wrong, and somebody has the playground open."""

    def __init__(self, folder: Path, slack: FakeSlack, discord: DiscordServer, *, model: str) -> None:
        self._folder = folder
        self._model = model
        self._slack = slack
        self._discord = discord
        self._server: asyncio.subprocess.Process | None = None
        self._page: Page  # the playground
        self.records: Records
        self.url = ""

    @property
    def home(self) -> Path:
        """Where everything is kept."""
        return self._folder / "home"

    async def aprendiz(self, *arguments: str | Path) -> Ran:
        """Run a command on the home, in a process of its own."""
        process = await self._start(*arguments)
        out, err = await process.communicate()
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode(), time.monotonic())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        """Serve, and open the playground and the ledger."""
        await asyncio.to_thread((self._folder / "aprendiz.toml").write_text, self._toml())
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._stop)
            await self._serve()
            self._page = await (await stack.enter_async_context(chromium())).new_page()
            self._page.set_default_timeout(_ANSWERED_WITHIN_S * 1000)
            await self._page.goto(self.url)
            self.records = await stack.enter_async_context(open_records(await asyncio.to_thread(read_settings, home=self.home)))
            yield self

    async def learns(self, document: Path) -> None:
        """Import a document beside the running server."""
        imported = await self.aprendiz("knowledge", "add", document)
        assert imported.code == 0, imported.err

    async def consents(self) -> None:
        """Let the asker on Slack agree to training on their words; on Discord the operator has the rights."""
        question = self._slack.say("U1", "C1", f"<@{BOT_USER}> O que significa o erro E999?")
        await self._slack.until(lambda: self._slack.workspace.seen_by("U1"), seconds=_ANSWERED_WITHIN_S)
        asked = next(each for each in self._slack.workspace.seen_by("U1") if consent_question("en").text in each.shown)
        await self._slack.press("U1", asked, f"{CONSENT_ACTION}:yes")
        await self._answered_on_slack(question.ts)

    async def traffic(self, facts: Sequence[Fact], *, phrasings: int) -> int:
        """
        Ask so many phrasings of each fact, by turns on both platforms; return how many answers were liked.

        Experts correct the others in the end: a correction serves at once, and would answer what is asked after it.
        """
        asked = [
            await self._ask(question, each, platform="discord" if number % 2 else "slack")
            for each in facts
            for number, question in enumerate(each.questions[:phrasings])
        ]
        corrections = [each for each in asked if each is not None]
        for correction in corrections:
            await self.records.feedback.correct(correction)
        return len(asked) - len(corrections)

    async def worthless(self, questions: Sequence[str]) -> None:
        """Ask what the company knows nothing of, and like whatever comes."""
        for question in questions:
            await self._on_slack(question, lambda _: True)

    async def last(self) -> Listed:
        """Return the exchange asked last."""
        newest, *_ = await self.records.ledger.conversations(limit=1)
        return newest

    async def shown(self, exchange_id: str) -> Shown:
        """Return an exchange in full."""
        shown = await self.records.ledger.show(exchange_id)
        assert shown is not None
        return shown

    async def ask_in_the_playground(self, question: str) -> tuple[str, str]:
        """Ask on the page that stays open all the while, in a conversation of its own; return the answer and its version (empty: none)."""
        another = self._page.locator("#new")
        if await another.is_visible():
            await another.click()
        turn = await ask_on(self._page, question)
        answer = await turn.locator(".text").inner_text()
        return answer, (await self.shown((await self.last()).exchange_id)).adapter

    async def _ask(self, question: str, fact: Fact, *, platform: Platform) -> Correction | None:
        """Ask, and vote as the benchmark's people do; return the correction of what they do not like."""

        def liked(answer: str) -> bool:
            return likes(answer, fact)

        ask = self._on_slack if platform == "slack" else self._on_discord
        listed = await ask(question, liked)
        if liked(listed.answer):
            return None
        return Correction(listed.exchange_id, fact.answer, "EXPERT", platform, datetime.now(UTC))

    async def _on_slack(self, question: str, liked: Any) -> Listed:
        asked = self._slack.say("U1", "C1", f"<@{BOT_USER}> {question}")
        await self._answered_on_slack(asked.ts)
        listed = await self.last()
        answer = self._slack.workspace.answers("C1", asked.ts)[-1]
        await self._slack.click("U1", answer, "positive_button" if liked(listed.answer) else "negative_button")
        await self._voted(listed.exchange_id)
        return listed

    async def _on_discord(self, question: str, liked: Any) -> Listed:
        asked = await self._discord.say(f"<@{ME}> {question}", channel=CHANNEL)
        found: list[dict[str, Any]] = []

        def answered() -> bool:
            replies = (self._discord.everything.get(each) for each in self._discord.replies[asked])
            found[:] = [each for each in replies if each and each["components"]]
            return bool(found)

        await self._discord.until(answered, timeout_s=_ANSWERED_WITHIN_S)
        listed = await self.last()
        up, down, *_ = [button["custom_id"] for row in found[0]["components"] for button in row["components"]]
        await self._discord.click(found[0], up if liked(listed.answer) else down)
        await self._voted(listed.exchange_id)
        return listed

    async def _answered_on_slack(self, ts: str) -> None:
        workspace = self._slack.workspace
        await self._slack.until(
            lambda: any(answer.buttons is not None for answer in workspace.answers("C1", ts)), seconds=_ANSWERED_WITHIN_S
        )

    async def _voted(self, exchange_id: str) -> None:
        async with asyncio.timeout(_ANSWERED_WITHIN_S):
            while not (await self.shown(exchange_id)).votes:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(_LOOK_S)

    async def _serve(self) -> None:
        self._server = await self._start("serve", "--port", "0")
        announced = self.home / "serve.json"
        async with asyncio.timeout(_READY_WITHIN_S):
            while not await asyncio.to_thread(announced.exists):
                assert self._server.returncode is None, "serve ended at its start"
                await asyncio.sleep(_LOOK_S)
            self.url = json.loads(await asyncio.to_thread(announced.read_text))["url"]
            await self._connected()

    async def _connected(self) -> None:
        async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
            while not (await client.get(f"{self.url}readyz")).is_success:  # noqa: ASYNC110 - another process becomes ready
                await asyncio.sleep(_LOOK_S)

    async def _stop(self) -> None:
        if self._server is not None and self._server.returncode is None:
            with suppress(ProcessLookupError):
                self._server.terminate()
            await self._server.wait()

    async def _start(self, *arguments: str | Path) -> asyncio.subprocess.Process:
        command = ["env", f"APRENDIZ_HOME={self.home}", sys.executable, "-m", "adapters.cli.main", *map(str, arguments)]
        piped = asyncio.subprocess.DEVNULL if arguments[0] == "serve" else asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(*command, cwd=self._folder, stdout=piped, stderr=piped)

    def _toml(self) -> str:
        """Return the settings: both platforms, one audience, and the model."""
        return f"""
[slack]
bot_token = "{BOT_TOKEN}"
app_token = "{APP_TOKEN}"
api_url = "{self._slack.address}/api/"
[discord]
token = "{TOKEN}"
api_url = "{self._discord.url}/api/"
[rights]
slack = "consent"
discord = "allow"
{self._model}
[[assistant.voices]]
platform = "discord"
audience = "employees"
"""


@asynccontextmanager
async def company(folder: Path, *, model: str) -> AsyncIterator[Company]:
    """Open the company in *folder*; *model* are the settings (TOML) of what answers."""
    slack = FakeSlack()
    async with slack.serving(), discord_server() as discord, Company(folder, slack, discord, model=model).open() as opened:
        yield opened
