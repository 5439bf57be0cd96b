"""A hosted model, or any server that speaks OpenAI's chat completions."""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, date, datetime
from typing import Any, Final, Self, TypeVar

import httpx2
import openai

from bot.backends.model_facts import ModelFacts, known_facts, served_window, told_facts, trained_window, warning_of
from bot.backends.openai_answer import Chunks, Tally, encodable, estimate
from bot.backends.openai_errors import pause_s, translate_error
from bot.backends.service import Service
from bot.completing import Completion
from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued, Sampling

logger = logging.getLogger(__name__)

T = TypeVar("T")
_Create = Callable[..., Awaitable[Chunks]]

MAX_RETRIES: Final = 2
FIRST_PAUSE_S: Final = 0.5  # doubled with each try, with jitter, where the service names no time
LEARN_S: Final = 10.0  # what is asked of a model beside its answers
TEMPLATE_TOKENS: Final = 4  # a message's role
SMALLEST_WINDOW: Final = 4096  # taken for granted where nobody tells
_NO_STREAMS: Final = ("text/html", "application/json", "application/xhtml")


class OpenAIBackend:
    """
    Streams chat completions; entered as an async context manager.

    Parameters that a server refuses by name are left out from then on: servers and models differ in what they take.
    """

    OPTIONAL = ("logprobs", "temperature", "top_p", "seed", "stream_options", "max_tokens")

    def __init__(
        self,
        name: str,
        service: Service,
        *,
        languages: Sequence[str] = ("*",),
        context_tokens: int | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """
        Prepare; the connection opens when the backend is entered.

        Args:
            name: The model, an `ft:` one too; on Azure its deployment.
            service: Where it answers.
            languages: ISO 639-1 codes the model is known to speak; `*` for all.
            context_tokens: The window to fill, answer included; None for the model's own, as `learn` finds it.
            transport: Replaces the network.
            today: By which a model's end is near or past.

        Raises:
            Misconfigured: No name.
        """
        if not name:
            raise Misconfigured("backend openai has no model: set APRENDIZ_MODEL__NAME")
        self._name, self._service = name, service
        self._languages = frozenset(languages)
        self._context_tokens = context_tokens
        self._transport = transport
        self._today = today
        self._refused: set[str] = set()
        self._facts = known_facts(name)
        self._client: openai.AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        self._client = await self._service.connect(self._transport)
        return self

    async def __aexit__(self, *_: object) -> None:
        client, self._client = self._client, None
        if client:
            await client.close()

    @property
    def name(self) -> str:
        """The model's name as the service knows it."""
        return self._name

    @property
    def service(self) -> Service:
        """Where it answers."""
        return self._service

    @property
    def context_tokens(self) -> int:
        """As configured, or the model's own as far as that is known."""
        return self._context_tokens or self._facts.window or SMALLEST_WINDOW

    @property
    def facts(self) -> ModelFacts:
        """What is known of the model; `learn` asks anew."""
        return self._facts

    @property
    def end(self) -> str:
        """One sentence on the model's end where that is near or past, as far as the service told of it; else empty."""
        return warning_of(self._name, self._facts, self._today())

    @property
    def languages(self) -> frozenset[str]:
        """As configured."""
        return self._languages

    @property
    def window_unknown(self) -> bool:
        """Whether the service might tell a window that is needed and not known; OpenAI and Azure tell none."""
        return self._service.kind in ("nebius", "compatible") and not (self._context_tokens or self._facts.window)

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Estimate from above, without the network: a third of each message's UTF-8 bytes, and four for its role."""
        return tuple(estimate(message.content) + TEMPLATE_TOKENS for message in prompt)

    async def check(self) -> str:
        """
        Ask the service whether it knows the model.

        Raises:
            Misconfigured: It does not, refuses the key, or the model is shut down.
            TryAgainLater: It does not respond.
        """
        await self.learn()
        line = f"{self._name} at {self._service.base_url}: {self.context_tokens} tokens of context"
        end = self.end
        return f"{line}; {end}" if end else line

    async def learn(self) -> ModelFacts:
        """
        Ask the service for what it tells of the model, and keep it.

        Raises:
            Misconfigured: It does not know the model, or refuses the key.
            TryAgainLater: It does not respond.
        """
        client = self._require_client()
        try:
            async with asyncio.timeout(LEARN_S):
                told = await self._described(client)
        except TimeoutError:
            raise TryAgainLater(f"{self._service.base_url} does not answer within {LEARN_S:g} s") from None
        except openai.OpenAIError as error:
            raise self._ours(error) from None
        except json.JSONDecodeError:
            raise self._no_api("what is no JSON") from None
        self._facts = told.filled(known_facts(self._name))
        return self._facts

    async def _described(self, client: openai.AsyncOpenAI) -> ModelFacts:
        try:
            model = self._fields(await client.models.retrieve(self._name))
        except openai.NotFoundError:
            model = await self._listed(client)  # not every server answers for a single model
        facts = told_facts(model)
        if not facts.window and (trained := trained_window(model)):
            facts = ModelFacts(await self._slot_window(client) or trained, facts.ends)
        return facts

    async def _listed(self, client: openai.AsyncOpenAI) -> Mapping[str, Any]:
        query = {"verbose": "true"} if self._service.kind == "nebius" else {}
        try:
            known = {each.id: self._fields(each) async for each in client.models.list(extra_query=query)}
        except (AttributeError, TypeError):
            raise self._no_api("no list of models") from None
        if self._name not in known and self._service.kind != "azure":  # which lists models, not deployments
            offered = ", ".join([each for each in known if isinstance(each, str)][:5]) or "none"
            missing = f"{self._service.base_url} has no model {self._name} (it has {offered}): set APRENDIZ_MODEL__NAME"
            raise Misconfigured(self._with_end(missing))
        return known.get(self._name, {})

    def _fields(self, model: Any) -> Mapping[str, Any]:
        """Return a model as the service describes it, with what the SDK does not know of; a page comes as text."""
        if not isinstance(model, openai.BaseModel):
            raise self._no_api("what is no model")
        return model.model_dump(warnings=False)  # fields of another form are looked at by whoever reads them

    async def _slot_window(self, client: openai.AsyncOpenAI) -> int:
        """Return the window that llama-server gives an answer, which is often smaller than the model's."""
        address = httpx2.URL(self._service.base_url).join("/props")
        try:
            return served_window((await client.get(str(address), cast_to=httpx2.Response)).json())
        except (openai.OpenAIError, ValueError, AttributeError):
            return 0

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Generate an answer; closing the generator closes the connection, which stops the model.

        Raises:
            TryAgainLater: No connection, rate limit, deadline passed, HTTP 5xx, or a stream that broke off.
            ConversationTooLong: The service says so.
            Filtered: The service's filter refused the question or stopped the answer.
            Misconfigured: Wrong key, model or address, or no credit.
        """
        messages = [{"role": message.role, "content": encodable(message.content)} for message in request.prompt]
        async with aclosing(self._stream(request, {"messages": messages, "logprobs": True})) as events:
            async for event in events:
                yield event

    async def complete(self, request: Completion) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Go on with a text, as `stream` does.

        Raises:
            Misconfigured: As `stream`; or the service completes chats only.
        """
        try:
            async with aclosing(self._stream(request, {"prompt": encodable(request.prompt)})) as events:
                async for event in events:
                    yield event
        except Misconfigured as error:
            if not isinstance(error.__context__, openai.NotFoundError | openai.BadRequestError):
                raise
            where = f"{self._name} at {self._service.base_url}"
            raise Misconfigured(f"{where} completes no plain text; it may know chats only, or no such model: try aprendiz ask") from None

    async def _stream(self, request: Generation | Completion, body: dict[str, Any]) -> AsyncGenerator[Queued | Piece | Finished]:
        client = self._require_client()
        create: _Create = client.chat.completions.create if isinstance(request, Generation) else client.completions.create
        tally = Tally(request, self._name)
        try:
            text = await self._within(tally.first_deadline, self._begin(create, request, body, tally))
            while text:
                yield Piece(text)
                text = await self._within(tally.deadline, tally.next_text())
        finally:
            await tally.close()
        yield tally.finished()

    async def _begin(self, create: _Create, request: Generation | Completion, body: dict[str, Any], tally: Tally) -> str:
        """Return the first words."""
        tally.chunks = await self._open(create, request, body, until=tally.first_deadline)
        self._check_streams(tally.chunks)
        return await tally.next_text()

    async def _open(self, create: _Create, request: Generation | Completion, body: dict[str, Any], *, until: float) -> Chunks:
        """Ask until the service begins to answer, as often as that may help and there is time for."""
        tries = 0
        while True:
            sent = self._chosen(request, body)  # what others learn meanwhile changes nothing of it
            try:
                return await create(model=self._name, stream=True, **sent)
            except openai.BadRequestError as error:
                if error.param not in self.OPTIONAL or error.param not in sent:
                    raise
                self._refused.add(error.param)
            except openai.OpenAIError as error:
                wait_s = pause_s(error)
                if wait_s is None or tries == MAX_RETRIES:
                    raise
                pause = wait_s or FIRST_PAUSE_S * 2**tries * random.uniform(0.5, 1.0)  # jitter
                if time.monotonic() + pause >= until:
                    raise  # the asker hears it now rather than when it is too late
                tries += 1
                await asyncio.sleep(pause)

    def _check_streams(self, chunks: Chunks) -> None:
        """Raise where these are none: a proxy or a wrong address answers with a page."""
        kind = chunks.response.headers.get("content-type", "").lower()
        if kind.startswith(_NO_STREAMS):
            raise self._no_api(f"{kind.partition(';')[0]} in place of a stream")

    def _chosen(self, request: Generation | Completion, body: dict[str, Any]) -> dict[str, Any]:
        optional = {**_sampled(request.sampling), "stream_options": {"include_usage": True}, "max_tokens": request.max_tokens, **body}
        chosen = {key: value for key, value in optional.items() if value is not None and key not in self._refused}
        if "max_tokens" in self._refused:
            chosen["max_completion_tokens"] = request.max_tokens
        return chosen

    async def _within(self, deadline: float, step: Awaitable[T]) -> T:
        """Await *step* until *deadline* at the longest, and raise its errors as ours."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await step
        except TimeoutError:
            raise TryAgainLater(f"{self._name} at {self._service.base_url}: the answer's deadline passed") from None
        except json.JSONDecodeError:
            raise TryAgainLater(f"{self._name} at {self._service.base_url} sent what is no JSON") from None
        except openai.OpenAIError as error:
            raise self._ours(error) from None

    def _require_client(self) -> openai.AsyncOpenAI:
        if self._client is None:
            raise TryAgainLater(f"the connection to {self._service.base_url} is closed")
        return self._client

    def _no_api(self, what: str) -> Misconfigured:
        address = self._service.base_url
        return Misconfigured(f"{address} sent {what}: set {self._service.setting('base_url')} to the address of its API, often …/v1")

    def _with_end(self, detail: str) -> str:
        end = self.end
        return f"{detail}; {end}" if end else detail

    def _ours(self, error: openai.OpenAIError) -> ChatbotError:
        return translate_error(error, name=self._name, service=self._service, gone=self.end)


def _sampled(sampling: Sampling) -> dict[str, Any]:
    return {"temperature": sampling.temperature, "top_p": sampling.top_p, "seed": sampling.seed}
