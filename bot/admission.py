"""Who may ask, and how often: what is settled before a question is kept."""

import asyncio
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.chat_settings import Access
from bot.errors import AskedTooOften
from bot.exchanges import Rights
from bot.messages import Incoming, Platform, Question
from bot.placeholders import Hidden
from bot.policy import check_access, check_pace
from bot.ports import Ledger
from bot.settings import Settings

# Those who asked longest ago are forgotten first, and read from the ledger when they come back: 1,000 questions each of 4,096 people
# would take some 40 MB.
_PEOPLE: Final = 4096
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(hours=24)


@dataclass(slots=True, eq=False)
class _Asker:
    """When a person asked, oldest first (None until it was read); the lock lets one question after the other in."""

    asked: list[datetime] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Admission:
    """Holds questions against the operator's lists and limits, and lets the ledger claim those that pass."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._access: Mapping[Platform, Access] = {"slack": settings.slack.access, "discord": settings.discord.access}
        counts = {_MINUTE: settings.policy.per_person_per_minute, _DAY: settings.policy.per_person_per_day}
        self._limits = {window: count for window, count in counts.items() if count}
        self._people: dict[str, _Asker] = {}  # by pseudonym, those who asked longest ago first

    def check_place(self, incoming: Incoming) -> None:
        """
        Refuse what the operator's lists leave out; the web and the terminal have doors of their own.

        Raises:
            NotAllowedHere: The place or the person is left out.
        """
        access = self._access.get(incoming.place.platform)
        if access:
            check_access(access, incoming.place, incoming.groups)

    async def claim(self, question: Question, incoming: Incoming, *, rights: Rights, asker: str, hidden: Hidden) -> Question | None:
        """
        Claim *question* where its asker may ask once more; on chat platforms only, whose people are who they are.

        A question counts once it is claimed. After a restart those that others asked about a person's words count for that person.

        Args:
            question: As it will be kept.
            incoming: What it was.
            rights: To keep with it.
            asker: The pseudonym of whoever asks.
            hidden: What the question's placeholders stand for.

        Returns:
            The question as it is kept, None for a second delivery.

        Raises:
            AskedTooOften: The person's questions of a minute or of 24 hours are spent.
        """
        if not self._limits or incoming.place.platform not in self._access:
            return await self._claim(question, incoming, rights, hidden)
        person = self._person(asker)
        at = incoming.received_at
        async with person.lock:
            if person.asked is None:
                person.asked = sorted(await self._ledger.asked_since(asker, at - max(self._limits)))
            try:
                check_pace(person.asked, at, self._limits)
            except AskedTooOften:
                if await self._began(incoming):
                    return None
                raise
            claimed = await self._claim(question, incoming, rights, hidden)
            if claimed:
                insort(person.asked, at)
                del person.asked[: -max(self._limits.values())]
            return claimed

    async def _claim(self, question: Question, incoming: Incoming, rights: Rights, hidden: Hidden) -> Question | None:
        return await self._ledger.claim(
            question, keys=incoming.keys, rights=rights, message_ref=incoming.message_ref, address=incoming.address, hidden=hidden
        )

    async def _began(self, incoming: Incoming) -> bool:
        """Tell whether this message began an exchange before: a platform that delivers it again must not hear a refusal."""
        place, ref = incoming.place, incoming.message_ref
        return bool(ref) and await self._ledger.asked_with(place.platform, channel=place.channel, message_ref=ref) is not None

    def _person(self, pseudonym: str) -> _Asker:
        person = self._people.pop(pseudonym, None) or _Asker()
        self._people[pseudonym] = person
        if len(self._people) > _PEOPLE:
            del self._people[next(iter(self._people))]
        return person
