"""Looks daily at what services tell of their models, and warns weeks before one is shut down."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.backends.model_facts import warning_of
from bot.errors import ChatbotError

if TYPE_CHECKING:
    from bot.backends.openai import OpenAIBackend

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 60.0
_DAY: Final = timedelta(days=1)


class ModelWatch:
    """Asks each service once a day, and every minute as long as a window that nobody set is not known."""

    def __init__(self, hosted: Sequence["OpenAIBackend"], *, now: Callable[[], datetime]) -> None:
        """Watch *hosted*."""
        self._hosted = tuple(hosted)
        self._now = now
        self._due: dict[int, datetime] = {}

    async def look(self) -> None:
        """Ask whom it is time to ask."""
        for number, backend in enumerate(self._hosted):
            if self._now() >= self._due.get(number, self._now()):
                await self._ask(number, backend)

    async def _ask(self, number: int, backend: "OpenAIBackend") -> None:
        self._due[number] = self._now() + _DAY
        try:
            await backend.learn()
        except ChatbotError as error:
            logger.warning("model not looked at", extra={"model": backend.name, "reason": str(error)})
            self._due[number] = self._now() + timedelta(seconds=LOOK_EVERY_S * (1 if backend.window_unknown else 60))
        today = self._now().date()
        if warning_of(backend.name, backend.facts, today) and (ends := backend.facts.ends):
            logger.warning("model ends", extra={"model": backend.name, "ends": ends.isoformat(), "days": (ends - today).days})
