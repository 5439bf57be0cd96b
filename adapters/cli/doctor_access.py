"""Checks of who may ask, and of the channels that are named: ids that look like none."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from adapters.cli.findings import Finding
from bot.chat_settings import Access
from bot.settings import Settings
from bot.texts import translate

Kind = str  # what an id names: workspaces, channels or groups, as in `Access`

# Slack's ids begin with a letter for what they name: https://docs.slack.dev/reference/objects; Discord's are snowflakes.
_SNOWFLAKE: Final = re.compile(r"[0-9]{15,21}")
SHAPES: Final[Mapping[str, Mapping[Kind, re.Pattern[str]]]] = {
    "slack": {
        "workspaces": re.compile(r"[TE][A-Z0-9]{6,}"),
        "channels": re.compile(r"[CGD][A-Z0-9]{6,}"),
        "groups": re.compile(r"S[A-Z0-9]{6,}"),
    },
    "discord": {"workspaces": _SNOWFLAKE, "channels": _SNOWFLAKE, "groups": _SNOWFLAKE},
}


def access(settings: Settings) -> list[Finding]:
    """Check the allow- and block-lists of each platform, and the channels that voices name."""
    listed = {
        "slack": [*_listed(settings.slack.access), *_spoken_to(settings, "slack")],
        "discord": [
            *_listed(settings.discord.access),
            *(("channels", channel) for channel in settings.discord.thread_channels if channel != "*"),
            *_spoken_to(settings, "discord"),
        ],
    }
    return [finding for platform, ids in listed.items() for finding in _ids(settings.language, platform, ids)]


def _listed(chosen: Access) -> list[tuple[Kind, str]]:
    return [(name.partition("_")[2], each) for name, ids in chosen for each in ids]


def _spoken_to(settings: Settings, platform: str) -> list[tuple[Kind, str]]:
    return [("channels", voice.channel) for voice in settings.assistant.voices if voice.platform == platform and voice.channel]


def _ids(language: str, platform: str, ids: list[tuple[Kind, str]]) -> Iterable[Finding]:
    if not ids:
        return
    odd = sorted({each for kind, each in ids if not SHAPES[platform][kind].fullmatch(each)})
    if not odd:
        yield Finding(f"access {platform}", "ok", translate(language, "Ids, all of the right form: {count}.", count=len(ids)))
        return
    detail = translate(language, "These look like no ids of their kind: {ids}.", ids=", ".join(odd))
    remedy = translate(
        language,
        "Copy ids instead of names: in Slack from a channel's details (C…), in Discord with Copy ID after switching on Developer Mode.",
    )
    yield Finding(f"access {platform}", "warn", detail, remedy)
