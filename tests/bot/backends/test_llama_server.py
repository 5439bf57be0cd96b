"""A real server that speaks OpenAI's format: llama-server, built from the sources of the locked llama-cpp-python by `.ci/llama-server`."""

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.openai import OpenAIBackend
from bot.backends.route import Route
from bot.backends.runtime import Runtime
from bot.backends.service import Service
from bot.completing import Completion
from bot.engine import Engine
from bot.errors import ConversationTooLong, Misconfigured
from bot.messages import Answer, Finished, Generation, Message, Piece, Queued, Restarted, Sampling
from bot.model_settings import ModelSettings
from tests.bot.bench import SETTINGS, Bench
from tests.fakes.retriever import passage

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(3600)]

SCRIPT: Final = Path(__file__).parents[3] / ".ci" / "llama-server"
NAME: Final = "smollm2"
SLOTS: Final = 2
WINDOW: Final = 1024  # of a slot
PROMPT: Final = (Message("system", "You are a helpful assistant."), Message("user", "Tell me a long story about a lighthouse."))
SHORT: Final = Generation(PROMPT, max_tokens=24, deadline_s=120, sampling=Sampling(temperature=0))
LONG: Final = replace(SHORT, max_tokens=800, conversation_id="thread")
# Long enough that its second half is not yet said when the first sentence is shown.
GUIDE: Final = " ".join(
    f"Step {number}: {step}."
    for number, step in enumerate(
        (
            "switch the machine off and pull the plug",
            "open the front cover with the grey key",
            "take the old filter out and put it into the bag",
            "wipe the frame with a dry cloth",
            "put the new filter in with the arrow to the top",
            "close the front cover and lock it with the grey key",
            "put the plug in and switch the machine on",
            "write the date on the sticker behind the cover",
        ),
        1,
    )
)


