"""
A small Discord over real sockets: what `simcord` leaves out, that is signing in, rate limits and the gateway's connections.

Written from https://docs.discord.com/developers/events/gateway and …/topics/rate-limits.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

TOKEN = "good.token"
ME, ANA, GUILD, CHANNEL = 900, 700, 100, 200
_EPOCH_MS = 1420070400000  # https://docs.discord.com/developers/reference#snowflakes


class DiscordServer:
    """
    One guild with one member; any channel may be written in, though only the first is announced.

    `messages` are ours by id, `posts` the (seconds, method, body) of each accepted call, `sessions` the kinds of sign-in so far;
    `refusals` many calls are answered with 429 first; `close_code` ends each new connection after its sign-in.
    """

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.posts: list[tuple[float, str, dict[str, Any]]] = []
        self.sessions: list[str] = []
        self.refusals = 0
        self.close_code = 0
        self.url = ""
        self._ids = itertools.count()
        self._sequence = 0
        self._sent: list[dict[str, Any]] = []
        self._socket: web.WebSocketResponse | None = None
        self._changed = asyncio.Condition()

    @property
    def contents(self) -> list[str]:
        """What our messages say, oldest first."""
        return [message["content"] for message in self.messages.values()]

    async def until(self, predicate: Any, *, timeout_s: float = 20) -> None:
        """Wait for something to become true after a call or a sign-in."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(predicate)

    async def say(self, content: str, *, message_id: str = "", channel: int = CHANNEL, reply_to: str = "") -> str:
        """Let Ana write in a channel, perhaps in reply; an event of an absent client waits for its resumption."""
        message = self._message(content, ANA, message_id or self._id(), channel=channel)
        if reply_to:
            message |= {"type": 19, "message_reference": {"message_id": reply_to, "channel_id": str(channel), "guild_id": str(GUILD)}}
        mentions = [_user(ME, bot=True)] if f"<@{ME}>" in content else []
        await self._dispatch("MESSAGE_CREATE", {**message, "guild_id": str(GUILD), "mentions": mentions, "member": _member()})
        return str(message["id"])

    def answers(self, channel: int) -> list[dict[str, Any]]:
        """Return our messages in a channel, oldest first."""
        return [message for message in self.messages.values() if message["channel_id"] == str(channel)]

    async def react(self, message: dict[str, Any], emoji: str, *, added: bool = True) -> None:
        """Let Ana react to a message."""
        data = {"user_id": str(ANA), "channel_id": message["channel_id"], "message_id": message["id"], "guild_id": str(GUILD)}
        event = "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE"
        await self._dispatch(event, {**data, "emoji": {"id": None, "name": emoji}, "burst": False, "type": 0})

    async def hang_up(self, code: int) -> None:
        """Close the connection."""
        if self._socket is not None:
            socket, self._socket = self._socket, None
            await socket.close(code=code)

    async def invalidate(self) -> None:
        """Tell the client that its session is lost."""
        if self._socket is not None:
            await self._socket.send_json({"op": 9, "d": False})

    def app(self) -> web.Application:
        """Return the server's routes."""
        app = web.Application()
        app.router.add_get("/api/users/@me", self._users_me)
        app.router.add_get("/api/oauth2/applications/@me", self._application)
        app.router.add_get("/api/gateway/bot", self._gateway_address)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_get("/api/channels/{channel}/messages/{message}", self._read)
        app.router.add_post("/api/channels/{channel}/typing", self._typing)
        app.router.add_post("/api/channels/{channel}/messages", self._post)
        app.router.add_patch("/api/channels/{channel}/messages/{message}", self._edit)
        return app

    async def _users_me(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return _json({"message": "401: Unauthorized", "code": 0}, status=401)
        return _json(_user(ME, bot=True))

    async def _application(self, _: web.Request) -> web.Response:
        fields = {"id": str(ME), "name": "aprendiz", "description": "", "icon": None, "bot_public": True, "verify_key": "k"}
        return _json({**fields, "bot_require_code_grant": False, "owner": _user(ANA), "flags": 0})

    async def _gateway_address(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        return _json({"url": self.url.replace("http", "ws") + "/gateway", "shards": 1, "session_start_limit": limit})

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 45000}})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                await self._hear(socket, frame)
        return socket

    async def _hear(self, socket: web.WebSocketResponse, frame: WSMessage) -> None:
        heard = frame.json()
        match heard["op"]:
            case 1:
                await socket.send_json({"op": 11})
            case 2:
                await self._sign_in(socket, "identify")
            case 6:
                await self._sign_in(socket, "resume", after=heard["d"]["seq"])

    async def _sign_in(self, socket: web.WebSocketResponse, kind: str, *, after: int = 0) -> None:
        self._socket = socket
        missed = [event for event in self._sent if event["s"] > after]
        if self.close_code:
            await socket.close(code=self.close_code)
        elif kind == "identify":
            session = {
                "v": 10,
                "user": _user(ME, bot=True),
                "session_id": "s",
                "shard": [0, 1],
                "resume_gateway_url": self.url.replace("http", "ws") + "/gateway",
            }
            self._sent.clear()
            await self._dispatch(
                "READY", {**session, "guilds": [{"id": str(GUILD), "unavailable": True}], "application": {"id": str(ME), "flags": 0}}
            )
            await self._dispatch("GUILD_CREATE", _guild())
        else:
            for event in missed:
                await socket.send_json(event)
            await self._dispatch("RESUMED", {})
        async with self._changed:
            self.sessions.append(kind)
            self._changed.notify_all()

    async def _dispatch(self, event: str, data: dict[str, Any]) -> None:
        self._sequence += 1
        self._sent.append({"op": 0, "t": event, "s": self._sequence, "d": data})
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_json(self._sent[-1])

    async def _typing(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _read(self, request: web.Request) -> web.Response:
        return _json(self.messages[request.match_info["message"]])

    async def _post(self, request: web.Request) -> web.Response:
        if refusal := self._refusal():
            return refusal
        body = await request.json()
        nonce = body.get("nonce")
        known = next((message for message in self.messages.values() if body.get("enforce_nonce") and message["nonce"] == nonce), None)
        message = known or {
            **self._message(body["content"], ME, self._id(), channel=int(request.match_info["channel"])),
            "nonce": nonce,
            "components": body.get("components", []),
        }
        self.messages[message["id"]] = message
        await self._note("POST", body)
        return _json(message)

    async def _edit(self, request: web.Request) -> web.Response:
        message = self.messages.get(request.match_info["message"])
        if message is None:
            return _json({"message": "Unknown Message", "code": 10008}, status=404)
        if refusal := self._refusal():
            return refusal
        body = await request.json()
        message.update(body)
        await self._note("PATCH", body)
        return _json(message)

    def _refusal(self) -> web.Response | None:
        if self.refusals <= 0:
            return None
        self.refusals -= 1
        body = {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
        return _json(body, status=429, headers={"Via": "1.1 google", "Retry-After": "1"})

    async def _note(self, method: str, body: dict[str, Any]) -> None:
        async with self._changed:
            self.posts.append((time.monotonic(), method, body))
            self._changed.notify_all()

    def _id(self) -> str:
        return str(((int(time.time() * 1000) - _EPOCH_MS) << 22) + next(self._ids))

    def _message(self, content: str, author: int, message_id: str, *, channel: int) -> dict[str, Any]:
        fixed: dict[str, Any] = {
            "type": 0,
            "tts": False,
            "mention_everyone": False,
            "pinned": False,
            "edited_timestamp": None,
            "nonce": None,
        }
        lists: dict[str, list[Any]] = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": []}
        said = {"id": message_id, "channel_id": str(channel), "content": content, "timestamp": "2026-05-01T12:00:00+00:00"}
        return {**fixed, **lists, **said, "author": _user(author, bot=author == ME)}


@asynccontextmanager
async def discord_server() -> AsyncIterator[DiscordServer]:
    """Serve on a free port."""
    server = DiscordServer()
    runner = web.AppRunner(server.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await server.hang_up(1001)
        await runner.cleanup()


def _json(data: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py reads JSON only where the type is named without a charset, as Discord names it.
    response = web.json_response(data, status=status, headers=headers)
    response.headers["Content-Type"] = "application/json"
    return response


def _user(user_id: int, *, bot: bool = False) -> dict[str, Any]:
    name = "aprendiz" if bot else "ana"
    return {"id": str(user_id), "username": name, "global_name": name, "discriminator": "0", "avatar": None, "bot": bot}


def _member() -> dict[str, Any]:
    return {"roles": [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}


def _guild() -> dict[str, Any]:
    role = {
        "id": str(GUILD),
        "name": "@everyone",
        "permissions": "0",
        "position": 0,
        "color": 0,
        "hoist": False,
        "managed": False,
        "mentionable": False,
    }
    channel = {"id": str(CHANNEL), "type": 0, "name": "help", "position": 0, "permission_overwrites": [], "nsfw": False, "parent_id": None}
    lists: dict[str, list[Any]] = {
        "emojis": [],
        "features": [],
        "members": [],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stickers": [],
    }
    levels = {
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
    }
    names = {"id": str(GUILD), "name": "Acme", "owner_id": str(ANA), "preferred_locale": "en-US", "icon": None, "afk_timeout": 300}
    more = {
        "system_channel_flags": 0,
        "premium_progress_bar_enabled": False,
        "member_count": 2,
        "afk_channel_id": None,
        "system_channel_id": None,
    }
    return {**lists, **levels, **names, **more, "roles": [role], "channels": [channel], "stage_instances": [], "guild_scheduled_events": []}
