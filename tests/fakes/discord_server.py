"""
A small Discord over real sockets: what `simcord` leaves out, that is signing in, rate limits, the gateway's connections and histories.

Its parts are in the `discord_*` modules beside this one; they refuse what Discord refuses.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fakes import discord_payloads as payloads
from tests.fakes.discord_interactions import Interactions
from tests.fakes.discord_limits import Throttle
from tests.fakes.discord_payloads import ANA, CHANNEL, FORUM, GUILD, ME, REPLY, THREAD_STARTER
from tests.fakes.discord_rest import Rest
from tests.fakes.discord_world import TOKEN, Interaction, World

__all__ = ["ANA", "CHANNEL", "GUILD", "ME", "TOKEN", "DiscordServer", "discord_server"]

_COMMAND, _BUTTON, _FORM = 2, 3, 5  # interaction types
_DIRECT = 5000  # direct messages with a person are in the channel of this number and theirs


class DiscordServer(World):
    """
    One server; people act by its methods.

    Any channel may be written in, though only the first ones are announced. `throttle` refuses, `gateway` breaks connections.
    """

    def __init__(self, channels: int = 1) -> None:
        super().__init__(channels)
        self.throttle = Throttle()
        self.url = ""
        self._rest = Rest(self, self.throttle)
        self._interactions = Interactions(self, self._rest)

    @property
    def sessions(self) -> list[str]:
        """The kinds of sign-in so far."""
        return self.gateway.sessions

    @property
    def close_code(self) -> int:
        """With what each new connection is closed after its sign-in; 0: with nothing."""
        return self.gateway.close_code

    @close_code.setter
    def close_code(self, code: int) -> None:
        self.gateway.close_code = code

    @property
    def refusals(self) -> int:
        """How many posts and edits are still to be answered with 429."""
        return self.throttle.refusals

    @refusals.setter
    def refusals(self, count: int) -> None:
        self.throttle.refusals = count

    async def until(self, predicate: Any, *, timeout_s: float = 20) -> None:
        """Wait for something to become true after a call or a sign-in."""
        await self.gateway.until(predicate, timeout_s=timeout_s)

    async def say(
        self, content: str, *, message_id: str = "", channel: int = CHANNEL, reply_to: str = "", person: int = ANA, **delivery: Any
    ) -> str:
        """
        Let somebody write in a channel, perhaps in reply; an event of an absent client waits for its resumption.

        *delivery* are `times` and `late`, see `Gateway.dispatch`. A known *message_id* is the same message, delivered again.
        """
        known = self.everything.get(message_id)
        message = known or payloads.message(content, person, message_id or self.snowflakes.new(), channel=channel)
        if reply_to:
            where = {key: value for key, value in self.where(channel).items() if key in ("channel_id", "guild_id")}
            message |= {"type": REPLY, "message_reference": {"message_id": reply_to, **where, "type": 0}}
            message["referenced_message"] = self.everything.get(reply_to)
        await self.keep(message, **delivery)
        return str(message["id"])

    async def say_directly(self, content: str, *, person: int = ANA, **delivery: Any) -> str:
        """Let somebody write to the app in private."""
        channel = self.direct_channel(person)
        return await self.say(content, channel=channel, person=person, **delivery)

    def direct_channel(self, person: int) -> int:
        """Return the channel of a person's direct messages."""
        channel = _DIRECT + person
        self.channels.setdefault(channel, payloads.direct(channel, person))
        return channel

    async def open_post(self, title: str, content: str, *, forum: int, person: int = ANA) -> str:
        """Let somebody open a forum's post: a thread whose first message has its id."""
        self.channels.setdefault(forum, payloads.channel(forum, kind=FORUM, name="forum"))
        message_id = self.snowflakes.new()
        thread = payloads.thread(message_id, parent=forum, name=title, owner=person)
        self.threads[int(message_id)] = thread
        await self.gateway.dispatch("THREAD_CREATE", {**thread, "newly_created": True})
        return await self.say(content, message_id=message_id, channel=int(message_id), person=person)

    async def open_thread(self, message_id: str, name: str = "talk", *, person: int = ANA) -> int:
        """Let somebody open a thread on a message."""
        parent = int(self.everything[message_id]["channel_id"])
        thread = payloads.thread(message_id, parent=parent, name=name, owner=person)
        self.threads[int(message_id)] = thread
        await self.gateway.dispatch("THREAD_CREATE", {**thread, "newly_created": True})
        starter = payloads.message("", person, self.snowflakes.new(), channel=int(message_id)) | {"type": THREAD_STARTER}
        await self.keep(starter)
        return int(message_id)

    async def edit(self, message_id: str, content: str) -> None:
        """Let the author change a message."""
        message = self.everything[message_id]
        fresh = payloads.message(content, int(message["author"]["id"]), message_id, channel=int(message["channel_id"]))
        changed = {"content": content, "mentions": fresh["mentions"], "edited_timestamp": payloads.time_of(self.snowflakes.new())}
        await self.change(message, **changed)

    async def preview(self, message_id: str) -> None:
        """Let Discord show a link's preview: an update that changes no words."""
        await self.change(self.everything[message_id], embeds=[{"type": "link", "title": "Filters", "url": "https://example.com"}])

    async def delete(self, *message_ids: str) -> None:
        """Let somebody delete a message, or a moderator several at once."""
        if len(message_ids) == 1:
            await self.remove(self.everything[message_ids[0]])
            return
        gone = [self.everything.pop(message_id) for message_id in message_ids]
        await self.gateway.dispatch("MESSAGE_DELETE_BULK", {"ids": list(message_ids), **self.where(int(gone[0]["channel_id"]))})

    async def delete_channel(self, channel: int) -> None:
        """Let a channel or thread be gone with all that was said in it."""
        self.denied[channel].add("gone")
        thread = self.threads.pop(channel, None)
        home = self.channels.pop(channel, None)
        for message_id in [each["id"] for each in self.everything.values() if each["channel_id"] == str(channel)]:
            del self.everything[message_id]
        await self.gateway.dispatch("THREAD_DELETE" if thread else "CHANNEL_DELETE", thread or home or payloads.channel(channel))

    def answers(self, channel: int) -> list[dict[str, Any]]:
        """Return our messages in a channel, oldest first."""
        return [message for message in self.messages.values() if message["channel_id"] == str(channel)]

    async def react(self, message: dict[str, Any], emoji: str, *, added: bool = True, person: int = ANA) -> None:
        """Let somebody react to a message."""
        people = self.reactions[message["id"]].setdefault(emoji, [])
        if added:
            people.append(person)
        elif person in people:
            people.remove(person)
        where = self.where(int(message["channel_id"]))
        data = {"user_id": str(person), "message_id": message["id"], **where, "emoji": {"id": None, "name": emoji}}
        event = "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE"
        await self.gateway.dispatch(event, {**data, "burst": False, "type": 0})

    async def command(self, name: str, *, person: int = ANA, channel: int = CHANNEL, **options: str) -> Interaction:
        """Let somebody use a slash command."""
        given = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
        data = {"id": "1", "name": name, "type": 1, "options": given}
        return await self._interactions.begin(_COMMAND, data, person=person, channel=channel, message=None)

    async def point_at(self, message: dict[str, Any], name: str = "Answer this", *, person: int = ANA) -> Interaction:
        """Let somebody use a message's menu."""
        data = {"id": "2", "name": name, "type": 3, "target_id": message["id"], "resolved": {"messages": {message["id"]: message}}}
        return await self._interactions.begin(_COMMAND, data, person=person, channel=int(message["channel_id"]), message=None)

    async def click(self, message: dict[str, Any], custom_id: str, *, person: int = ANA) -> Interaction:
        """Let somebody press a button."""
        data = {"custom_id": custom_id, "component_type": 2}
        return await self._interactions.begin(_BUTTON, data, person=person, channel=int(message["channel_id"]), message=message)

    async def send_form(self, custom_id: str, rows: list[dict[str, Any]], *, person: int = ANA, channel: int = CHANNEL) -> Interaction:
        """Let somebody send a form."""
        data = {"custom_id": custom_id, "components": rows}
        return await self._interactions.begin(_FORM, data, person=person, channel=channel, message=None)

    async def acknowledged(self, interaction: Interaction, *, timeout_s: float = 3.0) -> bool:
        """Return whether the app answered in time; otherwise the person reads that the interaction failed."""
        try:
            await self.until(lambda: interaction.callback is not None, timeout_s=timeout_s)
        except TimeoutError:
            return False
        return True

    async def hang_up(self, code: int) -> None:
        """Close the connection."""
        await self.gateway.hang_up(code)

    async def invalidate(self) -> None:
        """Tell the client that its session is lost."""
        await self.gateway.invalidate()

    def app(self) -> web.Application:
        """Return the server's routes."""
        app = web.Application()
        self._rest.add_to(app)
        self._interactions.add_to(app)
        return app


@asynccontextmanager
async def discord_server(channels: int = 1) -> AsyncIterator[DiscordServer]:
    """Serve on a free port, with that many announced channels."""
    server = DiscordServer(channels)
    runner = web.AppRunner(server.app(), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    server.gateway.url = server.url.replace("http", "ws") + "/gateway"
    try:
        yield server
    finally:
        await server.hang_up(1001)
        await runner.cleanup()
