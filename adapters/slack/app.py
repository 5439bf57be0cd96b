"""Slack, as one thing to run: Bolt over Socket Mode or HTTP, wired to the engine."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, TypeVar

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.request.internals import extract_enterprise_id, extract_team_id, extract_user_id
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

from adapters.chat import ChatServices
from adapters.slack.client import FAULTS, InstallClient, make_client, proxy_for
from adapters.slack.events import is_event
from adapters.slack.faults import SlackSilent
from adapters.slack.http import Handler, Handlers, SlackHttp, form_of
from adapters.slack.installations import PENDING_FOR_S, Installations, Pending
from adapters.slack.interactions import Interactions
from adapters.slack.listening import Listening
from adapters.slack.oauth import INSTALL_PATH, REDIRECT_PATH, OAuth, oauth_of
from adapters.slack.pages import accepted_language, install_page, installed_page, not_installed_page
from adapters.slack.refusals import Refusals
from adapters.slack.resuming import Resuming
from adapters.slack.web import open_socket
from adapters.slack.workspaces import Workspaces
from bot.chat_settings import SlackSettings
from bot.errors import Misconfigured

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
_SocketListener = Callable[[SocketModeClient, SocketModeRequest], Awaitable[None]]

_GRACE_S: Final = 5.0
_CLOSE_S: Final = 2.0
_WATCH_S: Final = 5.0
_PING_S: Final = 5.0
_LONGEST_RETRY_S: Final = 60.0
_WORKSPACE: Final = "aprendiz_workspace"  # in Bolt's context of a request
_REMOVED: Final = ("app_uninstalled", "tokens_revoked")


class SlackApp:
    """Answers in Slack until cancelled: over Socket Mode with an app-level token, else over HTTP with the signing secret."""

    def __init__(self, services: ChatServices, settings: SlackSettings) -> None:
        """Keep what is needed; nothing runs yet."""
        self._services = services
        self._settings = settings
        self._over_socket = bool(settings.app_token.get_secret_value().strip())
        self._http = SlackHttp()
        self.workspaces: Workspaces | None = None  # while it runs

    @property
    def http(self) -> ASGIApp | None:
        """What the web server mounts at `/slack`; None where nothing comes over HTTP."""
        by_oauth = self._settings.client_id or self._settings.client_secret.get_secret_value()
        return self._http if by_oauth or not self._over_socket else None

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """
        Connect and answer until cancelled; running answers then have a few seconds to end.

        Where Slack cannot be reached it is tried again, for ever.

        Args:
            ready: Called once, when the socket is connected, or requests are taken over HTTP.

        Raises:
            Misconfigured: A setting or token is missing, wrong or revoked, or lacks a scope; the detail names the setting.
        """
        oauth = oauth_of(self._settings, self._services.public_url)
        if not self._over_socket and not self._settings.signing_secret.get_secret_value().strip():
            raise Misconfigured(
                "slack.app_token is empty, and so is slack.signing_secret: set APRENDIZ_SLACK__APP_TOKEN to an app-level token (xapp-…) "
                "with connections:write, or APRENDIZ_SLACK__SIGNING_SECRET for events over HTTP"
            )
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            interactions = Interactions(self._services)
            workspaces = self.workspaces = Workspaces(self._services, self._settings, session, interactions)
            await _reached(workspaces.identify)
            address = await _reached(lambda: open_socket(self._settings, session)) if self._over_socket else ""
            listening = Listening(self._services, workspaces, interactions)
            everything = _Everything(workspaces, listening, interactions)
            bolt = self._bolt(everything, _Authorize(workspaces), session)
            resuming = Resuming(self._services.ledger, workspaces)
            try:
                await resuming.at_start()
                taking = self._taking(bolt, everything, listening, session=session, address=address)
                async with taking as watching, self._pages(bolt, oauth, workspaces, session, listening):
                    if ready:
                        ready()
                    await _first_of(workspaces.ended, resuming.run(), watching)
            finally:
                self.workspaces = None
                await workspaces.close(_GRACE_S)

    def _bolt(self, everything: AsyncMiddleware, authorize: AsyncAuthorize, session: aiohttp.ClientSession) -> AsyncApp:
        bolt = AsyncApp(
            name="aprendiz",
            # Bolt copies this client for every event; the token comes from `authorize`, so that an event costs no auth.test.
            client=AsyncWebClient(base_url=self._settings.api_url, session=session),
            authorize=authorize,  # type: ignore[arg-type]  # it takes an AsyncAuthorize as it is
            signing_secret=self._settings.signing_secret.get_secret_value().strip(),
            # Of no use to what comes over our own socket; over HTTP every request is verified.
            request_verification_enabled=not self._over_socket,
            ssl_check_enabled=not self._over_socket,
            url_verification_enabled=not self._over_socket,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        bolt.use(everything)
        return bolt

    @asynccontextmanager
    async def _taking(
        self, bolt: AsyncApp, everything: "_Everything", listening: Listening, *, session: aiohttp.ClientSession, address: str
    ) -> AsyncIterator[Coroutine[Any, Any, None]]:
        """Take deliveries; yield what keeps the connection alive."""
        if not self._over_socket:
            try:
                yield _for_ever()
            finally:
                self._http.handlers = None
                await listening.close(_CLOSE_S)
            return
        async with self._socket(bolt, session, address) as client:
            listeners = client.socket_mode_request_listeners
            listeners[:] = [listening.noted, *(partial(everything.envelope, each) for each in listeners)]
            try:
                yield _watch(client)
            finally:
                client.message_processor.cancel()  # no event is begun any more; those begun are kept and acknowledged
                await listening.close(_CLOSE_S)

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

    @asynccontextmanager
    async def _pages(
        self, bolt: AsyncApp, oauth: OAuth | None, workspaces: Workspaces, session: aiohttp.ClientSession, listening: Listening
    ) -> AsyncIterator[None]:
        """Take requests over HTTP."""
        client = InstallClient(base_url=self._settings.api_url, session=session)
        client.proxy = proxy_for(self._settings.api_url, client.proxy)
        flow = _flow(oauth, self._services, workspaces, client) if oauth else None
        encrypted = self._services.public_url.startswith("https:")
        self._http.handlers = Handlers(
            events=None if self._over_socket else _events(bolt, listening, self._settings),
            install=_visit(flow.handle_installation, encrypted=encrypted) if flow else None,
            oauth_redirect=_visit(flow.handle_callback, encrypted=encrypted) if flow else None,
        )
        try:
            yield
        finally:
            self._http.handlers = None


class _Authorize(AsyncAuthorize):
    """Tells Bolt whose token a request is to be answered with; an unknown team has none, and `_Everything` leaves it alone."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,  # noqa: ARG002 - the signature is Bolt's
        actor_enterprise_id: str | None = None,  # noqa: ARG002
        actor_team_id: str | None = None,  # noqa: ARG002
        actor_user_id: str | None = None,  # noqa: ARG002
    ) -> AuthorizeResult:
        workspace = await self._workspaces.of(team_id or "", enterprise_id or "")
        if workspace is None:
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)
        context[_WORKSPACE] = workspace
        bot = workspace.web.bot
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=bot.team, bot_user_id=bot.user, bot_id=bot.bot_id, bot_token=workspace.web.client.token
        )


