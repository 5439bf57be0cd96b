"""A model on one server or several equal ones: who is asked, for how long, and who is not asked at the moment."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from math import inf, isinf
from typing import Final

from bot.backends.breaker import Breaker
from bot.errors import BudgetSpent, Busy, ChatbotError, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece, Queued
from bot.ports import Backend

logger = logging.getLogger(__name__)

_REMEMBERED: Final = 10_000  # conversations, those asked longest ago forgotten first
FAULTS: Final = (TryAgainLater, Misconfigured)  # the server's; others are the question's


class _Server:
    """One server with its breaker; `running` counts its open streams, `chosen` orders servers by when they were last given a new thread."""

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self.backend = backend
        self.breaker = Breaker(clock)
        self.running = 0
        self.chosen = 0
        self.last: ChatbotError | None = None


class Route:
    """
    Asks one of equal servers, and the next where it fails before its first words.

    A new conversation goes to the least busy server and stays there, where its beginning is evaluated already, as long as that server
    answers. A server whose breaker is open is not asked, save where nobody else would answer: `Generation.first_token_s` is infinite then.
    """

    def __init__(self, servers: Sequence[Backend], *, first_token_s: float = inf, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Route to *servers*, at least one, which are entered and closed elsewhere.

        Args:
            servers: The same model each.
            first_token_s: Seconds that a server has for its first words where another is left to ask.
            clock: Seconds that never go back.
        """
        self._servers = tuple(_Server(each, clock) for each in servers)
        self._first_token_s = first_token_s
        self._clock = clock
        self._choices = 0
        self._places: OrderedDict[str, _Server] = OrderedDict()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._servers[0].backend.name

    @property
    def context_tokens(self) -> int:
        """The smallest of the servers' windows."""
        return min(each.backend.context_tokens for each in self._servers)

    @property
    def languages(self) -> frozenset[str]:
        """The model's."""
        return self._servers[0].backend.languages

    @property
    def servers(self) -> int:
        """How many there are."""
        return len(self._servers)

    async def count_tokens(self, prompt: Sequence[Message]) -> tuple[int, ...]:
        """Return each message's size in the model's tokens."""
        return await self._servers[0].backend.count_tokens(prompt)

    async def check(self) -> str:
        """
        Return one line on the servers.

        Raises:
            ChatbotError: None of them can answer; as the first one says.
        """
        found = [await _checked(each.backend) for each in self._servers]
        if lines := [said for said in found if isinstance(said, str)]:
            return "; ".join([*lines, *(f"out of order: {said}" for said in found if not isinstance(said, str))])
        raise next(said for said in found if not isinstance(said, str))

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """
        Generate an answer; see `bot.ports.Backend.stream`.

        Raises:
            TryAgainLater: No server answers, or the one that did broke off, or the first words took longer than they may.
            BudgetSpent: The budget has no room for it, on whichever server.
            Misconfigured: As the last server asked says.
        """
        until = self._clock() + request.first_token_s
        tried: list[_Server] = []
        while (server := self._next(request, tried)) is not None:
            tried.append(server)
            begun = False
            try:
                async with aclosing(self._ask(server, self._limited(request, until, tried))) as events:
                    async for event in events:
                        begun = begun or isinstance(event, Piece)
                        yield event
            except BudgetSpent:
                raise
            except FAULTS as error:
                self._places.pop(request.conversation_id, None)
                if begun or not self._left(request, tried):
                    raise
                logger.info("next server", extra={"model": self.name, "reason": type(error).__name__})
            else:
                return
        raise self._refusal(tried)

    def _next(self, request: Generation, tried: Sequence[_Server]) -> _Server | None:
        """Return whom to ask now: the conversation's server, else the least busy one; None where nobody should be asked."""
        if place := self._places.get(request.conversation_id):
            self._places.move_to_end(request.conversation_id)
            if place not in tried and place.breaker.admits():
                return place
        left = self._left(request, tried)
        if not left:
            return None
        server = min(left, key=lambda each: (each.breaker.is_open, each.breaker.failures, each.running, each.chosen))
        self._choices += 1
        server.chosen = self._choices
        if request.conversation_id:
            self._places[request.conversation_id] = server
            if len(self._places) > _REMEMBERED:
                self._places.popitem(last=False)
        return server

    def _left(self, request: Generation, tried: Sequence[_Server]) -> list[_Server]:
        """Return whom else one may ask; where nobody stands by for the model even one who failed lately, once."""
        others = [each for each in self._servers if each not in tried]
        admitting = [each for each in others if each.breaker.admits()]
        return admitting or (others if isinf(request.first_token_s) else [])

    def _limited(self, request: Generation, until: float, tried: Sequence[_Server]) -> Generation:
        """Return *request* with the time that one server has for its first words: those not asked yet must have theirs, too."""
        others = len(self._left(request, tried))
        if not others and len(tried) == 1:
            return request
        if isinf(until):
            return replace(request, first_token_s=self._first_token_s) if others else request
        return replace(request, first_token_s=max(0.0, until - self._clock()) / (others + 1))

    async def _ask(self, server: _Server, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        probe = server.breaker.begin()
        server.running += 1
        settled = False
        try:
            async with aclosing(server.backend.stream(request)) as events:
                until = self._clock() + request.first_token_s
                event: Queued | Piece | Finished = Queued(0)
                while isinstance(event, Queued):
                    event = await self._first(events, until)
                    settled = self._heard(server, event)
                    yield event
                async for event in events:
                    settled = self._heard(server, event)
                    yield event
        except BudgetSpent:  # no fault of the server, which was not asked
            raise
        except FAULTS as error:
            settled = True
            self._note(server, error, probe=probe)
            raise
        finally:
            server.running -= 1
            if not settled:
                server.breaker.left(probe=probe)

    def _note(self, server: _Server, error: ChatbotError, *, probe: bool) -> None:
        server.last = error
        if isinstance(error, Busy):  # at work, not out of order
            server.breaker.left(probe=probe)
            return
        was_open = server.breaker.is_open
        server.breaker.failed(probe=probe)
        if server.breaker.is_open and not was_open:
            logger.warning("server left alone", extra={"model": self.name, "reason": str(error)})

    def _heard(self, server: _Server, event: Queued | Piece | Finished) -> bool:
        """Let the breaker know of *event*; return whether it was the last."""
        match event:
            case Finished():
                server.breaker.succeeded()
                return True
            case Piece():
                server.breaker.spoke()
        return False

    async def _first(self, events: AsyncGenerator[Queued | Piece | Finished], until: float) -> Queued | Piece | Finished:
        if isinf(until):
            return await anext(events)
        try:
            async with asyncio.timeout(max(0.0, until - self._clock())):
                return await anext(events)
        except TimeoutError:
            raise TryAgainLater(f"{self.name}: no first words in time") from None

    def _refusal(self, tried: Sequence[_Server]) -> ChatbotError:
        """Return what the asker is told where nobody was asked: what went wrong last, as it did."""
        last = next((each.last for each in (*tried, *self._servers) if each.last), None)
        if last is None:
            return TryAgainLater(f"{self.name}: no server answers")
        return type(last)(f"{self.name} is not asked for some seconds: {last}", **last.fields)


async def _checked(backend: Backend) -> str | ChatbotError:
    try:
        return await backend.check()
    except ChatbotError as error:
        return error
