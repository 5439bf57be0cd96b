"""A working vault in a dict, held to the same contract tests as the SQL one (tests/contracts/test_vault.py)."""

from datetime import datetime

from bot.ports import Vault


class MemoryVault(Vault):
    """The port in memory; `values` by name are readable by tests."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._put_at: dict[str, datetime] = {}

    async def put(self, name: str, value: str, *, at: datetime) -> None:
        """See the port."""
        self.values[name], self._put_at[name] = value, at

    async def get(self, name: str) -> str | None:
        """See the port."""
        return self.values.get(name)

    async def take(self, name: str) -> str | None:
        """See the port."""
        return self.values.pop(name, None)

    async def names(self, prefix: str) -> tuple[str, ...]:
        """See the port."""
        return tuple(sorted(name for name in self.values if name.startswith(prefix)))

    async def forget(self, prefix: str, *, before: datetime) -> None:
        """See the port."""
        for name in await self.names(prefix):
            if self._put_at[name] < before:
                del self.values[name]
