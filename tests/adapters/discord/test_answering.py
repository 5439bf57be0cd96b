"""A running answer when Discord refuses, through real discord.py."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from discord.utils import utcnow

from adapters.discord.limits import Limits
from bot.errors import ChatbotError, TryAgainLater
from bot.exchanges import OpenExchange
from bot.messages import Finished, Generation, Incoming, Piece, Place, Queued
from tests.adapters.discord.test_client import QUESTION, buttons, calls
from tests.adapters.discord.world import BRIEF_S, Company, company
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.standing_by import breaking, local

SLOW = ("Yes. ", "Every six months. ", "So ", "it is.")
WHOLE = "Yes. Every six months. So it is.\n-# Sources\n-# Filters (filters.md)"
MESSAGES = "/channels/*/messages"


async def asked_slowly(acme: Company, seconds: float) -> None:
    """Ask, and let *seconds* pass while the answer is written, one piece a second."""
    await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
    acme.env.settle_timeout = 30
    await acme.env.advance_time(seconds)


async def test_a_deleted_answer_is_not_posted_again_and_stops_the_model() -> None:
    """A moderator removed it; writing on would defy them and waste the model."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await asked_slowly(acme, 3)
        acme.env.backend.delete_message(acme.channel.id, acme.answers()[0].id)
        await acme.env.advance_time(10)

        assert acme.answers() == []
        assert acme.backend.left == 1
        assert [kept.reason for kept in acme.ledger.kept.values()] == ["NotFound"]


async def test_a_deleted_channel_harms_no_other() -> None:
    """Channels come and go while answers run."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await asked_slowly(acme, 3)
        acme.env.backend.delete_channel(acme.channel.id)
        await acme.env.advance_time(10)
        acme.backend.delay_s = 0
        other = acme.guild.create_text_channel("other")
        await acme.ana.send(other, f"{acme.me} {QUESTION}")

        assert len(buttons(acme.answers(other)[0])) == 2


async def test_a_question_deleted_meanwhile_stops_the_model_and_takes_back_what_was_said() -> None:
    """Whoever deletes a question wants it gone, and so what quotes it."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await asked_slowly(acme, 3)
        assert [answer.content for answer in acme.answers()] == ["Yes."]
        [asked] = [message for message in acme.channel.history() if message.author.id == acme.ana.id]
        acme.env.backend.delete_message(acme.channel.id, asked.id)
        await acme.env.advance_time(10)

        assert acme.answers() == []
        assert acme.backend.left == 1
        assert [(kept.exchange, kept.question.text) for kept in acme.ledger.kept.values()] == [(None, "")]


async def test_a_deletion_that_overtakes_its_question_is_obeyed() -> None:
    """Events come in no fixed order, and a question is on its way for a moment before anything can be stopped."""
    async with company() as acme:
        asked = await acme.member("bia").send(acme.channel, "hello")
        acme.env.backend.delete_message(acme.channel.id, asked.id)
        await acme.env.settle()
        place = Place("discord", "mention", "discord:1:2", str(acme.guild.id), str(acme.channel.id))
        left = await acme.client._services.engine.accept(Incoming(QUESTION, "7", place, ("k",), utcnow(), message_ref=str(asked.id)))
        assert left is not None
        await acme.client.on_left_open(OpenExchange(left, str(asked.id)))

        assert acme.answers() == []
        assert [kept.question.text for kept in acme.ledger.kept.values()] == [""]


async def test_a_channel_we_may_not_write_in_is_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    """The asker cannot be told; the operator must be, with the remedy, and never with the text."""
    async with company() as acme:
        acme.env.inject_error("POST", MESSAGES, status=403, code=50013, times=None)
        with caplog.at_level(logging.WARNING):
            await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        [record] = [record for record in caplog.records if record.message == "not shown"]
        assert "Send Messages" in record.__dict__["detail"]
        assert calls(acme) == ["POST"]
        assert "filter" not in caplog.text


async def test_a_stumbling_discord_is_tried_again_with_growing_pauses() -> None:
    """A server error passes; what it interrupted must be shown in the end."""
    async with company(settle_timeout=BRIEF_S) as acme:
        acme.env.inject_error("POST", MESSAGES, status=503, times=3)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 30
        await acme.env.advance_time(20)

        assert calls(acme)[:4] == ["POST"] * 4
        assert len(buttons(acme.answers()[0])) == 2