class _Everything(AsyncMiddleware):
    """
    Keeps what requests bring, and acknowledges them; an error leaves a request unacknowledged.

    A middleware, because Bolt acknowledges an event before its listener runs; without Bolt's arguments by name, which cost a listener
    0.1 ms an event.
    """

    def __init__(self, workspaces: Workspaces, listening: Listening, interactions: Interactions) -> None:
        self._workspaces = workspaces
        self._listening = listening
        self._interactions = interactions

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,  # noqa: ARG002 - the signature is Bolt's
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002, ARG002
    ) -> BoltResponse:
        """Take an event or an interaction of a workspace of ours."""
        body, context = req.body, req.context
        if body.get("type") == "event_callback":
            await self.event(body)
        elif workspace := context.get(_WORKSPACE):
            return BoltResponse(status=200, body=await self._interactions.take(body, workspace) or "")
        else:
            self._workspaces.note_stranger(context.team_id or context.enterprise_id or "")
        return BoltResponse(status=200)

    async def event(self, body: dict[str, Any]) -> None:
        """Keep what an event brings, by Bolt's rules of whose it is; what we did ourselves is nothing new."""
        event = body.get("event")
        if not is_event(event):
            logger.warning("malformed event left alone")
            return
        team, enterprise = extract_team_id(body) or "", extract_enterprise_id(body) or ""
        if event.get("type") in _REMOVED:
            await self._listening.removed(body, team, enterprise)
        elif workspace := await self._workspaces.of(team, enterprise):
            bot = workspace.web.bot
            if extract_user_id(body) != bot.user and event.get("bot_id") != bot.bot_id:
                await self._listening.take(body, workspace)
        else:
            self._workspaces.note_stranger(team or enterprise)

    async def envelope(self, bolt: _SocketListener, client: SocketModeClient, request: SocketModeRequest) -> None:
        """Take an event of the socket, and leave all else to *bolt*: its search for a listener would cost 0.1 ms an event."""
        if request.type != "events_api":
            await bolt(client, request)
            return
        await self.event(request.payload)
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))


