"""Discord's objects as JSON: https://docs.discord.com/developers/resources/message and its neighbours."""

import itertools
import time
from datetime import UTC, datetime
from typing import Any

ME, ANA, GUILD, CHANNEL = 900, 700, 100, 200
TEXT, DIRECT, PUBLIC_THREAD, FORUM = 0, 1, 11, 15  # channel types
REPLY, COMMAND, THREAD_STARTER = 19, 20, 21  # message types
EPHEMERAL, LOADING = 1 << 6, 1 << 7  # message flags
_EPOCH_MS = 1420070400000  # https://docs.discord.com/developers/reference#snowflakes
_ALL_PERMISSIONS = (1 << 53) - 1 - (1 << 3)  # but administrator, which nothing in a channel binds


class Snowflakes:
    """Ids that grow with time."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def new(self) -> str:
        """Return the next id."""
        return str(((int(time.time() * 1000) - _EPOCH_MS) << 22) + next(self._numbers) % (1 << 22))


def time_of(snowflake: str) -> str:
    """Return when an id was given out; small numbers stand for a moment long ago."""
    return datetime.fromtimestamp(((int(snowflake) >> 22) + _EPOCH_MS) / 1000, UTC).isoformat()


def user(user_id: int) -> dict[str, Any]:
    """Return a user; 900 is the app, 700 is Ana."""
    name = {ME: "aprendiz", ANA: "ana"}.get(user_id, f"person{user_id}")
    return {"id": str(user_id), "username": name, "global_name": name, "discriminator": "0", "avatar": None, "bot": user_id == ME}


def member(roles: list[str] | None = None) -> dict[str, Any]:
    """Return what a server knows of a user."""
    return {"roles": roles or [], "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}


def message(content: str, author: int, message_id: str, *, channel: int) -> dict[str, Any]:
    """Return a message."""
    fixed: dict[str, Any] = {"type": 0, "tts": False, "mention_everyone": False, "pinned": False, "edited_timestamp": None, "flags": 0}
    lists: dict[str, list[Any]] = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": [], "reactions": []}
    said = {"id": message_id, "channel_id": str(channel), "content": content, "timestamp": time_of(message_id), "nonce": None}
    named = [user(each) for each in (ME, ANA) if f"<@{each}>" in content or f"<@!{each}>" in content]
    return {**fixed, **lists, **said, "author": user(author), "mentions": named}


def channel(channel_id: int, *, kind: int = TEXT, name: str = "help", last: str | None = None) -> dict[str, Any]:
    """Return a channel of a server."""
    fixed = {"position": 0, "permission_overwrites": [], "nsfw": False, "parent_id": None, "available_tags": []}
    return {"id": str(channel_id), "type": kind, "guild_id": str(GUILD), "name": name, "last_message_id": last, **fixed}


def direct(channel_id: int, person: int) -> dict[str, Any]:
    """Return a person's channel of direct messages."""
    return {"id": str(channel_id), "type": DIRECT, "last_message_id": None, "recipients": [user(person)]}


def thread(thread_id: str, *, parent: int, name: str, owner: int) -> dict[str, Any]:
    """Return a public thread; one on a message has the message's id."""
    state = {"archived": False, "auto_archive_duration": 1440, "archive_timestamp": time_of(thread_id), "locked": False}
    known = {"id": thread_id, "type": PUBLIC_THREAD, "guild_id": str(GUILD), "parent_id": str(parent), "owner_id": str(owner)}
    return {**known, "name": name, "last_message_id": thread_id, "message_count": 0, "member_count": 1, "thread_metadata": state}


def guild(channels: list[dict[str, Any]], threads: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the server with what its sign-in event tells."""
    role = {"id": str(GUILD), "name": "@everyone", "permissions": str(_ALL_PERMISSIONS), "position": 0, "color": 0, "hoist": False}
    role |= {"managed": False, "mentionable": False}
    lists: dict[str, list[Any]] = {"emojis": [], "features": [], "presences": [], "voice_states": [], "stickers": []}
    lists |= {"stage_instances": [], "guild_scheduled_events": [], "members": [{**member(), "user": user(ME)}]}
    levels = dict.fromkeys(
        ("verification_level", "default_message_notifications", "explicit_content_filter", "mfa_level", "nsfw_level", "premium_tier"), 0
    )
    names = {"id": str(GUILD), "name": "Acme", "owner_id": str(ANA), "preferred_locale": "en-US", "icon": None, "afk_timeout": 300}
    more = {"system_channel_flags": 0, "premium_progress_bar_enabled": False, "member_count": 2}
    none = dict.fromkeys(("afk_channel_id", "system_channel_id"))
    return {**lists, **levels, **names, **more, **none, "roles": [role], "channels": channels, "threads": threads}


def application() -> dict[str, Any]:
    """Return what the app knows of itself."""
    fields = {"id": str(ME), "name": "aprendiz", "description": "", "icon": None, "bot_public": True, "verify_key": "k"}
    return {**fields, "bot_require_code_grant": False, "owner": user(ANA), "flags": 0}
