"""Questions on Discord, through real discord.py."""

import logging
from typing import Any

import discord
import pytest

from bot.errors import ChatbotError, TryAgainLater
from bot.messages import Generation
from tests.adapters.discord.world import BRIEF_S, Company, company
from tests.fakes.backend import ScriptedBackend, question_of

QUESTION = "When do I change the filter?"


async def test_a_mention_is_answered_once_as_a_reply_with_its_source_and_buttons() -> None:
    """The main path: a person asks in a channel and sees what the answer rests on."""
    async with company() as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        [answer] = acme.answers()
        assert answer.content == "Yes. Every six months.\n-# Sources\n-# Filters (filters.md)"
        assert replied_to(answer) == asked.id
        assert [button.emoji and button.emoji.name for button in buttons(answer)] == ["👍", "👎"]
        [kept] = acme.ledger.kept.values()
        assert kept.question.text == QUESTION
        assert kept.question.audience == "customers"
        assert kept.question.place.conversation_id == f"discord:{acme.guild.id}:{asked.id}"


async def test_nobody_is_pinged_by_an_answer() -> None:
    """A question, a passage or a model may hold @everyone; no answer may ever notify anybody."""
    backend = ScriptedBackend(("@every", "one @here <@", "123456789012345678> <@&123456789012345678>!"))
    async with company(backend) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} @everyone @here @123456789012345678 @&123456789012345678 {QUESTION}")

        [answer] = acme.answers()
        assert answer.content.startswith("@\u200beveryone @\u200bhere <@\u200b123456789012345678> <@\u200b&123456789012345678>!")
        assert not answer.mention_everyone
        assert answer.mentions == []
        bodies = [request.json for request in acme.env.http_requests if request.method in ("POST", "PATCH") and request.json]
        assert all(body["allowed_mentions"] == {"parse": []} for body in bodies if "content" in body)


async def test_thirty_threads_of_three_turns_are_each_answered_in_their_place() -> None:
    """Under load no answer may go astray, appear twice or be lost, and no vote either."""
    backend = ScriptedBackend(lambda request: ("About ", asked_word(request)))
    async with company(backend) as acme:
        threads = [acme.thread(f"talk {number}") for number in range(30)]
        for turn in range(3):
            for number, thread in enumerate(threads):
                await acme.ana.send(thread, f"{acme.me} filter w{number}x{turn}")
        for thread in threads:
            await acme.ana.click(acme.answers(thread)[-1], custom_id=custom_id(acme.answers(thread)[-1], 0))
            await acme.ana.react(acme.answers(thread)[0], "👎")

        for number, thread in enumerate(threads):
            assert [answer.content.splitlines()[0] for answer in acme.answers(thread)] == [f"About w{number}x{turn}" for turn in range(3)]
        assert len(acme.ledger.kept) == 90
        assert [sum(votes == {f"discord/{acme.ana.id}": value} for votes in acme.votes()) for value in ("up", "down")] == [30, 30]
        for thread in threads:
            assert len(await acme.ledger.turns(f"discord:{acme.guild.id}:{thread.id}", limit=9)) == 3


async def test_a_thread_is_followed_without_mentions_where_content_is_visible() -> None:
    """With the intent granted, people need not name us at every turn; in threads that are not ours we stay silent."""
    async with company(message_content=True) as acme:
        ours, theirs = acme.thread("ours"), acme.thread("theirs")
        await acme.ana.send(theirs, QUESTION)
        await acme.ana.send(ours, f"{acme.me} {QUESTION}")
        await acme.ana.send(ours, "And the other filter?")

        assert len(acme.answers(ours)) == 2
        assert acme.answers(theirs) == []


async def test_without_the_intent_a_hidden_message_is_left_alone() -> None:
    """Discord then hides what a thread's messages say; an answer to nothing would be noise."""
    async with company() as acme:
        thread = acme.thread()
        await acme.ana.send(thread, f"{acme.me} {QUESTION}")
        await acme.ana.send(thread, "Thanks, Bia! See you at lunch.")

        assert len(acme.answers(thread)) == 1


