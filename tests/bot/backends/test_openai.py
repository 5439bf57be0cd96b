"""OpenAI's SDK against a service on loopback that refuses what the real one refuses."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx2
import openai
import pytest
import pytest_asyncio
from openai import _exceptions

from bot.backends.openai import OpenAIBackend
from bot.backends.openai_errors import KINDS
from bot.backends.service import Service
from bot.errors import ChatbotError, ConversationTooLong, Filtered, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued, Sampling
from tests.fakes.openai_server import KEY, MODEL, Fault, OpenAIServer, openai_server

# Raised by the SDK's parsing helpers, identity federation and realtime sockets, none of which is used here.
ELSEWHERE = {
    "LengthFinishReasonError",
    "ContentFilterFinishReasonError",
    "SubjectTokenProviderError",
    "WebSocketConnectionClosedError",
    "WebSocketQueueFullError",
}
REQUEST = Generation((Message("user", "Hello"),), max_tokens=20, deadline_s=20)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    """The service."""
    async with openai_server() as running:
        yield running


@pytest_asyncio.fixture
async def backend(server: OpenAIServer) -> AsyncIterator[OpenAIBackend]:
    """A client of it with the right key."""
    async with OpenAIBackend(MODEL, Service(KEY, server.address)) as entered:
        yield entered


async def _events(backend: OpenAIBackend, request: Generation = REQUEST) -> list[Queued | Piece | Finished]:
    async with aclosing(backend.stream(request)) as stream:
        return [event async for event in stream]


async def _fails(backend: OpenAIBackend) -> ChatbotError:
    with pytest.raises(ChatbotError) as failure:
        await _events(backend)
    return failure.value


async def test_the_answer_its_usage_and_its_certainty_are_read(backend: OpenAIBackend) -> None:
    """Counts come from the service, which bills by them."""
    *pieces, end = await _events(backend)

    assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == "A short answer."
    assert isinstance(end, Finished)
    assert (end.prompt_tokens, end.completion_tokens, end.cached_tokens, end.mean_logprob) == (1, 3, 1, -0.5)


async def test_counts_are_estimated_where_the_server_keeps_them(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """Compatible servers often send no usage; a row of zeros would be a lie."""
    server.with_usage = False

    certain = (await _events(backend))[-1]
    server.unsupported = ["logprobs"]
    estimated = (await _events(backend))[-1]

    assert isinstance(certain, Finished)
    assert isinstance(estimated, Finished)
    assert certain.prompt_tokens == 2
    assert (certain.completion_tokens, estimated.completion_tokens) == (3, 5)


async def test_sampling_reaches_the_service(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """What the operator sets must be what the model does."""
    await _events(backend, Generation(REQUEST.prompt, 20, 20, Sampling(0.5, 0.9, 1.1, 7)))

    sent = server.requests[0]
    assert (sent["temperature"], sent["top_p"], sent["seed"], sent["max_tokens"]) == (0.5, 0.9, 7, 20)
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]


async def test_a_fine_tuned_model_is_asked_by_its_name(server: OpenAIServer) -> None:
    """`ft:` names have colons, which must arrive as they are."""
    name = "ft:gpt-4.1-mini:acme::abc123"
    async with OpenAIBackend(name, Service(KEY, server.address)) as backend:
        end = (await _events(backend))[-1]

    assert isinstance(end, Finished)
    assert end.model == server.requests[0]["model"] == name


async def test_refused_parameters_are_left_out_from_then_on(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """Reasoning models refuse sampling and `max_tokens`; one answer learns it, the next does not ask again."""
    server.unsupported = ["logprobs", "temperature", "max_tokens"]

    await _events(backend)
    await _events(backend)

    assert len(server.requests) == 2
    assert {"logprobs", "temperature", "max_tokens"}.isdisjoint(server.requests[1])
    assert server.requests[1]["max_completion_tokens"] == 20


async def test_who_is_refused_a_parameter_while_others_are_asks_again_without_it(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """The first questions come at once; whoever hears of it second sent the parameter all the same."""
    server.unsupported = ["logprobs", "seed"]

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_events(backend, Generation(REQUEST.prompt, 20, 20, Sampling(seed=7)))) for _ in range(4)]

    assert all(isinstance(each.result()[-1], Finished) for each in asked)


async def test_a_parameter_that_was_not_sent_is_not_left_out_for_ever() -> None:
    """A server that refuses what it was not told refuses everything."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        tries.append(request)
        return httpx2.Response(400, json={"error": {"message": "no", "param": "logprobs"}}, request=request)

    tries: list[httpx2.Request] = []
    async with OpenAIBackend(MODEL, Service(KEY), transport=httpx2.MockTransport(handle)) as refused:
        assert type(await _fails(refused)) is Misconfigured

    assert len(tries) == 2


async def test_a_rate_limit_is_tried_again(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """A short limit should not cost anybody an answer."""
    server.faults = ["429", "500"]

    assert isinstance((await _events(backend))[-1], Finished)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "requests", "remedy"),
    [
        ("429", TryAgainLater, 3, "have its limits raised"),
        ("500", TryAgainLater, 3, "its status page or its log"),
        ("no_credit", Misconfigured, 1, "add some"),
    ],
)
async def test_a_lasting_refusal_is_given_up(
    server: OpenAIServer, backend: OpenAIBackend, fault: Fault, kind: type[ChatbotError], requests: int, remedy: str
) -> None:
    """Retries are bounded; an empty account is the operator's matter, not the asker's, and no try fills it."""
    server.faults = [fault] * 9

    error = await _fails(backend)
    assert type(error) is kind
    assert remedy in str(error)
    assert len(server.requests) == requests