@dataclass(frozen=True, slots=True)
class Running:
    """A server and its process."""

    address: str
    process: subprocess.Popen[bytes]

    def at_work(self) -> list[int]:
        """Return how many tokens each slot that is at work has said so far."""
        return [each["next_token"][0]["n_decoded"] for each in self._get("/slots") if each["is_processing"]]

    def healthy(self) -> bool:
        """Return whether it has loaded its model."""
        try:
            return bool(self._get("/health")["status"] == "ok")
        except OSError:  # no connection yet, or 503
            return False

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address.removesuffix("/v1") + path, timeout=10) as answer:
            return json.load(answer)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _serving(binary: str) -> Iterator[Running]:
    port = _free_port()
    options = ("--host", "127.0.0.1", "--port", port, "--ctx-size", WINDOW * SLOTS, "--parallel", SLOTS, "--threads", 2, "--slots")
    command = [binary, "--model", str(default_model_path()), "--alias", NAME, *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        running = Running(f"http://127.0.0.1:{port}/v1", process)
        try:
            until = time.monotonic() + 120
            while not running.healthy():
                assert process.poll() is None, f"llama-server ended with {process.returncode}: {' '.join(command)}"
                assert time.monotonic() < until, "llama-server does not load its model"
                time.sleep(0.1)
            yield running
        finally:
            process.kill()


@pytest.fixture(scope="module")
def binary() -> str:
    """Build the server, or find it where `LLAMA_SERVER` says."""
    built = subprocess.run([SCRIPT, sys.executable], stdout=subprocess.PIPE, check=True, text=True)
    return built.stdout.strip()


@pytest.fixture(scope="module")
def server(binary: str) -> Iterator[Running]:
    """One for all tests that leave it alive."""
    with _serving(binary) as running:
        yield running


@pytest_asyncio.fixture
async def backend(server: Running) -> AsyncIterator[OpenAIBackend]:
    """A client of it, without a key."""
    async with _client(server) as entered:
        yield entered


def _client(server: Running, name: str = NAME) -> OpenAIBackend:
    return OpenAIBackend(name, Service("", server.address, "compatible"))


async def _answer(backend: OpenAIBackend | LlamaCppBackend | Route, request: Generation = SHORT) -> tuple[list[Piece], Finished]:
    async with aclosing(backend.stream(request)) as stream:
        *said, end = [event async for event in stream if not isinstance(event, Queued)]
    assert isinstance(end, Finished)
    return [each for each in said if isinstance(each, Piece)], end


async def _said_in_the_end(server: Running) -> int:
    """Wait until no slot is at work, and return how many tokens the longest answer had then."""
    longest = 0
    async with asyncio.timeout(100):
        while said := await asyncio.to_thread(server.at_work):
            longest = max(longest, *said)
            await asyncio.sleep(0.02)
    return longest


async def test_an_answer_streams_with_its_counts(backend: OpenAIBackend) -> None:
    """The server counts the same tokens of the prompt as llama.cpp in our process; what it evaluated already is cached."""
    async with LlamaCppBackend(default_model_path(), runtime=Runtime(context_tokens=WINDOW, threads=1)) as ours:
        _, here = await _answer(ours, replace(SHORT, max_tokens=1))

    pieces, first = await _answer(backend)
    _, second = await _answer(backend)

    assert len(pieces) > 10
    assert (first.prompt_tokens, first.completion_tokens, first.reason) == (here.prompt_tokens, 24, "length")
    assert second.cached_tokens > here.prompt_tokens // 2
    assert 0 < first.first_token_s < first.total_s
    assert first.mean_logprob is not None
    assert -5 < first.mean_logprob < 0


async def test_a_text_is_gone_on_with(backend: OpenAIBackend) -> None:
    """Plain completion, without a template."""
    request = Completion("One, two, three, four,", max_tokens=8, deadline_s=60, sampling=Sampling(temperature=0))
    async with aclosing(backend.complete(request)) as stream:
        *pieces, end = [event async for event in stream]

    assert "five" in "".join(each.text for each in pieces if isinstance(each, Piece))
    assert isinstance(end, Finished)
    assert (end.completion_tokens, end.reason) == (8, "length")


async def test_a_reader_who_leaves_frees_the_slot(server: Running, backend: OpenAIBackend) -> None:
    """The model does not go on for nobody: left alone, it would say 800 tokens."""
    async with aclosing(backend.stream(LONG)) as stream:
        assert isinstance(await anext(stream), Piece)
        working = await asyncio.to_thread(server.at_work)

    assert len(working) == 1
    assert await _said_in_the_end(server) < LONG.max_tokens // 2


async def test_the_window_is_a_slot_s(backend: OpenAIBackend) -> None:
    """The model was trained with eight times as much."""
    assert await backend.check() == f"{NAME} at {backend.service.base_url}: {WINDOW} tokens of context"
    assert backend.context_tokens == WINDOW


async def test_a_prompt_over_the_window_is_told_as_such(backend: OpenAIBackend) -> None:
    """The asker can ask for less; the operator has nothing to mend."""
    with pytest.raises(ConversationTooLong):
        await _answer(backend, replace(SHORT, prompt=(Message("user", "lighthouse " * 2 * WINDOW),)))


async def test_another_model_is_not_there(server: Running) -> None:
    """The sentence names the one that is."""
    async with _client(server, "another") as backend:
        with pytest.raises(Misconfigured, match=rf"has no model another \(it has {NAME}\)"):
            await backend.check()


async def test_the_other_server_goes_on_where_one_is_killed(binary: str) -> None:
    """What was said is taken back, the whole answer is the other's, and the thread stays there."""
    async with AsyncExitStack() as stack:
        servers = [await asyncio.to_thread(stack.enter_context, _serving(binary)) for _ in range(2)]
        route = Route([await stack.enter_async_context(_client(each)) for each in servers], first_token_s=60)
        void, told, answer = await _told_while_one_dies(_bench(route, servers), servers)
        alive = next(each for each in servers if each.process.poll() is None)
        async with aclosing(route.stream(replace(LONG, conversation_id="slack:T:C:1"))) as stream:
            assert isinstance(await anext(stream), Piece)
            working = await asyncio.to_thread(alive.at_work)

    assert void
    assert told == answer.text != ""
    assert (answer.model, answer.instead_of) == (NAME, "")
    assert len(working) == 1


def _bench(route: Route, servers: Sequence[Running]) -> Bench:
    """Return an engine whose default model runs on *servers*."""
    model = ModelSettings(backend="openai", name=NAME, servers=tuple(each.address for each in servers), max_tokens=300)
    made = Bench()
    made.engine = Engine(replace(made.engine._parts, backend=route), SETTINGS.model_copy(update={"model": model}))
    made.retriever.passages = {"filter": (passage(GUIDE),)}
    return made


async def _told_while_one_dies(made: Bench, servers: Sequence[Running]) -> tuple[str, str, Answer]:
    """Kill the server that speaks after its first words; return what was told before and after that, and the answer."""
    told = [""]
    question = await made.asked("How is the filter changed? Name every step.")
    async with aclosing(made.engine.answer(question)) as events:
        async for event in events:
            match event:
                case Piece(text):
                    told[-1] += text
                    if len(told) == 1:
                        await asyncio.to_thread(_kill_who_speaks, servers)
                case Restarted():
                    told.append("")
                case Answer():
                    void, whole = told  # begun anew, once
                    return void, whole, event
    raise AssertionError("no answer")


def _kill_who_speaks(servers: Sequence[Running]) -> None:
    for each in servers:
        if each.process.poll() is None and each.at_work():
            each.process.kill()
            each.process.wait()
