"""Slack, as one thing to run: Bolt over Socket Mode, wired to the engine."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.answering import Answering
from adapters.slack.blocks import RATING_ACTION
from adapters.slack.faults import SlackSilent
from adapters.slack.listening import Listening
from adapters.slack.web import SlackWeb, make_client
from bot.engine import Engine
from bot.ports import Ledger
from bot.settings import SlackSettings

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_GRACE_S: Final = 5.0
_CLOSE_S: Final = 2.0
_WATCH_S: Final = 5.0
_PING_S: Final = 5.0
_LONGEST_RETRY_S: Final = 60.0


class SlackApp:
    """Answers in one Slack workspace until cancelled."""

    def __init__(self, engine: Engine, ledger: Ledger, settings: SlackSettings, *, language: str) -> None:
        """Keep what is needed; *language* is spoken to those whose locale Slack does not tell."""
        self._engine = engine
        self._ledger = ledger
        self._settings = settings
        self._language = language

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """
        Connect and answer until cancelled; running answers then have a few seconds to end.

        Where Slack cannot be reached it is tried again, for ever.

        Args:
            ready: Called once, when the socket is connected.

        Raises:
            Misconfigured: A token is missing, wrong or revoked, or lacks a scope; the detail names the setting.
        """
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            web = SlackWeb(self._settings, session)
            await _reached(web.identify)
            address = await _reached(web.open_socket)
            answering = Answering(self._engine, self._ledger, web, streaming=self._settings.streaming, language=self._language)
            listening = Listening(self._engine, self._ledger, web, answering)
            try:
                await answering.resume(datetime.now(UTC))
                async with self._socket(_bolt(web, listening), session, address) as client:
                    client.socket_mode_request_listeners.insert(0, listening.noted)
                    if ready:
                        ready()
                    try:
                        await _watch(client)
                    finally:
                        client.message_processor.cancel()  # no event is begun any more; those begun are kept and acknowledged
                        await listening.close(_CLOSE_S)
            finally:
                await answering.close(_GRACE_S)

    @asynccontextmanager
    async def _socket(self, bolt: AsyncApp, session: aiohttp.ClientSession, address: str) -> AsyncIterator[SocketModeClient]:
        token = self._settings.app_token.get_secret_value().strip()
        web_client = make_client(self._settings, session)
        client = AsyncSocketModeHandler(bolt, token, web_client=web_client, ping_interval=_PING_S).client
        client.proxy = web_client.proxy
        client.wss_uri = address
        try:
            await client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
            yield client
        finally:
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await client.close()  # type: ignore[no-untyped-call]
            except TimeoutError:
                client.current_session = None  # a peer that answers no more must not hold up the end
                await client.close()  # type: ignore[no-untyped-call]


def _bolt(web: SlackWeb, listening: Listening) -> AsyncApp:
    bot = web.bot
    known = AuthorizeResult(enterprise_id=None, team_id=bot.team, bot_user_id=bot.user, bot_id=bot.bot_id, bot_token=web.client.token)

    async def authorize(**_: Any) -> AuthorizeResult:
        return known

    # Bolt copies this client for every event; the token comes from `authorize`, so that an event costs no auth.test.
    client = AsyncWebClient(base_url=web.client.base_url, session=web.client.session)
    bolt = AsyncApp(
        name="aprendiz",
        client=client,
        authorize=authorize,
        # Of no use to what comes over our own socket.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    bolt.use(_Events(listening))
    bolt.action(RATING_ACTION)(listening.clicked)
    return bolt


class _Events(AsyncMiddleware):
    """
    Keeps what events bring, and acknowledges them; an error leaves an event unacknowledged.

    A middleware, because Bolt acknowledges an event before its listener runs; without Bolt's arguments by name, which cost a listener
    0.1 ms an event.
    """

    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - the signature is Bolt's
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002
    ) -> BoltResponse:
        """Take an event; leave anything else to the listeners."""
        if req.body.get("type") != "event_callback":
            return await next()
        await self._listening.take(req.body)
        return BoltResponse(status=200)


async def _reached(call: Callable[[], Awaitable[_T]]) -> _T:
    """Call until Slack answers."""
    wait_s = 1.0
    while True:
        try:
            return await call()
        except SlackSilent as error:
            logger.warning("Slack does not answer", extra={"reason": str(error), "retry_s": wait_s})
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, _LONGEST_RETRY_S)


async def _watch(client: SocketModeClient) -> None:
    """Keep the SDK's reconnection from trying one address for ever: each is good for a single connection."""
    while True:
        await asyncio.sleep(_WATCH_S)
        if not await client.is_connected():
            client.wss_uri = None
