"""
Who asks: a random cookie per browser, and conversations that only their own browser can continue or rate.

A conversation id is `web:<nonce>.<seal>`, the seal a hash of the cookie and the nonce: it proves to whom the conversation belongs,
needs no table, survives a restart, and two conversations of one person cannot be linked without the cookie.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from bot.errors import BadRequest, UnknownExchange
from bot.ports import Ledger
from bot.texts import N_

COOKIE = "aprendiz_browser"
_COOKIE_FORM = re.compile(r"[A-Za-z0-9_-]{43}")
_CONVERSATION_FORM = re.compile(r"web:([A-Za-z0-9_-]{16})\.([0-9a-f]{32})")
# Browsers cap a cookie's life at 400 days: https://www.rfc-editor.org/rfc/rfc6265 as revised (6265bis, section 5.5).
_LIFE_S = 400 * 24 * 3600


class UnknownConversation(BadRequest):
    """The conversation is another browser's, or none."""

    user_text = N_("I no longer know that conversation. Please start a new one.")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser with its cookie, or a program without one (empty `token`), which is a new person in every conversation."""

    token: str

    def new_conversation(self) -> str:
        """Return the id of a new conversation of this visitor."""
        nonce = secrets.token_urlsafe(12)
        return f"web:{nonce}.{self._seal(nonce)}"

    def owns(self, conversation_id: str) -> bool:
        """Tell whether the conversation is this visitor's."""
        form = _CONVERSATION_FORM.fullmatch(conversation_id)
        return form is not None and hmac.compare_digest(form[2], self._seal(form[1]))

    def conversation(self, wanted: str | None) -> str:
        """
        Return the conversation to ask in: the *wanted* one, or a new one.

        Raises:
            UnknownConversation: It is not this visitor's.
        """
        if not wanted:
            return self.new_conversation()
        if not self.owns(wanted):
            raise UnknownConversation
        return wanted

    def person(self, conversation_id: str) -> str:
        """Return the raw user id that the engine turns into a pseudonym."""
        return self.token or f"program:{conversation_id}"

    def _seal(self, nonce: str) -> str:
        return hashlib.sha256(f"{self.token}|{nonce}".encode()).hexdigest()[:32]


def visitor_of(request: Request) -> Visitor:
    """Return who asks; a browser without a good cookie gets a new one (`remember` sends it)."""
    token = request.cookies.get(COOKIE, "")
    if _COOKIE_FORM.fullmatch(token):
        return Visitor(token)
    return Visitor(secrets.token_urlsafe(32) if _is_browser(request) else "")


def remember(visitor: Visitor, request: Request, response: Response) -> None:
    """Set the visitor's cookie, or prolong it."""
    if visitor.token:
        secure = request.scope["scheme"] == "https"
        response.set_cookie(COOKIE, visitor.token, max_age=_LIFE_S, path="/", secure=secure, httponly=True, samesite="strict")


async def own_conversation(ledger: Ledger, visitor: Visitor, exchange_id: str) -> str:
    """
    Return the conversation of an exchange that the visitor asked.

    Raises:
        UnknownExchange: Nobody's, or somebody else's: the visitor learns no difference.
    """
    place = await ledger.place_of(exchange_id)
    if place is None or place.platform != "web" or not visitor.owns(place.conversation_id):
        raise UnknownExchange(exchange_id)
    return place.conversation_id


def _is_browser(request: Request) -> bool:
    return request.scope["path"] == "/" or "sec-fetch-site" in request.headers or "origin" in request.headers
