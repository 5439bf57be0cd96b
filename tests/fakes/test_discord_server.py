"""The small Discord refuses what Discord refuses, and breaks as Discord breaks: otherwise what it proves of us is worth nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.fakes.discord_payloads import CHANNEL, EPHEMERAL, LOADING, ME
from tests.fakes.discord_server import TOKEN, DiscordServer, discord_server

MESSAGES = f"/channels/{CHANNEL}/messages"
ROW = {"type": 1, "components": [{"type": 2, "style": 2, "label": "Good", "custom_id": "a"}]}


class App:
    """An app that speaks plain HTTP."""

    def __init__(self, server: DiscordServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._session = session

    async def call(self, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> tuple[int, Any]:
        """Return a call's status, and its body or Discord's error code."""
        headers = {"Authorization": f"Bot {token}"}
        async with self._session.request(method, f"{self.server.url}/api{path}", json=body, headers=headers) as response:
            data: Any = await response.json() if response.content_length else None
            return response.status, data["code"] if response.status >= 400 and response.status != 429 else data

    async def post(self, content: str = "hello", **fields: Any) -> Any:
        """Return a message that was posted."""
        status, message = await self.call("POST", MESSAGES, {"content": content, **fields})
        assert status == 200
        return message


@pytest.fixture
async def app() -> AsyncIterator[App]:
    """An app and its Discord."""
    async with discord_server() as server, aiohttp.ClientSession() as session:
        yield App(server, session)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"content": "x" * 2001}, 50035),
        ({"content": " \n"}, 50006),
        ({}, 50006),
        ({"content": "x", "nonce": "n" * 26}, 50035),
        ({"content": "x", "components": [ROW] * 6}, 50035),
        ({"content": "x", "components": [ROW, ROW]}, 50035),
        ({"content": "x", "components": [{"type": 1, "components": []}]}, 50035),
        ({"content": "x", "components": [{"type": 1, "components": [{"type": 2, "custom_id": "c" * 101}]}]}, 50035),
        ({"content": "x", "components": [{"type": 1, "components": [{"type": 2, "custom_id": "c", "label": "l" * 81}]}]}, 50035),
        ({"content": "x", "message_reference": {"message_id": "1", "channel_id": str(CHANNEL)}}, 50035),
        ({"content": "x", "message_reference": {"message_id": "1", "channel_id": "1", "fail_if_not_exists": False}}, 50035),
    ],
    ids=["long", "blank", "empty", "nonce", "rows", "twice", "no buttons", "custom id", "label", "unknown reply", "reply elsewhere"],
)
async def test_a_message_that_discord_would_refuse_is_refused(app: App, body: dict[str, Any], code: int) -> None:
    """Each is a mistake that we could make."""
    assert await app.call("POST", MESSAGES, body) == (400, code)
    assert app.server.messages == {}


async def test_a_wrong_token_is_refused(app: App) -> None:
    """A revoked one looks the same."""
    assert await app.call("GET", "/users/@me", token="other") == (401, 0)


@pytest.mark.parametrize(
    ("denied", "method", "path", "answer"),
    [
        ("send", "POST", MESSAGES, (403, 50013)),
        ("send", "POST", f"/channels/{CHANNEL}/typing", (403, 50013)),
        ("history", "GET", MESSAGES, (403, 50013)),
        ("view", "GET", f"/channels/{CHANNEL}", (403, 50001)),
        ("gone", "GET", f"/channels/{CHANNEL}", (404, 10003)),
    ],
)
async def test_what_the_app_may_not_do_is_refused(app: App, denied: str, method: str, path: str, answer: tuple[int, int]) -> None:
    """Permissions differ from channel to channel."""
    app.server.denied[CHANNEL].add(denied)

    assert await app.call(method, path, {"content": "x"} if method == "POST" else None) == answer


async def test_only_our_own_messages_can_be_edited_and_unknown_ones_not_at_all(app: App) -> None:
    """A deleted message is unknown."""
    theirs, ours = await app.server.say("hello"), await app.post()

    assert await app.call("PATCH", f"{MESSAGES}/{theirs}", {"content": "x"}) == (403, 50005)
    assert (await app.call("PATCH", f"{MESSAGES}/{ours['id']}", {"content": "x"}))[0] == 200
    assert await app.call("DELETE", f"{MESSAGES}/{ours['id']}") == (204, None)
    assert await app.call("PATCH", f"{MESSAGES}/{ours['id']}", {"content": "x"}) == (404, 10008)
    assert await app.call("GET", f"{MESSAGES}/{ours['id']}") == (404, 10008)


async def test_a_nonce_makes_a_post_idempotent_until_its_message_is_deleted(app: App) -> None:
    """As documented for enforce_nonce."""
    first = await app.post(nonce="n", enforce_nonce=True)
    again = await app.post("other", nonce="n", enforce_nonce=True)
    assert again["id"] == first["id"]
    await app.server.delete(first["id"])

    assert await app.call("POST", MESSAGES, {"content": "x", "nonce": "n", "enforce_nonce": True}) == (404, 10008)


async def test_history_comes_newest_first_before_or_after_an_id(app: App) -> None:
    """A hundred at most in one request."""
    said = [await app.server.say(str(number)) for number in range(120)]

    async def read(query: str) -> list[str]:
        _, messages = await app.call("GET", f"{MESSAGES}{query}")
        return [message["content"] for message in messages]

    assert await read("?limit=2") == ["119", "118"]
    assert await read(f"?limit=2&before={said[50]}") == ["49", "48"]
    assert await read(f"?limit=2&after={said[50]}") == ["52", "51"]
    assert len(await read("?limit=100")) == 100
    assert await app.call("GET", f"{MESSAGES}?limit=101") == (400, 50035)


async def test_a_message_has_one_thread_with_its_id(app: App) -> None:
    """A second attempt is told so."""
    message = await app.server.say("hello")
    path = f"{MESSAGES}/{message}/threads"

    assert await app.call("POST", path, {"name": ""}) == (400, 50035)
    status, thread = await app.call("POST", path, {"name": "talk"})
    assert (status, thread["id"]) == (201, message)
    assert await app.call("POST", path, {"name": "talk"}) == (400, 160004)
    app.server.denied[CHANNEL].add("threads")
    assert await app.call("POST", path, {"name": "talk"}) == (403, 50013)


async def test_the_documented_limits_hold_for_a_channel_and_for_everything(app: App) -> None:
    """Five posts in five seconds, fifty requests in one."""
    app.server.throttle.documented = True
    posts = [await app.call("POST", MESSAGES, {"content": "x"}) for _ in range(6)]
    assert [status for status, _ in posts] == [200] * 5 + [429]
    assert 3 < posts[-1][1]["retry_after"] <= 5
    assert posts[-1][1]["global"] is False
    async with asyncio.TaskGroup() as group:
        reads = [group.create_task(app.call("GET", "/users/@me")) for _ in range(60)]
    refused = [data for status, data in (read.result() for read in reads) if status == 429]

    assert len(refused) >= 10
    assert refused[0]["global"] is True


async def test_an_interaction_is_answered_once_within_three_seconds(app: App) -> None:
    """Discord tells the person that it failed otherwise."""
    clock = [0.0]
    app.server.now = lambda: clock[0]
    first, second = await app.server.command("ask", question="When?"), await app.server.command("ask", question="When?")

    async def respond(token: str, body: dict[str, Any]) -> tuple[int, Any]:
        return await app.call("POST", f"/interactions/1/{token}/callback", body)

    assert (await respond(first.token, {"type": 5}))[0] == 200
    assert await respond(first.token, {"type": 5}) == (400, 40060)
    clock[0] = 4.0
    assert await respond(second.token, {"type": 5}) == (404, 10062)
    assert await respond("unknown", {"type": 5}) == (404, 10062)
    assert await app.server.acknowledged(first)
    assert not await app.server.acknowledged(second, timeout_s=0.01)


async def test_a_token_lives_for_fifteen_minutes(app: App) -> None:
    """What takes longer goes by ordinary messages."""
    clock = [0.0]
    app.server.now = lambda: clock[0]
    command = await app.server.command("ask", question="When?")
    path = f"/webhooks/{ME}/{command.token}"
    assert await app.call("POST", path, {"content": "too early"}) == (404, 10015)
    await app.call("POST", f"/interactions/1/{command.token}/callback", {"type": 5})
    message = app.server.messages[command.message_id]
    assert message["flags"] == LOADING
    assert (await app.call("PATCH", f"{path}/messages/@original", {"content": "done"}))[0] == 200
    assert (message["content"], message["flags"]) == ("done", 0)
    assert (await app.call("POST", path, {"content": "psst", "flags": EPHEMERAL}))[0] == 200
    [private] = command.private.values()
    assert (await app.call("PATCH", f"{path}/messages/{private['id']}", {"content": "psst!"}))[1]["content"] == "psst!"
    assert (await app.call("DELETE", f"{path}/messages/{private['id']}"))[0] == 204
    assert (await app.call("DELETE", f"{path}/messages/@original"))[0] == 204
    assert await app.call("GET", f"{path}/messages/@original") == (404, 10008)
    clock[0] = 901.0

    assert await app.call("POST", path, {"content": "too late"}) == (401, 50027)
    assert await app.call("GET", f"/webhooks/{ME}/unknown/messages/@original") == (404, 10015)


@pytest.mark.parametrize(
    "form",
    [
        {"title": "", "custom_id": "c", "components": [{}]},
        {"title": "t" * 46, "custom_id": "c", "components": [{}]},
        {"title": "t", "custom_id": "c" * 101, "components": [{}]},
        {"title": "t", "custom_id": "c", "components": []},
    ],
)
async def test_a_form_that_discord_would_refuse_is_refused(app: App, form: dict[str, Any]) -> None:
    """It is the first response to a click; a refused one leaves the person with a failure."""
    click = await app.server.click(await app.post(), "a")

    assert await app.call("POST", f"/interactions/1/{click.token}/callback", {"type": 9, "data": form}) == (400, 50035)


async def test_a_deleted_channel_takes_its_messages_along(app: App) -> None:
    """And is unknown from then on."""
    await app.server.say("hello")
    await app.server.delete_channel(CHANNEL)

    assert app.server.everything == {}
    assert await app.call("POST", MESSAGES, {"content": "x"}) == (404, 10003)


async def test_a_file_is_kept_with_its_message(app: App) -> None:
    """Files come in a form with the message's fields beside them."""
    form = aiohttp.FormData()
    form.add_field("payload_json", '{"content": ""}')
    form.add_field("files[0]", b"# Answer", filename="answer.md")
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with aiohttp.ClientSession() as session, session.post(f"{app.server.url}/api{MESSAGES}", data=form, headers=headers) as response:
        message = await response.json()

    assert app.server.files == {message["id"]: b"# Answer"}
    assert message["attachments"][0]["filename"] == "answer.md"
