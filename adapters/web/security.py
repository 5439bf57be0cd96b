"""What every request must pass before anything else looks at it."""

import hmac
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.failures import failure, language_of
from adapters.web.headers import harden
from adapters.web.services import WebServices
from bot.errors import Misconfigured
from bot.settings import WebSettings
from bot.texts import translate

LARGEST_BODY_BYTES = 64 * 1024
SHORTEST_TOKEN = 16
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OPERATOR = "/api/operator/"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def check_exposure(settings: WebSettings) -> None:
    """
    Refuse to serve beyond this machine without a token.

    Raises:
        Misconfigured: The host is not loopback and there is no token, or the token is too short to withstand guessing.
    """
    token = settings.admin_token.get_secret_value()
    if token and len(token) < SHORTEST_TOKEN:
        raise Misconfigured(f"web.admin_token has {len(token)} characters; make it at least {SHORTEST_TOKEN} (APRENDIZ_WEB__ADMIN_TOKEN)")
    if not token and not _is_loopback(settings.host):
        raise Misconfigured(
            f"web.host {settings.host} can be reached from other machines; set web.admin_token to at least {SHORTEST_TOKEN} characters "
            "(APRENDIZ_WEB__ADMIN_TOKEN), or serve on 127.0.0.1"
        )


class Guard:
    """
    Denies by default: foreign hosts, foreign origins, missing tokens, bodies that are no small JSON.

    Open without a token are the playground's page, its assets and `/healthz` only; the operator's endpoints have a token of their own.
    What lies *outside* (a platform's paths, such as `/slack`) is reached under the public address too and has proofs and formats of its
    own, which whoever is mounted there checks.
    """

    def __init__(self, app: ASGIApp, services: WebServices, outside: tuple[str, ...] = ()) -> None:
        self._app = app
        self._outside = outside
        self._public_host = _host_name(urlsplit(services.settings.public_url).netloc)
        self._operator_token = services.operator_token
        self._admin_token = services.settings.admin_token.get_secret_value()
        # Whoever listens on every address cannot know its names; a token is mandatory there and a foreign page has none.
        self._any_host = _is_wildcard(services.settings.host)
        self._hosts = _LOOPBACK | {services.settings.host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an HTTP request on, or answer it with the reason why not."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                harden(MutableHeaders(scope=message), scope["path"])
            await send(message)

        refusal = self._refusal(Request(scope))
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> JSONResponse | None:
        headers, path, language = request.headers, request.scope["path"], language_of(request)
        outside = any(path.startswith(f"{each}/") for each in self._outside)
        host = _host_name(headers.get("host", ""))
        if not (self._any_host or host in self._hosts or (outside and self._public_host and host == self._public_host)):
            return failure(HTTPStatus.MISDIRECTED_REQUEST, translate(language, "Nothing is served under that host name."))
        if request.method in _WRITES and not _is_same_origin(headers):
            return failure(HTTPStatus.FORBIDDEN, translate(language, "Requests from other sites are refused."))
        if outside:
            return None
        if not self._is_known(path, headers.get("authorization", "")):
            sentence = translate(language, "This needs a valid access token.")
            return failure(HTTPStatus.UNAUTHORIZED, sentence, {"WWW-Authenticate": "Bearer"})
        return _body_refusal(headers, language) if request.method in _WRITES else None

    def _is_known(self, path: str, authorization: str) -> bool:
        if path.startswith(_OPERATOR):
            return _bears(authorization, self._operator_token)
        is_open = path in ("/", "/healthz") or path.startswith("/static/")
        return is_open or not self._admin_token or _bears(authorization, self._admin_token)


def _body_refusal(headers: Headers, language: str) -> JSONResponse | None:
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, translate(language, "Please send JSON (Content-Type: application/json)."))
    length = headers.get("content-length", "")
    if not length.isdecimal():
        return failure(HTTPStatus.LENGTH_REQUIRED, translate(language, "Please say how long the body is (Content-Length)."))
    if int(length[:20]) > LARGEST_BODY_BYTES:
        sentence = translate(language, "That is too large: at most {limit} bytes are read.", limit=LARGEST_BODY_BYTES)
        return failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
    return None


def _bears(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    matches = hmac.compare_digest(given.strip().encode(), token.encode())
    return matches and bool(token) and scheme.lower() == "bearer"


def _is_same_origin(headers: Headers) -> bool:
    """Tell whether the page that sends this is ours; programs send neither header."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_wildcard(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return host == ""
