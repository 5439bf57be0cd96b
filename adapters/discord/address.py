"""Where Discord's REST requests go."""

from discord.http import Route


def point_at(api_url: str) -> None:
    """
    Send every request of this process to *api_url*, such as `https://discord.com/api/v10`.

    discord.py builds each address from a class attribute and offers no other way in; the gateway's address is then asked
    there too, because `AutoShardedClient` fetches `/gateway/bot`.
    """
    Route.BASE = api_url.rstrip("/")
