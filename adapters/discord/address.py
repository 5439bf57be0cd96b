"""Where Discord's requests go. discord.py keeps both addresses in class attributes and offers no other way in."""

from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL


def point_at(api_url: str) -> None:
    """Send every request of this process to *api_url*, such as `https://discord.com/api/v10`; it also names the gateway."""
    Route.BASE = api_url.rstrip("/")


def return_to(gateway: URL) -> None:
    """Come back to *gateway* when a session cannot be resumed: discord.py would go to a constant address then."""
    DiscordWebSocket.DEFAULT_GATEWAY = gateway
