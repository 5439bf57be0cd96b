"""What a small Discord knows: channels, messages, reactions, interactions, and what it was asked to refuse."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fakes import discord_payloads as payloads
from tests.fakes.discord_gateway import Gateway
from tests.fakes.discord_payloads import CHANNEL, DIRECT, GUILD, ME
from tests.fakes.discord_rules import MISSING_ACCESS, MISSING_PERMISSIONS, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, Refusal

TOKEN: Final = "good.token"


@dataclass
class Interaction:
    """
    Something that a person did with the app, and what they see of it.

    `callback` is the app's first response (None until it comes), `message_id` the message that it became, `private` what only this
    person sees, oldest first.
    """

    interaction_id: str
    token: str
    person: int
    channel: int
    begun: float
    callback: dict[str, Any] | None = None
    message_id: str = ""
    private: dict[str, dict[str, Any]] = field(default_factory=dict)


class World:
    """
    One server with its channels and people.

    `everything` holds all messages by id, oldest first; `posted_at` when each came (monotonic seconds), `replies` ours to each message or
    command; `posts` the (seconds, method, body) of each accepted post or edit, `typed` the
    (seconds, channel) of each typing; `denied` what the app may not do in a channel: `view`, `send`, `history`, `threads`, `files`.
    `unreadable` are messages whose reactions are refused, `files` what was uploaded by message, `now` is the clock that tokens age by.
    """

    def __init__(self, channels: int = 1) -> None:
        self.gateway = Gateway(TOKEN)
        self.gateway.guild = self.guild
        self.snowflakes = payloads.Snowflakes()
        self.channels = {CHANNEL + each: payloads.channel(CHANNEL + each, name=f"help-{each}") for each in range(channels)}
        self.everything: dict[str, dict[str, Any]] = {}
        self.threads: dict[int, dict[str, Any]] = {}
        self.reactions: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)  # people by message and emoji
        self.roles: dict[int, list[str]] = {}
        self.interactions: dict[str, Interaction] = {}  # by token
        self.commands: list[dict[str, Any]] = []
        self.denied: defaultdict[int, set[str]] = defaultdict(set)
        self.posts: list[tuple[float, str, dict[str, Any]]] = []
        self.posted_at: dict[str, float] = {}
        self.replies: defaultdict[str, list[str]] = defaultdict(list)
        self.typed: list[tuple[float, int]] = []
        self.unreadable: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.now: Callable[[], float] = time.monotonic
        self._nonces: dict[str, str] = {}  # the message of each nonce

    @property
    def messages(self) -> dict[str, dict[str, Any]]:
        """Our messages by id, oldest first."""
        return {key: message for key, message in self.everything.items() if message["author"]["id"] == str(ME)}

    @property
    def contents(self) -> list[str]:
        """What our messages say, oldest first."""
        return [message["content"] for message in self.messages.values()]

    def guild(self) -> dict[str, Any]:
        """Return the server as a new session is told of it."""
        return payloads.guild([each for each in self.channels.values() if each["type"] != DIRECT], list(self.threads.values()))

    def demand(self, channel: int, *rights: str, unknown: bool = True) -> None:
        """Refuse what the app may not do in a channel; any channel may be written in that is not known to be gone."""
        if "gone" in self.denied[channel] and unknown:
            raise UNKNOWN_CHANNEL
        if "view" in self.denied[channel]:
            raise MISSING_ACCESS
        if self.denied[channel] & set(rights):
            raise MISSING_PERMISSIONS

    def find(self, channel: int, message_id: str) -> dict[str, Any]:
        """Return a message of a channel."""
        message = self.everything.get(message_id)
        if message is None or message["channel_id"] != str(channel):
            raise UNKNOWN_MESSAGE
        return message

    def shown(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a message as it is read, with its thumbs."""
        thumbs = [
            {"count": len(people), "count_details": {"normal": len(people), "burst": 0}, "me": False, "me_burst": False, "burst_colors": []}
            | {"emoji": {"id": None, "name": name}}
            for name, people in self.reactions[message["id"]].items()
            if people
        ]
        return {**message, "reactions": thumbs}

    def known(self, nonce: str) -> dict[str, Any] | None:
        """Return the message that was posted with that nonce."""
        message_id = self._nonces.get(nonce)
        if message_id is None:
            return None
        if message_id not in self.everything:
            raise Refusal(404, 10008, "Unknown Message")  # its message was deleted
        return self.everything[message_id]

    async def keep(self, message: dict[str, Any], *, times: int = 1, late: bool = False) -> dict[str, Any]:
        """Let a message be in its channel, and tell the client."""
        self.everything[message["id"]] = message
        self.posted_at.setdefault(message["id"], time.monotonic())
        if message["author"]["id"] == str(ME) and (cause := _cause_of(message)):
            self.replies[cause].append(message["id"])
        if message["nonce"] is not None:
            self._nonces[str(message["nonce"])] = message["id"]
        home = self.channels.get(int(message["channel_id"])) or self.threads.get(int(message["channel_id"]))
        if home is not None:
            home["last_message_id"] = message["id"]
        await self.gateway.dispatch("MESSAGE_CREATE", self.told(message), times=times, late=late)
        return message

    async def change(self, message: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Change a message, and tell the client."""
        message.update(fields)
        await self.gateway.dispatch("MESSAGE_UPDATE", self.told(message))
        return message

    async def remove(self, message: dict[str, Any]) -> None:
        """Delete a message, and tell the client."""
        del self.everything[message["id"]]
        await self.gateway.dispatch("MESSAGE_DELETE", {"id": message["id"], **self.where(int(message["channel_id"]))})
        await self.gateway.tell()

    def told(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return a message as an event tells it."""
        where = self.where(int(message["channel_id"]))
        author = int(message["author"]["id"])
        return {**self.shown(message), **where, **({"member": self.member(author)} if "guild_id" in where else {})}

    def where(self, channel: int) -> dict[str, str]:
        """Return the channel and, but for direct messages, the server."""
        private = self.channels.get(channel, {}).get("type") == DIRECT
        return {"channel_id": str(channel)} if private else {"channel_id": str(channel), "guild_id": str(GUILD)}

    def member(self, person: int) -> dict[str, Any]:
        """Return what the server knows of a person."""
        return payloads.member(self.roles.get(person))

    async def note(self, method: str, body: dict[str, Any]) -> None:
        """Count a post or edit."""
        self.posts.append((time.monotonic(), method, body))
        await self.gateway.tell()


def _cause_of(message: dict[str, Any]) -> str:
    """Return the message or command that a message replies to, empty where it is none."""
    replied_to = message.get("message_reference") or {}
    command = message.get("interaction_metadata") or {}
    return str(replied_to.get("message_id") or command.get("id") or "")
