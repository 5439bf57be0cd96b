"""One answer as a service streams it: chunks of whatever form become text, an end and its counts."""

import logging
import time
from typing import Any, Final

import openai

from bot.completing import Completion
from bot.errors import Filtered, TryAgainLater
from bot.messages import Finished, Generation

logger = logging.getLogger(__name__)

Chunks = openai.AsyncStream[Any]

# Byte-level vocabularies average 4 bytes a token on English and more than 3 on other European languages.
BYTES_A_TOKEN: Final = 3
# No language's tokens are longer on the average of an answer: a server that says more than that heeds no limit.
CHARACTERS_A_TOKEN: Final = 8


class Tally:
    """
    What the chunks of one answer add up to.

    `chunks` is the stream they come from, None before it is opened; `full` once the answer is as long as was asked for, whatever the
    server still says.
    """

    def __init__(self, request: Generation | Completion, model: str) -> None:
        """Begin to count, and the clock with it."""
        self._request, self._model = request, model
        self._started = time.monotonic()
        self._first_s = 0.0
        self._reason = ""
        self._usage: Any = None
        self._logprobs: list[float] = []
        self._said: list[str] = []
        self._room = request.max_tokens * CHARACTERS_A_TOKEN
        self._tools = False
        self.chunks: Chunks | None = None
        self.full = False

    @property
    def deadline(self) -> float:
        """When the answer must be there, on the clock of `time.monotonic`."""
        return self._started + self._request.deadline_s

    @property
    def first_deadline(self) -> float:
        """When its first words must be there."""
        return self._started + min(self._request.deadline_s, self._request.first_token_s)

    async def next_text(self) -> str:
        """Read on to the next words and return them; an empty string at the end."""
        text = ""
        while self.chunks and not self.full and not text and (chunk := await anext(self.chunks, None)) is not None:
            text = self._add(chunk)
        return text

    async def close(self) -> None:
        """Close the stream, which stops the model."""
        if self.chunks is not None:
            await self.chunks.close()

    def _add(self, chunk: Any) -> str:
        """
        Take *chunk* in and return its text, as far as there is room for it.

        The SDK does not check what a server sends: any field may be missing, or of another form.
        """
        self._usage = getattr(chunk, "usage", None) or self._usage
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return ""
        choice = choices[0]
        delta = getattr(choice, "delta", None)
        self._reason = str(getattr(choice, "finish_reason", None) or self._reason)
        self._tools = self._tools or bool(getattr(delta, "tool_calls", None) or getattr(delta, "function_call", None))
        self._logprobs += _logprobs(getattr(choice, "logprobs", None))
        text = getattr(delta, "content", None) or getattr(choice, "text", None)
        return self._fitted(text) if isinstance(text, str) and text else ""

    def _fitted(self, text: str) -> str:
        if not self._said:
            self._first_s = time.monotonic() - self._started
        self.full = len(text) > self._room or len(self._logprobs) > self._request.max_tokens
        text = text[: self._room]
        self._room -= len(text)
        self._said.append(text)
        return text

    def finished(self) -> Finished:
        """
        Return the end; counts that the server kept to itself are estimated.

        Raises:
            TryAgainLater: The stream ended without saying why: it was cut.
            Filtered: The service's filter stopped the answer.
        """
        if self.full:
            logger.warning("answer cut at its limit", extra={"model": self._model, "max_tokens": self._request.max_tokens})
        elif not self._reason:
            raise TryAgainLater(f"{self._model}: the stream broke off")
        if self._reason == "content_filter":
            raise Filtered(f"{self._model}: stopped by the service's content filter")
        if self._tools:
            logger.warning("tool calls ignored: none was offered", extra={"model": self._model})
        details = getattr(self._usage, "prompt_tokens_details", None)
        return Finished(
            reason="length" if self.full or self._reason == "length" else "stop",
            prompt_tokens=_count(self._usage, "prompt_tokens", self._prompt_estimate()),
            completion_tokens=_count(self._usage, "completion_tokens", self._estimate()),
            cached_tokens=_count(details, "cached_tokens", 0),
            first_token_s=self._first_s,
            total_s=time.monotonic() - self._started,
            model=self._model,
            mean_logprob=sum(self._logprobs) / len(self._logprobs) if self._logprobs else None,
        )

    def _prompt_estimate(self) -> int:
        prompt = self._request.prompt
        return estimate(prompt) if isinstance(prompt, str) else sum(estimate(message.content) for message in prompt)

    def _estimate(self) -> int:
        tokens = len(self._logprobs) or estimate("".join(self._said))
        return min(tokens, self._request.max_tokens) if self.full else tokens


def estimate(text: str) -> int:
    """Return about how many tokens *text* has, from above."""
    return -(-len(encodable(text).encode()) // BYTES_A_TOKEN)


def encodable(text: str) -> str:
    """Replace lone surrogates, which JSON in UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode()


def _logprobs(logprobs: Any) -> list[float]:
    tokens = getattr(logprobs, "content", None)
    if not isinstance(tokens, list):
        return []
    return [value for token in tokens if isinstance(value := getattr(token, "logprob", None), int | float)]


def _count(usage: Any, name: str, otherwise: int) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) else otherwise
