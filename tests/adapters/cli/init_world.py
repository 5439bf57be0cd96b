"""What `aprendiz init` meets: fakes of both platforms on a thread of their own, and somebody who types."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

import click
from click.testing import CliRunner

from adapters.cli.main import main
from tests.adapters.cli.conftest import Ran
from tests.fakes.discord_server import TOKEN, DiscordServer, discord_server
from tests.fakes.slack_server import APP_TOKEN, BOT_TOKEN, FakeSlack

__all__ = ["APP_TOKEN", "BOT_TOKEN", "TOKEN", "World", "typing", "world"]


@dataclass(frozen=True, slots=True)
class World:
    """Both platforms, and the loop of the thread where they run."""

    slack: FakeSlack
    discord: DiscordServer
    loop: asyncio.AbstractEventLoop

    @property
    def environment(self) -> dict[str, str]:
        """What turns the program to these platforms."""
        return {"APRENDIZ_SLACK__API_URL": f"{self.slack.address}/api/", "APRENDIZ_DISCORD__API_URL": f"{self.discord.url}/api"}


@contextmanager
def world() -> Iterator[World]:
    """Run both platforms until the end; commands run their own loops in the test's thread."""
    started: list[World] = []
    ready, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            slack = await stack.enter_async_context(FakeSlack().serving())
            discord = await stack.enter_async_context(discord_server())
            started.append(World(slack, discord, asyncio.get_running_loop()))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(20)
    yield started[0]
    started[0].loop.call_soon_threadsafe(stop.set)
    thread.join(20)


def typing(*lines: str, arguments: tuple[str, ...] = ()) -> Ran:
    """Run `aprendiz init` with *arguments* while somebody types *lines*, each with Enter; then their terminal closes."""

    @click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
    @click.argument("given", nargs=-1, type=click.UNPROCESSED)
    def whole(given: tuple[str, ...]) -> None:
        raise SystemExit(main(["init", *given]))

    result = CliRunner().invoke(whole, arguments, input="".join(f"{line}\n" for line in lines))
    return Ran(result.exit_code, result.stdout, result.stderr)
