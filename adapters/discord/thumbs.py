"""Votes by reaction that came while we were away: Discord shows them beneath the answer, and tells a new session nothing of them."""

import logging
from typing import Final

import discord
from discord.utils import utcnow

from adapters.chat import ChatServices
from adapters.discord.events import PLATFORM, thumb
from adapters.discord.faults import FAULTS
from adapters.discord.parts import exchange_rated
from bot.errors import UnknownExchange
from bot.messages import RatingValue
from bot.ratings import Rating

logger = logging.getLogger(__name__)

_ASKED_OF: Final = 200  # thumbs whose people Discord is asked for, one request each
_OWN: Final = 100  # of a person's own questions whose votes are compared


class MissedThumbs:
    """
    Counts thumbs of those who asked and have not voted.

    Other people's votes are not known to us by name, so that a thumb of theirs cannot be told from one that was counted, and perhaps
    overruled by a button since.
    """

    def __init__(self, services: ChatServices) -> None:
        self._engine = services.engine
        self._found: list[tuple[discord.Message, discord.Reaction, RatingValue, str]] = []
        self._unrated: dict[str, frozenset[str]] = {}  # exchanges that a person has not voted on

    def look_at(self, message: discord.Message, asker: int | None) -> None:
        """Remember the thumbs beneath a message of ours; *asker* is the person it answers, as far as that is known."""
        for reaction in message.reactions:
            value = thumb(reaction.emoji)
            if value:
                self._found.append((message, reaction, value, str(asker or "")))

    async def count(self) -> None:
        """Keep what was not counted before, newest answers first."""
        asked_of = 0
        for message, reaction, value, asker in sorted(self._found, key=lambda found: found[0].id, reverse=True):
            exchange_id = exchange_rated(message)
            if exchange_id is None or (asker and exchange_id not in await self._unrated_of(asker)):
                continue
            asked_of += 1
            if asked_of > _ASKED_OF:
                return
            for person in await _people(reaction):
                if exchange_id in await self._unrated_of(person):
                    await self._rate(exchange_id, person, value)

    async def _unrated_of(self, person: str) -> frozenset[str]:
        if person not in self._unrated:
            own = await self._engine.recent(PLATFORM, person, limit=_OWN)
            self._unrated[person] = frozenset(each.exchange_id for each in own if not each.vote)
        return self._unrated[person]

    async def _rate(self, exchange_id: str, person: str, value: RatingValue) -> None:
        try:
            await self._engine.rate(Rating(exchange_id, person, PLATFORM, value, "reaction", utcnow()))
        except UnknownExchange:  # erased meanwhile
            logger.info("vote on no answer", extra={"exchange": exchange_id})


async def _people(reaction: discord.Reaction) -> list[str]:
    try:
        return [str(user.id) async for user in reaction.users(limit=100) if not user.bot]
    except FAULTS as error:
        logger.info("reactions not read", extra={"error": type(error).__name__})
        return []
