"""This machine's clock against Discord's: what is asked, missed or expired is told by times, and a wrong clock tells it wrongly."""

import logging
from datetime import datetime, timedelta
from typing import Final

logger = logging.getLogger(__name__)

_MOST: Final = timedelta(minutes=5)  # what a resumed session sends late is younger


class Skew:
    """Warns the operator once where the clocks differ."""

    def __init__(self) -> None:
        self._told = False

    def compare(self, made_at: datetime, now: datetime, *, may_be_old: bool) -> None:
        """Look at something that Discord made just now, or, where it *may_be_old*, some time ago."""
        off = now - made_at
        if self._told or -_MOST < off < _MOST or (may_be_old and off > _MOST):
            return
        self._told = True
        logger.warning("this machine's clock differs from Discord's; set it by NTP", extra={"seconds": round(off.total_seconds())})
