"""Every call to a workspace's Web API: pace, retries, and what is remembered of its people."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

import aiohttp
from slack_sdk.web.async_chat_stream import AsyncChatStream

from adapters.slack.blocks import EVENT_TYPE, Block, body, metadata, notification
from adapters.slack.channels import Channels
from adapters.slack.client import ATTEMPTS, FAULTS, PatientRateLimit, as_ours, make_client, proxy_for
from adapters.slack.events import Bot, Person, Spot, thumb
from adapters.slack.faults import NEEDED_SCOPES, USEFUL_SCOPES, SlackRefused, SlackRevoked, SlackSilent, as_misconfigured, manifest_line
from adapters.slack.groups import Groups
from adapters.slack.outages import Outage
from adapters.slack.pacing import Budgets
from bot.chat_settings import SlackSettings
from bot.errors import ChatbotError, Misconfigured
from bot.messages import RatingValue

__all__ = ["FAULTS", "SlackWeb", "make_client", "proxy_for"]

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_PERSON_TIMEOUT_S: Final = 1.5  # an acknowledgement is due within 3 s
_PEOPLE_KEPT: Final = 10_000
_BACKOFF_S: Final = 0.5


class SlackWeb:
    """One workspace's Web API, with one pace for all running answers. `on_revoked` is told of a token that died."""

    def __init__(
        self, settings: SlackSettings, session: aiohttp.ClientSession, *, token: str | None = None, bot: Bot | None = None
    ) -> None:
        """Talk to `settings.api_url` through *session*, with the settings' token or the workspace's own, as *bot* where that is known."""
        self.budgets = Budgets()
        self.bot = bot or Bot("", "", "")
        self.client = make_client(settings, session, token=token, retry_handlers=[PatientRateLimit(self.budgets)])
        self.outage = Outage(lambda: self.call(self.client.auth_test()))
        self.on_revoked: Callable[[SlackRevoked], None] = _note_revoked
        self._groups = Groups(settings.access, self._members_of)
        self._channels = Channels(self._channel_info)
        self._people: dict[str, Person] = {}
        self._missed: set[str] = set()

    async def identify(self) -> None:
        """
        Learn who we are, with `auth.test`.

        Raises:
            Misconfigured: The bot token is missing, wrong, revoked or lacks a scope.
            SlackSilent: Slack cannot be reached.
        """
        if not self.client.token:
            raise Misconfigured("slack.bot_token is empty: set APRENDIZ_SLACK__BOT_TOKEN to the bot token (xoxb-…) of the Slack app")
        try:
            answer = await _translated(self.client.auth_test())
        except SlackRefused as error:
            raise as_misconfigured(error, setting="slack.bot_token", variable="APRENDIZ_SLACK__BOT_TOKEN") from error
        organisation = answer["enterprise_id"] or "" if answer.get("is_enterprise_install") else ""
        self.bot = Bot(answer["team_id"] or "", answer["user_id"] or "", answer["bot_id"] or "", organisation)
        granted = answer.headers.get("x-oauth-scopes")
        if granted is not None:
            _check_scopes({scope.strip() for scope in granted.split(",")})

    async def person(self, user: str) -> Person:
        """Return a person's locale and names; an empty one where Slack does not tell in time."""
        if known := self._people.get(user):
            return known
        try:
            async with asyncio.timeout(_PERSON_TIMEOUT_S):
                answer = await self.call(self.client.users_info(user=user, include_locale=True))
        except (ChatbotError, TimeoutError):
            return Person()
        found = answer["user"] or {}
        profile = found.get("profile") or {}
        names = {found.get("real_name"), profile.get("real_name"), profile.get("display_name")}
        if len(self._people) >= _PEOPLE_KEPT:
            self._people.pop(next(iter(self._people)))
        person = Person(found.get("locale") or "", tuple(sorted(name for name in names if name)))
        self._people[user] = person
        return person

    async def groups_of(self, user: str) -> frozenset[str]:
        """Return those user groups of a person that the lists of who may ask name."""
        return await self._groups.of(user)

    async def is_private(self, channel: str, channel_type: str = "") -> bool:
        """Tell whether only those let in read along in *channel*; *channel_type* is what an event says of it."""
        return await self._channels.is_private(channel, channel_type)

    async def call(self, request: Awaitable[_T]) -> _T:
        """
        Await a call of `client`, Slack's errors made ours.

        Raises:
            SlackRefused: Slack says no; `SlackGone` where the place is no more, `SlackRevoked` where the token is.
            SlackBusy: It asks to wait.
            SlackSilent: No usable answer.
        """
        try:
            return await _translated(request)
        except SlackRevoked as error:
            self.on_revoked(error)
            raise
        except SlackRefused as error:
            if error.code == "missing_scope" and error.needed not in self._missed:
                self._missed.add(error.needed)
                logger.warning("a Slack scope is missing", extra={"scope": error.needed, "add_to_manifest": manifest_line(error.needed)})
            raise

    def stream(self, spot: Spot) -> AsyncChatStream:
        """Return a stream for *spot*; the caller buffers, so every append is one call."""
        return AsyncChatStream(
            self.client,
            logger=logger,
            channel=spot.channel,
            thread_ts=spot.thread_ts,
            recipient_team_id=spot.team,
            recipient_user_id=spot.user,
            buffer_size=1,
        )

    async def append(self, stream: AsyncChatStream, markdown: str) -> None:
        """Send *markdown* now; the first call starts the stream. Raises as `call`."""
        await self.call(stream.append(markdown_text=markdown))

    async def stop(
        self, stream: AsyncChatStream, markdown: str, *, below: Sequence[Block], exchange_id: str, session_status: str | None = None
    ) -> None:
        """End the stream with the rest of its text and the blocks *below*, and the session where there is one. Raises as `call`."""
        marked = metadata(exchange_id, 0)
        await self.call(stream.stop(markdown_text=markdown, blocks=list(below), metadata=marked, session_status=session_status))

    async def release(self, spot: Spot, ts: str) -> None:
        """End whatever stream the message may still be in, so that it can be edited; a message in none is no error."""
        try:
            await self.call(self.client.chat_stopStream(channel=spot.channel, ts=ts))
        except ChatbotError as error:
            logger.debug("no stream to stop", extra={"reason": str(error)})

    async def post(
        self, spot: Spot, markdown: str, *, below: Sequence[Block], exchange_id: str, part: int = 0, turn_taken: bool = False
    ) -> str:
        """
        Post a part of an answer once, and return its ts.

        Where Slack's reply is lost the thread is read before trying again. *turn_taken* means that the channel's turn was waited for.
        Raises as `call`.
        """
        for attempt in range(ATTEMPTS):
            if attempt or not turn_taken:
                await self.budgets.posts.turn(spot.channel)
            try:
                answer = await self.call(
                    self.client.chat_postMessage(
                        channel=spot.channel,
                        thread_ts=spot.thread_ts,
                        text=notification(markdown),
                        blocks=[*body(markdown), *below],
                        metadata=metadata(exchange_id, part),
                        unfurl_links=False,
                        unfurl_media=False,
                    )
                )
            except SlackSilent:
                if attempt == ATTEMPTS - 1:
                    raise
                await _pause(attempt)
                if found := await self.find(spot, exchange_id, part=part):
                    return found
            else:
                return str(answer["ts"])
        raise AssertionError("unreachable")

    async def update(
        self, spot: Spot, ts: str, markdown: str, *, below: Sequence[Block], exchange_id: str, part: int = 0, attempts: int = ATTEMPTS
    ) -> None:
        """Replace a message's text and blocks, whose turn has come; tried again where Slack's reply is lost. Raises as `call`."""
        for attempt in range(attempts):
            try:
                await self.call(
                    self.client.chat_update(
                        channel=spot.channel,
                        ts=ts,
                        text=notification(markdown),
                        blocks=[*body(markdown), *below],
                        metadata=metadata(exchange_id, part),
                    )
                )
            except SlackSilent:
                if attempt == attempts - 1:
                    raise
                await _pause(attempt)
            else:
                return

    async def delete(self, channel: str, ts: str) -> None:
        """Take a message of ours away; one that cannot be, stays."""
        try:
            await self.call(self.client.chat_delete(channel=channel, ts=ts))
        except ChatbotError as error:
            logger.info("message not deleted", extra={"reason": f"{type(error).__name__} {error}"})

    async def tell(self, spot: Spot, sentence: str) -> None:
        """Say one sentence of our own in the thread, or outside any where the spot names none. Raises as `call`."""
        await self.call(self.client.chat_postMessage(channel=spot.channel, thread_ts=spot.thread_ts or None, text=sentence))

    async def whisper(self, spot: Spot, sentence: str) -> None:
        """Say one sentence that only the person of *spot* sees. Raises as `call`."""
        await self.budgets.whispers.take()
        # Beneath a message without replies nobody would see it: https://docs.slack.dev/reference/methods/chat.postEphemeral
        thread_ts = spot.thread_ts if spot.thread_ts != spot.asked_ts else None
        await self.call(self.client.chat_postEphemeral(channel=spot.channel, user=spot.user, thread_ts=thread_ts, text=sentence))

    async def find(self, spot: Spot, exchange_id: str, *, part: int = 0) -> str | None:
        """Return the ts of the message that carries the exchange's id, None where the thread has none. Raises as `call`."""
        for message in await self.later(spot):
            carried = message.get("metadata") or {}
            payload = carried.get("event_payload") or {}
            if carried.get("event_type") == EVENT_TYPE and payload.get("exchange_id") == exchange_id and payload.get("part") == part:
                return str(message["ts"])
        return None

    async def later(self, spot: Spot) -> list[dict[str, Any]]:
        """Return our own messages of the thread after the question, oldest first. Raises as `call`."""
        await self.budgets.replies.take()
        answer = await self.call(
            self.client.conversations_replies(
                channel=spot.channel, ts=spot.thread_ts, oldest=spot.asked_ts, limit=100, include_all_metadata=True
            )
        )
        return [
            message
            for message in answer["messages"] or []
            if message.get("user") == self.bot.user and float(message["ts"]) > float(spot.asked_ts)
        ]

    async def thumb_left(self, channel: str, ts: str, user: str) -> RatingValue | None:
        """Return the thumb that the person still has on a message, None where there is none or Slack does not tell."""
        try:
            answer = await self.call(self.client.reactions_get(channel=channel, timestamp=ts, full=True))
        except ChatbotError:
            return None
        reactions = (answer["message"] or {}).get("reactions") or []
        return next((thumb(each["name"]) for each in reactions if thumb(each["name"]) and user in each["users"]), None)

    async def _channel_info(self, channel: str) -> dict[str, Any]:
        # Not by `call`: of a private channel Slack says that a scope is missing, which is answer enough and no operator's business.
        answer = await _translated(self.client.conversations_info(channel=channel))
        return answer["channel"] or {}

    async def _members_of(self, group: str) -> list[str]:
        answer = await self.call(self.client.usergroups_users_list(usergroup=group))
        return answer["users"] or []


