"""The whole of Discord as one thing to run: signing in, limits, lost connections, stopping. Real sockets, real discord.py."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from adapters.discord.address import point_at
from adapters.discord.app import DiscordApp
from bot.chat_settings import DiscordSettings
from bot.errors import Misconfigured, TryAgainLater
from store.database import migrate, open_database
from store.ledger import SqlLedger
from store.schema import exchanges, votes
from tests.adapters.discord.wire import ASKED, PIECES, WHOLE, app_with, buttons, running, whole
from tests.adapters.discord.world import make_services
from tests.contracts.ledgers import SEALER
from tests.fakes.backend import ScriptedBackend, question_of
from tests.fakes.discord_server import CHANNEL, ME, DiscordServer
from tests.fakes.ledger import MemoryLedger
from tests.fakes.vault import MemoryVault


async def test_a_question_is_answered_over_real_sockets(discord_wire: DiscordServer) -> None:
    """Signing in, hearing and answering must work with Discord's own wire format, at the address in the settings."""
    async with running(app_with(MemoryLedger())):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == [WHOLE])

    assert discord_wire.sessions == ["identify"]


@pytest.mark.parametrize("token", ["bad.token", ""], ids=["wrong", "empty"])
async def test_a_bad_token_is_the_operators_to_mend(discord_wire: DiscordServer, token: str) -> None:
    """The operator must read which setting to change."""
    with pytest.raises(Misconfigured, match="APRENDIZ_DISCORD__TOKEN"):
        await DiscordApp(make_services(ScriptedBackend(()), MemoryLedger(), MemoryVault()), DiscordSettings(token=SecretStr(token))).run()


@pytest.mark.parametrize(("code", "name"), [(4004, "APRENDIZ_DISCORD__TOKEN"), (4014, "APRENDIZ_DISCORD__MESSAGE_CONTENT")])
async def test_a_gateway_that_refuses_us_says_why(discord_wire: DiscordServer, code: int, name: str) -> None:
    """A revoked token or a missing intent shows only at the gateway."""
    discord_wire.close_code = code

    with pytest.raises(Misconfigured, match=name):
        await app_with(MemoryLedger()).run()


async def test_a_discord_that_cannot_be_reached_is_no_mistake_of_ours(discord_wire: DiscordServer) -> None:
    """The operator should wait, not change settings."""
    point_at("http://127.0.0.1:9")

    with pytest.raises(TryAgainLater, match="cannot be reached"):
        await app_with(MemoryLedger()).run()


async def test_consent_vote_and_reason_go_over_real_sockets(discord_wire: DiscordServer) -> None:
    """Each must be Discord's own wire format, each first response within 3 s, each private."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        asked = await discord_wire.command("ask", question="When do I change the filter?")
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE] and asked.private)
        answer, consent = discord_wire.answers(CHANNEL)[0], next(iter(asked.private.values()))
        decided = await discord_wire.click({**consent, "channel_id": str(CHANNEL)}, buttons(consent)[0])
        pressed = await discord_wire.click(answer, buttons(answer)[1])
        assert await discord_wire.acknowledged(decided)
        assert await discord_wire.acknowledged(pressed)
        assert pressed.callback is not None
        form = pressed.callback["data"]["custom_id"]
        chosen = [{"type": 18, "component": {"type": 3, "custom_id": "reason", "values": ["wrong"]}}]
        sent = await discord_wire.send_form(form, chosen)
        assert await discord_wire.acknowledged(sent)
        privacy = await discord_wire.command("privacy")
        await discord_wire.until(lambda: any("You allowed" in each["content"] for each in privacy.private.values()))
        await discord_wire.until(lambda: any("Thank you!" in each["content"] for each in sent.private.values()))

    [kept] = ledger.kept.values()
    assert [(vote.value, vote.reason) for vote in kept.votes.values()] == [("down", "wrong")]


async def test_a_message_pointed_at_is_answered_over_real_sockets(discord_wire: DiscordServer) -> None:
    """Without the message-content intent Discord shows us the words of what people point at."""
    async with running(app_with(MemoryLedger())):
        said = await discord_wire.say("When do I change the filter?")
        pointed = await discord_wire.point_at(discord_wire.everything[said])
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])
        again = await discord_wire.point_at(discord_wire.everything[said])
        await discord_wire.until(lambda: again.private)

    assert "I am answering it there" in next(iter(pointed.private.values()))["content"]
    assert "has its answer already" in next(iter(again.private.values()))["content"]
    assert discord_wire.answers(CHANNEL)[0]["message_reference"]["message_id"] == said


async def test_a_rate_limit_delays_an_answer_and_does_not_double_it(discord_wire: DiscordServer) -> None:
    """Discord says 429 to everybody now and then."""
    discord_wire.refusals = 2
    async with running(app_with(MemoryLedger())):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == [WHOLE])

    assert discord_wire.refusals == 0
    assert [method for _, method, _ in discord_wire.posts].count("POST") == 1


async def test_two_answers_in_one_channel_share_its_pace(discord_wire: DiscordServer) -> None:
    """The limit is the channel's, however many people ask in it."""
    async with running(app_with(MemoryLedger())):
        await discord_wire.say(ASKED)
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == [WHOLE, WHOLE])

    times = [at for at, _, _ in discord_wire.posts]
    assert all(later - earlier > 0.8 for earlier, later in pairwise(times))


