"""
Discord's gateway: sessions with a sequence, resumption, and what it hides.

Written from https://docs.discord.com/developers/events/gateway.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from tests.fakes.discord_payloads import GUILD, ME, user

_KEPT = 5000  # events that a session can be resumed over
_MESSAGE_CONTENT = 1 << 15
_AUTHENTICATION_FAILED, _DISALLOWED_INTENTS = 4004, 4014


class Session:
    """What one sign-in can come back to: its events with their numbers, the newest 5,000 of them."""

    def __init__(self, session_id: str, intents: int) -> None:
        self.session_id = session_id
        self.intents = intents
        self.sequence = 0
        self.sent: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def number(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return the event as it is sent, and keep it."""
        self.sequence += 1
        self.sent.append({"op": 0, "t": event, "s": self.sequence, "d": data})
        return self.sent[-1]

    def after(self, sequence: int) -> list[dict[str, Any]]:
        """Return what was sent later."""
        return [event for event in self.sent if event["s"] > sequence]


class Gateway:
    """
    One shard's gateway.

    `sessions` are the kinds of sign-in so far; `close_code` ends each connection after its sign-in, `message_content` says whether the
    app may have that intent, `beats` counts heartbeats. Events of the time without a session are lost, as they are on Discord.
    """

    def __init__(self, token: str) -> None:
        self.sessions: list[str] = []
        self.close_code = 0
        self.message_content = True
        self.beats = 0
        self.url = ""
        self.guild: Callable[[], dict[str, Any]] = dict
        self.changed = asyncio.Condition()
        self._token = token
        self._session: Session | None = None
        self._socket: web.WebSocketResponse | None = None
        self._held: list[tuple[str, dict[str, Any]]] = []
        self._sending = asyncio.Lock()

    @property
    def is_connected(self) -> bool:
        """Whether the client is signed in."""
        return self._socket is not None and not self._socket.closed

    async def until(self, predicate: Any, *, timeout_s: float = 20) -> None:
        """Wait for something to become true after a call or a sign-in."""
        async with asyncio.timeout(timeout_s), self.changed:
            await self.changed.wait_for(predicate)

    async def tell(self) -> None:
        """Have those who wait look again."""
        async with self.changed:
            self.changed.notify_all()

    async def dispatch(self, event: str, data: dict[str, Any], *, times: int = 1, late: bool = False) -> None:
        """Send an event; a *late* one comes after the next."""
        if late:
            self._held.append((event, data))
            return
        for _ in range(times):
            await self._send(event, data)
        held, self._held = self._held, []
        for each in held:
            await self._send(*each)

    async def hang_up(self, code: int) -> None:
        """Close the connection."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close(code=code)

    def drop(self) -> None:
        """Break the connection without a word."""
        socket, self._socket = self._socket, None
        if socket is not None and socket._req is not None and socket._req.transport is not None:
            socket._req.transport.abort()

    async def ask_to_reconnect(self) -> None:
        """Tell the client to connect anew and resume (operation 7)."""
        if self._socket is not None:
            await self._socket.send_json({"op": 7, "d": None})

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Tell the client that its session is lost (operation 9), or to resume it."""
        if self._socket is not None:
            await self._socket.send_json({"op": 9, "d": resumable})

    def forget(self) -> None:
        """Let the session be one that cannot be resumed."""
        self._session = None

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a connection."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 45000}})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                await self._hear(socket, frame)
        if self._socket is socket:
            self._socket = None
        return socket

    async def _hear(self, socket: web.WebSocketResponse, frame: WSMessage) -> None:
        heard = frame.json()
        match heard["op"]:
            case 1:
                self.beats += 1
                await socket.send_json({"op": 11})
            case 2:
                await self._identify(socket, heard["d"])
            case 6:
                await self._resume(socket, heard["d"])

    async def _identify(self, socket: web.WebSocketResponse, heard: dict[str, Any]) -> None:
        if heard["token"] != self._token:
            await socket.close(code=_AUTHENTICATION_FAILED)
        elif heard["intents"] & _MESSAGE_CONTENT and not self.message_content:
            await socket.close(code=_DISALLOWED_INTENTS)
        elif self.close_code:
            await socket.close(code=self.close_code)
        else:
            self._socket = socket
            self._session = Session(f"s{len(self.sessions)}", heard["intents"])
            ready = {"v": 10, "user": user(ME), "session_id": self._session.session_id, "shard": [0, 1], "resume_gateway_url": self.url}
            guilds = [{"id": str(GUILD), "unavailable": True}]
            await self._send("READY", {**ready, "guilds": guilds, "application": {"id": str(ME), "flags": 0}})
            await self._send("GUILD_CREATE", self.guild())
        await self._note("identify")

    async def _resume(self, socket: web.WebSocketResponse, heard: dict[str, Any]) -> None:
        if self._session is None or heard["session_id"] != self._session.session_id:
            await socket.send_json({"op": 9, "d": False})
            await self._note("refused")
            return
        async with self._sending:
            for event in self._session.after(heard["seq"]):
                await socket.send_json(event)
            self._socket = socket
        await self._send("RESUMED", {})
        await self._note("resume")

    async def _note(self, kind: str) -> None:
        self.sessions.append(kind)
        await self.tell()

    async def _send(self, event: str, data: dict[str, Any]) -> None:
        if self._session is None:
            return
        async with self._sending:
            numbered = self._session.number(event, _visible(event, data, self._session.intents))
            if self.is_connected and self._socket is not None:
                try:
                    await self._socket.send_json(numbered)
                except ConnectionError:  # the client is gone; the event waits for its resumption
                    self._socket = None


def _visible(event: str, data: dict[str, Any], intents: int) -> dict[str, Any]:
    """Return a message's event as an app with those intents sees it."""
    if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or intents & _MESSAGE_CONTENT or "guild_id" not in data:
        return data
    if data["author"]["id"] == str(ME) or any(each["id"] == str(ME) for each in data["mentions"]):
        return data
    return {**data, "content": "", "attachments": [], "embeds": [], "components": []}
