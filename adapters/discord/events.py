"""Discord's messages and reactions, translated: what a message asks, where, and what is ignored. Nothing here waits."""

import re
from typing import Final

import discord

from bot.messages import Incoming, Place, RatingValue, Surface

PLATFORM: Final = "discord"

# Everything else is a system message (joins, pins, boosts) or a command's echo.
_FROM_PEOPLE: Final = (discord.MessageType.default, discord.MessageType.reply)

# https://docs.discord.com/developers/reference#message-formatting
_MENTION = re.compile(r"<(?P<kind>@!?|@&|#)(?P<id>\d{1,20})>")
_COMMAND = re.compile(r"</(?P<name>[^:<>]{1,100}):\d{1,20}>")
_EMOJI = re.compile(r"<a?(?P<name>:\w{1,32}:)\d{1,20}>")
_SKIN_TONES: Final = dict.fromkeys([*range(0x1F3FB, 0x1F400), 0xFE0F])
_SHORTEST_NAME: Final = 3  # a shorter display name would be found inside ordinary words


def is_ignored(message: discord.Message) -> bool:
    """Tell whether *message* is no person's: a bot's (ours too), a webhook's, or the system's."""
    return message.author.bot or message.author.system or message.webhook_id is not None or message.type not in _FROM_PEOPLE


def mentions(message: discord.Message, me: int) -> bool:
    """Tell whether *message* names us, or answers us with the ping that replies carry by default."""
    return any(user.id == me for user in message.mentions)


def answered_ref(message: discord.Message) -> str:
    """Return the id of the message that this one is a reply to, empty where it is none."""
    if message.type is not discord.MessageType.reply or message.reference is None:
        return ""
    return str(message.reference.message_id or "")


def plain_text(message: discord.Message, me: int) -> str:
    """Return what was written, without the mention of us and with other mentions as people read them."""
    people = {user.id: user.display_name for user in message.mentions}
    roles = {role.id: role.name for role in message.role_mentions}
    channels = {channel.id: channel.name for channel in message.channel_mentions}

    def name(match: re.Match[str]) -> str:
        number = int(match["id"])
        if match["kind"] == "#":
            return f"#{channels.get(number, 'channel')}"
        if match["kind"] == "@&":
            return f"@{roles.get(number, 'role')}"
        return "" if number == me else f"@{people.get(number, 'user')}"

    text = _MENTION.sub(name, message.content)
    return _EMOJI.sub(r"\g<name>", _COMMAND.sub(r"/\g<name>", text)).strip()


def incoming(message: discord.Message, conversation_id: str, me: int) -> Incoming:
    """Return the question that *message* asks within *conversation_id*."""
    return Incoming(
        text=plain_text(message, me),
        person=str(message.author.id),
        place=Place(
            platform=PLATFORM,
            surface=_surface(message),
            conversation_id=conversation_id,
            workspace=str(message.guild.id) if message.guild else "",
            channel=str(message.channel.id),
        ),
        keys=(f"discord:message:{message.id}",),
        received_at=message.created_at,
        locale=locale_of(message.guild),
        names=_names(message, me),
        message_ref=str(message.id),
    )


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


def _names(message: discord.Message, me: int) -> tuple[str, ...]:
    people = [message.author, *(user for user in message.mentions if user.id != me)]
    names = (name for person in people for name in (person.display_name, person.global_name, person.name))
    return tuple(dict.fromkeys(name for name in names if name and len(name) >= _SHORTEST_NAME))
