"""Answers that were recorded and not shown to their end, because the process died in between."""

import logging
from collections.abc import AsyncGenerator
from typing import Final

import discord

from adapters.chat import ChatServices
from adapters.delivery import Pacer
from adapters.discord.answering import RunningAnswer, Spot
from adapters.discord.events import locale_of
from adapters.discord.faults import FAULTS
from adapters.discord.posts import Posts
from adapters.discord.recovery import posted_parts
from bot.exchanges import OpenExchange
from bot.messages import Answer, Piece, Question, Queued

logger = logging.getLogger(__name__)

_EDIT_INTERVAL_S: Final = 1.0


class _Recorded:
    """An engine that gives the answer it once gave."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def answer(self, question: Question) -> AsyncGenerator[Queued | Piece | Answer]:
        """Give it."""
        del question
        yield self._answer


async def show_recorded(exchange_id: str, message: discord.Message, *, me: int, services: ChatServices, posts: Posts) -> None:
    """
    Show an answered exchange's whole text with its buttons, where that was not done.

    *message* is the asker's, or our newest post of the exchange. Nothing is done where the exchange has no answer or it is being written.
    """
    ledger = services.ledger
    place = await ledger.place_of(exchange_id)
    answer = await services.engine.recorded(exchange_id)
    if answer is None or place is None or posts.is_writing(exchange_id):
        return
    locale = locale_of(message.guild) or services.language
    question = Question(exchange_id, "", "", place, "all", message.created_at)
    channel = message.thread or message.channel
    try:
        posted = await posted_parts(OpenExchange(question, str(asked_in(message, me)[1])), channel, me=me, ledger=ledger)
        if posted and (await posted[-1].fetch()).components:
            return
    except FAULTS as error:
        logger.info("answer not looked at", extra={"exchange": exchange_id, "error": type(error).__name__})
        return
    logger.info("answer shown late", extra={"exchange": exchange_id})
    spot = Spot(channel, message.to_reference(fail_if_not_exists=False), Pacer(interval_s=_EDIT_INTERVAL_S), locale)
    await RunningAnswer(question, spot, ledger=ledger, posts=posts, posted=posted).run(_Recorded(answer))


def asked_in(message: discord.Message, me: int) -> tuple[int, int]:
    """Return the channel and id of what *message* goes back to: the asker's message or command, or the part of ours before it."""
    if message.author.id == me:
        if message.reference and message.reference.message_id:
            return message.channel.id, message.reference.message_id
        if message.interaction_metadata:
            return message.channel.id, message.interaction_metadata.id
        if isinstance(message.channel, discord.Thread):
            return message.channel.parent_id, message.channel.id
    return message.channel.id, message.id
