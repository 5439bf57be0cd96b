"""A route: who is asked, who is left alone, and how long anybody waits; on a clock that the test moves."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from math import inf

import pytest

from bot.backends.breaker import FAILURES, PROBE_EVERY_S, Breaker
from bot.backends.route import Route
from bot.errors import BadRequest, Busy, ChatbotError, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued
from tests.fakes.backend import ScriptedBackend

PROMPT = (Message("user", "Hello"),)


class Time:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def request(conversation: str = "", *, first_token_s: float = inf) -> Generation:
    """Ask something in a conversation."""
    return Generation(PROMPT, max_tokens=50, deadline_s=20, conversation_id=conversation, first_token_s=first_token_s)


async def read(route: Route, asked: Generation | None = None) -> list[Queued | Piece | Finished]:
    """Read an answer to its end."""
    async with aclosing(route.stream(asked or request())) as stream:
        return [event async for event in stream]


async def refusal(route: Route, asked: Generation) -> ChatbotError:
    """Return the error that an answer ends with."""
    with pytest.raises(ChatbotError) as error:
        await read(route, asked)
    return error.value


def down(error: ChatbotError | None = None) -> ScriptedBackend:
    """Return a server that fails before its first words."""
    return ScriptedBackend(error=error or TryAgainLater("connection refused"))


async def test_new_conversations_go_to_the_least_busy_and_stay() -> None:
    """A thread's evaluated beginning is worth most where it is; threads spread all the same."""
    servers = [ScriptedBackend(delay_s=0.02) for _ in range(3)]
    route = Route(servers)
    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(read(route, request(f"thread {number}")))
    spread = [[each.conversation_id for each in server.requests] for server in servers]
    for number in range(6):
        await read(route, request(f"thread {number}"))

    assert [len(each) for each in spread] == [2, 2, 2]
    for server, first in zip(servers, spread, strict=True):
        assert sorted(each.conversation_id for each in server.requests) == sorted(first * 2)


async def test_a_busy_server_gets_no_new_thread() -> None:
    """Least busy by what runs now, not by turns."""
    busy, idle = ScriptedBackend(delay_s=5), ScriptedBackend()
    route = Route([busy, idle])
    async with aclosing(route.stream(request("long"))) as stream:
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.01)
        for number in range(4):
            await read(route, request(f"thread {number}"))
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting

    assert len(busy.requests) == 1
    assert len(idle.requests) == 4


async def test_a_conversation_moves_when_its_server_fails_and_stays_there() -> None:
    """Its new server has the beginning now."""
    first, second = ScriptedBackend(), ScriptedBackend()
    route = Route([first, second])
    await read(route, request("thread"))
    first.error = TryAgainLater("down")
    await read(route, request("thread"))
    first.error = None
    await read(route, request("thread"))

    assert (len(first.requests), len(second.requests)) == (2, 2)


async def test_what_is_remembered_of_conversations_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs for a year meets millions of threads."""
    monkeypatch.setattr("bot.backends.route._REMEMBERED", 3)
    route = Route([ScriptedBackend(), ScriptedBackend()])
    for number in range(10):
        await read(route, request(f"thread {number}"))

    assert len(route._places) == 3


async def test_the_next_server_answers_where_one_fails() -> None:
    """The asker notices nothing."""
    route = Route([down(), down(Misconfigured("wrong key")), ScriptedBackend(("Yes.",))])

    events = await read(route, request(first_token_s=5))

    assert events[0] == Piece("Yes.")


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    """The limit for the first words is one for all servers: each has its share, and the last one's answer is in time."""
    silent, other = ScriptedBackend(delay_s=30), ScriptedBackend(("Yes.",))
    loop = asyncio.get_running_loop()
    began = loop.time()

    events = await read(Route([silent, other]), request(first_token_s=1.0))

    assert events[0] == Piece("Yes.")
    assert 0.4 < loop.time() - began < 1.0
    assert silent.left == 1


async def test_the_last_one_may_take_its_time() -> None:
    """Where nobody else would answer, late is better than never."""
    slow = ScriptedBackend(("Yes.",), delay_s=0.3)

    events = await read(Route([down(), slow], first_token_s=0.1))

    assert events[0] == Piece("Yes.")


async def test_a_place_in_line_is_no_first_word() -> None:
    """A full line is a reason to ask elsewhere."""
    waiting, other = ScriptedBackend(delay_s=30, ahead=4), ScriptedBackend(("Yes.",))

    events = await read(Route([waiting, other], first_token_s=0.1))

    assert events[:2] == [Queued(4), Piece("Yes.")]


async def test_a_stream_that_breaks_off_is_not_continued_by_another_server() -> None:
    """Half of one answer and half of another are none: whoever reads it decides."""
    breaking, other = ScriptedBackend(error=TryAgainLater("reset"), fail_after=2), ScriptedBackend()

    assert type(await refusal(Route([breaking, other]), request("thread"))) is TryAgainLater
    assert other.requests == []


