"""How the assistant speaks, and to whom, at a given place: settings per platform and channel."""

from bot.messages import Audience, Place, Platform
from bot.settings import AssistantSettings, Voice

_AUDIENCES: dict[Platform, Audience] = {"slack": "employees", "discord": "customers", "web": "employees", "cli": "employees"}


def system_text(assistant: AssistantSettings, place: Place) -> str:
    """Return the system message for *place*: its own system text, tone and format where set, else the general ones."""
    voice = _voice(assistant, place)
    parts = (
        f"Company: {assistant.company}." if assistant.company else "",
        voice.system or assistant.system,
        voice.tone or assistant.tone,
        voice.format or assistant.format,
    )
    return " ".join(part.strip() for part in parts if part.strip())


def audience_of(assistant: AssistantSettings, place: Place, *, asked_as: Audience | None = None) -> Audience:
    """Return who is asking: *asked_as* where an entrance knows, else the channel's setting, else the platform's rule."""
    return asked_as or _voice(assistant, place).audience or _AUDIENCES[place.platform]


def _voice(assistant: AssistantSettings, place: Place) -> Voice:
    fitting = [voice for voice in assistant.voices if voice.platform in ("", place.platform) and voice.channel in ("", place.channel)]
    merged = Voice()
    # The more a voice names, the later it is laid over the others.
    for voice in sorted(fitting, key=lambda each: (bool(each.channel), bool(each.platform))):
        merged = merged.model_copy(update={key: value for key, value in voice.model_dump().items() if value})
    return merged
