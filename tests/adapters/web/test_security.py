"""Who gets in, and what every response carries."""

from http import HTTPStatus

import httpx2
import pytest
from pydantic import SecretStr

from adapters.web.app import create_app
from adapters.web.visitor import COOKIE
from bot.errors import Misconfigured
from bot.settings import WebSettings
from tests.adapters.web.site import FILTERS, Site, guarded

TOKEN = "a-long-enough-token"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_beyond_loopback_needs_a_token(host: str) -> None:
    """Exposing a company's knowledge by one setting alone must not be possible."""
    with pytest.raises(Misconfigured, match="can be reached from other machines"):
        create_app(Site(settings=WebSettings(host=host)).services)


def test_a_token_that_can_be_guessed_is_refused() -> None:
    """Sixteen characters is the least."""
    with pytest.raises(Misconfigured, match=r"web\.admin_token has 5 characters"):
        create_app(Site(settings=WebSettings(admin_token=SecretStr("12345"))).services)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_loopback_needs_none(host: str) -> None:
    """The demo starts without any setting."""
    create_app(Site(settings=WebSettings(host=host)).services)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("LOCALHOST:80", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost:80@evil.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
async def test_only_our_own_names_are_served(host: str, status: int) -> None:
    """A foreign name that resolves to this machine (DNS rebinding) would make a foreign page ours."""
    async with Site().program() as client:
        response = await client.get("/healthz", headers={"Host": host})

    assert response.status_code == status


@pytest.mark.parametrize("own", ["192.168.1.5", "Aprendiz.internal"])
async def test_the_configured_host_is_served(own: str) -> None:
    """People reach an exposed playground under its own address."""
    async with Site(settings=guarded(host=own)).program(Authorization=f"Bearer {TOKEN}") as client:
        statuses = [(await client.get("/readyz", headers={"Host": host})).status_code for host in (f"{own}:8642", "other.example")]

    assert statuses == [200, 421]


async def test_listening_everywhere_serves_every_name_behind_the_token() -> None:
    """A container cannot know its names; the token, which a foreign page lacks, is the guard there."""
    async with Site(settings=guarded(host="0.0.0.0")).program(Host="aprendiz.internal") as client:
        statuses = [(await client.get("/readyz", headers=headers)).status_code for headers in ({}, {"Authorization": f"Bearer {TOKEN}"})]

    assert statuses == [401, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("path", ["/generate", "/api/ask", "/api/ratings", "/api/consent"])
async def test_other_sites_cannot_write(path: str, headers: dict[str, str]) -> None:
    """A page elsewhere must not ask, rate or consent in a visitor's name."""
    site = Site()
    async with site.program(**headers) as client:
        response = await client.post(path, json={"input_text": FILTERS})

    assert (response.status_code, response.json()) == (HTTPStatus.FORBIDDEN, {"error": "Requests from other sites are refused."})
    assert not site.ledger.kept


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
async def test_only_json_is_read(kind: str) -> None:
    """A plain form can be sent across sites without a preflight; JSON cannot."""
    async with Site().program() as client:
        response = await client.post("/generate", content=b'{"input_text": "filter"}', headers={"Content-Type": kind})

    assert response.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


async def test_a_body_of_unknown_length_is_refused() -> None:
    """The bound on bodies must not be passed by streaming."""

    async def body() -> object:
        yield b'{"input_text": "filter"}'

    async with Site().program() as client:
        response = await client.post("/generate", content=body(), headers={"Content-Type": "application/json"})  # type: ignore[arg-type]

    assert response.status_code == HTTPStatus.LENGTH_REQUIRED


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/static/app.js", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 401),
        ("GET", "/api/session", 401),
        ("POST", "/generate", 401),
        ("POST", "/api/ask", 401),
        ("POST", "/api/ratings", 401),
        ("POST", "/api/consent", 401),
        ("GET", "/nothing", 401),
    ],
)
async def test_with_a_token_only_the_bare_page_is_open(method: str, path: str, status: int) -> None:
    """Whoever lacks the token sees the form for it and nothing of the company's."""
    async with Site(settings=guarded(), options={"examples": ("What is the secret project?",)}).program() as client:
        response = await client.request(method, path, json={} if method == "POST" else None)

    assert response.status_code == status
    assert "secret project" not in response.text


async def test_the_right_token_opens_everything() -> None:
    """The page and programs send it as a bearer."""
    async with Site(settings=guarded()).program(Authorization=f"bearer {TOKEN}") as client:
        response = await client.post("/generate", json={"input_text": FILTERS})

    assert response.status_code == HTTPStatus.OK


async def test_every_response_forbids_what_a_page_of_ours_never_does() -> None:
    """Injected markup must find nothing to run: no inline scripts, no other origins, no framing."""
    async with Site().program() as client:
        responses = [await client.get(path) for path in ("/", "/static/app.js", "/nothing", "/api/session")]

    for response in responses:
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
    assert [response.headers["cache-control"] for response in responses] == ["no-store", "no-cache", "no-store", "no-store"]
    assert "access-control-allow-origin" not in responses[0].headers


async def test_the_cookie_is_out_of_reach() -> None:
    """Scripts, other sites and plain connections never see who the browser is."""
    site = Site()
    async with site.open(), httpx2.AsyncClient(base_url=site.url) as client:
        plain = (await client.get("/")).headers["set-cookie"]
        client.cookies.clear()
        secure = (await client.get("/", headers={"X-Forwarded-Proto": "https"})).headers["set-cookie"]

    assert all(part in plain for part in ("HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={400 * 24 * 3600}"))
    assert ("Secure" in plain, "Secure" in secure) == (False, True)


async def test_a_browser_keeps_its_cookie_and_a_bad_one_is_replaced() -> None:
    """Identity lasts; what we never issued is not taken for one."""
    site = Site()
    async with site.open(), site.browser() as browser:
        await browser.get("/")
        first = browser.cookies[COOKIE]
        await browser.get("/")
        second = browser.cookies[COOKIE]
        browser.cookies.clear()
        replaced = (await browser.get("/", headers={"Cookie": f"{COOKIE}=short"})).cookies[COOKIE]

    assert first == second
    assert replaced not in (first, "short")


async def test_a_websocket_is_not_taken() -> None:
    """Nothing here speaks it."""
    sent: list[object] = []

    async def nothing(*message: object) -> object:
        sent.append(message)
        return {}

    await create_app(Site().services)({"type": "websocket", "path": "/", "headers": []}, nothing, nothing)  # type: ignore[arg-type]

    assert not sent
