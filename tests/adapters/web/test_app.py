"""Serving: the address, a taken port, stopping."""

import asyncio
import json
import signal
import socket
import time

import httpx2
import pytest

from adapters.web.app import create_app, serve
from bot.errors import Misconfigured
from bot.settings import WebSettings
from tests.adapters.web.site import FILTERS, Site, until
from tests.fakes.backend import ScriptedBackend


async def test_port_zero_reports_the_real_address() -> None:
    """`serve` prints an address that can be clicked."""
    async with Site().open() as site:
        assert not site.url.endswith(":0")
        async with httpx2.AsyncClient() as client:
            assert (await client.get(f"{site.url}/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("host", "start"), [("::1", "http://[::1]:"), ("localhost", "http://localhost:"), ("127.0.0.1", "http://127.0.0.1:")]
)
async def test_the_reported_address_is_one_that_is_let_in(host: str, start: str) -> None:
    """It is by the configured name, which the guard knows, and an IPv6 address needs brackets."""
    listening = asyncio.get_running_loop().create_future()
    services = Site(settings=WebSettings(host=host)).services
    serving = asyncio.create_task(serve(create_app(services), host=host, port=0, ready=listening.set_result))
    try:
        address = await asyncio.wait_for(listening, 5)
        async with httpx2.AsyncClient() as client:
            response = await client.get(f"{address}healthz")
    finally:
        serving.cancel()
        await asyncio.wait({serving})

    assert address.startswith(start)
    assert response.status_code == 200


async def test_a_taken_port_is_one_sentence() -> None:
    """The operator learns which address, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"^web: 127\.0\.0\.1:{port} cannot be listened on \(Address already in use\); stop what"):
            await serve(create_app(Site().services), host="127.0.0.1", port=port)


async def test_an_address_of_another_machine_is_one_sentence() -> None:
    """A wrong host is a setting to correct, not a stack trace."""
    with pytest.raises(Misconfigured, match=r"203\.0\.113\.7:0 cannot be listened on"):
        await serve(create_app(Site().services), host="203.0.113.7", port=0)


async def test_signals_stay_with_the_process() -> None:
    """One owner of SIGTERM stops all parts in order; the web server must not take it."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with Site().open():
        during = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    assert before == during


async def test_stopping_lets_a_running_answer_end() -> None:
    """A restart should not cut an answer short that is almost there."""
    site = Site(ScriptedBackend(("a ", "b ", "c"), delay_s=0.2))
    async with httpx2.AsyncClient(timeout=20) as client:
        async with site.open():
            asking = asyncio.create_task(client.post(f"{site.url}/generate", json={"input_text": FILTERS}))
            await until(lambda: site.backend.running)
        answer = await asking

    assert answer.json()["output_text"] == "a b c"


async def test_stopping_takes_at_most_five_seconds() -> None:
    """An endless answer must not hold up a shutdown; its exchange is closed, and its reader is told."""
    site = Site(ScriptedBackend(("word ",) * 300, delay_s=0.2))
    async with httpx2.AsyncClient(timeout=20) as client:
        async with site.open():
            asking = asyncio.create_task(client.post(f"{site.url}/api/ask", json={"input_text": FILTERS}))
            await until(lambda: site.backend.running)
            began = time.monotonic()
        took = time.monotonic() - began
        await asyncio.wait({asking})

    lines = [json.loads(line) for line in asking.result().text.splitlines()]
    assert took < 5
    assert lines[-1] == {"type": "error", "error": "I am being restarted. Please ask again in a moment.", "retry": True}
    assert [kept.reason for kept in site.ledger.kept.values()] == ["left"]


async def test_a_name_that_means_nothing_is_one_sentence() -> None:
    """A typing error in the host is told as such."""
    with pytest.raises(Misconfigured, match=r"^web: no\.such\.name\.invalid:0 cannot be listened on \(.*(known|resol).*\)"):
        await serve(create_app(Site().services), host="no.such.name.invalid", port=0)
