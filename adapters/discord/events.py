"""Discord's messages, commands and reactions, translated: what is asked, where, and what is ignored. Nothing here waits."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import discord

from adapters.discord.asker import Asker, FileRef, file_refs
from bot.messages import Incoming, Place, RatingValue, Surface

PLATFORM: Final = "discord"

# Everything else is a system message (joins, pins, boosts) or a command's echo.
_FROM_PEOPLE: Final = (discord.MessageType.default, discord.MessageType.reply)

# https://docs.discord.com/developers/reference#message-formatting
_MENTION = re.compile(r"<(?P<kind>@!?|@&|#)(?P<id>\d{1,20})>")
_COMMAND = re.compile(r"</(?P<name>[^:<>]{1,100}):\d{1,20}>")
_EMOJI = re.compile(r"<a?(?P<name>:\w{1,32}:)\d{1,20}>")
_SKIN_TONES: Final = dict.fromkeys([*range(0x1F3FB, 0x1F400), 0xFE0F])
_SHORTEST_NAME: Final = 3


def is_ignored(message: discord.Message) -> bool:
    """Tell whether *message* is no person's (a bot's, ours too, a webhook's or the system's), or of a server that we are not in."""
    by_nobody = message.author.bot or message.author.system or message.webhook_id is not None or message.type not in _FROM_PEOPLE
    return by_nobody or (message.guild is None and getattr(message.channel, "guild_id", None) is not None)


def mentions(message: discord.Message, me: int) -> bool:
    """
    Tell whether *message* names us, or answers us with the ping that replies carry by default.

    Discord gives an app a role of its own name, which people pick as easily as the app; it counts where Discord lets us read the words.
    """
    return any(user.id == me for user in message.mentions) or (bool(message.content) and bool(_our_roles(message, me)))


def answered_ref(message: discord.Message) -> str:
    """Return the id of the message that this one is a reply to, empty where it is none."""
    if message.type is not discord.MessageType.reply or message.reference is None:
        return ""
    return str(message.reference.message_id or "")


def plain_text(message: discord.Message, me: int) -> str:
    """Return what was written, without the mention of us and other mentions as people read them; a forum post begins with its title."""
    people = {user.id: user.display_name for user in message.mentions if user.id != me}
    roles = {role.id: role.name for role in message.role_mentions} | dict.fromkeys(_our_roles(message, me), "")
    channels = {channel.id: channel.name for channel in message.channel_mentions}
    words = _readable(message.content, {**people, me: ""}, roles, channels)
    return f"{_title(message)}\n\n{words}".strip()


def _title(message: discord.Message) -> str:
    """Return the title of the forum post that *message* opens, empty where it opens none."""
    channel = message.channel
    return channel.name if isinstance(channel, discord.Thread) and channel.id == message.id else ""


def incoming(message: discord.Message, conversation_id: str, me: int, groups: frozenset[str] = frozenset()) -> Incoming:
    """Return the question that *message* asks within *conversation_id*; *groups* are its author's roles."""
    return Incoming(
        text=plain_text(message, me),
        person=str(message.author.id),
        place=Place(
            platform=PLATFORM,
            surface=_surface(message),
            conversation_id=conversation_id,
            workspace=str(message.guild.id) if message.guild else "",
            channel=str(message.channel.id),
            parent=_parent(message.channel),
            private=is_private(message.channel, message.guild),
        ),
        keys=(f"discord:message:{message.id}",),
        received_at=message.created_at,
        locale=locale_of(message.guild),
        names=names_of([message.author, *(user for user in message.mentions if user.id != me)]),
        message_ref=str(message.id),
        groups=groups,
        address=Asker(str(message.author.id), file_refs(message.attachments)).to_text(),
    )


def pointed_at(message: discord.Message, conversation_id: str, me: int, interaction: discord.Interaction[Any]) -> Incoming:
    """Return the question that *message* asks, for whoever wants it answered."""
    asked = incoming(message, conversation_id, me, roles_of(interaction.user))
    return replace(
        asked,
        place=replace(asked.place, surface="shortcut"),
        received_at=interaction.created_at,  # the message may be old
        locale=asked.locale or str(interaction.locale),
        names=(*asked.names, *names_of([interaction.user])),
        asked_by=str(interaction.user.id),
        address=Asker(str(interaction.user.id), file_refs(message.attachments)).to_text(),
    )


