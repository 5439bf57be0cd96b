"""What a platform mounts: reached from outside under the public name, and a door to nothing else."""

import httpx2
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from adapters.web.app import create_app
from bot.settings import WebSettings
from tests.adapters.web.site import Site

PUBLIC = WebSettings(admin_token=SecretStr("a-long-enough-token"), public_url="https://bot.example:8443/")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of what came."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{scope['method']} {len(body)}")(scope, receive, send)


def client(settings: WebSettings = PUBLIC, *, host: str = "bot.example") -> httpx2.AsyncClient:
    app = create_app(Site(settings=settings).services, mounts={"/slack": echo})
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=f"http://{host}")


@pytest.mark.parametrize("host", ["bot.example", "BOT.example:443", "127.0.0.1:8642"])
async def test_slack_reaches_its_path_without_our_token(host: str) -> None:
    """It has a signature of its own, sends forms and need not say how long they are."""
    async with client(host=host) as http:
        answer = await http.post("/slack/events", content=b"payload=x", headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status_code, answer.text) == (200, "POST 9")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/readyz", "/generate", "/slack", "/slackers/x", "/api/operator/x"])
async def test_the_public_name_opens_nothing_else(path: str) -> None:
    """A proxy forwards what it likes."""
    async with client() as http:
        assert (await http.get(path)).status_code == 421


async def test_foreign_names_and_pages_are_refused_there_too() -> None:
    """Neither another site's form nor another name for this machine."""
    async with client(host="evil.example") as http:
        assert (await http.get("/slack/install")).status_code == 421
    async with client() as http:
        assert (await http.post("/slack/events", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403


async def test_without_a_public_name_only_our_own_are_served() -> None:
    """An empty setting is no name."""
    async with client(WebSettings(), host="bot.example") as http:
        assert (await http.get("/slack/install")).status_code == 421
        assert (await http.get("/slack/install", headers={"Host": ""})).status_code == 421
