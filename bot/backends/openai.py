"""A hosted model, or any server that speaks OpenAI's chat completions."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from typing import Any, Self, TypeVar, cast

import httpx2
import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionChunk

from bot.errors import BadRequest, ChatbotError, ConversationTooLong, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued

T = TypeVar("T")
_Chunks = openai.AsyncStream[ChatCompletionChunk]

MAX_RETRIES = 2  # the SDK waits 0.5 to 8 s with jitter, or as long as Retry-After says; nothing else here tries again
CONNECT_TIMEOUT_S = 10.0
# Byte-level vocabularies average 4 bytes a token on English and more than 3 on other European languages; 4 for the roles.
BYTES_A_TOKEN = 3
TEMPLATE_TOKENS = 4

KINDS: Mapping[type[openai.OpenAIError], type[ChatbotError]] = {
    openai.OpenAIError: TryAgainLater,
    openai.APIError: TryAgainLater,  # also an error in the middle of a stream
    openai.APIConnectionError: TryAgainLater,
    openai.APITimeoutError: TryAgainLater,
    openai.APIResponseValidationError: TryAgainLater,
    openai.InternalServerError: TryAgainLater,
    openai.RateLimitError: TryAgainLater,
    openai.ConflictError: TryAgainLater,
    openai.APIStatusError: Misconfigured,
    openai.AuthenticationError: Misconfigured,
    openai.OAuthError: Misconfigured,
    openai.PermissionDeniedError: Misconfigured,
    openai.NotFoundError: Misconfigured,
    openai.BadRequestError: Misconfigured,
    openai.UnprocessableEntityError: Misconfigured,
}
# https://platform.openai.com/docs/guides/error-codes; llama-server's own type; vLLM says it in words only.
TOO_LONG = ("context_length_exceeded", "exceed_context_size_error")
TOO_LONG_WORDS = ("maximum context length", "maximum model length")
NO_CREDIT = "insufficient_quota"
REMEDIES: Mapping[type[openai.OpenAIError], str] = {
    openai.AuthenticationError: "set APRENDIZ_OPENAI__API_KEY to a valid key",
    openai.PermissionDeniedError: "give the key of APRENDIZ_OPENAI__API_KEY access to the model",
    openai.NotFoundError: "set APRENDIZ_MODEL__NAME and APRENDIZ_OPENAI__BASE_URL to a model and an address that exist",
}


def translate_error(error: openai.OpenAIError, *, name: str, address: str) -> ChatbotError:
    """
    Return ours for an SDK error.

    Its detail has the status and code, never the server's own words: a server may echo the key.
    """
    code = str(getattr(error, "code", None) or "")
    status = getattr(error, "status_code", None)
    words = str(getattr(error, "message", "")).lower()
    where = f"{name} at {address}: {type(error).__name__}" + "".join(f" {part}" for part in (status, code) if part)
    if code in TOO_LONG or getattr(error, "type", "") in TOO_LONG or any(part in words for part in TOO_LONG_WORDS):
        return ConversationTooLong(where)
    if code == NO_CREDIT:
        return Misconfigured(f"{where}; the account has no credit left: add some, or use another key in APRENDIZ_OPENAI__API_KEY")
    if status == 408:
        return TryAgainLater(where)
    known = next(each for each in type(error).__mro__ if each in KINDS)
    remedy = next((text for each, text in REMEDIES.items() if isinstance(error, each)), "")
    return KINDS[known](f"{where}: {remedy}" if remedy else where)


class OpenAIBackend:
    """
    Streams chat completions; entered as an async context manager.

    Parameters that a server refuses by name are left out from then on: servers and models differ in what they take.
    """

    OPTIONAL = ("logprobs", "temperature", "top_p", "seed", "stream_options", "max_tokens")

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        base_url: str = "https://api.openai.com/v1",
        languages: Sequence[str] = ("*",),
        context_tokens: int = 4096,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """
        Prepare; the connection opens when the backend is entered.

        Args:
            name: The model, an `ft:` one too.
            api_key: May be empty for a local server.
            base_url: Any compatible address.
            languages: ISO 639-1 codes the model is known to speak; `*` for all.
            context_tokens: The window to fill, answer included.
            transport: Replaces the network.

        Raises:
            Misconfigured: No name, or a key that no header can carry.
        """
        if not name:
            raise Misconfigured("backend openai has no model: set APRENDIZ_MODEL__NAME")
        if not (api_key.isascii() and api_key.isprintable()):
            raise Misconfigured("APRENDIZ_OPENAI__API_KEY has characters that no key has: copy it again")
        self._name, self._address, self._key = name, base_url, api_key
        self._languages = frozenset(languages)
        self._context_tokens = context_tokens
        self._transport = transport
        self._refused: set[str] = set()
        self._client: openai.AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        self._client = await asyncio.to_thread(self._connect)  # reads certificates
        return self

    async def __aexit__(self, *_: object) -> None:
        client, self._client = self._client, None
        if client:
            await client.close()

    def _connect(self) -> openai.AsyncOpenAI:
        http = httpx2.AsyncClient(transport=self._transport, timeout=httpx2.Timeout(None, connect=CONNECT_TIMEOUT_S))
        # The SDK insists on a key; servers without one ignore it.
        return openai.AsyncOpenAI(api_key=self._key or "none", base_url=self._address, max_retries=MAX_RETRIES, http_client=http)

    @property
    def name(self) -> str:
        """The model's name as the service knows it."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """As configured."""
        return self._context_tokens

    @property
    def languages(self) -> frozenset[str]:
        """As configured."""
        return self._languages

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Estimate from above, without the network: a third of each message's UTF-8 bytes, and four for its role."""
        return tuple(_estimate(message.content) + TEMPLATE_TOKENS for message in prompt)

    async def check(self) -> str:
        """
        Ask the service whether it knows the model.

        Raises:
            Misconfigured: It does not, or refuses the key.
            TryAgainLater: It does not respond.
        """
        client = self._require_client()
        try:
            await client.models.retrieve(self._name)
        except openai.NotFoundError:
            await self._look_up(client)  # not every server answers for a single model
        except openai.OpenAIError as error:
            raise self._ours(error) from None
        return f"{self._name} at {self._address}"

    async def _look_up(self, client: openai.AsyncOpenAI) -> None:
        try:
            known = [model.id async for model in client.models.list()]
        except openai.OpenAIError as error:
            raise self._ours(error) from None
        if self._name not in known:
            offered = ", ".join(known[:5]) or "none"
            raise Misconfigured(f"{self._address} has no model {self._name} (it has {offered}): set APRENDIZ_MODEL__NAME")

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Generate an answer; closing the generator closes the connection, which stops the model.

        Raises:
            TryAgainLater: No connection, rate limit, deadline passed, HTTP 5xx, or a stream that broke off.
            ConversationTooLong: The service says so.
            BadRequest: The service's filter stopped the answer.
            Misconfigured: Wrong key, model or address, or no credit.
        """
        client = self._require_client()
        tally = _Tally(request, self._name)
        stream: _Chunks | None = None
        try:
            stream = await self._within(tally.deadline, self._open(client, request))
            while (chunk := await self._within(tally.deadline, anext(stream, None))) is not None:
                if text := tally.add(chunk):
                    yield Piece(text)
        finally:
            if stream is not None:
                await stream.close()
        yield tally.finished()

    async def _open(self, client: openai.AsyncOpenAI, request: Generation) -> _Chunks:
        while True:
            try:
                return cast("_Chunks", await client.chat.completions.create(**self._parameters(request)))
            except openai.BadRequestError as error:
                if error.param not in self.OPTIONAL or error.param in self._refused:
                    raise
                self._refused.add(error.param)

    def _parameters(self, request: Generation) -> dict[str, Any]:
        sampling = request.sampling
        optional = {
            "logprobs": True,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stream_options": {"include_usage": True},
            "max_tokens": request.max_tokens,
        }
        chosen = {key: value for key, value in optional.items() if value is not None and key not in self._refused}
        if "max_tokens" in self._refused:
            chosen["max_completion_tokens"] = request.max_tokens
        messages = [{"role": message.role, "content": _encodable(message.content)} for message in request.prompt]
        return {"model": self._name, "messages": messages, "stream": True, **chosen}

    async def _within(self, deadline: float, step: Awaitable[T]) -> T:
        """Await *step* until *deadline* at the longest, and raise its errors as ours."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await step
        except TimeoutError:
            raise TryAgainLater(f"{self._name} at {self._address}: the answer's deadline passed") from None
        except json.JSONDecodeError:
            raise TryAgainLater(f"{self._name} at {self._address} sent what is no JSON") from None
        except openai.OpenAIError as error:
            raise self._ours(error) from None

    def _require_client(self) -> openai.AsyncOpenAI:
        if self._client is None:
            raise TryAgainLater(f"the connection to {self._address} is closed")
        return self._client

    def _ours(self, error: openai.OpenAIError) -> ChatbotError:
        return translate_error(error, name=self._name, address=self._address)