@pytest.mark.parametrize("fault", ["cut", "broken_off", "error_event", "garbage"])
async def test_a_stream_that_breaks_is_no_answer(server: OpenAIServer, backend: OpenAIBackend, fault: Fault) -> None:
    """Half an answer must not be recorded as a whole one."""
    server.faults = [fault]

    assert type(await _fails(backend)) is TryAgainLater


async def test_a_stall_ends_with_the_deadline(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """A service that goes silent in the middle must not hold a thread for ever; its connection is given up."""
    server.faults = ["stall"]

    with pytest.raises(TryAgainLater, match="deadline"):
        await _events(backend, Generation(REQUEST.prompt, 20, 0.3))

    await asyncio.sleep(0.1)
    assert server.left == 1


async def test_leaving_closes_the_connection(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """Closing is what stops the model at the service, and the bill."""
    server.pieces, server.delay_s = ["word "] * 500, 0.01
    async with aclosing(backend.stream(Generation(REQUEST.prompt, 600, 20))) as stream:
        assert isinstance(await anext(stream), Piece)

    await asyncio.sleep(0.1)
    assert server.left == 1


async def test_a_filtered_answer_says_so(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """Trying again would give the same; the asker has to ask differently."""
    server.faults = ["filtered"]

    assert type(await _fails(backend)) is Filtered


@pytest.mark.parametrize("fault", ["content_filter", "content_policy_violation"])
async def test_a_filtered_question_is_the_asker_s_matter(server: OpenAIServer, backend: OpenAIBackend, fault: Fault) -> None:
    """Nothing is wrong with the service or its settings, and another try would be refused likewise."""
    server.faults = [fault] * 3

    assert type(await _fails(backend)) is Filtered
    assert len(server.requests) == 1


async def test_a_long_prompt_is_the_asker_s_matter(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """The service's 400 for length is told apart from its other 400s."""
    server.context_tokens = 0

    assert type(await _fails(backend)) is ConversationTooLong


async def test_other_refusals_are_the_operator_s_matter(server: OpenAIServer) -> None:
    """An unknown model name is a wrong setting, and the detail says which."""
    async with OpenAIBackend("gpt-0", Service(KEY, server.address)) as backend:
        failure = await _fails(backend)

    assert type(failure) is Misconfigured
    assert "gpt-0" in str(failure)
    assert "APRENDIZ_MODEL__NAME" in str(failure)


async def test_a_wrong_key_never_shows(server: OpenAIServer, caplog: pytest.LogCaptureFixture) -> None:
    """Servers echo keys in their messages; ours go to logs and terminals."""
    caplog.set_level(logging.DEBUG)
    async with OpenAIBackend(MODEL, Service("sk-secret-987654", server.address)) as backend:
        failure = await _fails(backend)
        with pytest.raises(Misconfigured) as checked:
            await backend.check()

    assert type(failure) is Misconfigured
    assert "APRENDIZ_OPENAI__API_KEY" in str(failure)
    assert failure.__cause__ is None
    assert "sk-secret-987654" not in f"{failure}{checked.value}{caplog.text}"


async def test_nobody_there_is_a_passing_matter() -> None:
    """A restarting server comes back."""
    async with OpenAIBackend(MODEL, Service("", "http://127.0.0.1:9/v1")) as backend:
        assert type(await _fails(backend)) is TryAgainLater
        with pytest.raises(TryAgainLater):
            await backend.check()


async def test_check_asks_for_the_model_or_looks_it_up(server: OpenAIServer, backend: OpenAIBackend) -> None:
    """Servers that answer only for the list are served as well."""
    assert MODEL in await backend.check()
    server.lists_one = False
    assert MODEL in await backend.check()


async def test_check_names_what_there_is_instead(server: OpenAIServer) -> None:
    """The remedy for a wrong name is a right one."""
    async with OpenAIBackend("gpt-0", Service(KEY, server.address)) as backend:
        with pytest.raises(Misconfigured, match=MODEL):
            await backend.check()


async def test_check_passes_on_a_service_that_fails_while_looking_up(server: OpenAIServer) -> None:
    """The second request can fail where the first was answered."""
    server.lists_one = False
    async with OpenAIBackend(MODEL, Service(KEY, server.address)) as backend:
        server.faults = ["", "500", "500", "500"]
        with pytest.raises(TryAgainLater):
            await backend.check()


async def test_a_request_timeout_of_the_service_is_passing() -> None:
    """408 is a 4xx that nobody has to act on."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(408, headers={"x-should-retry": "false"}, request=request)

    async with OpenAIBackend(MODEL, Service(KEY), transport=httpx2.MockTransport(handle)) as backend:
        assert type(await _fails(backend)) is TryAgainLater


async def test_a_closed_backend_says_so(server: OpenAIServer) -> None:
    """Stragglers at shutdown get our error."""
    async with OpenAIBackend(MODEL, Service(KEY, server.address)) as backend:
        pass

    assert type(await _fails(backend)) is TryAgainLater


@pytest.mark.parametrize(("name", "key"), [("", KEY), (MODEL, "sk-äöü"), (MODEL, "sk-1\n")])
def test_settings_that_cannot_work_are_refused(name: str, key: str) -> None:
    """At the start, with the setting's name."""
    with pytest.raises(Misconfigured, match="APRENDIZ_"):
        OpenAIBackend(name, Service(key))


def test_every_error_of_the_sdk_has_its_kind() -> None:
    """A new SDK with a new error must be looked at, not guessed about."""
    known = {
        name
        for name, each in vars(_exceptions).items()
        if isinstance(each, type) and issubclass(each, openai.OpenAIError) and name not in ELSEWHERE
    }

    assert {each.__name__ for each in KINDS} == known
