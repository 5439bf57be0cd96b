"""
Commands, buttons and forms: their callbacks within 3 s and their tokens of 15 minutes.

Written from https://docs.discord.com/developers/interactions/receiving-and-responding.
"""

import secrets
from typing import Any, Final

from aiohttp import web

from tests.fakes import discord_payloads as payloads
from tests.fakes.discord_limits import answer
from tests.fakes.discord_payloads import COMMAND, EPHEMERAL, GUILD, LOADING, ME, user
from tests.fakes.discord_rest import Rest, body_of
from tests.fakes.discord_rules import (
    ACKNOWLEDGED,
    EXPIRED,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    check_message,
    check_modal,
)
from tests.fakes.discord_world import Interaction, World

_FIRST_S: Final = 3.0
_TOKEN_S: Final = 900.0
_MESSAGE, _DEFERRED, _MODAL = 4, 5, 9  # callback types; 6 and 7 change the message that the button is on
_ALL_PERMISSIONS: Final = str((1 << 53) - 1)


class Interactions:
    """What people do with commands, buttons and forms, and what the app answers."""

    def __init__(self, world: World, rest: Rest) -> None:
        self._world = world
        self._rest = rest

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        webhook = "/api/webhooks/{application}/{token}"
        app.router.add_post("/api/interactions/{id}/{token}/callback", self._callback)
        app.router.add_post(webhook, self._follow_up)
        app.router.add_get(webhook + "/messages/{message}", self._read)
        app.router.add_patch(webhook + "/messages/{message}", self._edit)
        app.router.add_delete(webhook + "/messages/{message}", self._delete)

    async def begin(self, kind: int, data: dict[str, Any], *, person: int, channel: int, message: dict[str, Any] | None) -> Interaction:
        """Let a person do something: 2 is a command, 3 a button, 5 a form."""
        begun = Interaction(self._world.snowflakes.new(), secrets.token_hex(8), person, channel, self._world.now())
        self._world.interactions[begun.token] = begun
        where = self._world.where(channel)
        home = self._world.channels.get(channel) or self._world.threads.get(channel) or payloads.channel(channel)
        fields = {"id": begun.interaction_id, "application_id": str(ME), "type": kind, "token": begun.token, "version": 1, "data": data}
        fields |= {"channel": home, "locale": "en-US", "entitlements": [], "attachment_size_limit": 10_000_000, **where}
        fields |= {"app_permissions": _ALL_PERMISSIONS, "authorizing_integration_owners": {}}
        if "guild_id" in where:
            member = {**self._world.member(person), "user": user(person), "permissions": _ALL_PERMISSIONS}
            fields |= {"member": member, "guild_locale": "en-US", "guild": {"id": str(GUILD), "locale": "en-US", "features": []}}
        else:
            fields |= {"user": user(person)}
        await self._world.gateway.dispatch("INTERACTION_CREATE", {**fields, **({"message": message} if message else {})})
        return begun

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._world.interactions.get(request.match_info["token"])
        if interaction is None or self._world.now() - interaction.begun > _FIRST_S:
            raise UNKNOWN_INTERACTION
        if interaction.callback is not None:
            raise ACKNOWLEDGED
        body, _ = await body_of(request)
        data = body.get("data") or {}
        message = await self._respond(interaction, body["type"], data)
        interaction.callback = body
        await self._world.gateway.tell()
        told: dict[str, Any] = {"interaction": {"id": interaction.interaction_id, "type": 2}}
        if message is not None:
            told["interaction"] |= {"response_message_id": message["id"], "response_message_loading": bool(message["flags"] & LOADING)}
            told["resource"] = {"type": body["type"], "message": message}
        return answer(told)

    async def _respond(self, interaction: Interaction, kind: int, data: dict[str, Any]) -> dict[str, Any] | None:
        if kind == _MODAL:
            check_modal(data)
        if kind not in (_MESSAGE, _DEFERRED):
            return None
        if kind == _MESSAGE:
            check_message(data)
        flags = data.get("flags", 0) & EPHEMERAL | (LOADING if kind == _DEFERRED else 0)
        message = await self._say(interaction, data, flags=flags)
        interaction.message_id = message["id"]
        return message

    async def _say(self, interaction: Interaction, data: dict[str, Any], *, flags: int) -> dict[str, Any]:
        message = payloads.message(data.get("content") or "", ME, self._world.snowflakes.new(), channel=interaction.channel)
        by = {"id": interaction.interaction_id, "type": 2, "user": user(interaction.person), "authorizing_integration_owners": {}}
        message |= {"type": COMMAND, "flags": flags, "interaction_metadata": by, "components": data.get("components") or []}
        if flags & EPHEMERAL:
            interaction.private[message["id"]] = message
        else:
            await self._world.keep(message)
        return message

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        if interaction.callback is None:
            raise UNKNOWN_WEBHOOK
        body, files = await body_of(request)
        check_message(body, files=len(files))
        message = await self._say(interaction, body, flags=body.get("flags", 0) & EPHEMERAL)
        await self._world.gateway.tell()
        return answer(message)

    async def _read(self, request: web.Request) -> web.Response:
        return answer(self._message(request))

    async def _edit(self, request: web.Request) -> web.Response:
        message = self._message(request)
        body, files = await body_of(request)
        message["flags"] &= ~LOADING
        if message["flags"] & EPHEMERAL:
            check_message(body, files=len(files), new=False)
            message.update({key: body[key] for key in ("content", "components") if body.get(key) is not None})
            await self._world.gateway.tell()
        else:
            await self._rest.change(message, body, files)
        return answer(message)

    async def _delete(self, request: web.Request) -> web.Response:
        interaction, message = self._interaction(request), self._message(request)
        if interaction.private.pop(message["id"], None) is None:
            await self._world.remove(message)
        return web.Response(status=204)

    def _interaction(self, request: web.Request) -> Interaction:
        interaction = self._world.interactions.get(request.match_info["token"])
        if interaction is None:
            raise UNKNOWN_WEBHOOK
        if self._world.now() - interaction.begun > _TOKEN_S:
            raise EXPIRED
        return interaction

    def _message(self, request: web.Request) -> dict[str, Any]:
        interaction = self._interaction(request)
        wanted = request.match_info["message"]
        message_id = interaction.message_id if wanted == "@original" else wanted
        if message_id in interaction.private:
            return interaction.private[message_id]
        if message_id not in self._world.everything:
            raise UNKNOWN_MESSAGE
        return self._world.everything[message_id]
