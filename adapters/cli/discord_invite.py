"""What the bot asks a Discord server for, and the link that invites it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

# https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags
PERMISSIONS: Final[Mapping[str, int]] = {
    "Add Reactions": 1 << 6,
    "View Channels": 1 << 10,
    "Send Messages": 1 << 11,
    "Embed Links": 1 << 14,
    "Attach Files": 1 << 15,
    "Read Message History": 1 << 16,
    "Create Public Threads": 1 << 35,
    "Send Messages in Threads": 1 << 38,
}
ALL: Final = sum(PERMISSIONS.values())
_ADMINISTRATOR: Final = 1 << 3
_AUTHORIZE: Final = "https://discord.com/oauth2/authorize"


def invite_link(client_id: str) -> str:
    """Return the link with which somebody who manages a server adds the application *client_id* to it."""
    return f"{_AUTHORIZE}?{urlencode({'client_id': client_id, 'permissions': ALL, 'scope': 'bot applications.commands'})}"


def lacking(granted: int) -> tuple[str, ...]:
    """Return the names of the permissions that are not among *granted*, a permissions integer; administrators have all."""
    if granted & _ADMINISTRATOR:
        return ()
    return tuple(name for name, bit in PERMISSIONS.items() if not granted & bit)
