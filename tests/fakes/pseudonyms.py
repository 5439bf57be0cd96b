"""Pseudonyms and hashes that a test can read."""

from bot.messages import Platform
from bot.ports import Pseudonyms


class Readable(Pseudonyms):
    """Tells whom and what it stands for."""

    def of(self, platform: Platform, person: str) -> str:
        """Return both."""
        return f"{platform}/{person}"

    def of_value(self, kind: str, value: str) -> str:
        """Return both."""
        return f"{kind}/{value}"


class Reversed(Readable):
    """Tells whom, but not by the id as the platform writes it."""

    def of(self, platform: Platform, person: str) -> str:
        """Return the platform and the reversed id."""
        return f"{platform}/{person[::-1]}"
