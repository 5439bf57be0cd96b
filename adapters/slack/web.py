"""Every call to Slack's Web API: pace, retries, and Slack's errors made ours."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_chat_stream import AsyncChatStream
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.delivery import Pacer
from adapters.slack.blocks import EVENT_TYPE, Block, body, metadata, notification
from adapters.slack.events import Bot, Person, Spot, thumb
from adapters.slack.faults import NEEDED_SCOPES, USEFUL_SCOPES, SlackBusy, SlackRefused, SlackSilent, as_misconfigured
from bot.errors import ChatbotError, Misconfigured
from bot.messages import RatingValue
from bot.settings import SlackSettings

logger = logging.getLogger(__name__)

# https://docs.slack.dev/apis/web-api/rate-limits: chat.update is tier 3 (50 a minute and workspace), chat.appendStream tier 4 (100),
# posts about one a second and channel.
_UPDATE_INTERVAL_S: Final = 1.2
_APPEND_INTERVAL_S: Final = 0.6
_POST_INTERVAL_S: Final = 1.0
_TIMEOUT_S: Final = 30
_PERSON_TIMEOUT_S: Final = 1.5  # an acknowledgement is due within 3 s
_PEOPLE_KEPT: Final = 10_000
_ATTEMPTS: Final = 4
_BACKOFF_S: Final = 0.5
_LONGEST_WAIT_S: Final = 60.0

FAULTS: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
_NEVER_WAITED_FOR: Final = ("chat.startStream", "chat.appendStream", "assistant.threads.setStatus", "users.info", "auth.test")


class PatientRateLimit(AsyncRetryHandler):
    """Waits as long as `Retry-After` says, bounded, where the call is worth waiting for; an answered 429 was never carried out."""

    def __init__(self, updates: Pacer) -> None:
        super().__init__(max_retry_count=_ATTEMPTS)
        self._updates = updates

    async def _can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the signature is the SDK's
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002
    ) -> bool:
        return response is not None and response.status_code == 429 and not request.url.endswith(_NEVER_WAITED_FOR)

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002 - the signature is the SDK's
    ) -> None:
        """Sleep, and let every answer's edits wait where it was an edit that came too soon."""
        wait_s = _retry_after(response.headers if response else {})
        if request.url.endswith("chat.update"):
            self._updates.hold(wait_s)
        logger.info("Slack asks to slow down", extra={"method": request.url.rpartition("/")[2], "seconds": wait_s})
        await asyncio.sleep(wait_s + random.random() / 4)
        state.next_attempt_requested = True
        state.increment_current_attempt()


