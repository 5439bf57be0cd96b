"""One running answer: read from the engine as fast as it comes, shown in its channel at the channel's pace."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Protocol

import discord
from discord.utils import MISSING

from adapters.delivery import Pacer
from adapters.discord.faults import FAULTS, as_ours, is_passing, is_token_refused
from adapters.discord.limits import retry_after_s
from adapters.discord.parts import Part, failed_parts, final_parts, nonce, rating_view, running_parts, waiting_part
from adapters.discord.posts import Posts
from bot.errors import ChatbotError, TryAgainLater
from bot.messages import Answer, Piece, Question, Queued, Restarted
from bot.ports import Ledger
from bot.texts import translate

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

_TYPING_S: Final = 8.0  # Discord shows it for 10 s: https://docs.discord.com/developers/resources/channel#trigger-typing-indicator
_LINE_S: Final = 1.0  # a shorter wait needs no word
_PATIENCE_S: Final = 900.0  # outages pass; whoever asked longer ago has gone elsewhere
_LONGEST_PAUSE_S: Final = 60.0

Posted = discord.Message | discord.PartialMessage


class Answers(Protocol):
    """The engine, as far as a running answer needs it."""

    def answer(self, question: Question) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
        """See `bot.engine.Engine.answer`."""


@dataclass(frozen=True, slots=True)
class Spot:
    """
    Where an answer goes: `reply_to` is the asker's message, `pacer` the channel's, `locale` that of the words around it.

    In a thread on the asker's message there is no reply: Discord takes none across channels.
    """

    channel: "MessageableChannel"
    reply_to: discord.MessageReference
    pacer: Pacer
    locale: str


class RunningAnswer:
    """
    Shows one answer.

    Parts are posted and edited one call at a time, always with the newest text. Each part replies to the one before, the first to the
    asker's message: after a crash, that chain tells what was posted. Typing and edits on the way give way to posts where requests stand
    in line; the whole answer never does.
    """

    def __init__(self, question: Question, spot: Spot, *, ledger: Ledger, posts: Posts, posted: Sequence[Posted] = ()) -> None:
        """Prepare; *posted* are the parts that exist: an earlier process's, or the response that a command waits with."""
        self._question = question
        self._spot = spot
        self._ledger = ledger
        self._posts = posts
        self._posted: list[Posted] = list(posted)
        self._noted = len(self._posted)  # of which the ledger knows
        self._shown: list[Part | None] = [None] * len(self._posted)
        self._text = ""
        self._ahead: Part | None = None  # shown while others are before
        self._whole: tuple[Part, ...] | None = None  # set once nothing more comes
        self._in_messages: Callable[[], tuple[Part, ...]] | None = None  # the same without a file
        self._group: asyncio.TaskGroup
        self._tasks: list[asyncio.Task[None]] = []  # reading and typing
        self._showing: asyncio.Task[None] | None = None
        self._resting: asyncio.Task[None] | None = None  # before the next try
        self._lost = False  # nobody can see the answer any more

    async def run(self, engine: Answers) -> None:
        """Answer and show; returns when everything is shown, or cannot be."""
        reply_to = self._spot.reply_to.message_id
        if reply_to is not None and self._posts.is_gone(reply_to):
            await self._ledger.erase(self._question.exchange_id, at=discord.utils.utcnow())
            return
        with self._posts.writing(self._question.exchange_id, self):
            async with asyncio.TaskGroup() as group:
                self._group = group
                typing, reading = group.create_task(self._type()), group.create_task(self._read(engine))
                self._tasks = [typing, reading]
                await asyncio.wait((reading,))
                for task in self._tasks:
                    task.cancel()
                self._wake()

    async def stop(self) -> None:
        """End the answer, whose question is gone: nothing more is written or posted, and what was posted is taken away."""
        self._lose()
        if self._showing is not None:
            await asyncio.wait((self._showing,))
        while self._posted:
            try:
                await self._posted.pop().delete()
            except FAULTS as error:
                logger.info("post not taken away", extra={"error": type(error).__name__})

    async def _read(self, engine: Answers) -> None:
        try:
            async with aclosing(engine.answer(self._question)) as events:
                async for event in events:
                    await self._take(event)
        except ChatbotError as error:
            sentence = translate(self._spot.locale, error.user_text, **error.fields)
            self._finish(partial(failed_parts, self._text, sentence, self._spot.locale))

    async def _take(self, event: Queued | Piece | Restarted | Answer) -> None:
        match event:
            case Piece(text):
                self._text += text
                self._wake()
            case Restarted():
                self._text = ""  # what stands there gives way to the words that follow
            case Answer():
                # In a thread: the first date of a language is written with a calendar from disk.
                whole = await asyncio.to_thread(final_parts, event, self._spot.locale)
                self._finish(partial(final_parts, event, self._spot.locale), whole)
            case Queued(ahead):
                if self._ahead is None:
                    self._tasks.append(self._group.create_task(self._say_place()))
                self._ahead = waiting_part(ahead, self._spot.locale)

    def _finish(self, parts: Callable[..., tuple[Part, ...]], whole: tuple[Part, ...] | None = None) -> None:
        self._whole = parts() if whole is None else whole
        self._in_messages = partial(parts, files=False)

    async def _say_place(self) -> None:
        """Tell those who wait for long how many are before them, as often as that changes."""
        said: Part | None = None
        while True:
            await asyncio.sleep(_LINE_S)
            if self._text:
                return
            if said != self._ahead and not self._posts.limits.are_near:
                said = self._ahead
                self._wake()

    def _wake(self) -> None:
        """Have one task, never two, show what there is."""
        if self._showing is None or self._showing.done():
            self._showing = self._group.create_task(self._show())

    async def _show(self) -> None:
        while not self._lost and self._is_behind():
            if self._can_wait() and (self._posts.limits.are_near or self._posts.is_line(self._spot.channel.id)):
                return  # the next piece tries again
            with self._posts.in_line(self._spot.channel.id):
                await self._spot.pacer.turn()
            await self._persist()
            self._tasks[0].cancel()

    def _can_wait(self) -> bool:
        """Tell whether what is due is an edit on the way, which nobody would miss."""
        return bool(self._posted) and self._whole is None

    async def _type(self) -> None:
        try:
            while True:
                if not self._posts.limits.are_near:
                    await self._spot.channel.typing()
                await asyncio.sleep(_TYPING_S)
        except FAULTS as error:
            logger.info("typing not shown", extra={"error": type(error).__name__})

    def _is_behind(self) -> bool:
        wanted = self._wanted()
        known = self._shown if self._whole is not None else self._shown[: len(wanted)]  # what is too much goes at the end
        return known != list(wanted)

    def _wanted(self) -> tuple[Part, ...]:
        if self._whole is not None:
            return self._whole
        return running_parts(self._text) or ((self._ahead,) if self._ahead else ())

    async def _persist(self) -> None:
        """Take the step that is due now, again where Discord, the network or the ledger fails for a moment."""
        clock = asyncio.get_running_loop().time
        started = clock()
        for tries in count(1):
            if self._lost:
                return
            try:
                await self._advance()
            except (*FAULTS, TryAgainLater) as error:
                self._tell(error, tries)
                pause = self._pause(error, tries)
                if self._is_file_refused(error):
                    continue
                if is_token_refused(error):
                    self._lose()  # left open, for the process that starts with the next token
                    return
                if not is_passing(error) or clock() + pause - started > _PATIENCE_S:
                    await self._give_up(type(error).__name__)
                    return
            else:
                return
            await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        """Sleep, until the answer is lost."""
        self._resting = asyncio.create_task(asyncio.sleep(seconds))
        try:
            await asyncio.wait((self._resting,))
        finally:
            self._resting.cancel()

    def _pause(self, error: BaseException, tries: int) -> float:
        if isinstance(error, discord.RateLimited):  # Discord says itself how long
            return error.retry_after
        pause = min(2.0**tries, _LONGEST_PAUSE_S) * random.uniform(0.5, 1.0)
        return max(pause, retry_after_s(error.response.headers)) if isinstance(error, discord.HTTPException) else pause

    def _is_file_refused(self, error: BaseException) -> bool:
        """Go on in messages where files are not allowed."""
        if not isinstance(error, discord.Forbidden) or self._in_messages is None or not any(part.file for part in self._whole or ()):
            return False
        self._whole = self._in_messages()
        return True

    def _tell(self, error: BaseException, tries: int) -> None:
        problem = as_ours(error)
        logger.warning(
            "not shown",
            extra={"exchange": self._question.exchange_id, "error": type(problem).__name__, "detail": str(problem), "tries": tries},
        )

    async def _give_up(self, reason: str) -> None:
        """Leave the answer: its channel, its messages or our right to write there are gone."""
        self._lose()
        try:
            await self._ledger.abandon(self._question.exchange_id, reason=reason)
        except TryAgainLater as error:
            logger.warning("left open", extra={"exchange": self._question.exchange_id, "error": type(error).__name__})

    def _lose(self) -> None:
        self._lost = True
        for task in (*self._tasks, *((self._resting,) if self._resting else ())):
            task.cancel()  # a reader that is cancelled stops the model

    async def _advance(self) -> None:
        """Note what was posted, then post, edit or delete the first part whose message is not what it should be."""
        if self._noted < len(self._posted):
            await self._note()
            return
        wanted = self._wanted()
        index = next((index for index, part in enumerate(wanted) if self._shown[index : index + 1] != [part]), len(wanted))
        if index == len(self._posted):
            await self._post(index, wanted[index])
        elif index < len(wanted):
            await self._edit(index, wanted[index])
            self._shown[index] = wanted[index]
        else:
            await self._posted[-1].delete()
            self._posted.pop()
            self._shown.pop()
            self._noted = len(self._posted)

    async def _edit(self, index: int, part: Part) -> None:
        view = rating_view(self._question.exchange_id, self._spot.locale) if part.rated else None
        await self._posted[index].edit(content=part.content, view=view, attachments=[part.attachment()] if part.file else MISSING)

    async def _post(self, index: int, part: Part) -> None:
        exchange_id = self._question.exchange_id
        await self._ledger.intend_post(exchange_id, part=index)
        view = rating_view(exchange_id, self._spot.locale) if part.rated else MISSING
        before = self._posted[-1].to_reference(fail_if_not_exists=False) if self._posted else self._spot.reply_to
        reference: Any = before if before.channel_id == self._spot.channel.id else None
        file = part.attachment() if part.file else MISSING
        async with self._posts.underway(self._spot.channel.id):
            message = await self._spot.channel.send(
                part.content, nonce=nonce(exchange_id, index), reference=reference, view=view, file=file
            )
            self._posted.append(message)
            self._shown.append(part)
            await self._note()

    async def _note(self) -> None:
        """Let the ledger know of the newest post."""
        index, message = self._noted, self._posted[self._noted]
        await self._ledger.posted(self._question.exchange_id, part=index, channel=str(message.channel.id), message_ref=str(message.id))
        self._noted = index + 1
