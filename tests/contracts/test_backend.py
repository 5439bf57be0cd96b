"""What every backend does alike: the scripted one, llama.cpp with a real model, OpenAI's SDK over real sockets, and a route."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.openai import OpenAIBackend
from bot.backends.route import Route
from bot.backends.runtime import Runtime
from bot.backends.service import Service
from bot.errors import ConversationTooLong, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued, Sampling
from bot.ports import Backend
from tests.fakes.backend import ScriptedBackend
from tests.fakes.openai_server import KEY, MODEL, OpenAIServer, openai_server

WINDOW = 512
PROMPT = (Message("system", "You are kind."), Message("user", "Write a long story about a lighthouse keeper."))
LONG_SCRIPT = tuple(f"number {count} " for count in range(40))


@pytest_asyncio.fixture(params=["scripted", "llama_cpp", "openai", "route"])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    """Each implementation, with a window of 512 tokens and something long to say."""
    async with AsyncExitStack() as stack:
        if request.param == "scripted":
            yield ScriptedBackend(LONG_SCRIPT, context_tokens=WINDOW, delay_s=0.005)
        elif request.param == "llama_cpp":
            runtime = Runtime(context_tokens=WINDOW, threads=1)
            yield await stack.enter_async_context(LlamaCppBackend(default_model_path(), languages=["*"], runtime=runtime))
        else:
            server = await stack.enter_async_context(openai_server(OpenAIServer(LONG_SCRIPT, context_tokens=WINDOW, delay_s=0.005)))
            count = 1 if request.param == "openai" else 2
            hosted = [OpenAIBackend(MODEL, Service(KEY, server.address), context_tokens=WINDOW) for _ in range(count)]
            entered = [await stack.enter_async_context(each) for each in hosted]
            yield entered[0] if count == 1 else Route(entered, first_token_s=10)


def _request(*prompt: Message, max_tokens: int = 12, deadline_s: float = 60, sampling: Sampling | None = None) -> Generation:
    return Generation(prompt or PROMPT, max_tokens=max_tokens, deadline_s=deadline_s, sampling=sampling or Sampling())


async def _events(backend: Backend, request: Generation) -> list[Queued | Piece | Finished]:
    async with aclosing(backend.stream(request)) as stream:
        return [event async for event in stream]


async def test_pieces_come_before_one_end(backend: Backend) -> None:
    """The engine joins pieces and records the one end that follows them."""
    events = await _events(backend, _request())

    *pieces, end = events
    assert isinstance(end, Finished)
    assert pieces
    assert all(isinstance(piece, Piece) and piece.text for piece in pieces)


async def test_the_end_carries_counts_times_and_the_model(backend: Backend) -> None:
    """Exchanges record what an answer cost; times must be in order to be worth recording."""
    end = (await _events(backend, _request()))[-1]

    assert isinstance(end, Finished)
    assert end.model == backend.name
    assert 0 < end.completion_tokens <= 12
    assert 0 <= end.cached_tokens <= end.prompt_tokens
    assert 0 < end.first_token_s <= end.total_s
    assert end.mean_logprob is not None
    assert end.mean_logprob <= 0


async def test_max_tokens_ends_an_answer(backend: Backend) -> None:
    """An answer that would not end must not hold the model for ever; the reason tells that it was cut."""
    end = (await _events(backend, _request(max_tokens=6)))[-1]

    assert isinstance(end, Finished)
    assert end.reason == "length"
    assert end.completion_tokens <= 6


async def test_every_message_has_its_size(backend: Backend) -> None:
    """The prompt is fitted message by message, so each needs its own count, longer ones a larger one."""
    short, long = await backend.count_tokens([Message("system", "Kind."), Message("user", "word " * 50)])

    assert 0 < short < long
    assert long >= 50


async def test_counts_are_no_smaller_than_the_prompt(backend: Backend) -> None:
    """A prompt that fits by count must fit in truth, or a long thread would be refused."""
    counted = sum(await backend.count_tokens(PROMPT))

    end = (await _events(backend, _request()))[-1]

    assert isinstance(end, Finished)
    assert counted >= end.prompt_tokens


async def test_nothing_is_counted_for_nothing(backend: Backend) -> None:
    """An empty prompt is a legal question to ask while fitting."""
    assert await backend.count_tokens([]) == ()


async def test_a_prompt_beyond_the_window_is_refused(backend: Backend) -> None:
    """The asker is told to shorten the question instead of getting an answer to half of it."""
    with pytest.raises(ConversationTooLong):
        await _events(backend, _request(Message("user", "word " * 2 * WINDOW)))


async def test_a_deadline_ends_waiting(backend: Backend) -> None:
    """A person hears that it takes too long, rather than nothing."""
    with pytest.raises(TryAgainLater):
        await _events(backend, _request(max_tokens=400, deadline_s=0.05))


async def test_the_next_question_is_answered_after_a_reader_left(backend: Backend) -> None:
    """Someone who closes the window must not block those who stay."""
    async with aclosing(backend.stream(_request(max_tokens=300))) as stream:
        async for event in stream:
            if isinstance(event, Piece):
                break

    assert isinstance((await _events(backend, _request()))[-1], Finished)


async def test_a_cancelled_reader_leaves_the_backend_usable(backend: Backend) -> None:
    """Tasks are cancelled at shutdown and on timeouts; the model must survive them."""
    reading = asyncio.create_task(_events(backend, _request(max_tokens=300)))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading

    assert isinstance((await _events(backend, _request()))[-1], Finished)


async def test_several_are_answered_at_once(backend: Backend) -> None:
    """Many people ask at the same time; each gets a whole answer of their own."""
    async with asyncio.TaskGroup() as group:
        readings = [group.create_task(_events(backend, _request(max_tokens=4))) for _ in range(4)]

    assert all(isinstance(reading.result()[-1], Finished) for reading in readings)


async def test_those_of_several_workspaces_are_told_their_place_and_then_answered(backend: Backend) -> None:
    """Whoever waits hears a true number before the answer begins and none behind; a backend without a line tells none."""
    requests = [replace(_request(max_tokens=4), share=share) for share in ("slack:T1", "slack:T1", "slack:T1", "discord:G1", "")]
    async with asyncio.TaskGroup() as group:
        readings = [group.create_task(_events(backend, request)) for request in requests]

    for reading in readings:
        *events, end = reading.result()
        places = [event.ahead for event in events if isinstance(event, Queued)]
        assert events[: len(places)] == [Queued(ahead) for ahead in places]
        assert all(0 < ahead < len(requests) for ahead in places)
        assert isinstance(end, Finished)


async def test_sampling_with_a_seed_is_accepted(backend: Backend) -> None:
    """Operators set temperature and nucleus; a backend that refuses them would not answer at all."""
    sampling = Sampling(temperature=0.8, top_p=0.9, repeat_penalty=1.1, seed=7)

    assert isinstance((await _events(backend, _request(sampling=sampling)))[-1], Finished)


@pytest.mark.parametrize("text", ["", "🙂", "\ud83d", "a\x00b", "<|im_end|>"])
async def test_odd_text_is_answered(backend: Backend, text: str) -> None:
    """Nothing that a person can paste may break the model for everyone."""
    counts = await backend.count_tokens([Message("user", text)])

    assert counts[0] > 0
    assert isinstance((await _events(backend, _request(Message("user", text), max_tokens=4)))[-1], Finished)


async def test_check_names_the_model(backend: Backend) -> None:
    """`doctor` shows one line on what would answer."""
    line = await backend.check()

    assert backend.name in line
    assert "\n" not in line


async def test_languages_and_window_are_as_configured(backend: Backend) -> None:
    """The engine decides by them whether a model may speak, and how much fits."""
    assert backend.languages == {"*"}
    assert backend.context_tokens == WINDOW