async def test_a_resumed_connection_loses_and_doubles_nothing(discord_wire: DiscordServer) -> None:
    """Connections break daily; Discord then sends what was missed, sometimes more."""
    async with running(app_with(MemoryLedger())):
        first = await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == [WHOLE])
        await discord_wire.hang_up(4000)
        await discord_wire.say(ASKED)
        await discord_wire.say(ASKED, message_id=first)
        await discord_wire.until(lambda: discord_wire.contents == [WHOLE, WHOLE])
        await asyncio.sleep(0.1)

    assert discord_wire.sessions == ["identify", "resume"]
    assert discord_wire.contents == [WHOLE, WHOLE]


async def test_a_lost_session_is_begun_anew_at_the_same_address(discord_wire: DiscordServer) -> None:
    """discord.py would go to a constant address, past the operator's proxy."""
    async with running(app_with(MemoryLedger())):
        await discord_wire.invalidate()
        await discord_wire.until(lambda: discord_wire.sessions == ["identify", "identify"])
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == [WHOLE])


async def test_stopping_lets_a_running_answer_end(discord_wire: DiscordServer) -> None:
    """A restart in the middle of the day should cost nobody their answer."""
    async with running(app_with(MemoryLedger(), ScriptedBackend(PIECES, delay_s=0.2))):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: len(discord_wire.contents) == 1)

    assert discord_wire.contents == [WHOLE]


async def test_an_answer_too_slow_for_the_stop_is_finished_by_the_next_start(discord_wire: DiscordServer) -> None:
    """Stopping must not take long, nor lose the question."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=30), grace_s=0.1)):
        await discord_wire.say(ASKED)
        await asyncio.sleep(0.3)
    assert discord_wire.contents == []
    async with running(app_with(ledger)):
        await discord_wire.until(lambda: discord_wire.contents == [WHOLE])


async def test_thirty_talks_at_once_on_a_real_ledger_keep_every_answer_and_vote(discord_wire: DiscordServer, tmp_path: Path) -> None:
    """What must never happen under load, with nothing between us and the wire or the disk: an answer lost, doubled or misplaced."""
    channels = range(CHANNEL, CHANNEL + 30)
    backend = ScriptedBackend(lambda request: ("About ", question_of(request).split()[-1]))
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        ledger = SqlLedger(database, SEALER)
        async with running(app_with(ledger, backend)):
            for turn in range(3):
                for channel in channels:
                    before = discord_wire.answers(channel)[-1]["id"] if turn else ""
                    await discord_wire.say(f"<@{ME}> filter w{channel}x{turn}", channel=channel, reply_to=before)
                await discord_wire.until(lambda turn=turn: all(len(discord_wire.answers(channel)) == turn + 1 for channel in channels))
                await discord_wire.until(lambda: all(len(message["components"]) == 1 for message in discord_wire.messages.values()))
            for channel in channels:
                await discord_wire.react(discord_wire.answers(channel)[0], "👍")
                await discord_wire.react(discord_wire.answers(channel)[1], "👎")
                await discord_wire.react(discord_wire.answers(channel)[2], "👍")
            await discord_wire.say(f"<@{ME}> filter last")
            await discord_wire.until(lambda: len(discord_wire.answers(CHANNEL)) == 4)

        said = {channel: [answer["content"].splitlines()[0] for answer in discord_wire.answers(channel)][:3] for channel in channels}
        assert said == {channel: [f"About w{channel}x{turn}" for turn in range(3)] for channel in channels}
        async with database.connect() as connection:
            counted = await connection.execute(select(votes.c.value, func.count()).group_by(votes.c.value))
            asked = await connection.execute(select(exchanges.c.conversation_id, func.count()).group_by(exchanges.c.conversation_id))
            assert sorted(tuple(row) for row in counted) == [("down", 30), ("up", 60)]
            assert sorted(count for _, count in asked) == [1, *[3] * 30]
