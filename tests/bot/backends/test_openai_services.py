"""Services as they are: other kinds, windows and ends that they tell of, pages in place of answers, floods, and plain completion."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from bot.backends.openai import OpenAIBackend
from bot.backends.service import Service
from bot.completing import Completion
from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued
from bot.model_settings import ADDRESSES
from tests.fakes.openai_server import KEY, MODEL, Fault, OpenAIServer, openai_server

REQUEST = Generation((Message("user", "Hello"),), max_tokens=20, deadline_s=20)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """Serve a service."""
    async with openai_server() as serving:
        yield serving


@pytest_asyncio.fixture
async def backend(server: OpenAIServer) -> AsyncIterator[OpenAIBackend]:
    """Connect to it, as to any compatible server."""
    async with OpenAIBackend(MODEL, compatible(server)) as entered:
        yield entered


def compatible(server: OpenAIServer) -> Service:
    """Return the service as one of an operator's own."""
    return Service(KEY, server.address, "compatible", table="providers.own")


async def events_of(backend: OpenAIBackend, request: Generation = REQUEST) -> list[Queued | Piece | Finished]:
    """Read an answer to its end."""
    async with aclosing(backend.stream(request)) as stream:
        return [event async for event in stream]


def said(events: list[Queued | Piece | Finished]) -> str:
    """Join what was said."""
    return "".join(event.text for event in events if isinstance(event, Piece))


async def fails(backend: OpenAIBackend, request: Generation = REQUEST) -> ChatbotError:
    """Return the error that an answer ends with."""
    with pytest.raises(ChatbotError) as failure:
        await events_of(backend, request)
    return failure.value


async def test_azure_is_asked_by_deployment_version_and_key_header(server: OpenAIServer) -> None:
    """Its client puts the deployment into the path and the key into a header of its own; ours takes the resource's address alone."""
    azure = Service(KEY, server.address.removesuffix("/v1"), "azure", "2024-10-21")
    async with OpenAIBackend("ft:our-deployment", azure) as backend:
        events = await events_of(backend)
        line = await backend.check()

    assert said(events) == "A short answer."
    assert server.requests[0]["model"] == "ft:our-deployment"
    assert "ft:our-deployment" in line


def test_kinds_know_their_address() -> None:
    """Three lines of configuration are enough."""
    assert ADDRESSES["nebius"].startswith("https://api.tokenfactory.nebius.com/")
    assert Service(KEY).base_url == ADDRESSES["openai"]
    assert KEY not in repr(Service(KEY))


@pytest.mark.parametrize(
    ("described", "window"),
    [
        ({"max_model_len": 8192}, 8192),
        ({"meta": {"n_ctx": 2048, "n_ctx_train": 131_072}}, 2048),
        ({"context_length": 32_768}, 32_768),
        ({"max_model_len": "many"}, 1_047_576),
        ({}, 1_047_576),
    ],
)
async def test_the_window_is_what_the_service_says_else_what_is_documented(
    server: OpenAIServer, backend: OpenAIBackend, described: dict[str, Any], window: int
) -> None:
    """vLLM, llama-server and Nebius each say it in their way; a prompt that fills another's window is refused or wastes it."""
    server.described = described

    await backend.learn()

    assert backend.context_tokens == window