class _Tally:
    """What the chunks of one answer add up to."""

    def __init__(self, request: Generation, model: str) -> None:
        self._request, self._model = request, model
        self._started = time.monotonic()
        self._first_s = 0.0
        self._reason: str | None = None
        self._usage: CompletionUsage | None = None
        self._logprobs: list[float] = []
        self._text = ""

    @property
    def deadline(self) -> float:
        """When the answer must be there, on the clock of `time.monotonic`."""
        return self._started + self._request.deadline_s

    def add(self, chunk: ChatCompletionChunk) -> str:
        """Take *chunk* in and return its text."""
        self._usage = chunk.usage or self._usage
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self._reason = choice.finish_reason or self._reason
        self._logprobs += [token.logprob for token in (choice.logprobs.content if choice.logprobs else None) or ()]
        text = choice.delta.content or ""
        if text and not self._text:
            self._first_s = time.monotonic() - self._started
        self._text += text
        return text

    def finished(self) -> Finished:
        """
        Return the end; counts that the server kept to itself are estimated.

        Raises:
            TryAgainLater: The stream ended without saying why: it was cut.
            BadRequest: The service's filter stopped the answer.
        """
        if self._reason is None:
            raise TryAgainLater(f"{self._model}: the stream broke off")
        if self._reason == "content_filter":
            raise BadRequest(f"{self._model}: stopped by the service's content filter")
        usage = self._usage
        details = usage.prompt_tokens_details if usage else None
        return Finished(
            reason="length" if self._reason == "length" else "stop",
            prompt_tokens=usage.prompt_tokens if usage else sum(_estimate(message.content) for message in self._request.prompt),
            completion_tokens=usage.completion_tokens if usage else _estimate(self._text),
            cached_tokens=(details.cached_tokens if details else None) or 0,
            first_token_s=self._first_s,
            total_s=time.monotonic() - self._started,
            model=self._model,
            mean_logprob=sum(self._logprobs) / len(self._logprobs) if self._logprobs else None,
        )


def _estimate(text: str) -> int:
    return -(-len(_encodable(text).encode()) // BYTES_A_TOKEN)


def _encodable(text: str) -> str:
    """Replace lone surrogates, which JSON in UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode()
