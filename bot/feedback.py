"""What people say of answers: votes, corrections, consent. Needs no model, so that every process can take it."""

import logging
from collections.abc import Callable
from datetime import datetime

from bot.errors import EmptyQuestion
from bot.messages import ConsentState, Correction, Platform, Rating
from bot.policy import clean
from bot.ports import Ledger, Pseudonyms, Redactor

logger = logging.getLogger(__name__)


class Feedback:
    """Keeps what people say, under their pseudonyms."""

    def __init__(self, ledger: Ledger, *, redactor: Redactor, pseudonyms: Pseudonyms, now: Callable[[], datetime]) -> None:
        self.ledger = ledger
        self._redactor = redactor
        self._pseudonyms = pseudonyms
        self._now = now

    async def rate(self, rating: Rating) -> None:
        """
        Keep a vote; the reason's words are redacted like any other.

        Raises:
            UnknownExchange: No answered exchange has that id.
        """
        person = self._pseudonyms.of(rating.platform, rating.person)
        reason = self._redactor.redact(clean(rating.reason))
        await self.ledger.rate(rating.exchange_id, person, rating.value, via=rating.via, at=rating.rated_at, reason=reason)
        logger.info("rated", extra={"rated_exchange_id": rating.exchange_id, "value": rating.value, "via": rating.via})

    async def correct(self, correction: Correction) -> str:
        """
        Keep an expert's correction word for word; it is served from now on.

        Returns:
            The approved answer's id.

        Raises:
            EmptyQuestion: The correction says nothing.
            UnknownExchange: No answered exchange has that id.
        """
        answer = clean(correction.answer)
        if not answer:
            raise EmptyQuestion
        person = self._pseudonyms.of(correction.platform, correction.person)
        approved_id = await self.ledger.correct(correction.exchange_id, person, answer, at=correction.corrected_at)
        logger.info("corrected", extra={"corrected_exchange_id": correction.exchange_id})
        return approved_id

    async def consent_of(self, platform: Platform, person: str) -> ConsentState:
        """Return what the person (a raw user id) decided about training on their words."""
        return await self.ledger.consent_of(self._pseudonyms.of(platform, person))

    async def set_consent(self, platform: Platform, person: str, *, granted: bool) -> None:
        """Keep the person's decision; it covers what they asked before, too."""
        pseudonym = self._pseudonyms.of(platform, person)
        await self.ledger.set_consent(pseudonym, platform=platform, granted=granted, at=self._now())