async def test_a_reply_to_an_answer_continues_its_conversation() -> None:
    """A follow-up is understood only with what was said before."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.member("bia").send(acme.channel, "Which filter do you mean?", reply_to=acme.answers()[0])
        await acme.ana.send(acme.channel, f"{acme.me} A new filter topic")

        first, second, third = (kept.question.place.conversation_id for _, kept in sorted(acme.ledger.kept.items()))
        assert first == second != third
        assert len(acme.backend.requests[1].prompt) == 4
        assert len(acme.backend.requests[2].prompt) == 2


@pytest.mark.parametrize("on_answer", [False, True], ids=["question", "answer"])
async def test_a_thread_opened_on_a_conversation_continues_it(on_answer: bool) -> None:
    """People move a talk into a thread when it grows; it must not start anew there."""
    async with company(message_content=True) as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        thread = acme.thread(on=acme.answers()[0].id if on_answer else asked.id)
        await acme.ana.send(thread, "And the second filter?")

        assert len(acme.answers(thread)) == 1
        assert len({kept.question.place.conversation_id for kept in acme.ledger.kept.values()}) == 1


async def test_direct_messages_are_one_conversation() -> None:
    """In a direct message no mention is needed."""
    async with company() as acme:
        await acme.ana.send_dm(QUESTION)
        await acme.ana.send_dm("And the second filter?")

        channel = acme.ana.user.dm_channel
        assert len(acme.answers(channel)) == 2
        assert {kept.question.place.conversation_id for kept in acme.ledger.kept.values()} == {f"discord:dm:{channel.id}"}
        assert {kept.question.place.surface for kept in acme.ledger.kept.values()} == {"direct_message"}


def word(number: int) -> str:
    """Return a word of its own for each *number* below 676; figures that no passage holds would not be shown."""
    return f"x{chr(97 + number // 26)}{chr(97 + number % 26)}"


async def test_a_long_answer_is_split_and_its_last_part_is_rated() -> None:
    """Beyond 2,000 characters Discord refuses a message; code must stay code in each part."""
    code = [
        "```python\n",
        *(f"change_filter(part={word(number)})  #_and_then_go_on_with_the_next_one\n" for number in range(100)),
        "```\n",
        "Done.",
    ]
    async with company(ScriptedBackend(code)) as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        answers = acme.answers()
        assert len(answers) > 2
        assert all(len(answer.content) <= 2000 and answer.content.count("```") % 2 == 0 for answer in answers)
        assert all(f"part={word(number)})" in "".join(answer.content for answer in answers) for number in range(100))
        assert [replied_to(answer) for answer in answers] == [asked.id, *(answer.id for answer in answers[:-1])]
        assert [len(buttons(answer)) for answer in answers] == [*(0 for _ in answers[:-1]), 2]
        [exchange_id] = acme.ledger.kept
        assert nonces(acme) == [f"{exchange_id}-{part}" for part in range(len(answers))]


async def test_an_answer_is_edited_at_its_pace() -> None:
    """Discord refuses more than about one call a second, and nobody reads faster."""
    backend = ScriptedBackend([f"{word(number)}. " for number in range(100)], delay_s=1)
    async with company(backend, edit_interval_s=10, settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 30
        await acme.env.advance_time(51.5)
        assert calls(acme) == ["POST", *["PATCH"] * 5]
        assert word(49) in acme.answers()[0].content
        await acme.env.advance_time(60)

        assert calls(acme) == ["POST", *["PATCH"] * 10]
        assert len(buttons(acme.answers()[0])) == 2


async def test_a_question_that_waits_for_others_is_answered_when_its_turn_comes() -> None:
    """A busy model is no reason for noise in the channel: typing shows that somebody is there."""
    async with company(ScriptedBackend(("Six months.",), ahead=3)) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert len(acme.answers()) == 1


async def test_an_approved_answer_says_so_in_the_servers_language() -> None:
    """What stands around an answer is for people, too; loading its words must not hold up the others."""
    async with company() as acme:
        guild = acme.env.create_guild("Empresa", preferred_locale="pt-BR")
        channel = guild.create_text_channel("ajuda")
        caio = guild.add_member(acme.env.create_user("caio"))
        await caio.send(channel, f"{acme.me} Who approved this?")

        [answer] = acme.answers(channel)
        assert answer.content.startswith("Ana did.\n-# ")
        assert [kept.question.locale for kept in acme.ledger.kept.values()] == ["pt-BR"]


async def test_typing_is_shown_until_the_first_words() -> None:
    """A small model may think for a while; the asker must see that somebody is there."""
    backend = ScriptedBackend(("Six months.",), delay_s=20)
    async with company(backend, settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 10
        await acme.env.advance_time(19)
        assert [request.path.endswith("/typing") for request in acme.env.http_requests].count(True) == 3
        await acme.env.advance_time(30)

        assert len(acme.answers()) == 1
        assert [request.path.endswith("/typing") for request in acme.env.http_requests].count(True) == 3


async def test_a_model_failing_half_way_keeps_what_was_said_and_says_so() -> None:
    """What was read cannot be taken back; the asker must know that it is not the whole."""
    backend = ScriptedBackend(("Every month. ", "Or ", "so."), error=TryAgainLater("killed"), fail_after=2)
    async with company(backend) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        [answer] = acme.answers()
        assert answer.content == f"Every month.\n\n{TryAgainLater.user_text}"
        assert buttons(answer) == []


async def test_a_model_failing_at_once_is_told_in_one_sentence() -> None:
    """Silence would leave the asker waiting."""
    async with company(ScriptedBackend(error=TryAgainLater("down"))) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert [answer.content for answer in acme.answers()] == [TryAgainLater.user_text]


@pytest.mark.parametrize(
    ("text", "begin"),
    [("", "Please write your question in words."), ("🙂🙂", "Please write"), ("w" * 1999, "")],
    ids=["bare mention", "emoji only", "very long"],
)
async def test_a_question_that_cannot_be_answered_gets_one_sentence(text: str, begin: str) -> None:
    """Each bad question gets a sentence that says what to do; a long one is answered."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {text}"[:2000])

        [answer] = acme.answers()
        assert answer.content.startswith(begin)