class SlackWeb:
    """One workspace's Web API, with one pace for all running answers."""

    def __init__(self, settings: SlackSettings, session: aiohttp.ClientSession) -> None:
        """Talk to `settings.api_url` through *session*."""
        self.updates = Pacer(interval_s=_UPDATE_INTERVAL_S)
        self.appends = Pacer(interval_s=_APPEND_INTERVAL_S)
        self.bot = Bot("", "", "")
        self.client = make_client(settings, session, retry_handlers=[PatientRateLimit(self.updates)])
        self._app_token = settings.app_token.get_secret_value().strip()
        self._posts: dict[str, Pacer] = {}
        self._people: dict[str, Person] = {}

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
            async with _translated():
                answer = await self.client.auth_test()
        except SlackRefused as error:
            raise as_misconfigured(error, setting="slack.bot_token", variable="APRENDIZ_SLACK__BOT_TOKEN") from error
        self.bot = Bot(answer["team_id"] or "", answer["user_id"] or "", answer["bot_id"] or "")
        granted = answer.headers.get("x-oauth-scopes")
        if granted is not None:
            _check_scopes({scope.strip() for scope in granted.split(",")})

    async def open_socket(self) -> str:
        """
        Return a Socket Mode address, good for one connection.

        Raises:
            Misconfigured: The app-level token is missing, wrong, revoked or lacks `connections:write`.
            SlackSilent: Slack cannot be reached.
        """
        if not self._app_token:
            raise Misconfigured(
                "slack.app_token is empty: set APRENDIZ_SLACK__APP_TOKEN to an app-level token (xapp-…) with connections:write"
            )
        try:
            async with _translated():
                answer = await self.client.apps_connections_open(app_token=self._app_token)
        except SlackRefused as error:
            raise as_misconfigured(error, setting="slack.app_token", variable="APRENDIZ_SLACK__APP_TOKEN") from error
        return str(answer["url"])

    async def person(self, user: str) -> Person:
        """Return a person's locale and names; an empty one where Slack does not tell in time."""
        if known := self._people.get(user):
            return known
        try:
            async with _translated(), asyncio.timeout(_PERSON_TIMEOUT_S):
                answer = await self.client.users_info(user=user, include_locale=True)
        except ChatbotError:
            return Person()
        found = answer["user"] or {}
        profile = found.get("profile") or {}
        names = {found.get("real_name"), profile.get("real_name"), profile.get("display_name")}
        if len(self._people) >= _PEOPLE_KEPT:
            self._people.pop(next(iter(self._people)))
        person = Person(found.get("locale") or "", tuple(sorted(name for name in names if name)))
        self._people[user] = person
        return person

    async def call(self, request: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        """Await a call of `client`, Slack's errors made ours. Raises as `append`."""
        async with _translated():
            return await request

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
        """Send *markdown* now; the first call starts the stream. Raises `SlackBusy`, `SlackRefused`, `SlackSilent`."""
        async with _translated():
            await stream.append(markdown_text=markdown)

    async def stop(self, stream: AsyncChatStream, markdown: str, *, below: Sequence[Block], exchange_id: str) -> None:
        """End the stream with the rest of its text and the blocks *below*. Raises as `append`."""
        async with _translated():
            await stream.stop(markdown_text=markdown, blocks=list(below), metadata=metadata(exchange_id, 0))

    async def release(self, spot: Spot, ts: str) -> None:
        """End whatever stream the message may still be in, so that it can be edited; a message in none is no error."""
        try:
            async with _translated():
                await self.client.chat_stopStream(channel=spot.channel, ts=ts)
        except ChatbotError as error:
            logger.debug("no stream to stop", extra={"reason": str(error)})

    async def post(self, spot: Spot, markdown: str, *, below: Sequence[Block], exchange_id: str, part: int = 0) -> str:
        """
        Post a part of an answer once, and return its ts.

        Where Slack's reply is lost the thread is read before trying again. Raises as `append`.
        """
        pacer = self._posts.setdefault(spot.channel, Pacer(interval_s=_POST_INTERVAL_S))
        for attempt in range(_ATTEMPTS):
            await pacer.turn()
            try:
                async with _translated():
                    answer = await self.client.chat_postMessage(
                        channel=spot.channel,
                        thread_ts=spot.thread_ts,
                        text=notification(markdown),
                        blocks=[*body(markdown), *below],
                        metadata=metadata(exchange_id, part),
                        unfurl_links=False,
                        unfurl_media=False,
                    )
            except SlackSilent:
                if attempt == _ATTEMPTS - 1:
                    raise
                await _pause(attempt)
                if found := await self.find(spot, exchange_id, part=part):
                    return found
            else:
                return str(answer["ts"])
        raise AssertionError("unreachable")

    async def update(self, spot: Spot, ts: str, markdown: str, *, below: Sequence[Block], exchange_id: str, part: int = 0) -> None:
        """Replace a message's text and blocks, whose turn has come; tried again where Slack's reply is lost. Raises as `append`."""
        for attempt in range(_ATTEMPTS):
            try:
                async with _translated():
                    await self.client.chat_update(
                        channel=spot.channel,
                        ts=ts,
                        text=notification(markdown),
                        blocks=[*body(markdown), *below],
                        metadata=metadata(exchange_id, part),
                    )
            except SlackSilent:
                if attempt == _ATTEMPTS - 1:
                    raise
                await _pause(attempt)
            else:
                return

    async def tell(self, spot: Spot, sentence: str) -> None:
        """Say one sentence of our own in the thread. Raises as `append`."""
        async with _translated():
            await self.client.chat_postMessage(channel=spot.channel, thread_ts=spot.thread_ts, text=sentence)

    async def whisper(self, spot: Spot, sentence: str) -> None:
        """Say one sentence that only the person of *spot* sees. Raises as `append`."""
        async with _translated():
            await self.client.chat_postEphemeral(channel=spot.channel, user=spot.user, thread_ts=spot.thread_ts, text=sentence)

    async def status(self, spot: Spot, sentence: str) -> bool:
        """Show what we are doing beneath the thread; False where Slack has no place for it there."""
        try:
            async with _translated():
                await self.client.assistant_threads_setStatus(channel_id=spot.channel, thread_ts=spot.thread_ts, status=sentence)
        except ChatbotError:
            return False
        return True

    async def find(self, spot: Spot, exchange_id: str, *, part: int = 0) -> str | None:
        """Return the ts of the message that carries the exchange's id, None where the thread has none. Raises as `append`."""
        for message in await self.later(spot):
            carried = message.get("metadata") or {}
            payload = carried.get("event_payload") or {}
            if carried.get("event_type") == EVENT_TYPE and payload.get("exchange_id") == exchange_id and payload.get("part") == part:
                return str(message["ts"])
        return None

    async def later(self, spot: Spot) -> list[dict[str, Any]]:
        """Return our own messages of the thread after the question, oldest first. Raises as `append`."""
        async with _translated():
            answer = await self.client.conversations_replies(
                channel=spot.channel, ts=spot.thread_ts, oldest=spot.asked_ts, limit=100, include_all_metadata=True
            )
        return [
            message
            for message in answer["messages"] or []
            if message.get("user") == self.bot.user and float(message["ts"]) > float(spot.asked_ts)
        ]

    async def thumb_left(self, channel: str, ts: str, user: str) -> RatingValue | None:
        """Return the thumb that the person still has on a message, None where there is none or Slack does not tell."""
        try:
            async with _translated():
                answer = await self.client.reactions_get(channel=channel, timestamp=ts, full=True)
        except ChatbotError:
            return None
        reactions = (answer["message"] or {}).get("reactions") or []
        return next((thumb(each["name"]) for each in reactions if thumb(each["name"]) and user in each["users"]), None)


def make_client(
    settings: SlackSettings, session: aiohttp.ClientSession, *, retry_handlers: list[AsyncRetryHandler] | None = None
) -> AsyncWebClient:
    """Return a client of `settings.api_url`; the SDK's own retry of lost posts is off, for it would double them."""
    client = AsyncWebClient(
        token=settings.bot_token.get_secret_value(),
        base_url=settings.api_url,
        session=session,
        timeout=_TIMEOUT_S,
        retry_handlers=retry_handlers or [],
    )
    client.proxy = proxy_for(settings.api_url, client.proxy)
    return client


def proxy_for(address: str, proxy: str | None) -> str | None:
    """Return *proxy* unless *address* is this machine or named in `no_proxy`, which the SDK does not read."""
    host = urlsplit(address).hostname or ""
    return None if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host) else proxy


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except SlackApiError as error:
        raise _as_ours(error) from error
    except FAULTS as error:
        raise SlackSilent(type(error).__name__) from error


