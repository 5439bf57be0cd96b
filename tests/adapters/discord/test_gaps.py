"""What was said, answered and voted while no session was open is caught up with. Real sockets, real discord.py."""

import asyncio
import time
from typing import Any

import pytest

from tests.adapters.discord.wire import ASKED, PIECES, WHOLE, app_with, buttons, eventually, running, whole
from tests.fakes.backend import ScriptedBackend
from tests.fakes.discord_server import ANA, CHANNEL, DiscordServer
from tests.fakes.ledger import MemoryLedger

SOON_S = 0.3  # for what must not happen
SHORT = "Every six months."


async def recorded(ledger: MemoryLedger) -> None:
    """Wait until the ledger holds an answer."""
    await eventually(lambda: any(kept.exchange for kept in ledger.kept.values()))


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
        await discord_wire.until(lambda: discord_wire.contents == ["Every "])
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
        await discord_wire.until(lambda: discord_wire.contents == ["Every "])
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
    long = "".join(f"{number}-{'x' * 120}\n\n" for number in range(20))
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

    assert "".join(discord_wire.contents) == long + "End."


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
        await discord_wire.until(lambda: discord_wire.contents == ["Every "])
        await discord_wire.invalidate()
        await discord_wire.until(lambda: discord_wire.sessions == ["identify", "identify"])
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
        await asyncio.sleep(SOON_S)

    assert discord_wire.contents == [WHOLE]


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
    settings = {"thread_channels": (str(CHANNEL + 1),)}
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
