"""Calls that make something at a provider, made once: whatever was cut off is looked for before it is made again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

from bot.errors import Misconfigured, Refused, TryAgainLater
from store.hosted_jobs import HostedJob, SqlHostedJobs

_T = TypeVar("_T")

_ATTEMPTS: Final = 3
# What was sent may be listed only after a while. It is counted from the first look: when the call was cut off nobody knows.
_SETTLES_S: Final = 15.0
_LOOKS: Final = 5


@dataclass(frozen=True, slots=True)
class Call(Generic[_T]):
    """A call that makes something: its name in the ledger, how it is made, and how what came of an earlier one is found (None: nothing)."""

    intent: str
    make: Callable[[], Awaitable[_T]]
    look: Callable[[], Awaitable[_T | None]]


@dataclass(frozen=True, slots=True)
class Once:
    """Makes calls once; *sleep* and *now* are the clock's."""

    ledger: SqlHostedJobs
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]

    async def run(self, job: HostedJob, call: Call[_T]) -> _T:
        """
        Return what *call* makes, by an earlier process or now.

        Raises:
            TryAgainLater: It may have been made, and is not found; the intent stays in the ledger, so that the next time begins by looking.
            Misconfigured, Refused: It cannot be made.
        """
        if job.intent == call.intent and (found := await self.left_behind(call.look)) is not None:
            return found
        for attempt in range(_ATTEMPTS):
            await self.ledger.intend(job.job_id, call.intent, at=self.now())
            try:
                return await call.make()
            except (Misconfigured, Refused):  # it surely made nothing
                await self.ledger.intend(job.job_id, "", at=self.now())
                raise
            except TryAgainLater as error:
                if (found := await self._after(error, call, waits=attempt < _ATTEMPTS - 1)) is not None:
                    return found
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def left_behind(self, look: Callable[[], Awaitable[_T | None]]) -> _T | None:
        """Return what *look* finds of a call whose answer nobody heard, None where that made nothing."""
        found = await look()
        for _ in range(_LOOKS):
            if found is not None:
                break
            await self.sleep(_SETTLES_S / _LOOKS)
            found = await look()
        return found

    async def _after(self, error: TryAgainLater, call: Call[_T], *, waits: bool) -> _T | None:
        """Return what a failed call made after all; where it is not the last one, wait as long as it takes before the next."""
        asked_s = float(error.fields.get("after_s") or 0.0)  # type: ignore[arg-type]  # a number of seconds
        if error.fields.get("refused"):  # then it surely made nothing
            if waits:
                await self.sleep(asked_s or 1.0)
            return None
        found = await call.look()
        if found is None and waits:
            await self.sleep(max(asked_s, _SETTLES_S))
            found = await call.look()
        return found
