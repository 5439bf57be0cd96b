"""
Which answers were begun and not seen to stand in their threads: what the ledger cannot tell after a crash.

An answer is recorded before its last call to Slack is made. Between the two the ledger has it and the thread has not, so each answer is
noted here before the engine begins, many in one row of the vault, and the row goes when all of its answers stand.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from pydantic import TypeAdapter, ValidationError

from adapters.slack.events import Spot
from bot.errors import TryAgainLater
from bot.identifiers import new_id
from bot.ports import Vault

logger = logging.getLogger(__name__)

PREFIX: Final = "slack:unconfirmed:"

_EVERY_S: Final = 0.02  # answers that begin within it share a row
_KEPT_FOR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """An answer that was begun: its exchange, its conversation and team in the ledger, and where it goes."""

    exchange_id: str
    conversation_id: str
    team: str
    spot: Spot


@dataclass(slots=True)
class _Row:
    name: str
    left: set[str] = field(default_factory=set)


_SHAPE: Final = TypeAdapter(list[Begun])


def _now() -> datetime:
    return datetime.now(UTC)


class Unconfirmed:
    """The answers of this process that are under way; those of one before it are given by `take_over`."""

    def __init__(self, vault: Vault, *, now: Callable[[], datetime] = _now) -> None:
        self._vault = vault
        self._now = now
        self._pending: list[Begun] = []
        self._rows: dict[str, _Row] = {}  # by exchange
        self._writing = asyncio.Lock()
        self._written_at = float("-inf")

    async def note(self, *begun: Begun) -> None:
        """Return once it is on disk that these answers are begun."""
        new = [each for each in begun if each.exchange_id not in self._rows]
        self._pending += new
        async with self._writing:
            if not any(each in self._pending for each in new):
                return  # another's row took them along
            await asyncio.sleep(max(0.0, self._written_at + _EVERY_S - monotonic()))
            together, self._pending = self._pending, []
            now = self._now()
            row = _Row(f"{PREFIX}{new_id(now)}", {each.exchange_id for each in together})
            try:
                await self._vault.put(row.name, json.dumps([asdict(each) for each in together]), at=now)
            except TryAgainLater as error:
                # Without the note an answer is less safe from a crash; it is worth having all the same.
                logger.warning("not noted as begun", extra={"reason": str(error)})
            else:
                self._rows.update(dict.fromkeys(row.left, row))
            self._written_at = monotonic()

    async def confirm(self, exchange_id: str) -> None:
        """Note that an answer stands, or never will."""
        row = self._rows.pop(exchange_id, None)
        if row is None:
            return
        row.left.discard(exchange_id)
        if not row.left:
            try:
                await self._vault.take(row.name)
            except TryAgainLater as error:
                logger.warning("note of answers not removed", extra={"reason": str(error)})  # the next start finds that they stand

    async def take_over(self) -> tuple[Begun, ...]:
        """Return what a process before this one left, noted anew as ours."""
        now = self._now()
        await self._vault.forget(PREFIX, before=now - _KEPT_FOR)
        names = await self._vault.names(PREFIX)
        left = {each.exchange_id: each for name in names for each in _read(await self._vault.get(name) or "")}
        if left:
            await self.note(*left.values())
        for name in names:
            await self._vault.take(name)
        return tuple(left.values())


def _read(kept: str) -> list[Begun]:
    try:
        return _SHAPE.validate_json(kept)
    except ValidationError:
        return []