def _events(bolt: AsyncApp, listening: Listening, settings: SlackSettings) -> Handler:
    """Return who takes what Slack sends over HTTP; Bolt verifies its signature."""
    refusals = Refusals(settings.signing_secret.get_secret_value().strip())

    async def take(request: Request, body: bytes) -> Response:
        await listening.noted()
        try:
            delivery = to_async_bolt_request(request, body)
        except (AttributeError, KeyError, TypeError, ValueError):
            return PlainTextResponse("malformed", 400)  # it looks into the body before it verifies it
        if not delivery.body and (form := form_of(body)):
            # Bolt takes a form that says "payload" somewhere, as a command may, for an interaction without one.
            delivery.body = form
            delivery.context["team_id"], delivery.context["user_id"] = form.get("team_id"), form.get("user_id")
        response = to_starlette_response(await bolt.async_dispatch(delivery))
        if response.status_code == 401:
            refusals.note(request.headers, body)
        return response

    return take


def _visit(handle: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], *, encrypted: bool) -> Handler:
    """Return who takes a browser that installs the app."""

    async def visit(request: Request, body: bytes) -> Response:
        language = accepted_language(request.headers.get("accept-language", ""))
        try:
            response = to_starlette_response(await handle(to_async_bolt_request(request, body)))
        except FAULTS as error:
            logger.warning("installation did not reach Slack", extra={"reason": type(error).__name__})
            return HTMLResponse(not_installed_page(language, again=INSTALL_PATH, cancelled=False), 503)
        if not encrypted and (cookie := response.headers.get("set-cookie")):
            response.headers["set-cookie"] = cookie.replace("; Secure", "")  # on loopback not every browser would keep it
        return response

    return visit


class _Flow(AsyncOAuthFlow):
    """Bolt's flow with a page of ours."""

    async def build_install_page_html(self, url: str, request: AsyncBoltRequest) -> str:
        return install_page(_language(request), url)


def _flow(oauth: OAuth, services: ChatServices, workspaces: Workspaces, client: AsyncWebClient) -> AsyncOAuthFlow:
    async def success(args: AsyncSuccessArgs) -> BoltResponse:
        workspaces.renew(args.installation.team_id or "")
        workspaces.renew(args.installation.enterprise_id or "")
        return _page(200, installed_page(_language(args.request)))

    async def failure(args: AsyncFailureArgs) -> BoltResponse:
        logger.warning("not installed", extra={"reason": args.reason[:100]})
        cancelled = args.reason == "access_denied"
        page = not_installed_page(_language(args.request), again=INSTALL_PATH, cancelled=cancelled)
        return _page(args.suggested_status_code, page)

    quiet = logging.getLogger(f"{__name__}.flow")
    quiet.setLevel(logging.ERROR)  # its warning of a refused code repeats the code; `failure` logs the reason
    settings = AsyncOAuthSettings(
        client_id=oauth.client_id,
        client_secret=oauth.client_secret,
        scopes=oauth.scopes,
        user_scopes=(),
        redirect_uri=oauth.redirect_url,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        authorization_url=oauth.authorize_url,
        callback_options=AsyncCallbackOptions(success=success, failure=failure),
        installation_store=Installations(services.vault),
        state_store=Pending(services.vault),
        state_expiration_seconds=PENDING_FOR_S,
        logger=quiet,
    )
    return _Flow(client=client, logger=quiet, settings=settings)


def _language(request: AsyncBoltRequest) -> str:
    return accepted_language((request.headers.get("accept-language") or [""])[0])


def _page(status: int, html: str) -> BoltResponse:
    return BoltResponse(status=status, body=html, headers={"content-type": "text/html; charset=utf-8"})


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


async def _first_of(ended: asyncio.Future[Misconfigured], *works: Coroutine[Any, Any, None]) -> None:
    """Do *works*, which never end by themselves, until the workspace is gone for good. Raises what `ended` holds."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        waited: set[asyncio.Future[Any]] = {ended, *tasks}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            raise ended.result()
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _watch(client: SocketModeClient) -> None:
    """Keep the SDK's reconnection from trying one address for ever: each is good for a single connection."""
    while True:
        await asyncio.sleep(_WATCH_S)
        if not await client.is_connected():
            client.wss_uri = None
