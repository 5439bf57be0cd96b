"""The server on a home: what it starts, tells and leaves behind."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from adapters.cli import doctor_machine
from adapters.cli.output import Output
from adapters.cli.running import FILE
from adapters.cli.server import EXAMPLES, Server, reachable
from bot.errors import TryAgainLater
from bot.settings import Settings, read_settings
from store.retrieval import HybridRetriever
from tests.adapters.cli.conftest import QUESTION, Aprendiz

CONNECTING = "not connected yet"
Look = Callable[[httpx2.AsyncClient], Awaitable[Any]]


def settings_of(home: Path) -> Settings:
    """Return the settings of the environment, with a free port."""
    settings = read_settings(home=home)
    return settings.model_copy(update={"web": settings.web.model_copy(update={"port": 0})})


def during(settings: Settings, look: Look, *, demo: bool = False) -> Any:
    """Serve, let *look* ask the server, stop it, and return what *look* saw."""

    async def run() -> Any:
        server = asyncio.create_task(Server(settings, Output(settings.language, as_json=False)).run(demo=demo))
        announced = settings.home / FILE
        while not await asyncio.to_thread(announced.exists):
            await asyncio.sleep(0.05)
            if server.done():
                server.result()
        url = json.loads(await asyncio.to_thread(announced.read_text))["url"]
        client = await asyncio.to_thread(httpx2.AsyncClient, base_url=url, timeout=60)
        try:
            async with client:
                return await look(client)
        finally:
            server.cancel()
            await asyncio.wait({server})

    return asyncio.run(run())


class Refusing(BaseHTTPRequestHandler):
    """Slack, to whom every token is revoked."""

    def do_POST(self) -> None:
        """Refuse."""
        body = b'{"ok": false, "error": "token_revoked"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the library's
        """Keep standard error clean."""


@pytest.fixture
def refusing_slack() -> Iterator[str]:
    """Return the address of a Slack that refuses every token."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/"
        server.shutdown()
        thread.join()


async def ask(client: httpx2.AsyncClient) -> Any:
    """Ask over HTTP."""
    return (await client.post("/generate", json={"input_text": QUESTION})).raise_for_status().json()


async def readiness(client: httpx2.AsyncClient) -> Any:
    """Return what the server says of its parts."""
    return (await client.get("/readyz")).json()


async def until_not_ready(client: httpx2.AsyncClient) -> Any:
    """Wait at most ten seconds for a part that does not work, and is not merely about to connect."""
    ready = await readiness(client)
    for _ in range(100):
        if not ready["ready"] and not any(check["detail"] == CONNECTING for check in ready["checks"]):
            break
        await asyncio.sleep(0.1)
        ready = await readiness(client)
    return ready


