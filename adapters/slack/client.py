"""The SDK's client as we use it: one address, bounded waiting, and Slack's errors made ours."""

import asyncio
import logging
import random
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.faults import SlackBusy, SlackSilent, as_refusal
from adapters.slack.pacing import Budgets
from bot.chat_settings import SlackSettings
from bot.errors import ChatbotError

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 4
FAULTS: Final = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)

_TIMEOUT_S: Final = 30
_LONGEST_WAIT_S: Final = 60.0
# Courtesies, and what something else takes the place of.
_NEVER_WAITED_FOR: Final = (
    "chat.startStream",
    "chat.appendStream",
    "assistant.threads.setStatus",
    "agents.sessions.setStatus",
    "users.info",
    "conversations.info",
    "usergroups.users.list",
    "auth.test",
)


class PatientRateLimit(AsyncRetryHandler):
    """Waits as long as `Retry-After` says, bounded, where the call is worth waiting for; an answered 429 was never carried out."""

    def __init__(self, budgets: Budgets) -> None:
        super().__init__(max_retry_count=ATTEMPTS)
        self._budgets = budgets

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
        """Sleep, and let every answer of the workspace wait whose budget it is that was spent."""
        wait_s = _retry_after(response.headers if response else {})
        method = request.url.rpartition("/")[2]
        self._budgets.refused(method, wait_s)
        logger.info("Slack asks to slow down", extra={"method": method, "seconds": wait_s})
        await asyncio.sleep(wait_s + random.random() / 4)
        state.next_attempt_requested = True
        state.increment_current_attempt()


class InstallClient(AsyncWebClient):
    """Sends the app's credentials in the body: the SDK's way to send them beside it is deprecated by aiohttp."""

    async def oauth_v2_access(self, *, client_id: str, client_secret: str, **given: Any) -> AsyncSlackResponse:
        """Exchange a code for a token."""
        return await self.api_call("oauth.v2.access", data={"client_id": client_id, "client_secret": client_secret, **given})


def make_client(
    settings: SlackSettings,
    session: aiohttp.ClientSession,
    *,
    token: str | None = None,
    retry_handlers: list[AsyncRetryHandler] | None = None,
) -> AsyncWebClient:
    """
    Return a client of `settings.api_url`; the SDK's own retry of lost posts is off, for it would double them.

    Args:
        settings: The address, and the token unless *token* is given.
        session: Carries the requests.
        token: A workspace's own token.
        retry_handlers: What to try again.
    """
    client = AsyncWebClient(
        token=settings.bot_token.get_secret_value() if token is None else token,
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


def as_ours(error: Exception) -> ChatbotError:
    """Return one of `FAULTS` as our error."""
    if not isinstance(error, SlackApiError):
        return SlackSilent(type(error).__name__)
    answer = error.response
    if not isinstance(answer, AsyncSlackResponse) or not isinstance(answer.data, dict):
        return SlackSilent("not JSON")
    code = str(answer.data.get("error") or "")
    if answer.status_code == 429 or code == "ratelimited":
        return SlackBusy(code, retry_after_s=_retry_after(answer.headers))
    return as_refusal(code, status=answer.status_code, needed=str(answer.data.get("needed") or ""))


def _retry_after(headers: Any) -> float:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
    text = value[0] if isinstance(value, list) else value
    return min(float(text), _LONGEST_WAIT_S) if str(text).isdigit() else 1.0
