"""The answers under way in one workspace: each question's task, from the engine's stream to the thread."""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal

from adapters.chat import ChatServices, sentence_of
from adapters.slack.address import Address, FileRef
from adapters.slack.events import Spot
from adapters.slack.faults import NotPosted, SlackGone, SlackRefused, SlackRevoked, SlackSilent
from adapters.slack.files import read_files
from adapters.slack.roots import direct_messages, spot_of
from adapters.slack.signs import Sign, Signs
from adapters.slack.streaming import RunningAnswer, Streaming
from adapters.slack.unconfirmed import Begun, Unconfirmed
from adapters.slack.web import SlackWeb
from bot.errors import ChatbotError
from bot.messages import Answer, Passage, Piece, Question, Queued, Restarted
from bot.texts import translate

logger = logging.getLogger(__name__)

_REMEMBERED: Final = 10_000  # exchanges that ended here without an answer of ours: not to be taken up again

Answered = Callable[[Question, Spot, Answer], Coroutine[Any, Any, None]]
Cut = Literal["", "stopped", "deleted"]


@dataclass(slots=True)
class _Run:
    """One answer under way; `reading` while the engine is still at work, `cut` where somebody ended it."""

    spot: Spot | None = None
    task: asyncio.Task[None] | None = None
    reading: bool = True
    cut: Cut = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where an answer is shown, in which language, and under which sign; `told` where its asker is told what could not be read."""

    spot: Spot
    locale: str
    sign: Sign
    told: bool


class Answering:
    """Owns every running answer of a workspace; `close` ends them."""

    def __init__(self, services: ChatServices, web: SlackWeb, *, streaming: bool, answered: Answered, unconfirmed: Unconfirmed) -> None:
        """Answer through *web*; *answered* is called beside the other work when an answer stands."""
        self._unconfirmed = unconfirmed
        self._services = services
        self._web = web
        self._signs = Signs(web)
        self._streaming = Streaming(enabled=streaming)
        self._answered = answered
        self._running: dict[str, _Run] = {}
        self._others: set[asyncio.Task[None]] = set()
        self._failed: OrderedDict[str, None] = OrderedDict()
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._running or self._others)

    def knows(self, exchange_id: str) -> bool:
        """Tell whether that exchange is being answered, or ended here without an answer."""
        return exchange_id in self._running or exchange_id in self._failed

    def start(self, question: Question, spot: Spot, *, files: Sequence[FileRef] = ()) -> None:
        """Answer an accepted question from now on; after `close` it stays open in the ledger, for the next start."""
        self._begin(question.exchange_id, partial(self._answer, question, spot, files, resumed=False), spot)

    def resume(self, question: Question, message_ref: str, address: Address | None) -> None:
        """Take up a question that a stopped process left open, as what `Incoming` carried tells where."""
        self._begin(question.exchange_id, partial(self._take_up, question, message_ref, address))

    def complete(self, begun: Begun) -> None:
        """Let the thread have an answer that a stopped process recorded, and may not have posted to its end."""
        self._begin(begun.exchange_id, partial(self._complete, begun), begun.spot)

    def also(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something small beside the answers."""
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work)
        self._others.add(task)
        task.add_done_callback(self._done)

    async def ended(self, exchange_id: str) -> None:
        """Return when no answer to that exchange is under way."""
        if (run := self._running.get(exchange_id)) and run.task:
            await asyncio.wait({run.task})

    def stop(self, channel: str, thread_ts: str, user: str) -> None:
        """Stop what is being written in a thread for the person who asked; to others the button does nothing."""
        there = [run for run in self._running.values() if run.spot and (run.spot.channel, run.spot.thread_ts) == (channel, thread_ts)]
        for run in there:
            if run.spot and run.spot.user == user:
                self._cut(run, "stopped")
        if not there:  # a process before this one began it
            self.also(self._signs.end_session(Spot(channel, thread_ts, thread_ts)))

    def retract(self, exchange_id: str) -> None:
        """End an answer whose question was deleted, and take away what was posted of it."""
        if run := self._running.get(exchange_id):
            self._cut(run, "deleted")
        else:
            self._remember(exchange_id)  # it may be about to be begun

    async def close(self, grace_s: float) -> None:
        """Let running answers end within *grace_s* seconds; what is cancelled then stays open in the ledger."""
        self._closed = True
        tasks = {*(run.task for run in self._running.values() if run.task), *self._others} - {asyncio.current_task()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def locale(self, spot: Spot) -> str:
        """Return the language to speak at *spot*."""
        return spot.locale or self._services.language

    async def sentence(self, spot: Spot, error: ChatbotError, *, privately: bool = False) -> None:
        """Say in one sentence what is wrong, in the thread or to the person alone; no more where Slack refuses even that."""
        text = sentence_of(error, self.locale(spot))
        try:
            await (self._web.whisper(spot, text) if privately else self._web.tell(spot, text))
        except ChatbotError as refusal:
            logger.warning("sentence not posted", extra={"reason": f"{type(refusal).__name__} {refusal}"})

    def _begin(self, exchange_id: str, work: Callable[[_Run], Coroutine[Any, Any, None]], spot: Spot | None = None) -> None:
        if self._closed or self.knows(exchange_id):
            return
        run = self._running[exchange_id] = _Run(spot)
        run.task = asyncio.create_task(work(run), name=f"answer {exchange_id}")
        run.task.add_done_callback(partial(self._ended, exchange_id, run))

    def _cut(self, run: _Run, why: Cut) -> None:
        run.cut = run.cut or why
        if run.reading and run.task:
            run.task.cancel()

    async def _take_up(self, question: Question, message_ref: str, address: Address | None, run: _Run) -> None:
        logger.info("taken up again", extra={"resumed_exchange_id": question.exchange_id})
        try:
            run.spot = await spot_of(question, message_ref, address, self._web, self._services.ledger)
        except SlackRefused as error:
            await self._give_up(question, error)
        except ChatbotError as error:
            logger.info("not taken up yet", extra={"reason": type(error).__name__})
        else:
            await self._answer(question, run.spot, address.files if address else (), run, resumed=True)

    async def _answer(self, question: Question, spot: Spot, files: Sequence[FileRef], run: _Run, *, resumed: bool) -> None:
        locale = question.locale or self.locale(spot)
        sign = self._signs.begin(spot, locale)
        running = RunningAnswer(
            self._web, self._services.ledger, spot, question.exchange_id, streaming=self._streaming, sign=sign, resumed=resumed
        )
        try:
            await self._deliver(question, files, running, run, Shown(spot, locale, sign, told=not resumed))
        except SlackRevoked as error:
            # With the next token it is taken up: an open question is answered then, a recorded answer shown.
            logger.warning("left for the next token", extra={"left_exchange_id": question.exchange_id, "reason": error.code})
            return
        except SlackRefused as error:
            await self._give_up(question, error, spot)
        except TimeoutError:
            await self._give_up(question, SlackSilent("for too long"))
        finally:
            running.leave()
            await sign.end(posted=running.posted)
        await self._unconfirmed.confirm(question.exchange_id)

    async def _complete(self, begun: Begun, run: _Run) -> None:
        run.reading = False
        exchange_id, spot = begun.exchange_id, begun.spot
        if answer := await self._services.engine.recorded(exchange_id):
            sign = self._signs.none(spot)
            running = RunningAnswer(self._web, self._services.ledger, spot, exchange_id, streaming=self._streaming, sign=sign, resumed=True)
            try:
                await running.complete(answer, self.locale(spot))
            except (SlackRefused, TimeoutError) as error:
                logger.warning("answer given up", extra={"given_up_exchange_id": exchange_id, "reason": type(error).__name__})
            finally:
                running.leave()
            await self._signs.end_session(spot)
        await self._unconfirmed.confirm(exchange_id)

    async def _deliver(self, question: Question, files: Sequence[FileRef], running: RunningAnswer, run: _Run, shown: Shown) -> None:
        """Make the answer and let the thread have it, or what took its place."""
        try:
            answer = await self._made(question, files, running, shown)
        except SlackRefused:
            raise
        except ChatbotError as error:
            run.reading = False
            await running.fail(sentence_of(error, shown.locale))
        except asyncio.CancelledError:
            if not _was_cut(run):
                raise
            run.reading = False
            await self._services.ledger.abandon(question.exchange_id, reason="left")
            await (running.stop(translate(shown.locale, "Stopped.")) if run.cut == "stopped" else running.retract())
        else:
            run.reading = False
            await running.finish(answer, shown.locale)
            if run.cut == "deleted":
                await running.retract()
            else:
                self.also(self._answered(question, shown.spot, answer))

    async def _made(self, question: Question, files: Sequence[FileRef], running: RunningAnswer, shown: Shown) -> Answer:
        await self._web.outage.over()
        await running.prepare()
        where, spot = question.place, replace(shown.spot, locale=shown.locale)
        await self._unconfirmed.note(Begun(question.exchange_id, where.conversation_id, where.workspace, spot))
        return await self._read(question, await self._attached(files, shown) if files else (), running, shown.sign)

    async def _attached(self, files: Sequence[FileRef], shown: Shown) -> Sequence[Passage]:
        """Return what the question's files say; what cannot be read is told to the asker alone, once."""
        passages, problems = await read_files(files, self._web, self._services)
        for problem in problems if shown.told else ():
            self.also(self.sentence(shown.spot, problem, privately=True))
        return passages

    async def _read(self, question: Question, attachments: Sequence[Passage], running: RunningAnswer, sign: Sign) -> Answer:
        answer: Answer | None = None
        shown = True
        async with aclosing(self._services.engine.answer(question, attachments=attachments)) as events:
            async for event in events:
                match event:
                    case Queued(ahead):
                        await sign.waiting(ahead)
                    case Piece() | Restarted() if shown:
                        try:
                            await (running.add(event.text) if isinstance(event, Piece) else running.restart())
                        except SlackRevoked:
                            shown = False  # what is answered is kept, for the next token to show
                        except SlackRefused as error:
                            await self._services.ledger.abandon(question.exchange_id, reason=error.code)
                            raise
                    case Answer():
                        answer = event  # read to the end all the same: a reader that leaves stops the model
        if answer is None:
            raise RuntimeError("the engine gave no answer")
        return answer

    async def _give_up(self, question: Question, error: SlackRefused | SlackSilent, spot: Spot | None = None) -> None:
        """Leave a question whose answer can no longer be posted; whoever asked is told where that is still possible."""
        reason = error.code if isinstance(error, SlackRefused) else type(error).__name__
        logger.warning("answer given up", extra={"given_up_exchange_id": question.exchange_id, "reason": reason})
        self._remember(question.exchange_id)
        await self._services.ledger.abandon(question.exchange_id, reason=reason)
        if spot and spot.user and not isinstance(error, SlackRevoked):
            with contextlib.suppress(ChatbotError):
                await self._apologise(spot)

    async def _apologise(self, spot: Spot) -> None:
        """Tell whoever asked that their answer has no place: there, or in their direct messages where we were sent away."""
        text = translate(self.locale(spot), NotPosted.user_text)
        try:
            await self._web.whisper(replace(spot, thread_ts=spot.asked_ts), text)
        except SlackGone:
            direct = Spot(await direct_messages(spot.user, self._web), "", "")
            await self._web.tell(direct, f"<#{spot.channel}>: {text}")

    def _remember(self, exchange_id: str) -> None:
        self._failed[exchange_id] = None
        if len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)

    def _ended(self, exchange_id: str, run: _Run, task: asyncio.Task[None]) -> None:
        self._running.pop(exchange_id, None)
        if not task.cancelled() and (error := task.exception()):
            # A bug or a failing database: the exchange stays open, and the person should not wait in vain.
            logger.error("answer failed", exc_info=error)
            self._remember(exchange_id)
            if run.spot:
                self.also(self.sentence(run.spot, ChatbotError()))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._others.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("task failed", exc_info=error)


def _was_cut(run: _Run) -> bool:
    """Tell whether the present cancellation is somebody's wish to end the answer, not the end of the process; it is taken back then."""
    task = asyncio.current_task()
    return bool(run.cut) and task is not None and task.uncancel() == 0