def test_it_answers_and_tells_what_runs(asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Model, ledger, index, knowledge, platforms and address: what an operator asks first; nothing blocks the loop meanwhile."""
    answer = during(settings_of(asked), ask)
    said = capsys.readouterr().out

    assert answer["sources"][0]["source"] == "filters.md"
    assert "Aprendiz is running" in said
    assert "SmolLM2" in said
    assert "documents: 1, passages: 1" in said
    assert "not set up: set APRENDIZ_SLACK__BOT_TOKEN and APRENDIZ_SLACK__APP_TOKEN" in said
    assert "not set up: set APRENDIZ_DISCORD__TOKEN" in said
    assert "http://127.0.0.1:" in said
    assert not (asked / FILE).exists()


def test_what_cannot_be_read_ahead_stops_nobody(asked: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Reading everything as it starts spares the first question a wait; that question reads it itself where the start could not."""

    async def refuse(_retriever: HybridRetriever) -> None:
        raise TryAgainLater("the Chroma server is busy")

    monkeypatch.setattr(HybridRetriever, "warm", refuse)

    assert during(settings_of(asked), ask)["sources"][0]["source"] == "filters.md"
    assert [vars(each)["reason"] for each in caplog.records if each.message == "retrieval not warmed"] == ["the Chroma server is busy"]


def test_the_demo_is_imported_once(home: Path, aprendiz: Aprendiz, capsys: pytest.CaptureFixture[str]) -> None:
    """The second start takes seconds, and finds every document as it was."""

    async def examples(client: httpx2.AsyncClient) -> Any:
        return (await client.get("/api/session")).json()["examples"]

    shown = during(settings_of(home), examples, demo=True)
    first = aprendiz("knowledge", "list", "--json").lines
    during(settings_of(home), readiness, demo=True)
    second = aprendiz("knowledge", "list", "--json").lines

    assert tuple(shown) == EXAMPLES
    assert {document["audience"] for document in first} == {"employees", "customers", "all"}
    assert first == second


def test_the_demo_leaves_a_companys_own_home_alone(asked: Path, aprendiz: Aprendiz, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody else's fees must not turn up in real answers."""
    during(settings_of(asked), readiness, demo=True)
    said = capsys.readouterr().out

    assert "the sample company is left out" in said
    assert [document["shown"] for document in aprendiz("knowledge", "list", "--json").lines] == ["filters.md"]


def test_a_platform_that_fails_does_not_silence_the_others(
    asked: Path, refusing_slack: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A revoked Slack token is told, and the playground still answers; readiness shows it too."""
    monkeypatch.setenv("APRENDIZ_SLACK__BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("APRENDIZ_SLACK__APP_TOKEN", "xapp-1")
    monkeypatch.setenv("APRENDIZ_SLACK__API_URL", refusing_slack)

    async def look(client: httpx2.AsyncClient) -> Any:
        return await until_not_ready(client), await ask(client)

    ready, answer = during(settings_of(asked), look)

    assert [check["name"] for check in ready["checks"] if not check["ok"]] == ["slack"]
    assert answer["output_text"]
    assert "slack is not connected: " in capsys.readouterr().err


def test_a_platform_out_of_reach_is_tried_again(asked: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A network that comes up after the server must not need a restart."""
    monkeypatch.setenv("APRENDIZ_DISCORD__TOKEN", "token")
    monkeypatch.setenv("APRENDIZ_DISCORD__API_URL", "http://127.0.0.1:9/api/v10")
    ready = during(settings_of(asked), until_not_ready)

    assert [check["name"] for check in ready["checks"] if not check["ok"]] == ["discord"]
    assert "Trying again in 30 s." in capsys.readouterr().err


def test_a_platform_that_is_silent_is_not_ready(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Slack that does not answer at the start is waited for, and readiness says so; Slack's own paths are there, and say so too."""
    monkeypatch.setenv("APRENDIZ_SLACK__BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("APRENDIZ_SLACK__SIGNING_SECRET", "secret")
    monkeypatch.setenv("APRENDIZ_SLACK__API_URL", "http://127.0.0.1:9/api/")

    async def look(client: httpx2.AsyncClient) -> Any:
        return await readiness(client), await client.post("/slack/events", content=b"{}")

    ready, posted = during(settings_of(asked), look)

    assert [(check["name"], check["detail"]) for check in ready["checks"] if not check["ok"]] == [("slack", CONNECTING)]
    assert posted.status_code == 503


def test_its_own_commands_reach_a_server_that_listens_everywhere() -> None:
    """0.0.0.0 is where to listen, not where to call."""
    assert reachable("http://0.0.0.0:8642/") == "http://127.0.0.1:8642/"
    assert reachable("http://[::]:8642/") == "http://[::1]:8642/"
    assert reachable("http://127.0.0.1:8642/") == "http://127.0.0.1:8642/"


def test_a_full_disk_is_not_ready(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever watches `/readyz` should know before the first question is refused."""
    monkeypatch.setattr(doctor_machine, "TOO_LITTLE_BYTES", 10**18)
    monkeypatch.setattr(doctor_machine, "ENOUGH_BYTES", 10**18)
    ready = during(settings_of(asked), readiness)

    assert [check["name"] for check in ready["checks"] if not check["ok"]] == ["disk"]