async def test_llama_server_s_slots_are_smaller_than_its_model(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """What it was trained with is no promise: a server started with -c 4096 refuses more."""
    server.described = {"meta": {"n_ctx_train": 131_072}}
    await backend.learn()
    without = backend.context_tokens
    server.props = {"default_generation_settings": {"n_ctx": 4096}}
    await backend.learn()

    assert (without, backend.context_tokens) == (131_072, 4096)


async def test_the_operator_s_window_wins(server: OpenAIServer) -> None:
    """They pay for it."""
    server.described = {"max_model_len": 8192}
    async with OpenAIBackend(MODEL, compatible(server), context_tokens=1000) as backend:
        await backend.learn()

        assert backend.context_tokens == 1000


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("described", [{"shutdown_date": 1_800_000_000}, {"shutdown_date": {"day": 14}}, {"owned_by": 7}])
async def test_facts_of_another_form_are_no_warning_of_the_sdk(server: OpenAIServer, described: dict[str, Any]) -> None:
    """Whoever asks whether all is well does not read of a serializer."""
    server.described = described
    async with OpenAIBackend(MODEL, compatible(server)) as backend:
        assert MODEL in await backend.check()


async def test_a_server_that_does_not_run_is_told_with_what_to_do() -> None:
    """The name of the SDK's error alone helps nobody."""
    service = Service(KEY, "http://127.0.0.1:9/v1", kind="compatible", table="providers.own")
    async with OpenAIBackend(MODEL, service) as backend:
        with pytest.raises(TryAgainLater, match=r"127\.0\.0\.1:9.*no connection: see that it runs.*correct providers\.own\.base_url$"):
            await backend.check()


async def test_an_end_is_warned_of_weeks_ahead_and_said_once_it_has_come(server: OpenAIServer) -> None:
    """A model that is shut down answers 404 like a misspelt one: the operator must hear which it is."""
    server.described = {"shutdown_date": "2027-01-14"}
    today = date(2026, 1, 1)
    async with OpenAIBackend(MODEL, compatible(server), today=lambda: today) as backend:
        early = await backend.check()
        today = date(2026, 12, 15)
        late = await backend.check()
        today = date(2027, 1, 15)
        past = await backend.check()
    async with OpenAIBackend("ft:gpt-4.1-mini:acme::1", compatible(server), today=lambda: today) as gone:
        server.unsupported = ["messages"]
        refused = await fails(gone)

    assert "shut down" not in early
    assert "will be shut down on 2027-01-14 (in 30 days)" in late
    assert "was shut down on 2027-01-14" in past
    assert isinstance(refused, Misconfigured)
    assert "was shut down on 2027-01-14: name another model" in str(refused)


@pytest.mark.parametrize(("fault", "words"), [("html", "text/html"), ("json", "application/json")])
async def test_a_page_in_place_of_an_answer_names_the_address(
    server: OpenAIServer, backend: OpenAIBackend, fault: Fault, words: str
) -> None:
    """A proxy's login page, or an address without /v1: no model spoke, and only the operator can put it right."""
    server.faults = [fault]

    failure = await fails(backend)

    assert type(failure) is Misconfigured
    assert words in str(failure)
    assert "providers.own.base_url" in str(failure)


async def test_a_page_in_place_of_the_models_names_the_address() -> None:
    """`doctor` meets the same page."""

    def page(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, html="<html>Please log in.</html>", request=request)

    async with OpenAIBackend(MODEL, Service(KEY, "http://proxy.test/"), transport=httpx2.MockTransport(page)) as backend:
        with pytest.raises(Misconfigured, match=r"http://proxy\.test/"):
            await backend.check()


async def test_an_answer_without_end_is_cut_at_its_limit(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """A server that heeds no limit would fill memory, the channel and the bill: the connection is closed."""
    server.unsupported = ["logprobs"]
    server.every = "flood"

    events = await events_of(backend)

    end = events[-1]
    assert isinstance(end, Finished)
    assert end.reason == "length"
    assert 20 <= end.completion_tokens <= 20
    assert len(said(events)) <= 20 * 8
    async with asyncio.timeout(5):
        while not server.left:  # noqa: ASYNC110  # the server tells nobody when it notices
            await asyncio.sleep(0.02)


async def test_tool_calls_nobody_asked_for_are_ignored(
    server: OpenAIServer, backend: OpenAIBackend, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is run, the words are the answer, and the log says so without a word of it."""
    server.faults = ["tools"]

    events = await events_of(backend)

    assert said(events) == "A short answer."
    assert isinstance(events[-1], Finished)
    assert "tool calls ignored" in caplog.text
    assert "delete_all" not in caplog.text


async def test_chunks_of_another_form_are_passed_over(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """The SDK checks nothing: null choices, missing deltas and numbers for text must not be a stack trace."""
    server.faults = ["odd"]

    assert said(await events_of(backend)) == "A short answer."


async def test_a_long_wait_that_the_service_asks_for_is_not_waited_for(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """Beyond the deadline nobody waits for an answer: the asker hears it now, and the next server is asked."""
    server.every, server.retry_after = "429", "30"
    began = time.monotonic()

    failure = await fails(backend, Generation(REQUEST.prompt, 20, 25, first_token_s=25))

    assert type(failure) is TryAgainLater
    assert time.monotonic() - began < 20
    assert len(server.requests) == 1


@pytest.mark.parametrize("retry_after", ["Fri, 01 Jan 2100 00:00:00 GMT", "inf", "no time"])
async def test_a_time_of_any_form_is_read(server: OpenAIServer, backend: OpenAIBackend, retry_after: str) -> None:
    """Dates are allowed, and nonsense is met in the wild: it counts as not said."""
    server.every, server.retry_after = "429", retry_after

    failure = await fails(backend, Generation(REQUEST.prompt, 20, 20, first_token_s=5))

    assert type(failure) is TryAgainLater
    assert len(server.requests) == (3 if retry_after == "no time" else 1)


async def test_first_words_that_do_not_come_are_given_up(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """A service that accepts the connection and says nothing costs no more than the first words may take."""
    server.every = "silent"
    began = time.monotonic()

    await fails(backend, Generation(REQUEST.prompt, 20, 20, first_token_s=0.3))

    assert time.monotonic() - began < 10


async def completed(backend: OpenAIBackend, prompt: str, *, max_tokens: int = 20) -> str:
    """Let the model go on with *prompt*."""
    async with aclosing(backend.complete(Completion(prompt, max_tokens, 20))) as stream:
        return said([event async for event in stream])


async def test_plain_text_is_completed(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """Without roles or template, as the service takes it."""
    assert await completed(backend, "Once upon a time") == "A short answer."
    assert server.requests[0]["prompt"] == "Once upon a time"
    assert "messages" not in server.requests[0]


async def test_a_model_that_knows_chats_only_says_so(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """The service's 404 means neither a wrong name nor a wrong address."""
    server.plain = False

    with pytest.raises(Misconfigured, match="completes no plain text"):
        await completed(backend, "Once")


async def test_a_wrong_key_is_no_chat_model(server: OpenAIServer) -> None:
    """Other refusals stay what they are."""
    async with OpenAIBackend(MODEL, Service("sk-other", server.address)) as backend:
        with pytest.raises(Misconfigured, match="AuthenticationError"):
            await completed(backend, "Once")


async def test_no_words_or_keys_reach_the_log(server: OpenAIServer, backend: OpenAIBackend, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a service does."""
    caplog.set_level(logging.INFO)
    for fault in ("429", "cut", "html", "tools", "filtered"):
        server.faults = [fault]
        server.retry_after = "30"
        try:
            await events_of(backend, Generation(REQUEST.prompt, 20, 2))
        except ChatbotError as error:
            logging.getLogger("test").warning("failed", extra={"reason": str(error)})

    told = json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert KEY not in told
    assert "short answer" not in told
