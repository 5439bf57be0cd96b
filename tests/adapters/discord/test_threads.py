"""Answers in a thread on their question, where the operator wants them there."""

from typing import Any

import pytest

from adapters.discord.threads import thread_name
from tests.adapters.discord.wire import ASKED, PIECES, WHOLE, app_with, eventually, running, whole
from tests.fakes.backend import ScriptedBackend
from tests.fakes.discord_payloads import thread
from tests.fakes.discord_server import CHANNEL, ME, DiscordServer
from tests.fakes.ledger import MemoryLedger

CREATE_PUBLIC_THREADS = 1 << 35


async def asked_in_thread(server: DiscordServer) -> int:
    """Ask, and return the thread once its answer is whole."""
    question = int(await server.say(ASKED))
    await server.until(lambda: whole(server, question) == [WHOLE])
    return question


async def test_an_answer_opens_a_thread_named_after_its_question(discord_wire: DiscordServer) -> None:
    """The channel stays readable: one line a question."""
    async with running(app_with(MemoryLedger(), thread_channels=(str(CHANNEL),))):
        thread = await asked_in_thread(discord_wire)
        await discord_wire.say(ASKED, channel=CHANNEL + 1)
        await discord_wire.until(lambda: len(whole(discord_wire, CHANNEL + 1)) == 1)

    assert [each["name"] for each in discord_wire.threads.values()] == ["When do I change the filter?"]
    assert discord_wire.answers(CHANNEL) == []
    assert "message_reference" not in discord_wire.answers(thread)[0]


async def test_the_talk_goes_on_in_the_thread(discord_wire: DiscordServer) -> None:
    """A follow-up belongs to the conversation that the question began."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, thread_channels=("*",), message_content=True)):
        thread = await asked_in_thread(discord_wire)
        await discord_wire.say("and the filter in winter?", channel=thread)
        await discord_wire.until(lambda: len(whole(discord_wire, thread)) == 2)

    assert len({kept.question.place.conversation_id for kept in ledger.kept.values()}) == 1
    assert len(discord_wire.threads) == 1


async def test_a_reply_to_an_answer_outside_stays_outside(discord_wire: DiscordServer) -> None:
    """Its conversation is there."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        await discord_wire.say(ASKED)
        await discord_wire.until(lambda: len(whole(discord_wire)) == 1)
    async with running(app_with(ledger, thread_channels=("*",))):
        await discord_wire.say(ASKED, reply_to=discord_wire.answers(CHANNEL)[0]["id"])
        await discord_wire.until(lambda: len(whole(discord_wire)) == 2)

    assert discord_wire.threads == {}


async def test_where_threads_are_not_ours_to_open_the_answer_comes_in_the_channel(discord_wire: DiscordServer) -> None:
    """An answer matters more than its place."""
    overwrite = {"id": "100", "type": 0, "allow": "0", "deny": str(CREATE_PUBLIC_THREADS)}
    discord_wire.channels[CHANNEL]["permission_overwrites"] = [overwrite]
    discord_wire.denied[CHANNEL + 1].add("threads")  # refused, though the permissions that we know say otherwise
    async with running(app_with(MemoryLedger(), thread_channels=("*",))):
        for channel in (CHANNEL, CHANNEL + 1):
            await discord_wire.say(ASKED, channel=channel)
        await discord_wire.until(lambda: [len(whole(discord_wire, each)) for each in (CHANNEL, CHANNEL + 1)] == [1, 1])

    assert discord_wire.threads == {}


async def test_a_crash_after_the_thread_was_opened_opens_no_second_one(discord_wire: DiscordServer) -> None:
    """The question may be taken up before anything was posted in its thread."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=30), grace_s=0, thread_channels=("*",))):
        question = int(await discord_wire.say(ASKED))
        await discord_wire.until(lambda: question in discord_wire.threads)
    async with running(app_with(ledger, thread_channels=("*",))):
        await discord_wire.until(lambda: whole(discord_wire, question) == [WHOLE])

    assert len(discord_wire.messages) == 1


async def test_a_crash_before_the_thread_was_opened_opens_it_later(discord_wire: DiscordServer) -> None:
    """The place belongs to the question, not to the process."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=30), grace_s=0)):
        question = int(await discord_wire.say(ASKED))
        await eventually(lambda: len(ledger.kept) == 1)
    async with running(app_with(ledger, thread_channels=("*",))):
        await discord_wire.until(lambda: whole(discord_wire, question) == [WHOLE])

    assert list(discord_wire.threads) == [question]


async def test_a_half_answer_in_a_thread_is_found_and_finished_there(discord_wire: DiscordServer) -> None:
    """It is no reply to anything; being the first word of ours in the thread tells."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, ScriptedBackend(PIECES, delay_s=0.3), grace_s=0, thread_channels=("*",))):
        question = int(await discord_wire.say(ASKED))
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
    [kept] = ledger.kept.values()
    kept.posts[0] = ("", "")
    async with running(app_with(ledger, thread_channels=("*",))):
        await discord_wire.until(lambda: whole(discord_wire, question) == [WHOLE])

    assert discord_wire.contents == [WHOLE]


async def test_a_thread_that_somebody_opened_first_is_used(discord_wire: DiscordServer) -> None:
    """Discord allows one for each message; that it is not in our cache must not matter."""
    async with running(app_with(MemoryLedger(), thread_channels=("*",))):
        question = discord_wire.snowflakes.new()
        discord_wire.threads[int(question)] = _thread_of(question)
        await discord_wire.say(ASKED, message_id=question)
        await discord_wire.until(lambda: whole(discord_wire, int(question)) == [WHOLE])


async def test_a_thread_that_is_not_to_be_found_leaves_the_answer_in_the_channel(discord_wire: DiscordServer) -> None:
    """It was deleted in that moment."""
    async with running(app_with(MemoryLedger(), thread_channels=("*",))):
        question = discord_wire.snowflakes.new()
        discord_wire.threads[int(question)] = _thread_of(question)
        discord_wire.denied[int(question)].add("view")
        await discord_wire.say(ASKED, message_id=question)
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE])


def _thread_of(question: str) -> dict[str, Any]:
    return thread(question, parent=CHANNEL, name="talk", owner=ME)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<@900> When?", "When?"),
        ("one\n\ntwo <#200> <:smile:123> <t:1700000000:R> </ask:77>", "one two"),
        ("@everyone\u200b C# and _x_", "@everyone\u200b C# and _x_"),
        ("word " * 40, "word " * 14 + "word…"),
        ("x" * 200, "x" * 79 + "…"),
        ("<@900>", "A question"),
    ],
    ids=["mention", "marks", "plain", "long", "one word", "nothing"],
)
def test_a_threads_name_is_one_short_line(text: str, name: str) -> None:
    """Discord shows it as it is, and takes a hundred characters."""
    assert thread_name(text, "en") == name
