"""What a crash leaves behind on Discord is finished by the next process."""

from datetime import timedelta

from discord.utils import utcnow

from bot.messages import Incoming, Place
from tests.adapters.discord.test_client import QUESTION, buttons, nonces
from tests.adapters.discord.world import BRIEF_S, Company, company
from tests.fakes.backend import ScriptedBackend

WHOLE = "Yes. Every six months.\n-# Sources\n-# Filters (filters.md)"
SLOW = ("Yes. ", "Every six ", "months.")


async def interrupted(acme: Company, *, after_s: float) -> None:
    """Ask, and let the process die *after_s* seconds later."""
    await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
    acme.env.settle_timeout = 10
    await acme.env.advance_time(after_s)
    assert [answer.content for answer in acme.answers()] in ([], ["Yes."])
    acme.backend.delay_s = 0
    await acme.restart()


async def test_an_answer_cut_off_by_a_crash_is_finished_in_its_message() -> None:
    """The half answer is in the channel: it must become whole, not be posted again."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await interrupted(acme, after_s=3)

        [answer] = acme.answers()
        assert answer.content == WHOLE
        assert len(buttons(answer)) == 2
        assert len(nonces(acme)) == 1


async def test_a_question_accepted_but_not_yet_answered_is_answered_after_the_crash() -> None:
    """Once accepted, a question is never lost."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await interrupted(acme, after_s=1)

        assert [answer.content for answer in acme.answers()] == [WHOLE]


async def test_a_post_whose_record_was_lost_is_found_in_the_channel() -> None:
    """The process may die between posting and noting it; the reply to the asker's message tells."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 10
        await acme.env.advance_time(3)
        [kept] = acme.ledger.kept.values()
        kept.posts[0] = ("", "")
        acme.env.settle_timeout = BRIEF_S
        acme.backend.delay_s = 0
        await acme.member("bia").send(acme.channel, acme.me)
        await acme.restart()

        assert [answer.content for answer in acme.answers()] == [WHOLE, "Please write your question in words."]
        assert kept.posts == {0: (str(acme.channel.id), str(acme.answers()[0].id))}


async def test_parts_that_the_new_answer_does_not_need_are_removed() -> None:
    """A model may say less the second time; the rest of the first answer must not stand there."""
    long = [f"{'w' * 900}\n\n" for _ in range(4)]
    async with company(ScriptedBackend(long, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 10
        await acme.env.advance_time(7)
        assert len(acme.answers()) == 2
        acme.backend.script, acme.backend.delay_s = SLOW, 0
        await acme.restart()

        assert [answer.content for answer in acme.answers()] == [WHOLE]


async def test_a_channel_that_cannot_be_read_gets_the_answer_anew() -> None:
    """Without the permission to read history the answer is still owed; the nonce keeps it single."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 10
        await acme.env.advance_time(3)
        [kept] = acme.ledger.kept.values()
        kept.posts[0] = ("", "")
        acme.backend.delay_s = 0
        acme.env.inject_error("GET", "/channels/*/messages", status=403, code=50013, times=None)
        await acme.restart()

        assert acme.answers()[-1].content == WHOLE
        assert len(set(nonces(acme))) == 1


async def test_direct_messages_are_taken_up_and_old_questions_are_not() -> None:
    """An answer that comes hours late, or to a channel that is gone, helps nobody and must harm nobody."""
    async with company() as acme:
        asked = acme.env.backend.create_message(acme.ana.user.dm_channel.id, acme.ana.id, "hello?")
        await acme.env.settle()
        for number, (age, channel) in enumerate(((2, asked.channel_id), (0.5, asked.channel_id), (0.5, 1))):
            place = Place("discord", "direct_message", f"discord:dm:{number}", "", str(channel))
            accepted = await acme.client._services.engine.accept(
                Incoming(QUESTION, str(acme.ana.id), place, (f"k{number}",), utcnow() - timedelta(hours=age), message_ref=str(asked.id))
            )
            assert accepted is not None
        before = len(acme.answers(acme.ana.user.dm_channel))
        await acme.restart()

        assert [answer.content for answer in acme.answers(acme.ana.user.dm_channel)[before:]] == [WHOLE]
        assert [kept.reason for _, kept in sorted(acme.ledger.kept.items()) if kept.question.place.channel == "1"] == ["NotFound"]


async def test_what_was_said_while_we_were_away_is_answered_once() -> None:
    """A new session gets no old events; a question asked during a deployment must not be lost, nor an old one answered again."""
    async with company() as acme:
        thread = acme.thread()
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.send(acme.channel, acme.me)
        await acme.client.drain(0)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.send(thread, f"{acme.me} {QUESTION}")
        assert len(acme.answers()) == 2
        await acme.restart()

        assert [answer.content == WHOLE for answer in acme.answers()] == [True, False, True]
        assert [answer.content for answer in acme.answers(thread)] == [WHOLE]


async def test_a_channel_whose_history_is_closed_to_us_is_skipped() -> None:
    """One channel's permissions must not keep the others from being read."""
    async with company() as acme:
        other = acme.guild.create_text_channel("other")
        await acme.client.drain(0)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.send(other, f"{acme.me} {QUESTION}")
        acme.env.inject_error("GET", f"/channels/{other.id}/messages", status=403, code=50001)
        await acme.restart()

        assert [answer.content for answer in acme.answers()] == [WHOLE]
        assert acme.answers(other) == []
