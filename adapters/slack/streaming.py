"""One running answer in a thread: streamed while Slack lets us, edited where it does not, whole in the end in either case."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, Literal, TypeVar

from slack_sdk.web.async_chat_stream import AsyncChatStream

from adapters.delivery import split_text
from adapters.slack.blocks import PART_CHARACTERS, Block, footer, harmless, settled
from adapters.slack.client import ATTEMPTS
from adapters.slack.events import Spot, is_complete
from adapters.slack.faults import NEVER_STREAMS, SlackBusy, SlackGone, SlackRefused, SlackRevoked, SlackSilent
from adapters.slack.outages import LATEST_S
from adapters.slack.signs import Sign
from adapters.slack.web import SlackWeb
from bot.messages import Answer
from bot.ports import Ledger

logger = logging.getLogger(__name__)

_FAULTS: Final = (SlackBusy, SlackRefused, SlackSilent)
_HOPELESS: Final = (SlackGone, SlackRevoked)

_T = TypeVar("_T")

State = Literal["unposted", "streaming", "editing", "later"]


class Streaming:
    """
    What the answers of a workspace share.

    `enabled` tells whether streams are worth trying: off by setting, or once Slack said never. Under `finding` one answer at a time
    looks for what it posted before a crash: of two in one thread, each must find its own.
    """

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self.finding = asyncio.Lock()


class RunningAnswer:
    """
    The messages of one exchange, as its text grows.

    The question's open row in the ledger announces the first message, which spares a commit; each further one has a row of its own
    (`intend_post`). A `resumed` answer therefore looks before it posts. The whole text is kept here, so that whatever a lost or refused
    call took with it is in the next one. `unposted` until the first words, then `streaming` or `editing`; `later` where all of it is
    one post at the end: streams are used up, or Slack refused even the first words.

    Every method raises `SlackGone` or `SlackRevoked` where nothing can be written there any more.
    """

    def __init__(
        self, web: SlackWeb, ledger: Ledger, spot: Spot, exchange_id: str, *, streaming: Streaming, sign: Sign, resumed: bool = False
    ) -> None:
        self._web = web
        self._ledger = ledger
        self._spot = spot
        self._exchange_id = exchange_id
        self._streaming = streaming
        self._sign = sign
        self._resumed = resumed
        self._announced = False
        self._state: State = "unposted"
        self._text = ""
        self._shown = ""  # what was handed to Slack of the first message, harmless already
        self._stream: AsyncChatStream | None = None
        self._ts = ""
        self._posted: list[str] = []
        self._has_place = False
        self._has_turn = False

    @property
    def posted(self) -> bool:
        """Whether anything stands in the thread."""
        return bool(self._posted)

    async def prepare(self) -> None:
        """
        Find what a process before this one posted; else take a place for a stream, or wait for the channel's turn to post.

        It is waited for before the answer is made: until then the question is open in the ledger, and lost by no crash.
        """
        if self._resumed and await self._patiently(self._find_begun):
            return
        if not (self._streaming.enabled and self._spot.user):
            return
        self._has_place = self._web.budgets.streams.try_take()
        if not self._has_place:
            self._state = "later"
            await self._web.budgets.posts.turn(self._spot.channel)
            self._has_turn = True

    def leave(self) -> None:
        """Give back what was taken."""
        if self._has_place:
            self._has_place = False
            self._web.budgets.streams.give_back(used=self._announced)

    async def add(self, piece: str) -> None:
        """Take the next piece and show it when its turn comes; Slack's faults are put right later, at the latest by `finish`."""
        self._text += piece
        text = settled(self._text)
        if len(text) > PART_CHARACTERS or not text.strip() or text == self._shown:
            return  # beyond the first message the rest waits for the end: only then is it known where to cut
        try:
            match self._state:
                case "unposted":
                    await self._begin(text)
                case "streaming" if self._stream and self._web.budgets.appends.try_turn():
                    await self._append(self._stream, text)
                case "editing" if self._web.budgets.updates.try_turn():
                    await self._edit(text, (), attempts=1)  # the next one says it all again
                case _:
                    pass
        except _HOPELESS:
            raise
        except _FAULTS as error:
            logger.warning("could not show the answer so far", extra={"reason": f"{type(error).__name__} {error}"})
            if self._state == "unposted":
                self._state = "later"

    async def restart(self) -> None:
        """Begin anew: what stands in the thread gives way to the words that follow."""
        self._text = ""
        if self._state == "streaming":
            await self._leave_stream()

    async def finish(self, answer: Answer, locale: str) -> None:
        """Show the whole answer, its sources and its rating buttons."""
        await self._complete(answer.text, footer(answer, locale))

    async def complete(self, answer: Answer, locale: str) -> None:
        """Show the whole answer unless it stands there to its end already, sources and all."""
        if not await self._patiently(self._stands):
            logger.info("completed", extra={"resumed_exchange_id": self._exchange_id})
            await self.prepare()
            await self.finish(answer, locale)

    async def fail(self, sentence: str) -> None:
        """Keep what was shown and say *sentence* beneath it."""
        await self._complete(f"{self._text.rstrip()}\n\n{sentence}" if self._text.strip() else sentence, ())

    async def stop(self, sentence: str) -> None:
        """Keep what people saw, say *sentence* beneath it, and no more."""
        await self._complete(f"{self._shown.rstrip()}\n\n{sentence}" if self._shown.strip() else sentence, ())

    async def retract(self) -> None:
        """Take away what was posted: the question is no longer there."""
        if self._state == "streaming":
            await self._leave_stream()
        for ts in self._posted:
            await self._web.delete(self._spot.channel, ts)
        self._posted.clear()

    async def _complete(self, text: str, below: Sequence[Block]) -> None:
        """Let the thread say *text*, however long Slack is silent or busy meanwhile."""
        parts = split_text(harmless(text), PART_CHARACTERS)
        for number, part in enumerate(parts):
            blocks = below if number == len(parts) - 1 else ()
            await self._patiently(partial(self._complete_part, number, part, blocks))

    async def _patiently(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Do *work* once Slack answers and lets us; `TimeoutError` after an hour."""
        async with asyncio.timeout(LATEST_S):
            while True:
                try:
                    return await work()
                except SlackSilent:
                    self._web.outage.begin()
                    await self._web.outage.over()
                except SlackBusy as error:
                    await asyncio.sleep(error.retry_after_s)

    async def _complete_part(self, number: int, text: str, below: Sequence[Block]) -> None:
        if number == 0:
            await self._complete_first(text, below)
        else:
            await self._post(text, below, number)

    async def _complete_first(self, text: str, below: Sequence[Block]) -> None:
        in_session = await self._sign.shown()
        if self._state == "streaming" and self._stream and text.startswith(self._shown):
            try:
                await self._stop_stream(self._stream, text.removeprefix(self._shown), below, in_session=in_session)
            except _HOPELESS:
                raise
            except _FAULTS as error:
                logger.info("stream ended early", extra={"reason": f"{type(error).__name__} {error}"})
            else:
                return
        if self._state == "streaming":
            await self._leave_stream()
        if self._state != "editing":
            await self._post(text, below, 0)
            return
        try:
            await self._web.budgets.updates.turn()
            await self._edit(text, below)
        except _HOPELESS:
            raise
        except SlackRefused as error:
            # Deleted, or past the workspace's time for edits: the answer is worth a new message.
            logger.info("message cannot be edited", extra={"reason": error.code})
            ts = await self._web.post(self._spot, text, below=below, exchange_id=self._exchange_id)
            await self._take(0, ts, text)

    async def _stop_stream(self, stream: AsyncChatStream, rest: str, below: Sequence[Block], *, in_session: bool) -> None:
        status = "active" if in_session else None
        await self._web.stop(stream, rest, below=below, exchange_id=self._exchange_id, session_status=status)
        self._state = "editing"  # what comes after the end is an edit
        self._ts = stream.ts or self._ts
        self._sign.ended()

    async def _begin(self, text: str) -> None:
        """Put the first words into the thread."""
        await self._sign.shown()
        if not self._has_place:
            await self._post(text, (), 0)
            return
        self._announced = True
        stream = self._web.stream(self._spot)
        try:
            await self._web.append(stream, text)
        except SlackBusy as error:
            # Not carried out: beginnings are used up.
            self._web.budgets.streams.hold(error.retry_after_s)
            self._state, self._announced = "later", False
        except _HOPELESS:
            raise
        except SlackRefused as error:
            self._streaming.enabled = self._streaming.enabled and error.code not in NEVER_STREAMS
            logger.info("streaming refused", extra={"reason": error.code, "for_good": not self._streaming.enabled})
            await self._post_intended(text, (), 0)
        except SlackSilent:
            await self._post_again(text, (), 0)
        else:
            self._stream, self._state, self._shown = stream, "streaming", text
            await self._note(0, stream.ts or "")

    async def _append(self, stream: AsyncChatStream, text: str) -> None:
        try:
            await self._web.append(stream, text.removeprefix(self._shown))
        except SlackBusy as error:
            # Not carried out, and the SDK keeps the words for the next call.
            self._web.budgets.appends.hold(error.retry_after_s)
            self._shown = text
        except _HOPELESS:
            raise
        except (SlackRefused, SlackSilent) as error:
            logger.info("stream ended early", extra={"reason": f"{type(error).__name__} {error}"})
            await self._leave_stream()
        else:
            self._shown = text

    async def _leave_stream(self) -> None:
        """Go on with edits: a stream lives about 300 s, and one whose last call was lost cannot be appended to safely."""
        self._ts = (self._stream.ts if self._stream else None) or self._ts
        self._stream, self._state = None, "editing"
        await self._web.release(self._spot, self._ts)

    async def _edit(self, text: str, below: Sequence[Block], *, attempts: int = ATTEMPTS) -> None:
        await self._web.update(self._spot, self._ts, text, below=below, exchange_id=self._exchange_id, attempts=attempts)
        self._shown = text

    async def _post(self, text: str, below: Sequence[Block], part: int) -> None:
        new = await self._ledger.intend_post(self._exchange_id, part=part) if part else not self._announced
        self._announced = True
        if new:
            await self._post_intended(text, below, part)
        else:
            await self._post_again(text, below, part)

    async def _post_intended(self, text: str, below: Sequence[Block], part: int) -> None:
        turn_taken, self._has_turn = self._has_turn, False
        ts = await self._web.post(
            self._spot, text, below=below, exchange_id=self._exchange_id, part=part, turn_taken=turn_taken and part == 0
        )
        await self._take(part, ts, text)

    async def _post_again(self, text: str, below: Sequence[Block], part: int) -> None:
        """Post what may have been posted before: a message that is there already is finished, not doubled."""
        ts = await self._begun(part)
        if not ts:
            await self._post_intended(text, below, part)
            return
        if part == 0:
            await self._web.release(self._spot, ts)
        await self._web.budgets.updates.turn()
        await self._web.update(self._spot, ts, text, below=below, exchange_id=self._exchange_id, part=part)
        await self._take(part, ts, text)

    async def _stands(self) -> bool:
        return any(is_complete(message, self._exchange_id) for message in await self._web.later(self._spot))

    async def _find_begun(self) -> bool:
        """Go on with the first message where there is one; it may be in a stream that nobody ended."""
        async with self._streaming.finding:
            ts = await self._begun(0)
            if not ts:
                return False
            self._announced = True
            await self._take(0, ts, "")
        await self._web.release(self._spot, ts)
        return True

    async def _begun(self, part: int) -> str | None:
        """Return the ts of a part that was posted, by what the ledger and the thread say."""
        known = {number: ts for number, _, ts in await self._ledger.posts_of(self._exchange_id) if ts}
        ts = known.get(part) or await self._web.find(self._spot, self._exchange_id, part=part)
        return ts or (await self._orphan() if part == 0 else None)

    async def _orphan(self) -> str | None:
        """Return our message after the question that belongs to no exchange: a stream whose start was never noted."""
        for message in await self._web.later(self._spot):
            ts = str(message["ts"])
            if "metadata" not in message and await self._ledger.exchange_of("slack", channel=self._spot.channel, message_ref=ts) is None:
                return ts
        return None

    async def _take(self, part: int, ts: str, text: str) -> None:
        await self._note(part, ts)
        if part == 0:
            self._state, self._shown = "editing", text

    async def _note(self, part: int, ts: str) -> None:
        if part == 0:
            self._ts = ts
        if ts not in self._posted:
            self._posted.append(ts)
        await self._ledger.posted(self._exchange_id, part=part, channel=self._spot.channel, message_ref=ts)