async def test_what_is_wrong_with_the_question_is_asked_once() -> None:
    """Another server would refuse it as well, and this one is in order."""
    refusing, other = down(BadRequest("filtered")), ScriptedBackend()
    route = Route([refusing, other])
    for _ in range(FAILURES + 1):
        assert type(await refusal(route, request("thread", first_token_s=5))) is BadRequest

    assert other.requests == []


async def test_a_server_out_of_order_is_left_alone_but_for_probes() -> None:
    """Twenty askers a second must not each wait for what is known to be down; one finds out when it is back."""
    time = Time()
    broken = down()
    route = Route([broken], clock=time)
    for _ in range(200):
        time.now += 0.05
        await refusal(route, request(first_token_s=5))
    asked = len(broken.requests)
    broken.error = None
    time.now += PROBE_EVERY_S
    events = await read(route, request(first_token_s=5))
    await read(route, request(first_token_s=5))

    assert asked == FAILURES + 1  # in ten seconds; the second probe is due as they end
    assert isinstance(events[-1], Finished)
    assert len(broken.requests) == asked + 2


async def test_an_open_breaker_says_what_is_wrong() -> None:
    """The operator's error stays the operator's, the asker's sentence with it."""
    time = Time()
    route = Route([down(Misconfigured("the key is wrong: set it"))], clock=time)
    for _ in range(FAILURES):
        await refusal(route, request(first_token_s=5))

    error = await refusal(route, request(first_token_s=5))

    assert type(error) is Misconfigured
    assert "the key is wrong: set it" in str(error)


async def test_where_nobody_else_answers_it_is_tried_all_the_same() -> None:
    """A breaker spares others; without others it would only refuse."""
    broken = down()
    route = Route([broken], clock=Time())
    for _ in range(FAILURES):
        await refusal(route, request())
    broken.error = None

    assert isinstance((await read(route))[-1], Finished)


async def test_one_probe_at_a_time() -> None:
    """A probe that hangs must not be joined by others every five seconds."""
    time = Time()
    hanging = down()
    route = Route([hanging], clock=time)
    for _ in range(FAILURES):
        await refusal(route, request(first_token_s=60))
    hanging.error, hanging.delay_s = None, 30
    time.now += PROBE_EVERY_S
    async with aclosing(route.stream(request(first_token_s=60))) as stream:
        probe = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.01)
        time.now += 3 * PROBE_EVERY_S
        await refusal(route, request(first_token_s=60))
        during = len(hanging.requests)
        probe.cancel()
        with suppress(asyncio.CancelledError):
            await probe
    hanging.delay_s = 0
    await read(route, request(first_token_s=60))

    assert during == FAILURES + 1
    assert len(hanging.requests) == during + 1  # a probe whose asker left says nothing, and the next may find out


async def test_a_busy_model_is_in_order() -> None:
    """Its line is full; that passes with every answer."""
    full = down(Busy("many"))
    route = Route([full], clock=Time())
    for _ in range(2 * FAILURES):
        assert type(await refusal(route, request(first_token_s=5))) is Busy

    assert len(full.requests) == 2 * FAILURES


def test_first_words_do_not_clear_a_server_that_never_ends_its_answers() -> None:
    """One that breaks off each time is as bad as one that is down."""
    breaker = Breaker(Time())
    for _ in range(FAILURES):
        probe = breaker.begin()
        breaker.spoke()
        breaker.failed(probe=probe)

    assert breaker.is_open


async def test_leaving_early_stops_the_server() -> None:
    """A reader who goes must not be billed to the end."""
    server = ScriptedBackend(["word "] * 40, delay_s=0.01)
    async with aclosing(Route([server]).stream(request())) as stream:
        await anext(stream)

    assert server.left == 1
    assert server.running == 0


async def test_check_tells_of_each_server() -> None:
    """One that is out of order is named, and fails nothing as long as another answers."""
    line = await Route([ScriptedBackend(name="big"), down()]).check()

    assert line == "big: a scripted model; out of order: connection refused"
    with pytest.raises(TryAgainLater, match="connection refused"):
        await Route([down(), down()]).check()


async def test_the_window_is_the_smallest_of_equal_servers() -> None:
    """Any of them may be asked."""
    assert Route([ScriptedBackend(context_tokens=4096), ScriptedBackend(context_tokens=2048)]).context_tokens == 2048


async def test_a_silent_server_whose_reader_leaves_is_no_failure() -> None:
    """People leave for reasons of their own."""

    class Silent(ScriptedBackend):
        async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
            self.requests.append(request)
            await asyncio.sleep(30)
            yield Piece("late")

    silent = Silent()
    route = Route([silent], clock=Time())
    for _ in range(FAILURES + 1):
        reading = asyncio.ensure_future(read(route, request(first_token_s=60)))
        await asyncio.sleep(0.005)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading

    assert len(silent.requests) == FAILURES + 1
