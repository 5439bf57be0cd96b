"""Edits and deletions of questions reach what we keep. Real sockets, real discord.py."""

import asyncio

from tests.adapters.discord.wire import ASKED, PIECES, WHOLE, app_with, eventually, running, whole
from tests.fakes.backend import ScriptedBackend
from tests.fakes.discord_server import CHANNEL, ME, DiscordServer
from tests.fakes.ledger import Kept, MemoryLedger

SOON_S = 0.3


async def asked(server: DiscordServer, ledger: MemoryLedger) -> tuple[str, Kept]:
    """Ask, and return the question with what is kept of it once its answer is whole."""
    question = await server.say(ASKED)
    await server.until(lambda: whole(server) == [WHOLE])
    return question, list(ledger.kept.values())[-1]


async def test_an_authors_edit_changes_what_is_kept_and_nothing_that_was_said(discord_wire: DiscordServer) -> None:
    """The new words are the author's; the answer was to the old ones."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        question, kept = await asked(discord_wire, ledger)
        await discord_wire.edit(question, f"<@{ME}> When do I change the oil filter?")
        await eventually(lambda: kept.question.text == "When do I change the oil filter?")
        await asyncio.sleep(SOON_S)

    assert discord_wire.contents == [WHOLE]


async def test_a_preview_a_thread_and_words_hidden_from_us_change_nothing(discord_wire: DiscordServer) -> None:
    """Discord sends updates of all kinds; without the intent, one that took our mention away comes without words."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        question, kept = await asked(discord_wire, ledger)
        await discord_wire.preview(question)
        await discord_wire.edit(question, "never mind")
        await discord_wire.edit(discord_wire.answers(CHANNEL)[0]["id"], "we said something else")
        await asyncio.sleep(SOON_S)

    assert kept.question.text == "When do I change the filter?"


async def test_an_edit_of_what_is_no_question_is_passed_over(discord_wire: DiscordServer) -> None:
    """People mend their messages all day."""
    ledger = MemoryLedger()
    async with running(app_with(ledger, message_content=True)):
        chatter = await discord_wire.say("good morning")
        await discord_wire.edit(chatter, "good evening")
        await asyncio.sleep(SOON_S)

    assert ledger.kept == {}


async def test_a_deleted_question_is_forgotten(discord_wire: DiscordServer) -> None:
    """Its author wants it gone; others may have read the answer."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        question, kept = await asked(discord_wire, ledger)
        await asyncio.sleep(SOON_S)  # until the answer is over for us, too
        await discord_wire.delete(question)
        await eventually(lambda: kept.question.text == "")

    assert discord_wire.contents == [WHOLE]


async def test_questions_deleted_together_are_all_forgotten(discord_wire: DiscordServer) -> None:
    """A moderator clears a channel in one go."""
    ledger = MemoryLedger()
    async with running(app_with(ledger)):
        questions = [await discord_wire.say(ASKED) for _ in range(2)]
        await discord_wire.until(lambda: whole(discord_wire) == [WHOLE, WHOLE])
        await discord_wire.delete(*questions)
        await eventually(lambda: [kept.question.text for kept in ledger.kept.values()] == ["", ""])


async def test_deleting_a_question_stops_its_answer_and_removes_what_was_posted(discord_wire: DiscordServer) -> None:
    """Nothing more is to be said about it."""
    ledger, backend = MemoryLedger(), ScriptedBackend(PIECES, delay_s=0.3)
    async with running(app_with(ledger, backend)):
        question = await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
        await discord_wire.delete(question)
        await eventually(lambda: discord_wire.contents == [] and backend.running == 0)
        await asyncio.sleep(SOON_S)

    assert discord_wire.contents == []
    assert [kept.exchange for kept in ledger.kept.values()] == [None]


async def test_a_post_that_cannot_be_taken_back_stays_without_complaint(discord_wire: DiscordServer) -> None:
    """We may have lost the channel in between."""
    async with running(app_with(MemoryLedger(), ScriptedBackend(PIECES, delay_s=0.3))):
        question = await discord_wire.say(ASKED)
        await discord_wire.until(lambda: discord_wire.contents == ["Yes."])
        discord_wire.denied[CHANNEL].add("view")
        await discord_wire.delete(question)
        await asyncio.sleep(SOON_S)

    assert discord_wire.contents == ["Yes."]
