"""The Slack adapter as a process that can be killed: real app, engine and ledger, with an instant model."""

import asyncio
import json
import logging
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from slack_sdk.oauth.installation_store import Installation

from adapters.slack.app import SlackApp
from adapters.slack.installations import Installations
from bot.chat_settings import SlackSettings
from bot.texts import load_catalogues
from tests.benchmarks.instant import PIECES, Instant, open_instant
from tests.fakes.slack_workspace import BOT_ID, BOT_USER

_READY_WITHIN_S = 120
_STOPPED_WITHIN_S = 20


async def start(home: Path, settings: SlackSettings, installed: Mapping[str, str] | None = None) -> Process:
    """
    Start the process and return once it is connected to Slack.

    Args:
        home: A folder for its ledger.
        settings: How it reaches Slack over Socket Mode.
        installed: Bot tokens by team, for an app that workspaces installed.

    Raises:
        RuntimeError: It ended before it was connected.
        TimeoutError: It was not connected within two minutes.
    """
    tokens = settings.bot_token.get_secret_value(), settings.app_token.get_secret_value()
    command = [sys.executable, "-m", "tests.benchmarks.slack_child", str(home), settings.api_url, *tokens, json.dumps(installed or {})]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(_READY_WITHIN_S):
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the Slack process ended with exit code {await process.wait()}")
    return process


async def stop(process: Process) -> None:
    """Let the process end as `serve` ends."""
    process.terminate()
    async with asyncio.timeout(_STOPPED_WITHIN_S):
        await process.wait()


@asynccontextmanager
async def running(home: Path, settings: SlackSettings, installed: Mapping[str, str] | None = None) -> AsyncIterator[Process]:
    """Run the process for as long as the context lasts."""
    process = await start(home, settings, installed)
    try:
        yield process
        await stop(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()


async def main(home: str, api_url: str, bot_token: str, app_token: str, installed: str) -> None:
    """Answer until terminated."""
    tokens: dict[str, str] = json.loads(installed)
    own = {"client_id": "111.222", "client_secret": "client-secret"} if tokens else {"bot_token": bot_token}
    settings = SlackSettings.model_validate({"app_token": app_token, "api_url": api_url, **own})
    async with open_instant(Path(home), Instant(PIECES)) as services:
        for team, token in tokens.items():
            made = Installation(user_id="U1", team_id=team, bot_token=token, bot_user_id=BOT_USER, bot_id=BOT_ID)
            await Installations(services.vault).async_save(made)
        # Nobody installs from here, but an app with OAuth must know its address.
        answering = asyncio.create_task(SlackApp(replace(services, public_url="http://127.0.0.1/"), settings).run(_ready))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, answering.cancel)
        with suppress(asyncio.CancelledError):
            await answering


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    heard = logging.StreamHandler()
    heard.setLevel(logging.WARNING)
    heard.addFilter(lambda record: not record.name.startswith("slack_bolt"))  # to Bolt a dropped socket is a page of stack traces
    logging.getLogger().addHandler(heard)
    load_catalogues()
    asyncio.run(main(*sys.argv[1:]))
