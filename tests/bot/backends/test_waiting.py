"""The line of those who wait for llama.cpp, with the model that is shipped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.runtime import Runtime
from bot.errors import Busy
from bot.messages import Generation, Message, Piece, Queued

RUNTIME = Runtime(context_tokens=1024, threads=1)


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[LlamaCppBackend]:
    """The shipped model with a small window; two requests may wait."""
    async with LlamaCppBackend(default_model_path(), max_waiting=2, runtime=RUNTIME) as entered:
        yield entered


def _turns(text: str) -> tuple[Message, ...]:
    return (Message("system", "You help the customers of a bank."), Message("user", text))


async def test_those_who_wait_hear_how_many_are_ahead(backend: LlamaCppBackend) -> None:
    """A person who waits should see the line move; within a share it is first come, first served."""
    ended: list[str] = []

    async def ask(name: str) -> list[int]:
        async with aclosing(backend.stream(Generation(_turns("Hello"), max_tokens=6, deadline_s=100))) as stream:
            heard = [event.ahead async for event in stream if isinstance(event, Queued)]
        ended.append(name)
        return heard

    async with asyncio.TaskGroup() as group:
        first, second, third = (group.create_task(ask(name)) for name in ("first", "second", "third"))

    assert first.result() == []
    assert second.result() == [1]
    assert third.result() == [2, 1]
    assert ended == ["first", "second", "third"]


async def test_workspaces_take_turns_and_hear_their_true_place() -> None:
    """A second question of a busy workspace lets another's first one pass, and its asker sees that."""
    ended: list[str] = []
    backend = LlamaCppBackend(default_model_path(), runtime=RUNTIME)

    async def ask(name: str, share: str) -> list[int]:
        async with aclosing(backend.stream(Generation(_turns("Hello"), max_tokens=6, deadline_s=100, share=share))) as stream:
            heard = [event.ahead async for event in stream if isinstance(event, Queued)]
        ended.append(name)
        return heard

    async with backend, asyncio.TaskGroup() as group:
        running = group.create_task(ask("running", "A"))
        first = group.create_task(ask("first", "A"))
        second = group.create_task(ask("second", "A"))
        other = group.create_task(ask("other", "B"))

    assert ended == ["running", "first", "other", "second"]
    assert running.result() == []
    assert first.result() == [1]
    assert second.result() == [2, 3, 2, 1]
    assert other.result() == [2, 1]


async def test_those_who_leave_move_the_others_up(backend: LlamaCppBackend) -> None:
    """Someone who gives up waiting makes the line shorter at once, not when their turn would have come."""
    request = Generation(_turns("Tell me a story."), max_tokens=200, deadline_s=100)
    async with (
        aclosing(backend.stream(request)) as running,
        aclosing(backend.stream(request)) as leaver,
        aclosing(backend.stream(request)) as last,
    ):
        assert isinstance(await anext(running), Piece)
        assert await anext(leaver) == Queued(1)
        assert await anext(last) == Queued(2)
        await leaver.aclose()

        assert await asyncio.wait_for(anext(last), 1) == Queued(1)


async def test_a_slow_reader_hears_the_newest_place_only(backend: LlamaCppBackend) -> None:
    """Telling somebody takes a call to their platform: they must not be told what was true three calls ago."""
    request = Generation(_turns("Tell me a story."), max_tokens=200, deadline_s=100)
    streams = [backend.stream(request) for _ in range(3)]
    first, second, slow = streams
    assert isinstance(await anext(first), Piece)
    assert await anext(second) == Queued(1)
    assert await anext(slow) == Queued(2)
    await second.aclose()
    await first.aclose()

    async for event in slow:  # their turn came while they were told of their place
        assert event == Queued(1) or isinstance(event, Piece)
        if isinstance(event, Piece):
            break
    await slow.aclose()


async def test_one_too_many_is_told_that_it_is_busy(backend: LlamaCppBackend) -> None:
    """A bounded line says no at once instead of an hour later; someone who leaves makes room."""
    request = Generation(_turns("Tell me a story."), max_tokens=60, deadline_s=100)
    streams = [backend.stream(request) for _ in range(3)]
    started = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await anext(backend.stream(request))

    assert await started[2] == Queued(2)
    await streams[1].aclose() if started[1].done() else started[1].cancel()
    assert await anext(streams[2]) == Queued(1)
    for task in started:
        task.cancel()
    for stream in streams:
        await asyncio.sleep(0)
        await stream.aclose()


async def test_a_full_line_has_room_for_another_workspace(backend: LlamaCppBackend) -> None:
    """Who fills the line alone gives a place to others; within one workspace nobody is pushed aside."""
    request = Generation(_turns("Tell me a story."), max_tokens=60, deadline_s=100, share="A")
    streams = [backend.stream(request) for _ in range(3)]
    started = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.sleep(0)
    other = backend.stream(replace(request, share="B"))
    waiting = asyncio.ensure_future(anext(other))

    with pytest.raises(Busy):
        await anext(streams[2]) if await started[2] else None
    assert await waiting in (Queued(1), Queued(2))  # whose turn comes first depends on whether the first answer has begun
    await asyncio.wait(started)
    for stream in (other, *streams):
        await stream.aclose()
