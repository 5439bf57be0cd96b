"""Thumbs given while no session was open are votes. Real sockets, real discord.py."""

import asyncio
from typing import Any

from tests.adapters.discord.wire import ASKED, WHOLE, app_with, buttons, eventually, running, whole
from tests.fakes.discord_server import ANA, CHANNEL, DiscordServer
from tests.fakes.ledger import MemoryLedger

SOON_S = 0.3  # for what must not happen


async def test_a_thumb_given_in_the_gap_counts_for_its_asker(discord_wire: DiscordServer) -> None:
    """Discord tells a new session nothing of it; the person thinks that they have voted."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
    await discord_wire.react(discord_wire.answers(CHANNEL)[0], "👍")
    await discord_wire.react(discord_wire.answers(CHANNEL)[0], "🎉")
    await discord_wire.react(discord_wire.answers(CHANNEL)[0], "👍", person=ANA + 1)
    async with running(app_with(ledger)):
        await eventually(lambda: all(kept.votes for kept in ledger.kept.values()))

    [kept] = ledger.kept.values()
    assert list(kept.votes) == [f"discord/{ANA}"]


async def test_thumbs_in_private_beneath_commands_and_in_threads_count_too(discord_wire: DiscordServer) -> None:
    """Who asked is told by the question, by the command, or by Discord."""
    ledger = MemoryLedger()
    settings: dict[str, Any] = {"thread_channels": (str(CHANNEL + 1),)}
    async with running(app_with(ledger, **settings)):
        assert await discord_wire.acknowledged(await discord_wire.command("ask", question="When do I change the filter?"))
        await discord_wire.say_directly("When do I change the filter?")
        await discord_wire.say(ASKED, channel=CHANNEL + 1)
        await discord_wire.until(lambda: [len(buttons(each)) for each in discord_wire.messages.values()] == [2, 2, 2])
    for answer in discord_wire.messages.values():
        await discord_wire.react(answer, "👎")
    async with running(app_with(ledger, **settings)):
        await eventually(lambda: all(kept.votes for kept in ledger.kept.values()))


async def test_a_thumb_from_before_a_button_does_not_overrule_it(discord_wire: DiscordServer) -> None:
    """The last vote counts, and that thumb is older."""
    ledger = MemoryLedger()
    app = app_with(ledger)
    async with running(app):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
        [answer] = discord_wire.answers(CHANNEL)
        await discord_wire.react(answer, "👍")
        await eventually(lambda: all(kept.votes for kept in ledger.kept.values()))
        assert await discord_wire.acknowledged(await discord_wire.click(answer, buttons(answer)[1]))
    async with running(app_with(ledger)):
        await asyncio.sleep(SOON_S)

    [kept] = ledger.kept.values()
    assert [vote[0] for vote in kept.votes.values()] == ["down"]


async def test_reactions_that_cannot_be_read_are_let_go(discord_wire: DiscordServer) -> None:
    """They are no reason to fail the others."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
        await discord_wire.say(ASKED, channel=CHANNEL + 1)
        await discord_wire.until(lambda: len(whole(discord_wire, CHANNEL + 1)) == 1)
    for channel in (CHANNEL, CHANNEL + 1):
        await discord_wire.react(discord_wire.answers(channel)[0], "👎")
    discord_wire.unreadable.add(discord_wire.answers(CHANNEL)[0]["id"])
    async with running(app_with(ledger)):
        await eventually(lambda: any(kept.votes for kept in ledger.kept.values()))
        await asyncio.sleep(SOON_S)

    assert sum(bool(kept.votes) for kept in ledger.kept.values()) == 1
