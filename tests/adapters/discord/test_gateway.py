"""What connections and limits do to answers: none is lost, doubled or hung. Real sockets, real discord.py."""

import asyncio
import time

import pytest

from tests.adapters.discord.wire import ASKED, PIECES, WHOLE, app_with, eventually, running, whole
from tests.fakes.backend import ScriptedBackend
from tests.fakes.discord_server import CHANNEL, DiscordServer
from tests.fakes.ledger import MemoryLedger

SOON_S = 0.3


@pytest.mark.parametrize("breaking", ["drop", "ask_to_reconnect", "invalidate_resumable"])
async def test_a_broken_connection_is_resumed_and_misses_nothing(discord_wire: DiscordServer, breaking: str) -> None:
    """Discord asks for it, and networks break without asking."""
    async with running(app_with(MemoryLedger())):
        if breaking == "drop":
            discord_wire.gateway.drop()
        elif breaking == "ask_to_reconnect":
            await discord_wire.gateway.ask_to_reconnect()
        else:
            await discord_wire.gateway.invalidate(resumable=True)
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert discord_wire.sessions == ["identify", "resume"]


async def test_a_session_that_cannot_be_resumed_costs_nothing_either(discord_wire: DiscordServer) -> None:
    """Its gap is read from the channels."""
    async with running(app_with(MemoryLedger())):
        discord_wire.gateway.drop()
        discord_wire.gateway.forget()
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert discord_wire.sessions == ["identify", "refused", "identify"]


async def test_deliveries_doubled_and_out_of_order_are_answered_once_each(discord_wire: DiscordServer) -> None:
    """Discord promises neither order nor singleness."""
    async with running(app_with(MemoryLedger())):
        for number in range(3):
            await discord_wire.say(ASKED, channel=CHANNEL + number, times=2, late=number == 1)
        await discord_wire.until(lambda: [len(whole(discord_wire, CHANNEL + each)) for each in range(3)] == [1, 1, 1])
        await asyncio.sleep(SOON_S)

    assert len(discord_wire.messages) == 3


async def test_a_limit_on_everything_delays_answers_and_loses_none(discord_wire: DiscordServer) -> None:
    """All requests of an app share fifty a second."""
    async with running(app_with(MemoryLedger())):
        discord_wire.throttle.refused_everywhere = 0.2
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert discord_wire.throttle.told == 1


async def test_a_burst_over_the_documented_limits_is_answered_without_a_refusal_of_all(discord_wire: DiscordServer) -> None:
    """We keep under the limit ourselves: being refused costs everybody."""
    discord_wire.throttle.documented = True
    async with running(app_with(MemoryLedger())):
        for _ in range(4):
            for number in range(3):
                await discord_wire.say(ASKED, channel=CHANNEL + number)
        await discord_wire.until(lambda: sum(len(whole(discord_wire, CHANNEL + each)) for each in range(3)) == 12, timeout_s=30)

    assert discord_wire.throttle.told == 0


async def test_a_long_retry_after_does_not_hang_an_answer_for_ever(discord_wire: DiscordServer) -> None:
    """Discord may say: in an hour. Nobody waits for that, and asking sooner is not allowed."""
    ledger = MemoryLedger()
    discord_wire.throttle.retry_after_s = 3600
    discord_wire.throttle.refusals = 1
    async with running(app_with(ledger)):
        await discord_wire.say(ASKED)
        await eventually(lambda: discord_wire.throttle.told == 1)
        await asyncio.sleep(SOON_S)
        await discord_wire.say(ASKED, channel=CHANNEL + 1)
        await discord_wire.until(lambda: len(whole(discord_wire, CHANNEL + 1)) == 1)

    assert discord_wire.throttle.told == 1
    assert discord_wire.answers(CHANNEL) == []


async def test_an_outage_of_discord_is_outlasted(discord_wire: DiscordServer) -> None:
    """What was asked before it is answered after it."""
    async with running(app_with(MemoryLedger())):
        discord_wire.throttle.failing_until = time.monotonic() + 4
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE], timeout_s=40)

    assert len(discord_wire.messages) == 1


async def test_those_who_wait_for_long_see_their_place_in_line(discord_wire: DiscordServer) -> None:
    """Silence reads like a failure; the answer takes the place's place."""
    backend = ScriptedBackend(PIECES, delay_s=1.5, ahead=3)
    async with running(app_with(MemoryLedger(), backend)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["-# 3 before you"])
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert len(discord_wire.messages) == 1


async def test_a_command_cut_off_by_a_crash_is_finished_in_its_response(discord_wire: DiscordServer) -> None:
    """It is no reply to anything; the command that it names tells."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=30), grace_s=0)):
        asked = await discord_wire.command("ask", question="When do I change the filter?")
        assert await discord_wire.acknowledged(asked)
        await eventually(lambda: any(kept.posts for kept in ledger.kept.values()))
    [kept] = ledger.kept.values()
    kept.posts[0] = ("", "")
    async with running(app_with(ledger)):
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert [message["id"] for message in discord_wire.messages.values()] == [asked.message_id]


async def test_a_command_is_answered_in_its_first_response(discord_wire: DiscordServer) -> None:
    """One message from "thinking" to the buttons."""
    async with running(app_with(MemoryLedger(), ScriptedBackend(PIECES, delay_s=0.3))):
        asked = await discord_wire.command("ask", question="When do I change the filter?")
        assert await discord_wire.acknowledged(asked)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert [message["id"] for message in discord_wire.messages.values()] == [asked.message_id]
    assert discord_wire.messages[asked.message_id]["flags"] == 0


async def test_a_kicked_app_ends_its_answers_quietly(discord_wire: DiscordServer) -> None:
    """Nobody is left to be told; the model is free again."""
    ledger, backend = MemoryLedger(), ScriptedBackend(PIECES, delay_s=1)
    async with running(app_with(ledger, backend)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
        discord_wire.denied[CHANNEL].add("view")
        await eventually(lambda: backend.running == 0)

    assert [kept.reason for kept in ledger.kept.values()] == ["Forbidden"]


async def test_a_limit_that_outlasts_the_librarys_patience_costs_no_answer(discord_wire: DiscordServer) -> None:
    """discord.py gives up after five tries; the answer is written by then, and somebody waits for it."""
    async with running(app_with(MemoryLedger())):
        discord_wire.refusals = 6
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert len(discord_wire.messages) == 1


async def test_a_token_revoked_in_the_middle_leaves_the_question_for_the_next(
    discord_wire: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator gives us another, and nobody has to ask again."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=1.5))):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
        discord_wire.throttle.revoked = True
        await eventually(lambda: "not shown" in caplog.text)
    [kept] = ledger.kept.values()
    assert (kept.exchange, kept.reason) == (None, "")
    discord_wire.throttle.revoked = False
    async with running(app_with(ledger)):
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])

    assert len(discord_wire.messages) == 1
