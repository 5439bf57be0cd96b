"""The meter around a hosted model: every call is booked, and made only where the budget has room for it."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bot.completing import Completer, Completion
from bot.errors import ChatbotError
from bot.messages import Finished, Generation, Message, Piece, Queued
from bot.ports import Backend, Purse
from bot.spending import Call, Price, Usage


class MeteredBackend:
    """
    A hosted model on one server, whose every call is booked, and made only where the budget has room for it.

    What a call may cost at most is reserved before it and settled after it. What breaks off is settled by what came of it; a call that the
    service refused, or that never reached it, costs nothing.
    """

    def __init__(self, backend: Backend, *, price: Price | None, purse: Purse) -> None:
        """Book the calls to *backend* at *price* (None: unknown) on *purse*."""
        self._backend, self._price, self._purse = backend, price, purse

    @property
    def name(self) -> str:
        """The model's."""
        return self._backend.name

    @property
    def context_tokens(self) -> int:
        """The model's."""
        return self._backend.context_tokens

    @property
    def languages(self) -> frozenset[str]:
        """The model's."""
        return self._backend.languages

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Return what the model says."""
        return await self._backend.count_tokens(prompt)

    async def check(self) -> str:
        """Return what the model says; asking for that costs nothing."""
        return await self._backend.check()

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Generate an answer; raises as the model does.

        Raises:
            BudgetSpent: The budget has no room for it; the model was not asked.
        """
        call = Call(
            model=self._backend.name,
            price=self._price,
            at_most=Usage(sum(await self._backend.count_tokens(request.prompt)), 0, request.max_tokens, estimated=True),
            lasts_s=request.deadline_s,
            exchange_id=request.exchange_id,
            audience=request.audience,
        )
        charge_id = await self._purse.reserve(call)
        meter = _Meter(call, self._backend, self._purse, charge_id, patience_s=min(request.deadline_s, request.first_token_s))
        async with aclosing(_booked(self._backend.stream(request), meter)) as events:
            async for event in events:
                yield event


class MeteredCompleter:
    """A hosted model that goes on with a text, booked likewise; it answers no exchange."""

    def __init__(self, completer: Completer, backend: Backend, *, price: Price | None, purse: Purse) -> None:
        """Book what *completer* does at *price* on *purse*; *backend* is the same model, which counts tokens."""
        self._completer, self._backend, self._price, self._purse = completer, backend, price, purse

    @property
    def name(self) -> str:
        """The model's."""
        return self._completer.name

    async def complete(self, request: Completion) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Go on with a text; raises as the model does.

        Raises:
            BudgetSpent: The budget has no room for it; the model was not asked.
        """
        prompt_tokens = sum(await self._backend.count_tokens((Message("user", request.prompt),)))
        call = Call(self.name, self._price, Usage(prompt_tokens, 0, request.max_tokens, estimated=True), request.deadline_s)
        charge_id = await self._purse.reserve(call)
        meter = _Meter(call, self._backend, self._purse, charge_id, patience_s=min(request.deadline_s, request.first_token_s))
        async with aclosing(_booked(self._completer.complete(request), meter)) as events:
            async for event in events:
                yield event


async def _booked(stream: AsyncGenerator[Queued | Piece | Finished], meter: "_Meter") -> AsyncGenerator[Queued | Piece | Finished]:
    """Pass on what *stream* gives, and settle it however it ends."""
    try:
        async with aclosing(stream) as events:
            async for event in events:
                meter.see(event)
                if isinstance(event, Finished):
                    await meter.settle()
                yield event
    except ChatbotError:
        meter.refused()
        raise
    finally:
        await meter.settle()


class _Meter:
    """What one call uses, as far as it is known; settled once. For its first words it has `patience_s`."""

    def __init__(self, call: Call, backend: Backend, purse: Purse, charge_id: str, *, patience_s: float) -> None:
        self._call, self._backend, self._purse, self._charge_id, self._patience_s = call, backend, purse, charge_id, patience_s
        self._began = time.monotonic()
        self._model = call.model
        self._said: list[str] = []
        self._usage: Usage | None = None
        self._settled = False

    def see(self, event: Queued | Piece | Finished) -> None:
        if isinstance(event, Piece):
            self._said.append(event.text)
        elif isinstance(event, Finished):
            self._usage, self._model = Usage(event.prompt_tokens, event.cached_tokens, event.completion_tokens), event.model

    def refused(self) -> None:
        """Take note of an error: before the first words, and before it was given up, there is nothing to be charged."""
        if not self._said and self._usage is None and time.monotonic() - self._began < self._patience_s:
            self._usage = Usage()

    async def settle(self) -> None:
        if self._settled:
            return
        self._settled = True
        await self._purse.settle(self._charge_id, self._call, self._usage or await self._so_far(), model=self._model)

    async def _so_far(self) -> Usage:
        at_most, said = self._call.at_most, "".join(self._said)
        output_tokens = sum(await self._backend.count_tokens((Message("assistant", said),))) if said else 0
        return Usage(at_most.input_tokens, 0, output_tokens, estimated=True)