async def test_a_discord_that_stays_down_is_given_up() -> None:
    """Outages of ten minutes are outlasted; trying for ever would pile up answers that nobody waits for."""
    async with company(settle_timeout=BRIEF_S) as acme:
        acme.env.inject_error("POST", MESSAGES, status=503, times=None)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 30
        await acme.env.advance_time(2000)

        assert 15 < calls(acme).count("POST") < 60
        assert [kept.exchange is not None for kept in acme.ledger.kept.values()] == [True]


LONG = "".join(f"{chr(97 + number % 26) * 2}{'x' * 120}\n\n" for number in range(150))


async def test_an_answer_too_long_for_messages_ends_in_a_file() -> None:
    """Nothing is cut, and no channel is flooded."""
    async with company(ScriptedBackend([LONG])) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        parts = acme.answers()
        assert [len(buttons(part)) for part in parts] == [0] * 7 + [2]
        assert LONG.startswith("".join(part.content for part in parts[:7]))
        [file] = parts[7].attachments
        assert (file.filename, file.size) == ("answer.md", len(LONG.rstrip()))


async def test_where_files_are_not_allowed_a_long_answer_is_as_many_messages_as_it_takes() -> None:
    """Still nothing is cut."""
    async with company(ScriptedBackend([LONG, "End."], delay_s=2), settle_timeout=BRIEF_S) as acme:
        await asked_slowly(acme, 3)
        acme.env.inject_error("POST", MESSAGES, status=403, code=50013)
        await acme.env.advance_time(10)

        said = "".join(part.content for part in acme.answers()).partition("-# ")[0]
        assert said.split() == [*LONG.split(), "End."]


async def test_a_long_answer_that_fails_keeps_what_was_said_in_a_file() -> None:
    """The sentence that says why comes last."""
    async with company(ScriptedBackend([LONG], error=TryAgainLater(), fail_after=1)) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        *earlier, last = acme.answers()
        assert len(earlier) == 7
        assert last.content.endswith(TryAgainLater.user_text)
        assert [file.size for file in last.attachments] == [len(LONG.rstrip())]


class Busy(Limits):
    """Limits with requests in line."""

    are_near = True


async def test_under_pressure_only_what_somebody_would_miss_is_sent() -> None:
    """Fifty requests a second are soon spent on typing and on edits that the next one makes old."""
    async with company(ScriptedBackend(SLOW, delay_s=2, ahead=3), settle_timeout=BRIEF_S) as acme:
        acme.client._posts.limits = Busy()
        await asked_slowly(acme, 10)

        assert calls(acme) == ["POST", "PATCH"]
        assert [request.path for request in acme.env.http_requests if request.path.endswith("/typing")] == []
        assert len(buttons(acme.answers()[0])) == 2


