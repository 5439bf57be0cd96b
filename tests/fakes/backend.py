"""A working model that says what it was told to say."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from bot.errors import ChatbotError, ConversationTooLong, TryAgainLater
from bot.messages import Finished, FinishReason, Generation, Message, Piece, Queued

Script = Sequence[str] | Callable[[Generation], Sequence[str]]
TEMPLATE_TOKENS = 4


def question_of(request: Generation) -> str:
    """Return the question that *request* asks, without its passages."""
    return request.prompt[-1].content.removeprefix("Question: ").partition("\n\nPassages:")[0]


class ScriptedBackend:
    """
    Streams given pieces; a token is a word, and a message costs four more.

    What it was asked is in `requests`, oldest first; how often a reader left early in `left`; `running` counts open streams.
    """

    def __init__(
        self,
        script: Script = ("A ", "short ", "answer."),
        *,
        delay_s: float = 0.0,
        error: ChatbotError | None = None,
        fail_after: int | None = None,
        ahead: int = 0,
        context_tokens: int = 4096,
        languages: Sequence[str] = ("*",),
        name: str = "scripted",
        mean_logprob: float | None = -0.1,
    ) -> None:
        """
        Prepare the answers.

        Args:
            script: The pieces of every answer, or a function from the request to them.
            delay_s: Seconds before each piece.
            error: Raised after *fail_after* pieces of each answer, or before the first where that is None.
            fail_after: See *error*.
            ahead: Others before the request; above 0 the stream begins with `Queued`.
            context_tokens: The window, answer included.
            languages: ISO 639-1 codes, `*` for all.
            name: The model's name.
            mean_logprob: Reported at the end.
        """
        self.script = script
        self.delay_s = delay_s
        self.error = error
        self.fail_after = fail_after
        self.ahead = ahead
        self.mean_logprob = mean_logprob
        self.requests: list[Generation] = []
        self.left = 0
        self.running = 0
        self._name = name
        self._context_tokens = context_tokens
        self._languages = frozenset(languages)

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """The window in words, answer included."""
        return self._context_tokens

    @property
    def languages(self) -> frozenset[str]:
        """As given."""
        return self._languages

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Count words, and four for the template of each message."""
        return tuple(len(message.content.split()) + TEMPLATE_TOKENS for message in prompt)

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """Say the script."""
        self.requests.append(request)
        self.running += 1
        finished = False
        try:
            async with aclosing(self._speak(request)) as events:
                async for event in events:
                    finished = isinstance(event, Finished)
                    yield event
        except (GeneratorExit, asyncio.CancelledError):
            self.left += not finished
            raise
        finally:
            self.running -= 1

    async def _speak(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        prompt_tokens = sum(await self.count_tokens(request.prompt))
        if prompt_tokens >= self._context_tokens:
            raise ConversationTooLong(f"{prompt_tokens} tokens of prompt, {self._context_tokens} of context")
        started = time.monotonic()
        if self.ahead:
            yield Queued(self.ahead)
        pieces = self.script(request) if callable(self.script) else self.script
        self._fail(0, when=self.fail_after or 0)
        reason: FinishReason = "stop"
        spoken, first_s = 0, 0.0
        for index, text in enumerate(pieces, start=1):
            words = len(text.split())
            if spoken + words > request.max_tokens:
                reason = "length"
                break
            await self._pause(request.deadline_s - (time.monotonic() - started))
            first_s = first_s or time.monotonic() - started
            spoken += words
            yield Piece(text)
            self._fail(index, when=self.fail_after)
        yield self._finish(request, reason=reason, counts=(prompt_tokens, spoken), first_s=first_s, started=started)

    def _fail(self, said: int, *, when: int | None) -> None:
        if self.error is not None and said == when:
            raise self.error

    async def _pause(self, left_s: float) -> None:
        await asyncio.sleep(max(0.0, min(self.delay_s, left_s)))
        if self.delay_s > left_s:
            raise TryAgainLater("the deadline passed")

    def _finish(self, request: Generation, *, reason: FinishReason, counts: tuple[int, int], first_s: float, started: float) -> Finished:
        return Finished(
            reason=reason,
            prompt_tokens=counts[0],
            completion_tokens=counts[1],
            cached_tokens=0,
            first_token_s=first_s,
            total_s=time.monotonic() - started,
            model=self._name,
            adapter=request.adapter.name if request.adapter else "",
            mean_logprob=self.mean_logprob,
        )

    async def check(self) -> str:
        """Name the model, or raise the error that it was given."""
        self._fail(0, when=0)
        return f"{self._name}: a scripted model"