async def open_socket(settings: SlackSettings, session: aiohttp.ClientSession) -> str:
    """
    Return a Socket Mode address, good for one connection.

    Raises:
        Misconfigured: The app-level token is missing, wrong, revoked or lacks `connections:write`.
        SlackSilent: Slack cannot be reached.
    """
    token = settings.app_token.get_secret_value().strip()
    try:
        answer = await _translated(make_client(settings, session).apps_connections_open(app_token=token))
    except SlackRefused as error:
        raise as_misconfigured(error, setting="slack.app_token", variable="APRENDIZ_SLACK__APP_TOKEN") from error
    return str(answer["url"])


async def _translated(request: Awaitable[_T]) -> _T:
    try:
        return await request
    except FAULTS as error:
        raise as_ours(error) from error


def _note_revoked(error: SlackRevoked) -> None:
    logger.error("Slack no longer takes the token", extra={"reason": error.code})


def _check_scopes(granted: set[str]) -> None:
    if missing := [scope for scope in NEEDED_SCOPES if scope not in granted]:
        raise Misconfigured(
            f"slack.bot_token lacks the scopes {', '.join(missing)}: add to the app's manifest {manifest_line(*missing)}, and reinstall "
            "the app to the workspace"
        )
    if missing := [scope for scope in USEFUL_SCOPES if scope not in granted]:
        logger.warning("Slack scopes are missing", extra={"scopes": ", ".join(missing), "add_to_manifest": manifest_line(*missing)})


async def _pause(attempt: int) -> None:
    await asyncio.sleep(_BACKOFF_S * 2**attempt * (1 + random.random() / 2))
