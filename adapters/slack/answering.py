"""The answers under way: each question's task, from the engine's stream to the thread."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from adapters.slack.events import Spot, place_spot
from adapters.slack.streaming import RunningAnswer, Streaming
from adapters.slack.web import SlackWeb
from bot.engine import Engine
from bot.errors import ChatbotError
from bot.messages import Answer, Piece, Question, Queued
from bot.ports import Ledger
from bot.texts import translate

logger = logging.getLogger(__name__)

_TAKEN_UP_FOR: Final = timedelta(hours=1)  # an older question's asker has long gone elsewhere


class Answering:
    """Owns every running answer; `close` ends them."""

    def __init__(self, engine: Engine, ledger: Ledger, web: SlackWeb, *, streaming: bool, language: str) -> None:
        """Answer with *engine*; *language* is spoken to those whose locale Slack does not tell."""
        self._engine = engine
        self._ledger = ledger
        self._web = web
        self._streaming = Streaming(enabled=streaming)
        self._language = language
        self._running: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self, question: Question, spot: Spot, *, resumed: bool = False) -> None:
        """Answer an accepted question from now on; after `close` it stays open in the ledger, for the next start."""
        if self._closed:
            return
        task = asyncio.create_task(self._answer(question, spot, resumed=resumed), name=f"answer {question.exchange_id}")
        self._running[question.exchange_id] = task
        task.add_done_callback(partial(self._ended, question.exchange_id, spot))

    def also(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something small beside the answers."""
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._done)

    async def resume(self, now: datetime) -> None:
        """Take up the questions that a stopped process left open."""
        for left in await self._ledger.open_exchanges("slack", since=now - _TAKEN_UP_FOR):
            question = left.question
            logger.info("taken up again", extra={"resumed_exchange_id": question.exchange_id})
            self.start(question, place_spot(question.place.conversation_id, left.message_ref, question.locale), resumed=True)

    async def ended(self, exchange_id: str) -> None:
        """Return when no answer to that exchange is under way."""
        if task := self._running.get(exchange_id):
            await asyncio.wait({task})

    async def close(self, grace_s: float) -> None:
        """Let running answers end within *grace_s* seconds; what is cancelled then stays open in the ledger."""
        self._closed = True
        tasks = {*self._running.values(), *self._others}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def locale(self, spot: Spot) -> str:
        """Return the language to speak at *spot*."""
        return spot.locale or self._language

    async def sentence(self, spot: Spot, error: ChatbotError, *, privately: bool = False) -> None:
        """Say in one sentence what is wrong, in the thread or to the person alone; no more where Slack refuses even that."""
        text = translate(self.locale(spot), error.user_text, **error.fields)
        try:
            await (self._web.whisper(spot, text) if privately else self._web.tell(spot, text))
        except ChatbotError as refusal:
            logger.warning("sentence not posted", extra={"reason": f"{type(refusal).__name__} {refusal}"})

    async def _answer(self, question: Question, spot: Spot, *, resumed: bool) -> None:
        running = RunningAnswer(self._web, self._ledger, spot, question.exchange_id, streaming=self._streaming, resumed=resumed)
        try:
            answer = await self._read(question, spot, running)
        except ChatbotError as error:
            await running.fail(translate(self.locale(spot), error.user_text, **error.fields))
        else:
            await running.finish(answer, self.locale(spot))

    async def _read(self, question: Question, spot: Spot, running: RunningAnswer) -> Answer:
        status_shown = True
        answer: Answer | None = None
        async with aclosing(self._engine.answer(question)) as events:
            async for event in events:
                match event:
                    case Queued(ahead):
                        waiting = translate(self.locale(spot), "is waiting; {ahead} before this", ahead=ahead)
                        status_shown = status_shown and await self._web.status(spot, waiting)
                    case Piece(text):
                        await running.add(text)
                    case Answer():
                        answer = event  # read to the end all the same: a reader that leaves stops the model
        if answer is None:
            raise RuntimeError("the engine gave no answer")
        return answer

    def _ended(self, exchange_id: str, spot: Spot, task: asyncio.Task[None]) -> None:
        self._running.pop(exchange_id, None)
        if not task.cancelled() and (error := task.exception()):
            # A bug or a failing database: the exchange stays open, and the person should not wait in vain.
            logger.error("answer failed", exc_info=error)
            if not self._closed:
                self.also(self.sentence(spot, ChatbotError()))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._others.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("task failed", exc_info=error)
