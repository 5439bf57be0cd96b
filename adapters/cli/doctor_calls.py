"""How the checks ask Slack and Discord, and what is said where nobody answers."""

import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2

from bot.texts import translate

_TIMEOUT_S: Final = 10.0


class Calls:
    """
    Requests to the platforms.

    `ahead_s` gathers by how many seconds our clock is ahead of each platform's, `silent` those that did not answer.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """Open no connection yet; *transport* stands for the network."""
        self.ahead_s: dict[str, float] = {}
        self.silent: set[str] = set()
        self.client = httpx2.AsyncClient(transport=transport, timeout=_TIMEOUT_S)

    async def call(self, name: str, method: str, url: str, headers: Mapping[str, str]) -> httpx2.Response | None:
        """Return the answer, None where there is none."""
        try:
            response = await self.client.request(method, url, headers=dict(headers))
        except (httpx2.HTTPError, httpx2.InvalidURL):
            self.silent.add(name)
            return None
        if date := response.headers.get("date"):
            with suppress(ValueError):
                self.ahead_s[name] = time.time() - parsedate_to_datetime(date).timestamp()
        return response


def unreachable(language: str, address: str) -> tuple[str, str]:
    """Return what is wrong and what to do where *address* does not answer."""
    detail = translate(language, "{address} cannot be reached.", address=address)
    return detail, translate(language, "Check the network, a proxy, and the address.")


def body_of(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object of *response*, empty where it holds none: a proxy's page is no answer."""
    body = _json(response)
    return body if isinstance(body, dict) else {}


def rows_of(response: httpx2.Response) -> list[dict[str, Any]]:
    """Return the JSON objects that *response* lists, none where it is no list."""
    body = _json(response)
    return [each for each in body if isinstance(each, dict)] if isinstance(body, list) else []


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None
