"""One running answer: read from the engine as fast as it comes, shown in its channel at the channel's pace."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol

import discord
from discord.utils import MISSING

from adapters.delivery import Pacer
from adapters.discord.faults import FAULTS, as_ours, is_passing
from adapters.discord.parts import Part, failed_parts, final_parts, nonce, rating_view, running_parts
from adapters.discord.posts import Posts
from bot.errors import ChatbotError
from bot.messages import Answer, Piece, Question, Queued
from bot.ports import Ledger
from bot.texts import translate

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

_TYPING_S: Final = 8.0  # Discord shows it for 10 s: https://docs.discord.com/developers/resources/channel#trigger-typing-indicator
_TRIES: Final = 5

Posted = discord.Message | discord.PartialMessage


class Answers(Protocol):
    """The engine, as far as a running answer needs it."""

    def answer(self, question: Question) -> AsyncGenerator[Queued | Piece | Answer]:
        """See `bot.engine.Engine.answer`."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an answer goes: `reply_to` is the asker's message, `pacer` the channel's, `locale` that of the words around it."""

    channel: "MessageableChannel"
    reply_to: discord.MessageReference
    pacer: Pacer
    locale: str


class RunningAnswer:
    """
    Shows one answer.

    Parts are posted and edited one call at a time, always with the newest text. Each part replies to the one before, the first to the
    asker's message: after a crash, that chain tells what was posted.
    """

    def __init__(self, question: Question, spot: Spot, *, ledger: Ledger, posts: Posts, posted: Sequence[Posted] = ()) -> None:
        """Prepare; *posted* are the parts that an earlier process had posted."""
        self._question = question
        self._spot = spot
        self._ledger = ledger
        self._posts = posts
        self._posted: list[Posted] = list(posted)
        self._shown: list[Part | None] = [None] * len(self._posted)
        self._text = ""
        self._whole: tuple[Part, ...] | None = None  # set once nothing more comes
        self._group: asyncio.TaskGroup
        self._typing: asyncio.Task[None]
        self._showing: asyncio.Task[None] | None = None
        self._lost = False  # nobody can see the answer any more

    async def run(self, engine: Answers) -> None:
        """Answer and show; returns when everything is shown, or cannot be."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._typing = group.create_task(self._type())
            await self._read(engine)
            self._typing.cancel()
            self._wake()

    async def _read(self, engine: Answers) -> None:
        try:
            async with aclosing(engine.answer(self._question)) as events:
                async for event in events:
                    await self._take(event)
                    if self._lost:
                        return
        except ChatbotError as error:
            sentence = translate(self._spot.locale, error.user_text, **error.fields)
            self._whole = failed_parts(self._text, sentence)

    async def _take(self, event: Queued | Piece | Answer) -> None:
        match event:
            case Piece(text):
                self._text += text
                self._wake()
            case Answer():
                # In a thread: the first date of a language is written with a calendar from disk.
                self._whole = await asyncio.to_thread(final_parts, event, self._spot.locale)
            case Queued():  # the typing indicator says it
                pass

    def _wake(self) -> None:
        """Have one task, never two, show what there is."""
        if self._showing is None or self._showing.done():
            self._showing = self._group.create_task(self._show())

    async def _show(self) -> None:
        while not self._lost and self._is_behind():
            await self._spot.pacer.turn()
            await self._persist()
            self._typing.cancel()

    async def _type(self) -> None:
        try:
            while True:
                await self._spot.channel.typing()
                await asyncio.sleep(_TYPING_S)
        except FAULTS as error:
            logger.info("typing not shown", extra={"error": type(error).__name__})

    def _is_behind(self) -> bool:
        wanted = self._wanted()
        known = self._shown if self._whole is not None else self._shown[: len(wanted)]  # what is too much goes at the end
        return known != list(wanted)

    def _wanted(self) -> tuple[Part, ...]:
        return running_parts(self._text) if self._whole is None else self._whole

    async def _persist(self) -> None:
        """Take the step that is due now, again where Discord or the network fails for a moment."""
        for tries in count(1):
            try:
                await self._advance()
            except FAULTS as error:
                problem = as_ours(error)
                logger.warning(
                    "not shown",
                    extra={
                        "exchange": self._question.exchange_id,
                        "error": type(problem).__name__,
                        "detail": str(problem),
                        "tries": tries,
                    },
                )
                if not is_passing(error) or tries == _TRIES:
                    break
            else:
                return
            await asyncio.sleep(2**tries * random.uniform(0.25, 0.5))
        self._lost = True

    async def _advance(self) -> None:
        """Post, edit or delete the first part whose message is not what it should be."""
        wanted = self._wanted()
        index = next((index for index, part in enumerate(wanted) if self._shown[index : index + 1] != [part]), len(wanted))
        if index == len(self._posted):
            self._posted.append(await self._post(index, wanted[index]))
            self._shown.append(wanted[index])
        elif index < len(wanted):
            await self._edit(index, wanted[index])
            self._shown[index] = wanted[index]
        else:
            await self._posted[-1].delete()
            self._posted.pop()
            self._shown.pop()

    async def _edit(self, index: int, part: Part) -> None:
        view = rating_view(self._question.exchange_id, self._spot.locale) if part.rated else None
        await self._posted[index].edit(content=part.content, view=view)

    async def _post(self, index: int, part: Part) -> Posted:
        exchange_id = self._question.exchange_id
        await self._ledger.intend_post(exchange_id, part=index)
        view = rating_view(exchange_id, self._spot.locale) if part.rated else MISSING
        before = self._posted[-1].to_reference(fail_if_not_exists=False) if self._posted else self._spot.reply_to
        async with self._posts.underway(self._spot.channel.id):
            message = await self._spot.channel.send(part.content, nonce=nonce(exchange_id, index), reference=before, view=view)
            await self._ledger.posted(exchange_id, part=index, channel=str(message.channel.id), message_ref=str(message.id))
        return message