async def test_a_picture_alone_is_answered_honestly() -> None:
    """Nobody should wait for an answer to a picture that we cannot see."""
    async with company() as acme:
        await acme.ana.send(acme.channel, acme.me, attachments=[("error.png", b"png")])

        [answer] = acme.answers()
        assert answer.content == "I cannot see pictures (error.png). Please write in words what it shows."
        assert acme.ledger.kept == {}


async def test_bots_webhooks_and_system_messages_are_ignored() -> None:
    """Two bots that answer each other never stop."""
    async with company(message_content=True) as acme:
        bot = acme.guild.add_member(acme.env.create_user("other", bot=True))
        await bot.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.guild.create_webhook(acme.channel).send(f"{acme.me} {QUESTION}")
        talk = await acme.ana.send(acme.channel, "filter talk among people")
        acme.env.backend.set_pinned(acme.channel.id, talk.id, True, actor_id=acme.ana.id)
        await acme.env.settle()

        assert acme.answers() == []
        assert acme.ledger.kept == {}


async def test_an_event_delivered_twice_is_answered_once() -> None:
    """After a resumed session Discord may send an event again."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.send(acme.channel, acme.me)
        for payload in [payload for _, name, payload in acme.env.backend.transcript if name == "MESSAGE_CREATE"]:
            if int(payload["author"]["id"]) == acme.ana.id:
                acme.env.backend.emit("MESSAGE_CREATE", payload)
        await acme.env.settle()

        assert len(acme.ledger.kept) == 1
        assert len(nonces(acme)) == 2


ZALGO = "Z" + "".join(chr(0x300 + number) for number in range(32))


@pytest.mark.parametrize("name", ["@everyone", "**Ana** ~~`x`~~ ||y||", ZALGO, "</ask:1>", "<@1>", "\u202eanA", "💥" * 32])
async def test_a_hostile_display_name_pings_and_breaks_nothing(name: str) -> None:
    """Names are anybody's to choose; they come near the model, the ledger and our texts."""
    async with company() as acme:
        hostile = acme.guild.add_member(acme.env.create_user("mallory", global_name=name))
        await hostile.send(acme.channel, f"{acme.me} {QUESTION} asks <@{hostile.id}>")
        await hostile.slash(acme.channel, "ask", question=f"{QUESTION} asks {name}")

        assert [answer.content for answer in acme.answers()] == ["Yes. Every six months.\n-# Sources\n-# Filters (filters.md)"] * 2
        assert not any(answer.mention_everyone or answer.mentions for answer in acme.answers())


