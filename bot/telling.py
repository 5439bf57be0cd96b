"""How an answer is told: by the model that should, or, where it fails, by the next that may; each word is shown once it may be."""

import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Final

from bot.draft import Basis, Draft, Model, Spoken
from bot.errors import BudgetSpent, ChatbotError, ConversationTooLong, Misconfigured, TryAgainLater
from bot.exchanges import Exchange, Rights
from bot.messages import AnswerKind, Finished, Piece, Queued, Restarted
from bot.response_cache import ResponseCache, again, is_whole

logger = logging.getLogger(__name__)

# What another model may do better; what is wrong with the question stays wrong.
_FAILURES: Final = (TryAgainLater, Misconfigured, ConversationTooLong)


class Telling:
    """
    One answer as it comes about.

    `draft` is what it rests on in the end. A model that fails before anything is shown is replaced without a word; what one said that broke
    off is taken back by `Restarted`, so that no answer is half one model's.
    """

    def __init__(self, basis: Basis, models: Sequence[Model], *, cache: ResponseCache) -> None:
        """Answer on *basis* by the first of *models* that can, at least one; *cache* may know what it would say."""
        self._basis = basis
        self._models = tuple(models)
        self._cache = cache
        self._started = time.monotonic()
        self._waited_s = 0.0
        self._kind: AnswerKind = "generated"
        self._pieces: list[str] = []
        self._spoken = Spoken()
        self.draft: Draft

    @property
    def timings(self) -> Mapping[str, float]:
        """When the first words came, in seconds from the beginning, by name: a model's or the cache's; empty where neither spoke."""
        finished = self._spoken.finished
        if finished is None:
            return {}
        return {"cache_s" if finished.repeated else "first_token_s": self._waited_s + finished.first_token_s}

    def exchange(self, *, rights: Rights, at: datetime) -> Exchange:
        """Return what to keep of the told answer, given *at*."""
        return self.draft.exchange(self._kind, "".join(self._pieces), self._spoken, rights=rights, at=at)

    @property
    def _said(self) -> bool:
        return bool("".join(self._pieces).strip())

    async def events(self) -> AsyncGenerator[Queued | Piece | Restarted]:
        """
        Tell the answer.

        Raises:
            ChatbotError: As the last of the models that were asked.
        """
        waiting = deque(self._models)
        again = False
        while waiting:
            model = waiting.popleft()
            try:
                async with aclosing(self._told_by(model, last=not waiting)) as events:
                    async for event in events:
                        yield event
            except _FAILURES as error:
                if self._pieces and model.servers > 1 and not again:
                    again = True  # the server broke off, not the model: an equal one may say it to its end
                    waiting.appendleft(model)
                if not waiting:
                    raise
                self._note(model, error, waiting[0])
                if self._pieces:
                    self._pieces.clear()
                    yield Restarted(waiting[0].backend.name)
            else:
                return

    def _note(self, model: Model, error: ChatbotError, following: Model) -> None:
        names = {"model": model.backend.name, "following": following.backend.name}
        logger.info("another model answers", extra={**names, "reason": type(error).__name__, "begun": bool(self._pieces)})

    async def _told_by(self, model: Model, *, last: bool) -> AsyncGenerator[Queued | Piece]:
        self._waited_s = time.monotonic() - self._started
        self._spoken = Spoken()
        draft = self.draft = await self._basis.draft(model)
        self._kind, fixed = draft.decide()
        if self._kind == "generated":
            async with aclosing(self._said_by(draft, last=last)) as stream:
                async for event in stream:
                    self._pieces += [event.text] if isinstance(event, Piece) else []
                    yield event
            self._mark(model)
        if not self._said:
            # A model with nothing to say that stands in its passages leaves the word to the best of them.
            self._kind, fixed = (self._kind, fixed) if fixed else ("quoted", draft.quotation)
            self._spoken.finished = None
            self._pieces.append(fixed)
            yield Piece(fixed)

    async def _said_by(self, draft: Draft, *, last: bool) -> AsyncGenerator[Queued | Piece]:
        """Give again what the model said in the same context, or let it speak; say nothing where the last of all has no budget."""
        started = time.monotonic()
        key = self._cache.key(draft)
        if said := await self._cache.find(key):
            self._spoken = again(said, key, spent_s=time.monotonic() - started)
            yield Piece(said.text)
            return
        first_token_s = inf if last else draft.model.settings.first_token_s
        try:
            async with aclosing(_guarded(draft, self._spoken, first_token_s=first_token_s)) as stream:
                async for event in stream:
                    yield event
            if draft.left_open and self._said:
                yield Piece(f"\n\n{draft.left_open}")
        except BudgetSpent:
            if not last:
                raise
            logger.info("no budget for the model, the best passage is quoted")
        self._spoken.cache_key = key if is_whole(self._spoken) else ""

    def _mark(self, model: Model) -> None:
        """Let the record tell that another model should have spoken."""
        first = self._models[0].backend.name
        if self._spoken.finished and model is not self._models[0]:
            self._spoken.finished = replace(self._spoken.finished, instead_of=first)


async def _guarded(draft: Draft, spoken: Spoken, *, first_token_s: float) -> AsyncGenerator[Queued | Piece]:
    """Let the model speak as long as what it says may be shown; *spoken* tells afterwards how it was."""
    started = time.monotonic()
    gate = draft.gate()
    async with aclosing(draft.model.backend.stream(draft.generation(first_token_s=first_token_s))) as stream:
        async for event in stream:
            match event:
                case Piece(text):
                    if ready := gate.add(text):
                        yield Piece(ready)
                    if gate.closed:
                        break
                case Finished():
                    if ready := gate.finish():
                        yield Piece(ready)
                    spoken.finished = replace(event, reason="unsupported") if gate.closed else event
                case Queued():
                    yield event
    spoken.withheld = gate.withheld
    if gate.withheld:
        logger.info("withheld", extra={"sentences": gate.withheld})
    if spoken.finished is None:
        spent, version = time.monotonic() - started, draft.model.adapter.name if draft.model.adapter else ""
        name = draft.model.backend.name
        spoken.finished = Finished("unsupported", 0, 0, 0, first_token_s=spent, total_s=spent, model=name, adapter=version)
