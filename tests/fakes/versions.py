"""Trained versions in memory."""

from bot.messages import Adapter, Audience


class MemoryVersions:
    """What is in production, by audience; how often it was asked for is in `asked`, oldest first."""

    def __init__(self, **production: Adapter) -> None:
        """Begin with these in production: `MemoryVersions(employees=…)`."""
        self._production: dict[str, Adapter] = production
        self.asked: list[Audience] = []

    def promote(self, audience: Audience, adapter: Adapter) -> None:
        """Let *adapter* answer *audience* from now on."""
        self._production[audience] = adapter

    def roll_back(self, audience: Audience) -> None:
        """Let *audience* have no version of its own any more."""
        self._production.pop(audience, None)

    async def current(self, audience: Audience) -> Adapter | None:
        """Return the audience's own version, else that for all."""
        self.asked.append(audience)
        return self._production.get(audience) or self._production.get("all")

    async def check(self) -> str:
        """Name what is in production."""
        return ", ".join(f"{adapter.name} for {audience}" for audience, adapter in sorted(self._production.items())) or "no versions"
