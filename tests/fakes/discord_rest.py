"""Discord's REST interface for channels, messages and threads."""

import json
import time
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.typedefs import Handler

from tests.fakes import discord_payloads as payloads
from tests.fakes.discord_limits import Throttle, answer
from tests.fakes.discord_payloads import ME, REPLY, user
from tests.fakes.discord_rules import (
    HAS_A_THREAD,
    MISSING_ACCESS,
    NOT_OURS,
    UNAUTHORIZED,
    UNKNOWN_CHANNEL,
    Refusal,
    check_message,
    check_thread_name,
    invalid,
)
from tests.fakes.discord_world import TOKEN, World

_OPEN = ("/gateway", "/api/interactions/", "/api/webhooks/")  # reached without the app's token


class Rest:
    """The routes of one world."""

    def __init__(self, world: World, throttle: Throttle) -> None:
        self.world = world
        self.throttle = throttle

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.middlewares.append(self._guard)
        messages = "/api/channels/{channel}/messages"
        app.router.add_get("/api/users/@me", self._me)
        app.router.add_get("/api/oauth2/applications/@me", self._application)
        app.router.add_get("/api/gateway/bot", self._gateway)
        app.router.add_get("/gateway", self.world.gateway.connect)
        app.router.add_put("/api/applications/{application}/commands", self._commands)
        app.router.add_get("/api/channels/{channel}", self._channel)
        app.router.add_get("/api/guilds/{guild}/members/{person}", self._member)
        app.router.add_post("/api/channels/{channel}/typing", self._typing)
        app.router.add_get(messages, self._history)
        app.router.add_post(messages, self._post)
        app.router.add_get(messages + "/{message}", self._read)
        app.router.add_patch(messages + "/{message}", self._edit)
        app.router.add_delete(messages + "/{message}", self._delete)
        app.router.add_post(messages + "/{message}/threads", self._open_thread)
        app.router.add_get(messages + "/{message}/reactions/{emoji}", self._people)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/gateway"):
            return await handler(request)
        try:
            refused = self.throttle.revoked or request.headers.get("Authorization") != f"Bot {TOKEN}"
            if refused and not request.path.startswith(_OPEN):
                raise UNAUTHORIZED
            if refusal := self.throttle.check(request):
                return refusal
            response = await handler(request)
        except Refusal as refusal:
            return answer({"message": refusal.message, "code": refusal.code}, status=refusal.status)
        response.headers.update(self.throttle.headers(request))
        return response

    async def _me(self, _: web.Request) -> web.Response:
        return answer(user(ME))

    async def _application(self, _: web.Request) -> web.Response:
        return answer(payloads.application())

    async def _gateway(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return answer({"url": self.world.gateway.url, "shards": 1, "session_start_limit": limit})

    async def _commands(self, request: web.Request) -> web.Response:
        self.world.commands = await request.json()
        more = {"application_id": str(ME), "version": "1", "description": "", "default_member_permissions": None, "nsfw": False}
        return answer([{**more, **each, "id": self.world.snowflakes.new()} for each in self.world.commands])

    async def _channel(self, request: web.Request) -> web.Response:
        channel = _channel_of(request)
        self.world.demand(channel)
        found = self.world.channels.get(channel) or self.world.threads.get(channel)
        if found is None:
            raise UNKNOWN_CHANNEL
        return answer(found)

    async def _member(self, request: web.Request) -> web.Response:
        person = int(request.match_info["person"])
        return answer({**self.world.member(person), "user": user(person)})

    async def _typing(self, request: web.Request) -> web.Response:
        channel = _channel_of(request)
        self.world.demand(channel, "send")
        self.world.typed.append((time.monotonic(), channel))
        await self.world.gateway.tell()
        return web.Response(status=204)

    async def _history(self, request: web.Request) -> web.Response:
        """Return messages, newest first; before or after an id, at most 100."""
        channel = _channel_of(request)
        self.world.demand(channel, "history")
        limit = int(request.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise invalid("limit: int value should be between 1 and 100.")
        there = sorted((each for each in self.world.everything.values() if each["channel_id"] == str(channel)), key=_id_of)
        if "after" in request.query:
            there = [each for each in there if _id_of(each) > int(request.query["after"])][:limit]
        elif "before" in request.query:
            there = [each for each in there if _id_of(each) < int(request.query["before"])]
        return answer([self.world.shown(each) for each in reversed(there[-limit:])])

    async def _read(self, request: web.Request) -> web.Response:
        self.world.demand(_channel_of(request), "history")
        return answer(self.world.shown(self._message(request)))

    async def _post(self, request: web.Request) -> web.Response:
        channel = _channel_of(request)
        self.world.demand(channel, "send")
        body, files = await body_of(request)
        if files:
            self.world.demand(channel, "files")
        check_message(body, files=len(files))
        reference = self._reference(body, channel)
        message = self.world.known(str(body["nonce"])) if body.get("enforce_nonce") else None
        if message is None:
            message = payloads.message(body.get("content") or "", ME, self.world.snowflakes.new(), channel=channel)
            message |= {"nonce": body.get("nonce"), "components": body.get("components", []), **reference}
            self._attach(message, files)
            await self.world.keep(message)
        await self.world.note("POST", body)
        return answer(message)

    def _reference(self, body: dict[str, Any], channel: int) -> dict[str, Any]:
        reference = body.get("message_reference")
        if reference is None:
            return {}
        if reference["channel_id"] != channel and reference["channel_id"] != str(channel):
            raise invalid("message_reference: Cannot reply to a message in a different channel")
        if str(reference["message_id"]) not in self.world.everything:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference: Unknown message")
            return {}
        told = {"message_id": str(reference["message_id"]), "channel_id": str(channel), **self.world.where(channel), "type": 0}
        return {"type": REPLY, "message_reference": told}

    async def _edit(self, request: web.Request) -> web.Response:
        self.world.demand(_channel_of(request))
        message = self._message(request)
        body, files = await body_of(request)
        if message["author"]["id"] != str(ME):
            raise NOT_OURS
        await self.change(message, body, files)
        return answer(message)

    async def change(self, message: dict[str, Any], body: dict[str, Any], files: dict[str, bytes]) -> None:
        """Edit a message of ours."""
        if files:
            self.world.demand(int(message["channel_id"]), "files")
        check_message(body, files=len(files), new=False)
        self._attach(message, files)
        changed = {key: body[key] for key in ("content", "components", "embeds") if key in body}
        if "components" in changed:
            changed["components"] = changed["components"] or []
        await self.world.change(message, **changed, edited_timestamp=payloads.time_of(self.world.snowflakes.new()))
        await self.world.note("PATCH", body)

    async def _delete(self, request: web.Request) -> web.Response:
        self.world.demand(_channel_of(request))
        await self.world.remove(self._message(request))
        return web.Response(status=204)

    async def _open_thread(self, request: web.Request) -> web.Response:
        channel = _channel_of(request)
        self.world.demand(channel, "threads")
        message = self._message(request)
        body = await request.json()
        check_thread_name(body.get("name"))
        if int(message["id"]) in self.world.threads:
            raise HAS_A_THREAD
        thread = payloads.thread(message["id"], parent=channel, name=body["name"], owner=ME)
        self.world.threads[int(message["id"])] = thread
        await self.world.gateway.dispatch("THREAD_CREATE", {**thread, "newly_created": True})
        return answer(thread, status=201)

    async def _people(self, request: web.Request) -> web.Response:
        self.world.demand(_channel_of(request), "history")
        if request.match_info["message"] in self.world.unreadable:
            raise MISSING_ACCESS
        people = self.world.reactions[self._message(request)["id"]].get(request.match_info["emoji"], [])
        after = int(request.query.get("after", 0))
        return answer([user(person) for person in sorted(people) if person > after][: int(request.query.get("limit", 25))])

    def _attach(self, message: dict[str, Any], files: dict[str, bytes]) -> None:
        for name, content in files.items():
            self.world.files[message["id"]] = content
            url = f"https://cdn.discordapp.com/attachments/{message['channel_id']}/{message['id']}/{name}"
            message["attachments"] = [{"id": message["id"], "filename": name, "size": len(content), "url": url, "proxy_url": url}]

    def _message(self, request: web.Request) -> dict[str, Any]:
        return self.world.find(_channel_of(request), request.match_info["message"])


async def body_of(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a request's JSON and its files by name."""
    if not request.content_type.startswith("multipart/"):
        return await request.json(), {}
    body: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)  # forms are not nested
        if part.name == "payload_json":
            body = json.loads(await part.text())
        else:
            files[part.filename or ""] = bytes(await part.read())
    return body, files


def _channel_of(request: web.Request) -> int:
    return int(request.match_info["channel"])


def _id_of(message: dict[str, Any]) -> int:
    return int(message["id"])
