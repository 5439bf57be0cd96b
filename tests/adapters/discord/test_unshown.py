"""An answer that was kept is shown to its end by the next process. Real sockets, real discord.py."""

import asyncio
import time
from typing import Any

import pytest

from tests.adapters.discord.wire import ASKED, PIECES, WHOLE, app_with, buttons, eventually, running, whole
from tests.fakes.backend import ScriptedBackend
from tests.fakes.discord_server import CHANNEL, DiscordServer
from tests.fakes.ledger import MemoryLedger

SOON_S = 0.3  # for what must not happen
SHORT = WHOLE


async def recorded(ledger: MemoryLedger) -> None:
    """Wait until the ledger holds an answer."""
    await eventually(lambda: any(kept.exchange for kept in ledger.kept.values()))


async def test_an_answer_that_was_kept_and_never_posted_is_posted(discord_wire: DiscordServer) -> None:
    """The process may die between the two; the ledger says that it is answered, and the asker sees nothing."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, grace_s=0)):
        discord_wire.throttle.failing_until = time.monotonic() + 60
        await discord_wire.say(ASKED)
        await recorded(ledger)
    discord_wire.throttle.failing_until = 0
    assert discord_wire.contents == []
    backend = ScriptedBackend(PIECES)
    async with running(app_with(ledger, backend)):
        await discord_wire.until(lambda: whole(discord_wire) == [SHORT])

    assert backend.requests == []


async def test_an_answer_whose_end_was_never_shown_is_finished_in_its_message(discord_wire: DiscordServer) -> None:
    """Half a sentence without buttons must not stand there for ever."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=0.3), grace_s=0)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
        discord_wire.throttle.failing_until = time.monotonic() + 60
        await recorded(ledger)
    discord_wire.throttle.failing_until = 0
    async with running(app_with(ledger)):
        await discord_wire.until(lambda: whole(discord_wire) == [SHORT])
        await asyncio.sleep(SOON_S)

    assert discord_wire.contents == [SHORT]


@pytest.mark.parametrize("way", ["message", "thread", "command", "direct"])
async def test_an_end_never_shown_of_a_post_never_noted_is_shown_in_that_post(discord_wire: DiscordServer, way: str) -> None:
    """Discord had carried out the post, and the process died before it knew."""
    ledger = MemoryLedger()
    settings: dict[str, Any] = {"thread_channels": ("*",) if way == "thread" else ()}
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=0.3), grace_s=0, **settings)):
        if way == "command":
            assert await discord_wire.acknowledged(await discord_wire.command("ask", question="When do I change the filter?"))
        elif way == "direct":
            await discord_wire.say_directly("When do I change the filter?")
        else:
            await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
        discord_wire.throttle.failing_until = time.monotonic() + 60
        await recorded(ledger)
    discord_wire.throttle.failing_until = 0
    [kept] = ledger.kept.values()
    kept.posts[0] = ("", "")
    async with running(app_with(ledger, **settings)):
        await discord_wire.until(lambda: discord_wire.contents == [SHORT])
        await discord_wire.until(lambda: [len(buttons(each)) for each in discord_wire.messages.values()] == [2])


async def test_a_second_part_never_noted_is_found_behind_the_first(discord_wire: DiscordServer) -> None:
    """An answer of several messages hangs together by replies."""
    long = f"{'x' * 122}\n\n" * 20
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend([long, "End."], delay_s=1.5), grace_s=0)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: len(discord_wire.contents) == 2)
        discord_wire.throttle.failing_until = time.monotonic() + 60
        await recorded(ledger)
    discord_wire.throttle.failing_until = 0
    [kept] = ledger.kept.values()
    kept.posts[1] = ("", "")
    async with running(app_with(ledger)):
        await discord_wire.until(lambda: len(whole(discord_wire)) == 1)

    assert "".join(discord_wire.contents) == f"{long}End.{WHOLE[WHOLE.index(chr(10)) :]}"


async def test_a_finished_answer_is_left_as_it_is(discord_wire: DiscordServer) -> None:
    """Finishing it again would take its sources away."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
    edits = len(discord_wire.posts)
    async with running(app_with(ledger)):
        await asyncio.sleep(SOON_S)

    assert len(discord_wire.posts) == edits


async def test_a_new_session_within_one_life_leaves_running_answers_alone(discord_wire: DiscordServer) -> None:
    """The gap is read while answers are being written: to it they look unfinished."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=0.5))):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
        await discord_wire.invalidate()
        await discord_wire.until(lambda: discord_wire.sessions == ["identify", "identify"])
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
        await asyncio.sleep(SOON_S)

    assert discord_wire.contents == [WHOLE]


async def test_an_answer_that_a_moderator_deleted_is_not_shown_again(discord_wire: DiscordServer) -> None:
    """Its question stands there without an answer, as if it had never been posted."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
        await discord_wire.delete(discord_wire.answers(CHANNEL)[0]["id"])
    async with running(app_with(ledger)):
        await asyncio.sleep(SOON_S)

    assert discord_wire.contents == []
