"""How the assistant speaks, and to whom, at a given place: settings per platform, guild and channel; a channel's hold for its threads."""

from typing import Final

from bot.messages import Audience, Place, Platform
from bot.settings import AssistantSettings, Voice

_AUDIENCES: Final[dict[Platform, Audience]] = {"slack": "employees", "discord": "customers", "web": "employees", "cli": "employees"}
_NAMES: Final = {"en": "English", "pt_BR": "Brazilian Portuguese"}


def voice_of(assistant: AssistantSettings, place: Place) -> Voice:
    """Return what is set for *place*: the more a setting names, the later it is laid over the others."""
    channels = ("", place.parent, place.channel)
    there = [voice for voice in assistant.voices if voice.platform in ("", place.platform) and voice.guild in ("", place.workspace)]
    fitting = [voice for voice in there if voice.channel in channels]
    merged = Voice()
    for voice in sorted(
        fitting, key=lambda each: (bool(each.channel), each.channel == place.channel, bool(each.guild), bool(each.platform))
    ):
        merged = merged.model_copy(update={key: value for key, value in voice.model_dump().items() if value})
    return merged


def system_text(assistant: AssistantSettings, place: Place) -> str:
    """Return the system message for *place*: its own system text, tone, format and language where set, else the general ones."""
    voice = voice_of(assistant, place)
    parts = (
        f"Company: {assistant.company}." if assistant.company else "",
        voice.system or assistant.system,
        voice.tone or assistant.tone,
        voice.format or assistant.format,
        f"Always answer in {_NAMES[voice.language]}, whatever the language of the question." if voice.language else "",
    )
    return " ".join(part.strip() for part in parts if part.strip())


def audience_of(assistant: AssistantSettings, place: Place) -> Audience:
    """Return who is asking where the entrance does not know: what is set for the channel, else the platform's rule."""
    return voice_of(assistant, place).audience or _AUDIENCES[place.platform]
