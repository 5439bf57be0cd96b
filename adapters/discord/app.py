"""Discord, as one thing to run."""

import logging
from collections.abc import Callable
from typing import Final

from discord import DiscordException

from adapters.chat import ChatServices
from adapters.discord.client import Client
from adapters.discord.faults import FAULTS, as_ours
from bot.chat_settings import DiscordSettings
from bot.errors import Misconfigured

logger = logging.getLogger(__name__)

GRACE_S: Final = 5.0


class DiscordApp:
    """Answers on Discord until cancelled."""

    def __init__(self, services: ChatServices, settings: DiscordSettings, *, grace_s: float = GRACE_S) -> None:
        """Keep what is needed; running answers get *grace_s* at the end."""
        self._services = services
        self._settings = settings
        self._grace_s = grace_s

    async def run(self, ready: Callable[[], None] | None = None) -> None:
        """
        Connect and answer until cancelled; running answers then have a few seconds to end.

        Args:
            ready: Called whenever a session is up, also after a reconnection that could not be resumed.

        Raises:
            Misconfigured: The token or an intent is refused.
            TryAgainLater: Discord cannot be reached.
        """
        token = self._settings.token.get_secret_value().strip()
        if not token:
            raise Misconfigured("APRENDIZ_DISCORD__TOKEN is empty; set the bot's token")
        client = Client(self._services, self._settings)
        client.when_ready = ready or client.when_ready
        async with client:
            try:
                await client.start(token)
            except (DiscordException, *FAULTS) as error:
                raise as_ours(error) from error
            finally:
                await client.drain(self._grace_s)
