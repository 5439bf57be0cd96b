"""What people say of answers and do with their questions: votes, corrections, consent, edits. Needs no model: every process can take it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.errors import EmptyQuestion
from bot.exchanges import Asked
from bot.messages import ConsentState, Platform
from bot.placeholders import NOTHING, Hidden, hidden_of, renamed
from bot.policy import clean, cut_off, has_words
from bot.ports import Ledger, Pseudonyms, Redactor
from bot.ratings import Correction, Rating, VoteReason

logger = logging.getLogger(__name__)


class Feedback:
    """Keeps what people say, under their pseudonyms."""

    def __init__(
        self, ledger: Ledger, *, redactor: Redactor, pseudonyms: Pseudonyms, now: Callable[[], datetime], max_question_characters: int
    ) -> None:
        self.ledger = ledger
        self._max_question_characters = max_question_characters
        self._redactor = redactor
        self._pseudonyms = pseudonyms
        self._now = now

    async def redacted(self, text: str, names: Sequence[str] = ()) -> tuple[str, Hidden]:
        """
        Return *text* as `Redactor` redacts it, with the keyed hashes of what its placeholders stand for.

        In a thread, for a model of names takes tens of milliseconds.
        """
        if not text:
            return text, NOTHING
        redacted = await asyncio.to_thread(self._redactor.redact_together, (text,), names)
        return redacted.texts[0], hidden_of(redacted.values, self._pseudonyms.of_value)

    async def rate(self, rating: Rating) -> None:
        """
        Keep a vote; the comment is redacted like any other words.

        Raises:
            UnknownExchange: No answered exchange has that id.
        """
        person = self._pseudonyms.of(rating.platform, rating.person)
        comment = await self._redacted_comment(rating.exchange_id, person, rating.comment)
        await self.ledger.rate(
            rating.exchange_id, person, rating.value, via=rating.via, at=rating.rated_at, reason=rating.reason, comment=comment
        )
        logger.info("rated", extra={"rated_exchange_id": rating.exchange_id, "value": rating.value, "via": rating.via})

    async def explain(self, exchange_id: str, platform: Platform, person: str, *, reason: VoteReason, comment: str) -> bool:
        """Add to a person's (a raw user id's) vote down why it is, redacted; False where their vote is no longer down."""
        pseudonym = self._pseudonyms.of(platform, person)
        words = await self._redacted_comment(exchange_id, pseudonym, comment)
        return await self.ledger.explain_vote(exchange_id, pseudonym, reason=reason, comment=words)

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
        approved_id = await self.ledger.correct(correction.exchange_id, person, answer, at=correction.corrected_at, name=correction.name)
        logger.info("corrected", extra={"corrected_exchange_id": correction.exchange_id})
        return approved_id

    async def consent_of(self, platform: Platform, person: str) -> ConsentState:
        """Return what the person (a raw user id) decided about training on their words."""
        return await self.ledger.consent_of(self._pseudonyms.of(platform, person))

    async def set_consent(self, platform: Platform, person: str, *, granted: bool) -> None:
        """Keep the person's decision; it covers what they asked before, too."""
        pseudonym = self._pseudonyms.of(platform, person)
        await self.ledger.set_consent(pseudonym, platform=platform, granted=granted, at=self._now())

    async def recent(self, platform: Platform, person: str, *, limit: int) -> tuple[Asked, ...]:
        """Return the person's (a raw user id's) newest answered questions, newest first."""
        return await self.ledger.recent(self._pseudonyms.of(platform, person), limit=limit)

    async def revise(self, platform: Platform, *, channel: str, message_ref: str, text: str, names: Sequence[str] = ()) -> str | None:
        """
        Put what its author made of a question in its place; one of which no word is left is erased.

        What is longer than a question may be is cut off: its author wants the words of before kept no more, and the answer is not theirs
        alone to lose.

        Args:
            platform: Where the asker's message stands.
            channel: Its channel.
            message_ref: The platform's id of the message.
            text: Its new words, before redaction.
            names: Display names to redact from them.

        Returns:
            The exchange that the message began; None where it began none or nothing changed.
        """
        words = clean(text)
        if not has_words(words):
            return await self.erase(platform, channel=channel, message_ref=message_ref)
        exchange_id = await self.ledger.asked_with(platform, channel=channel, message_ref=message_ref)
        if exchange_id is None:
            return None
        redacted, hidden = await self.redacted(words, names)
        if len(words) > self._max_question_characters:
            redacted = cut_off(redacted, limit=self._max_question_characters)
        if not await self.ledger.revise(exchange_id, redacted, at=self._now(), hidden=hidden):
            return None
        logger.info("revised", extra={"revised_exchange_id": exchange_id})
        return exchange_id

    async def erase(self, platform: Platform, *, channel: str, message_ref: str) -> str | None:
        """Forget a question whose message its author deleted; return its exchange, None where there is none or it is forgotten already."""
        exchange_id = await self.ledger.asked_with(platform, channel=channel, message_ref=message_ref)
        if exchange_id is None or not await self.ledger.erase(exchange_id, at=self._now()):
            return None
        logger.info("erased", extra={"erased_exchange_id": exchange_id})
        return exchange_id

    async def _redacted_comment(self, exchange_id: str, person: str, comment: str) -> str:
        """Return what somebody (a pseudonym) says of an answer, redacted with the placeholders of its conversation."""
        redacted, hidden = await self.redacted(clean(comment))
        if not hidden:
            return redacted
        (names,) = await self.ledger.number(exchange_id, person, (hidden,))
        return renamed(redacted, names)
