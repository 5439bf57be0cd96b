"""
What material can be limited to within its audience: a channel, a server or workspace, a group of such places.

A scope is written `channel:slack:C0123`, `guild:discord:999` (a Slack workspace, too) or `group:NAME`, a group being a `[groups.NAME]`
table of the settings. Empty stands for no limit. People name channels and guilds by the platform's ids; a place that has no channel
is told apart by its conversation instead.
"""

import re
from collections.abc import Iterable, Mapping

from bot.messages import Place
from bot.settings import SCOPE, GroupSettings

_WRITTEN = re.compile(SCOPE)


def is_scope(text: str) -> bool:
    """Tell whether *text* is a scope as people write it; its group need not exist."""
    return _WRITTEN.fullmatch(text) is not None


def group_in(scope: str) -> str:
    """Return the name of the group that *scope* stands for, empty where it stands for a channel or guild."""
    found = _WRITTEN.fullmatch(scope)
    return found["group"] or "" if found else ""


def scopes_of(place: Place, groups: Mapping[str, GroupSettings]) -> tuple[str, ...]:
    """
    Return the scopes whose material may be shown at *place*, the narrowest first.

    They are its channel, the channel that its thread hangs in, its guild, and every group that lists one of these or the platform.
    """
    channels = [f"{place.platform}:{channel}" for channel in (place.channel, place.parent) if channel]
    guilds = [f"{place.platform}:{place.workspace}"] if place.workspace else []
    member = [
        name
        for name, group in groups.items()
        if {*channels} & {*group.channels} or {*guilds} & {*group.guilds} or place.platform in group.platforms
    ]
    # A conversation that began without a channel (Slack's /ask) goes on in one, and may not lose sight of its own beginning.
    own = [_conversation(place)] if place.private or not place.channel else []
    return (*(f"channel:{each}" for each in channels), *own, *(f"group:{name}" for name in member), *(f"guild:{each}" for each in guilds))


def own_scope(place: Place) -> str:
    """Return the scope of *place* alone: its channel, or its conversation where it has none."""
    return f"channel:{place.platform}:{place.channel}" if place.channel else _conversation(place)


def narrowest(scopes: Iterable[str], place: Place) -> str:
    """
    Return the scope of what is made at *place* out of material of *scopes*: seen by nobody who does not see all of it.

    That is the one scope that it is limited to, if any. Where two meet, a group and a guild say nothing of each other, and only the place
    itself is sure to see both; where the place is private, it is the place itself in any case.
    """
    limits = {scope for scope in scopes if scope}
    if place.private or len(limits) > 1:
        return own_scope(place)
    return next(iter(limits), "")


def _conversation(place: Place) -> str:
    return f"channel:{place.platform}:{place.conversation_id}"