def command(interaction: discord.Interaction[Any], text: str, conversation_id: str, me: int, files: tuple[FileRef, ...]) -> Incoming:
    """Return the question that `/ask` asks within *conversation_id*."""
    roles = {role.id: role.name for role in interaction.guild.roles} if interaction.guild else {}
    channels = {channel.id: channel.name for channel in interaction.guild.channels} if interaction.guild else {}
    return Incoming(
        text=_readable(text, {me: ""}, roles, channels),
        person=str(interaction.user.id),
        place=Place(
            platform=PLATFORM,
            surface="slash_command",
            conversation_id=conversation_id,
            workspace=str(interaction.guild_id or ""),
            channel=str(interaction.channel_id or ""),
            parent=_parent(interaction.channel),
            private=is_private(interaction.channel, interaction.guild),
        ),
        keys=(f"discord:interaction:{interaction.id}",),
        received_at=interaction.created_at,
        locale=str(interaction.locale),
        names=names_of([interaction.user]),
        message_ref=str(interaction.id),
        groups=roles_of(interaction.user),
        address=Asker(str(interaction.user.id), files, interaction.token).to_text(),
    )


def is_private(channel: object, guild: discord.Guild | None) -> bool:
    """
    Tell whether only those who were let in read along: direct messages, private threads, what @everyone may not view.

    True where it is not known: an interaction may bring a channel that is not among the server's own, without its permissions.
    """
    if guild is None or (isinstance(channel, discord.Thread) and channel.is_private()):
        return True
    own = channel.parent_id if isinstance(channel, discord.Thread) else getattr(channel, "id", 0)
    known, everyone = guild.get_channel(own), guild.get_role(guild.id)
    return known is None or everyone is None or not known.permissions_for(everyone).view_channel


def roles_of(person: discord.User | discord.Member) -> frozenset[str]:
    """Return the ids of a member's roles."""
    return frozenset(str(role.id) for role in person.roles) if isinstance(person, discord.Member) else frozenset()


def locale_of(guild: discord.Guild | None) -> str:
    """Return the server's language where it was chosen; every server that never did is said to be American."""
    if guild is None or (guild.preferred_locale is discord.Locale.american_english and "COMMUNITY" not in guild.features):
        return ""
    return str(guild.preferred_locale)


def thumb(emoji: discord.PartialEmoji | discord.Emoji | str) -> RatingValue | None:
    """Return the vote that a reaction is, whatever its skin tone."""
    name = emoji if isinstance(emoji, str) else "" if emoji.id else emoji.name
    match name.translate(_SKIN_TONES):
        case "👍":
            return "up"
        case "👎":
            return "down"
        case _:
            return None


def _surface(message: discord.Message) -> Surface:
    if message.guild is None:
        return "direct_message"
    return "thread" if isinstance(message.channel, discord.Thread) else "mention"


def names_of(people: Iterable[discord.User | discord.Member]) -> tuple[str, ...]:
    """Return the names of *people* to redact; one too short would be found inside ordinary words."""
    names = (name for person in people for name in (person.display_name, person.global_name, person.name))
    return tuple(dict.fromkeys(name for name in names if name and len(name) >= _SHORTEST_NAME))


def _our_roles(message: discord.Message, me: int) -> list[int]:
    return [role.id for role in message.role_mentions if role.tags and role.tags.bot_id == me]


def _parent(channel: object) -> str:
    return str(channel.parent_id) if isinstance(channel, discord.Thread) else ""


def _readable(text: str, people: Mapping[int, str], roles: Mapping[int, str], channels: Mapping[int, str | None]) -> str:
    """Return *text* with its mentions as people read them; what has the name "" is not mentioned at all."""

    def name(match: re.Match[str]) -> str:
        number = int(match["id"])
        if match["kind"] == "#":
            return f"#{channels.get(number) or 'channel'}"
        named = roles.get(number, "role") if match["kind"] == "@&" else people.get(number, "user")
        return f"@{named}" if named else ""

    text = _MENTION.sub(name, text)
    return _EMOJI.sub(r"\g<name>", _COMMAND.sub(r"/\g<name>", text)).strip()
