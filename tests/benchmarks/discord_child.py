"""The Discord adapter as a process that can be killed: real app, engine and ledger, with an instant model."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from pydantic import SecretStr

from adapters.discord.address import point_at
from adapters.discord.app import DiscordApp
from bot.chat_settings import DiscordSettings
from bot.texts import load_catalogues
from tests.benchmarks.instant import PIECES, Instant, open_instant
from tests.fakes.discord_server import TOKEN

_READY_WITHIN_S = 120
_STOPPED_WITHIN_S = 20


async def start(home: Path, api_url: str) -> Process:
    """
    Start the process on the ledger in *home* and return once it is connected to the Discord at *api_url*.

    Raises:
        RuntimeError: It ended before it was connected.
        TimeoutError: It was not connected within two minutes.
    """
    command = [sys.executable, "-m", "tests.benchmarks.discord_child", str(home), api_url]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(_READY_WITHIN_S):
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the Discord process ended with exit code {await process.wait()}")
    return process


async def stop(process: Process) -> None:
    """Let the process end as `serve` ends."""
    process.terminate()
    async with asyncio.timeout(_STOPPED_WITHIN_S):
        await process.wait()


@asynccontextmanager
async def running(home: Path, api_url: str) -> AsyncIterator[Process]:
    """Run the process for as long as the context lasts."""
    process = await start(home, api_url)
    try:
        yield process
        await stop(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()


async def main(home: str, api_url: str) -> None:
    """Answer until terminated."""
    point_at(api_url)
    settings = DiscordSettings(token=SecretStr(TOKEN), api_url=api_url)
    async with open_instant(Path(home), Instant(PIECES)) as services:
        answering = asyncio.create_task(DiscordApp(services, settings).run(_ready))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, answering.cancel)
        with suppress(asyncio.CancelledError):
            await answering


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    load_catalogues()
    asyncio.run(main(*sys.argv[1:]))