async def test_edits_on_the_way_give_way_to_posts_that_wait() -> None:
    """A channel's pace is one for all answers in it: the first words of one matter more than the newest of another."""
    async with company(ScriptedBackend(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        with acme.client._posts.in_line(acme.channel.id):
            await asked_slowly(acme, 10)

        assert calls(acme) == ["POST", "PATCH"]


async def test_a_place_in_line_is_told_as_it_changes() -> None:
    """People see that it goes on."""

    class Line(ScriptedBackend):
        async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
            for ahead in (2, 1):
                yield Queued(ahead)
                await asyncio.sleep(3)
            async with aclosing(super().stream(request)) as events:
                async for event in events:
                    yield event

    async with company(Line(SLOW), settle_timeout=BRIEF_S) as acme:
        shown = []
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 30
        for seconds in (2, 2, 7):
            await acme.env.advance_time(seconds)
            shown.append([answer.content for answer in acme.answers()])

        assert shown == [["-# 2 before you"], ["-# 1 before you"], [WHOLE]]


async def test_typing_that_is_refused_does_not_cost_the_answer() -> None:
    """It is a courtesy only."""
    async with company() as acme:
        acme.env.inject_error("POST", "/channels/*/typing", status=403, code=50001, times=None)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert len(buttons(acme.answers()[0])) == 2


async def test_a_bug_leaves_the_asker_a_word_and_the_log_a_trace() -> None:
    """Silence is the worst answer; the exchange's text must not be in it."""

    def broken(_: object) -> list[str]:
        raise ZeroDivisionError

    async with company(ScriptedBackend(broken), check_errors=False) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert [answer.content for answer in acme.answers()] == [ChatbotError.user_text]
        assert len(acme.env.errors) == 1


async def test_a_bug_elsewhere_says_nothing_in_the_channel() -> None:
    """Only a question waits for a word."""
    async with company(check_errors=False) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.ledger.rate = None  # type: ignore[assignment,method-assign]
        await acme.ana.react(acme.answers()[0], "👍")

        assert len(acme.answers()) == 1
        assert len(acme.env.errors) == 1


async def test_a_sentence_that_cannot_be_posted_is_let_go() -> None:
    """A complaint about a complaint helps nobody."""
    async with company() as acme:
        acme.env.inject_error("POST", MESSAGES, status=403, code=50013)
        await acme.ana.send(acme.channel, acme.me)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert len(acme.answers()) == 1


async def test_while_stopping_nothing_new_is_begun() -> None:
    """What is begun then could not be finished, and the next process reads it; a vote is quickly kept."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.client.drain(0)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        await acme.ana.react(acme.answers()[0], "👍")

        assert len(acme.answers()) == 1
        assert acme.votes() == [{f"discord/{acme.ana.id}": "up"}]
        await acme.restart()
        assert len(acme.answers()) == 2


class Fails(MemoryLedger):
    """A ledger of which `failing` is away, some times."""

    def __init__(self, failing: str, times: int) -> None:
        super().__init__()
        self.failing, self.times = failing, times

    def _fail(self, name: str) -> None:
        if name == self.failing and self.times > 0:
            self.times -= 1
            raise TryAgainLater("database away")

    async def intend_post(self, exchange_id: str, *, part: int) -> bool:
        """See the port."""
        self._fail("intend_post")
        return await super().intend_post(exchange_id, part=part)

    async def posted(self, exchange_id: str, *, part: int, channel: str, message_ref: str) -> None:
        """See the port."""
        self._fail("posted")
        await super().posted(exchange_id, part=part, channel=channel, message_ref=message_ref)

    async def abandon(self, exchange_id: str, *, reason: str) -> None:
        """See the port."""
        self._fail("abandon")
        await super().abandon(exchange_id, reason=reason)


@pytest.mark.parametrize("failing", ["intend_post", "posted"])
async def test_a_database_away_for_a_moment_costs_no_answer(failing: str) -> None:
    """The answer is shown once, and its post is known, so that votes find it."""
    ledger = Fails(failing, 2)
    async with company(ledger=ledger, settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 30
        await acme.env.advance_time(20)

        assert [answer.content for answer in acme.answers()] == ["Yes. Every six months.\n-# Sources\n-# Filters (filters.md)"]
        assert [kept.posts for kept in ledger.kept.values()] == [{0: (str(acme.channel.id), str(acme.answers()[0].id))}]


async def test_an_answer_given_up_without_a_database_is_left_open() -> None:
    """Nobody is told of a bug where there is none."""
    ledger = Fails("abandon", 1)
    async with company(ScriptedBackend(SLOW, delay_s=2), ledger=ledger, settle_timeout=BRIEF_S) as acme:
        await asked_slowly(acme, 3)
        acme.env.backend.delete_message(acme.channel.id, acme.answers()[0].id)
        await acme.env.advance_time(10)

        assert acme.answers() == []
        assert [kept.reason for kept in ledger.kept.values()] == [""]


async def test_an_answer_that_broke_off_gives_way_to_the_stand_in_s() -> None:
    """In the same message: whoever read the first words finds the whole answer there, and whose it is."""
    hosted = breaking(("Wrong. ", "Half. ", "Never."), after=2, delay_s=2)
    async with company(hosted, fallback=local(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await asked_slowly(acme, 3)
        before = [answer.content for answer in acme.answers()]
        await acme.env.advance_time(20)

        assert before == ["Wrong."]
        assert [answer.content for answer in acme.answers()] == [
            "Yes. Every six months. So it is.\n-# local answered in place of hosted\n-# Sources\n-# Filters (filters.md)"
        ]
        assert len(buttons(acme.answers()[0])) == 2


async def test_parts_of_an_answer_that_broke_off_do_not_stay() -> None:
    """A long beginning in two messages gives way to a short answer in one."""
    hosted = breaking((f"A{'b' * 1800}. ", f"C{'d' * 1800}. ", "Never."), after=2, delay_s=2)
    async with company(hosted, fallback=local(SLOW, delay_s=2), settle_timeout=BRIEF_S) as acme:
        await asked_slowly(acme, 3.5)
        await acme.env.advance_time(25)

        (answer,) = acme.answers()
        assert answer.content.startswith("Yes. Every six months. So it is.\n-# local answered in place of hosted")