def _as_ours(error: SlackApiError) -> ChatbotError:
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse) or not isinstance(answer.data, dict):
        return SlackSilent("not JSON")
    code = str(answer.data.get("error") or "")
    if answer.status_code == 429 or code == "ratelimited":
        return SlackBusy(code, retry_after_s=_retry_after(answer.headers))
    if not code or code in ("internal_error", "fatal_error", "service_unavailable", "request_timeout"):
        return SlackSilent(f"{answer.status_code} {code}".strip())
    return SlackRefused(code, needed=str(answer.data.get("needed") or ""))


def _retry_after(headers: Any) -> float:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
    text = value[0] if isinstance(value, list) else value
    return min(float(text), _LONGEST_WAIT_S) if str(text).isdigit() else 1.0


def _check_scopes(granted: set[str]) -> None:
    if missing := [scope for scope in NEEDED_SCOPES if scope not in granted]:
        raise Misconfigured(
            f"slack.bot_token lacks the scopes {', '.join(missing)}: add them under OAuth & Permissions, reinstall the app to the workspace"
        )
    if missing := [scope for scope in USEFUL_SCOPES if scope not in granted]:
        logger.warning("Slack scopes are missing", extra={"scopes": ", ".join(missing)})


async def _pause(attempt: int) -> None:
    await asyncio.sleep(_BACKOFF_S * 2**attempt * (1 + random.random() / 2))