@pytest.mark.parametrize(
    "flood",
    ["🎉" * 900, "||" * 900, "`" * 1900, "<@&1>" * 380, "<a:x:1>" * 280, "\n" * 1900, "[x](<https://x.example>)" * 80],
    ids=["emoji", "spoilers", "backticks", "roles", "custom emoji", "lines", "links"],
)
async def test_a_flood_of_markup_is_a_question_or_gets_a_sentence(flood: str) -> None:
    """Bored people try everything."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {flood}"[:2000])
        await acme.ana.send(acme.channel, f"{acme.me} filter {flood}"[:2000])

        assert len(acme.answers()) == 2
        assert not any(answer.mentions or answer.role_mentions for answer in acme.answers())


async def test_an_edited_question_is_mirrored_and_a_deleted_one_forgotten() -> None:
    """What people take back must not be kept."""
    async with company() as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.edit(asked, f"{acme.me} When do I change the water filter?")
        [kept] = acme.ledger.kept.values()
        assert kept.question.text == "When do I change the water filter?"
        await acme.ana.delete(asked)

        assert kept.erased


async def test_questions_deleted_in_bulk_are_forgotten() -> None:
    """Moderators clean up a channel in one go."""
    async with company() as acme:
        asked = [await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}") for _ in range(2)]
        acme.env.backend.bulk_delete_messages(acme.channel.id, [message.id for message in asked])
        await acme.env.settle()

        assert [kept.erased for kept in acme.ledger.kept.values()] == [True, True]


async def test_a_bug_is_told_in_one_sentence() -> None:
    """Silence would leave the asker waiting for ever."""
    async with company(check_errors=False) as acme:
        acme.ledger.takes_part = broken  # type: ignore[method-assign]
        acme.ledger.claim = broken  # type: ignore[method-assign]
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert [answer.content for answer in acme.answers()] == [ChatbotError.user_text]
        assert acme.env.errors


async def test_an_outage_of_ours_is_told_as_one() -> None:
    """The asker should try again, and the operator reads a line, not a trace."""
    async with company(check_errors=False) as acme:
        acme.ledger.exchange_of = away  # type: ignore[method-assign]
        talk = await acme.ana.send(acme.channel, "lunch?")
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}", reply_to=talk)

        assert [answer.content for answer in acme.answers()] == [TryAgainLater.user_text]


@pytest.mark.parametrize("gone", ["channel", "server", "question"])
async def test_a_place_that_goes_while_we_answer_ends_the_answer_quietly(gone: str) -> None:
    """Channels are deleted and apps kicked at any moment; nothing may crash, and nothing go on for ever."""
    async with company(ScriptedBackend(("Every six months. ", "Really. ", "Truly, ", "so."), delay_s=2), settle_timeout=BRIEF_S) as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 10
        await acme.env.advance_time(3)
        assert len(acme.answers()) == 1
        match gone:
            case "channel":
                acme.env.backend.delete_channel(acme.channel.id)
            case "server":
                acme.env.backend.remove_guild(acme.guild.id)
            case "question":
                acme.env.backend.delete_message(acme.channel.id, asked.id)
        await acme.env.advance_time(600)

        [kept] = acme.ledger.kept.values()
        assert kept.erased if gone == "question" else kept.reason == "NotFound"
        assert acme.client._work == set()


async def test_a_server_that_sends_us_away_is_named_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    """Silence in a server has a reason that should be on record."""
    async with company() as acme:
        with caplog.at_level(logging.WARNING):
            acme.env.backend.remove_guild(acme.guild.id)
            await acme.env.settle()

        [record] = [each for each in caplog.records if each.name.startswith("adapters.")]
        assert record.__dict__["guild"] == acme.guild.id


async def away(*_: object, **__: object) -> None:
    """Be away."""
    raise TryAgainLater


async def broken(*_: Any, **__: Any) -> Any:
    """Have a bug."""
    raise ZeroDivisionError


def asked_word(request: Generation) -> str:
    """Return the question's last word."""
    return question_of(request).split()[-1]


def replied_to(message: discord.Message) -> int | None:
    """Return the id of the message that this one replies to."""
    return message.reference.message_id if message.reference else None


def buttons(message: discord.Message) -> list[discord.Button]:
    """Return the message's buttons."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    return [button for row in rows for button in row.children if isinstance(button, discord.Button)]


def custom_id(message: discord.Message, index: int) -> str:
    """Return what a button is known by."""
    return buttons(message)[index].custom_id or ""


def calls(acme: Company) -> list[str]:
    """Return our posts and edits."""
    return [request.method for request in acme.env.http_requests if request.method in ("POST", "PATCH") and "/typing" not in request.path]


def nonces(acme: Company) -> list[str]:
    """Return the nonces of our posts; each must be enforced."""
    bodies = [request.json for request in acme.env.http_requests if request.method == "POST" and isinstance(request.json, dict)]
    assert all(body["enforce_nonce"] for body in bodies if "nonce" in body)
    return [body["nonce"] for body in bodies if "nonce" in body]
