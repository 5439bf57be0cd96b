"""Slack over HTTP: verified, bounded, acknowledged, answered; and everything else turned away with one plain status."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.errors import Misconfigured
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.slack_requests import Requests
from tests.fakes.slack_server import FakeSlack

EVENT: dict[str, Any] = {"type": "message", "channel_type": "im", "text": "When?", "user": "U1", "channel": "D1"}


@asynccontextmanager
async def over_http(slack: FakeSlack) -> AsyncIterator[Stage]:
    """Run the adapter in HTTP mode behind a real server."""
    stage = Stage(slack, settings=ALLOWED)
    async with stage.reachable() as address, stage.playing(slack.http_settings):
        slack.request_url = f"{address}/slack/events"
        yield stage


def direct(slack: FakeSlack) -> dict[str, Any]:
    """Return a direct message that Slack knows."""
    said = slack.workspace.new_ts()
    return {**EVENT, "ts": said}


async def test_a_mention_is_answered_over_http() -> None:
    """Where sockets are not wanted, everything works over one address."""
    async with FakeSlack().serving() as slack, over_http(slack) as stage:
        asked = slack.say("U1", "C1", f"{MENTION} When?")
        await stage.finished("C1", asked.ts)
        (answer,) = slack.workspace.answers("C1", asked.ts)
        assert await slack.click("U2", answer, "negative_button")

        assert answer.body == "Yes. Every six months."
        assert all(acknowledged for _, _, acknowledged in slack.deliveries)
        assert [vote[0] for kept in stage.memory.kept.values() for vote in kept.votes.values()] == ["down"]
        assert not slack.calls["apps.connections.open"]


async def test_a_command_is_taken_whatever_it_says() -> None:
    """Bolt takes a form that says "payload" for something else: a question about payloads must not be lost."""
    async with FakeSlack().serving() as slack, over_http(slack) as stage:
        ack = await slack.command("U1", "C1", "/ask", "what is a payload?")
        assert ack is not None
        assert ack.payload["response_type"] == "ephemeral"
        await slack.until(lambda: any(kept.exchange for kept in stage.memory.kept.values()))

        assert [kept.question.text for kept in stage.memory.kept.values()] == ["what is a payload?"]


async def test_slack_can_verify_the_address() -> None:
    """The developer console does so when the address is entered."""
    async with FakeSlack().serving() as slack, over_http(slack):
        reply = await Requests(slack).challenge("abc")

        assert (reply.status, "abc" in reply.body) == (200, True)


async def test_what_is_not_slacks_is_refused() -> None:
    """Unsigned, wrongly signed and stale requests do nothing; a replayed one is a duplicate."""
    async with FakeSlack().serving() as slack, over_http(slack) as stage:
        requests, event = Requests(slack), direct(slack)

        assert (await requests.unsigned(event)).status == 401
        assert (await requests.wrongly_signed(event)).status == 401
        assert (await requests.stale(event)).status == 401
        assert (await requests.stale(event, age_s=-600)).status == 401
        assert not stage.memory.kept
        first, second = await requests.replayed(event)
        assert (first.status, second.status) == (200, 200)
        assert len(stage.memory.kept) == 1


async def test_why_requests_are_refused_is_told_to_the_operator_once(caplog: pytest.LogCaptureFixture) -> None:
    """A clock that is off or a wrong secret turns every question away, and whoever asks sees nothing at all."""
    async with FakeSlack().serving() as slack, over_http(slack):
        requests, event = Requests(slack), direct(slack)
        for _ in range(2):
            await requests.stale(event)
            await requests.wrongly_signed(event)
            await requests.unsigned(event)

    told = [record for record in caplog.records if record.name == "adapters.slack.refusals"]
    assert ["clock differs" in record.message for record in told] == [True, False]
    assert "slack.signing_secret" in told[1].message
    assert 300 < getattr(told[0], "seconds", 0) < 310


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"type": "event_callback", "event": [', "application/json"),
        (b"[1, 2]", "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"payload=%7Bnot+json", "application/x-www-form-urlencoded"),
        (b"payload=%5B1%5D", "application/x-www-form-urlencoded"),
        (b"[" * 100_000, "application/json"),
        (b'{"team": 5, "user": 5, "enterprise": 7}', "application/json"),
    ],
)
async def test_malformed_requests_are_told_so(body: bytes, content_type: str) -> None:
    """A broken body is a bad request, not an error of ours, and the next good one is taken."""
    async with FakeSlack().serving() as slack, over_http(slack):
        requests = Requests(slack)

        assert (await requests.malformed(body, content_type)).status == 400
        assert (await requests.good(direct(slack))).status == 200


async def test_bodies_are_bounded_whatever_they_claim() -> None:
    """A megabyte is read at most, also of a body that does not say how long it is."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 50_000

    async with FakeSlack().serving() as slack, over_http(slack):
        assert (await Requests(slack).oversized(direct(slack))).status == 413
        async with aiohttp.ClientSession() as session, session.post(slack.request_url, data=endless()) as answer:
            assert answer.status == 413
        assert (await Requests(slack).good(direct(slack))).status == 200


async def test_an_unknown_team_is_acknowledged_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    """Slack must not send it again, and the log must not fill with it."""
    async with FakeSlack().serving() as slack, over_http(slack) as stage:
        for _ in range(3):
            assert (await Requests(slack).unknown_team(direct(slack))).status == 200

        assert not stage.memory.kept
        assert caplog.text.count("event of a workspace without installation") == 1


async def test_other_paths_and_methods_are_not_found() -> None:
    """There is one address, and no install page without OAuth."""
    async with FakeSlack().serving() as slack, over_http(slack), aiohttp.ClientSession() as session:
        base = slack.request_url.removesuffix("/events")
        for method, path in (("GET", "events"), ("POST", "install"), ("GET", "install"), ("GET", "oauth_redirect"), ("GET", "")):
            async with session.request(method, f"{base}/{path}") as answer:
                assert answer.status == 404


async def test_before_slack_was_reached_it_is_not_ready() -> None:
    """An event in that moment is not lost: Slack sends it again."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.reachable() as address:
            async with stage.playing(slack.http_settings):
                slack.request_url = f"{address}/slack/events"
            reply = await Requests(slack).good(direct(slack))

        assert (reply.status, reply.headers["Retry-After"]) == (503, "5")


async def test_a_missing_signing_secret_is_named() -> None:
    """Neither a socket nor a secret: one sentence names both."""
    async with FakeSlack().serving() as slack:
        settings = slack.http_settings.model_copy(update={"signing_secret": SecretStr(" ")})
        with pytest.raises(Misconfigured, match=r"slack\.signing_secret"):
            async with Stage(slack).playing(settings):
                pass


async def test_over_a_socket_nothing_is_mounted() -> None:
    """No door is open that nobody needs."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack)
        async with stage.playing():
            assert stage.app is not None
            assert stage.app.http is None
