"""What the Slack adapter costs: answers per second against a bare slack-bolt app that makes the same calls."""

import asyncio
import json
import statistics
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import SlackApp
from adapters.slack.blocks import footer, metadata
from bot.chat_settings import SlackSettings
from bot.messages import Answer, Source
from tests.benchmarks.instant import ANSWER, SOURCE, Instant, open_instant
from tests.benchmarks.result import Result, at_least
from tests.benchmarks.slack_load import Load
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN

PEOPLE = 30
TURNS = 3
_ROUNDS = 7


async def bolt_overhead(workdir: Path) -> Result:
    """
    Answers per second of our adapter, engine and SQLite ledger over those of a bare app, with an instant model.

    The fake Slack runs in its own process with its limits off; 30 people ask 3 questions each; 7 rounds of each side in turn, the median
    of their ratios. Each side opens one HTTP session when it connects and makes the same calls for an answer: a status, the start of a
    stream and its end. The bare app keeps nothing.
    """
    ratios = []
    async with _slack() as (process, settings), _ours(settings, workdir) as ours, _bare(settings) as bare:
        await _round(process, ours), await _round(process, bare)
        for _ in range(_ROUNDS):
            kept, plain = await _round(process, ours), await _round(process, bare)
            ratios.append((kept.answers / kept.seconds) / (plain.answers / plain.seconds))
            sys.stderr.write(
                f"ours {kept.answers / kept.seconds:.0f}/s {kept.calls}, bare {plain.answers / plain.seconds:.0f}/s {plain.calls}\n"
            )
    return at_least("bolt_overhead", statistics.median(ratios), goal=0.5, unit="x")


class Side:
    """One of the two apps; only the one whose turn it is is connected."""

    def __init__(self, run: Any) -> None:
        self._run = run

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Be connected."""
        ready = asyncio.Event()
        task = asyncio.create_task(self._run(ready.set))
        await ready.wait()
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _round(process: Process, side: Side) -> Load:
    async with side.connected():
        await _load(process, people=3, turns=1)  # locales are asked for once a person
        return await _load(process, people=PEOPLE, turns=TURNS)


async def _load(process: Process, *, people: int, turns: int) -> Load:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{people} {turns}\n".encode())
    await process.stdin.drain()
    return Load(**json.loads(await process.stdout.readline()))


@asynccontextmanager
async def _slack() -> AsyncIterator[tuple[Process, SlackSettings]]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.benchmarks.slack_load", stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield (
            process,
            SlackSettings.model_validate({"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "api_url": f"http://127.0.0.1:{port}/api/"}),
        )
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _ours(slack: SlackSettings, workdir: Path) -> AsyncIterator[Side]:
    async with open_instant(workdir, Instant()) as services:
        yield Side(SlackApp(services, slack).run)


@asynccontextmanager
async def _bare(slack: SlackSettings) -> AsyncIterator[Side]:
    answer = Answer("0" * 20, ANSWER, "generated", (Source("Filters", SOURCE, "p", 0.9),), 0.9, "instant", {})
    below, marked = footer(answer, "en"), metadata(answer.exchange_id, 0)

    async def run(ready: Any) -> None:
        async with aiohttp.ClientSession() as session:
            handler = AsyncSocketModeHandler(bolt(session), APP_TOKEN)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            ready()
            try:
                await asyncio.Event().wait()
            finally:
                await handler.close_async()  # type: ignore[no-untyped-call]

    def bolt(session: aiohttp.ClientSession) -> AsyncApp:
        app = AsyncApp(client=AsyncWebClient(BOT_TOKEN, base_url=slack.api_url, session=session), name="bare")

        @app.event("app_mention")
        async def answer_mention(event: dict[str, Any], client: AsyncWebClient) -> None:
            thread_ts = event.get("thread_ts") or event["ts"]
            await client.assistant_threads_setStatus(channel_id=event["channel"], thread_ts=thread_ts, status="is on it…")
            stream = await client.chat_stream(
                channel=event["channel"],
                thread_ts=thread_ts,
                recipient_team_id=event["team"],
                recipient_user_id=event["user"],
                buffer_size=1,
            )
            await stream.append(markdown_text=ANSWER)
            await stream.stop(blocks=below, metadata=marked)

        @app.event("message")
        async def pass_over() -> None: ...

        return app

    yield Side(run)
