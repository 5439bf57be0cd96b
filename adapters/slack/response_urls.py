"""Addresses that Slack gives us beside its Web API: whether they are Slack's, and answers to a `response_url`."""

import logging
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from adapters.slack.blocks import escape
from adapters.slack.client import FAULTS, proxy_for
from adapters.slack.events import Spot
from adapters.slack.web import SlackWeb
from bot.errors import ChatbotError

logger = logging.getLogger(__name__)

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


def is_slacks(address: str, api_url: str) -> bool:
    """Tell whether *address* is one of Slack's own hosts over HTTPS, or on the very server of *api_url*."""
    try:
        given, api = urlsplit(address), urlsplit(api_url)
        same = (given.scheme, given.hostname, given.port) == (api.scheme, api.hostname, api.port)
    except ValueError:
        return False
    host = given.hostname or ""
    return same or (given.scheme == "https" and given.port in (None, 443) and (host == "slack.com" or host.endswith(".slack.com")))


async def respond(web: SlackWeb, response_url: str, body: dict[str, Any]) -> bool:
    """
    Answer an interaction through its `response_url`, good for 30 minutes and five answers.

    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses

    Returns:
        False where Slack did not take it.
    """
    session = web.client.session
    if session is None or not is_slacks(response_url, web.client.base_url):
        return False
    try:
        proxy = proxy_for(response_url, web.client.proxy)
        async with session.post(response_url, json=body, proxy=proxy, allow_redirects=False, timeout=_TIMEOUT) as answer:
            taken = answer.status == 200
            reason = str(answer.status)
    except FAULTS as error:
        taken, reason = False, type(error).__name__
    if not taken:
        logger.info("response_url not taken", extra={"reason": reason})
    return taken


async def tell_privately(web: SlackWeb, spot: Spot, text: str, *, response_url: str, replace: bool = False) -> None:
    """
    Tell the person of *spot* a text of ours that nobody else sees.

    Args:
        web: The workspace's Web API.
        spot: Where it is said if Slack does not take it at *response_url*.
        text: In the person's language, not yet escaped.
        response_url: Works in conversations that we are not in, too.
        replace: Put it in place of the message with the button that was pressed.
    """
    shown: dict[str, Any] = {"text": escape(text), "replace_original": replace}
    body = {**shown, "blocks": []} if replace else {**shown, "response_type": "ephemeral"}
    if await respond(web, response_url, body) or not spot.channel:
        return
    try:
        await web.whisper(spot, escape(text))
    except ChatbotError as error:
        logger.info("not told", extra={"reason": f"{type(error).__name__} {error}"})
