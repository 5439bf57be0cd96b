"""What was said while no session was open is answered. Real sockets, real discord.py."""

import asyncio
import time

from tests.adapters.discord.wire import ASKED, app_with, running, whole
from tests.fakes.discord_server import CHANNEL, DiscordServer
from tests.fakes.ledger import MemoryLedger

SOON_S = 0.3  # for what must not happen


async def test_every_kind_of_place_is_read(discord_wire: DiscordServer) -> None:
    """A question asked during a deployment is a question, wherever it was asked."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        await discord_wire.say_directly("When do I change the filter?")
        await discord_wire.until(lambda: len(whole(discord_wire, 5700)) == 1)
    opened_on = await discord_wire.say("look here")
    thread = await discord_wire.open_thread(opened_on)
    await discord_wire.say(ASKED, channel=thread)
    post = await discord_wire.open_post("filters", ASKED, forum=300)
    await discord_wire.say(ASKED, channel=CHANNEL + 2)
    await discord_wire.say_directly("And the filter in May?")
    async with running(app_with(ledger)):
        await discord_wire.until(
            lambda: [len(whole(discord_wire, each)) for each in (thread, int(post), CHANNEL + 2, 5700)] == [1, 1, 1, 2]
        )
        await asyncio.sleep(SOON_S)

    assert len(discord_wire.messages) == 5


async def test_a_hundred_messages_are_not_too_many_and_none_is_answered_twice(discord_wire: DiscordServer) -> None:
    """Discord gives a hundred at a time."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: len(whole(discord_wire)) == 1)
    missed = await discord_wire.say(ASKED)
    for number in range(120):
        await discord_wire.say(f"chatter {number}")
    async with running(app_with(ledger)):
        await discord_wire.until(lambda: len(whole(discord_wire)) == 2)
        await asyncio.sleep(SOON_S)

    assert discord_wire.answers(CHANNEL)[-1]["message_reference"]["message_id"] == missed
    assert len(discord_wire.messages) == 2


async def test_what_was_said_long_ago_stays_unanswered(discord_wire: DiscordServer) -> None:
    """An answer that comes after a quarter of an hour comes to nobody."""
    old = str((int(time.time() * 1000) - 1420070400000 - 16 * 60_000) << 22)
    await discord_wire.say(ASKED, message_id=old)
    fresh = await discord_wire.say(ASKED)
    async with running(app_with(MemoryLedger())):
        await discord_wire.until(lambda: len(whole(discord_wire)) == 1)
        await asyncio.sleep(SOON_S)

    assert [each["message_reference"]["message_id"] for each in discord_wire.answers(CHANNEL)] == [fresh]


async def test_a_channel_that_is_closed_to_us_is_not_even_asked_for(discord_wire: DiscordServer) -> None:
    """A refusal counts towards the ten thousand that ban an address."""
    hidden = {"id": str(CHANNEL), "type": 0, "allow": "0", "deny": str(1 << 16)}  # Read Message History
    discord_wire.channels[CHANNEL + 1]["permission_overwrites"] = [{**hidden, "id": "100"}]
    discord_wire.denied[CHANNEL + 1].add("history")
    discord_wire.denied[CHANNEL + 2].add("history")
    for channel in range(CHANNEL, CHANNEL + 3):
        await discord_wire.say(ASKED, channel=channel)
    async with running(app_with(MemoryLedger())):
        await discord_wire.until(lambda: len(whole(discord_wire)) == 1)
        await asyncio.sleep(SOON_S)

    assert len(discord_wire.messages) == 1
