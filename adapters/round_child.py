"""Rounds beside a running server: the clock starts `aprendiz round` as a process of its own, so that training never holds up an answer."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, get_args

from adapters.clock import Job
from bot.errors import TryAgainLater
from bot.messages import Audience
from bot.settings import RoundSettings
from store.rounds import SqlRounds

logger = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-m", "adapters.cli.main", "round", "--json")

_KEPT_BYTES: Final = 65_536  # of what the child writes: its last lines tell how it ended
_STOPS_WITHIN_S: Final = 8.0  # a training step and its checkpoint; killed later than that it goes on from the checkpoint before
_PIPES_CLOSE_WITHIN_S: Final = 1.0
_LISTED: Final = 100  # newest rounds, among which each audience's newest is looked for
_LOOKS_EVERY_S: Final = 600.0


class RoundChild:
    """One round at a time in a process of its own, which ends with this one; use it as an async context manager."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """Start nothing yet; *command* is `aprendiz round --json`."""
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
        self._written: asyncio.Future[tuple[bytes, bytes]] | None = None  # the last of its output and of its errors

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop the child at its next checkpoint; it goes on at the next time."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        _send(process, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOPS_WITHIN_S):
                await process.wait()
        _send(process, signal.SIGKILL)
        await process.wait()
        if self._written is not None:  # its pipes close after it, unless something that it started keeps them
            await asyncio.wait((self._written,), timeout=_PIPES_CLOSE_WITHIN_S)
            self._written.cancel()

    async def run(self, *options: str) -> None:
        """
        Run a round to its end, which is logged in one line an audience; where one runs already, do nothing.

        Args:
            options: Of the command, such as `--audience`.

        Raises:
            TryAgainLater: It told of no end; the detail is its own last line.
        """
        if self._process is not None and self._process.returncode is None:
            return
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command,
            *options,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._written = asyncio.gather(_tail(process.stdout), _tail(process.stderr))
        out, err = await asyncio.shield(self._written)  # read on while it is being stopped, or it would wait for that
        await process.wait()
        ended = _ended(out)
        for each in ended:
            logger.info("round ended", extra={key: each.get(key) for key in ("audience", "status", "version")})
        if not ended:
            last = err.decode(errors="replace").strip().rpartition("\n")[2]
            raise TryAgainLater(last or f"the round ended with exit code {process.returncode}")


def round_jobs(rounds: SqlRounds, settings: RoundSettings, child: RoundChild, *, now: Callable[[], datetime]) -> tuple[Job, ...]:
    """Return what the clock does for rounds: on time, and once enough answers were newly rated."""
    tried: dict[Audience, datetime] = {}  # also in vain, where what was rated may not train

    async def after_ratings() -> None:
        for audience in await due(rounds, settings.after_rows, tried=tried):
            tried[audience] = now()
            await child.run("--audience", audience)

    # Their locks bear the jobs' names; the round itself holds another, so that one begun by hand and these exclude each other, too.
    on_time = (Job("round", child.run, cron=settings.cron),) if settings.cron else ()
    on_ratings = (Job("rounds", after_ratings, every_s=_LOOKS_EVERY_S),) if settings.after_rows else ()
    return (*on_time, *on_ratings)


async def due(rounds: SqlRounds, after_rows: int, *, tried: Mapping[Audience, datetime]) -> tuple[Audience, ...]:
    """
    Return the audiences whose round is due.

    Those are the ones with *after_rows* answers rated since their newest round began or was *tried*, and those whose round was cut off.
    """
    newest = {each.audience: each for each in reversed(await rounds.list(_LISTED))}
    audiences: tuple[Audience, ...] = get_args(Audience)
    found = []
    for audience in audiences:
        last = newest.get(audience)
        began = [at for at in (last.started_at if last else None, tried.get(audience)) if at]
        cut_off = last is not None and last.status == "running"
        if cut_off or await rated_for(rounds, audience, max(began, default=None)) >= after_rows:
            found.append(audience)
    return tuple(found)


async def rated_for(rounds: SqlRounds, audience: Audience, since: datetime | None) -> int:
    """Return how many answers rated since then a round for *audience* learns from; 0 where none of them is that audience's own."""
    rated = await rounds.newly_rated(audience, since)
    for_all = await rounds.newly_rated("all", since) if audience != "all" and rated else 0
    return rated if rated > for_all else 0


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it ended by itself
        process.send_signal(number)


async def _tail(stream: asyncio.StreamReader | None) -> bytes:
    """Read to the end; keep the last of it."""
    kept = b""
    while stream is not None and (chunk := await stream.read(_KEPT_BYTES)):
        kept = (kept + chunk)[-_KEPT_BYTES:]
    return kept


def _ended(written: bytes) -> list[dict[str, Any]]:
    """Return the objects among the lines; the first may have been cut."""
    found = []
    for line in written.splitlines():
        with suppress(ValueError):
            value = json.loads(line)
            found += [value] if isinstance(value, dict) else []
    return found
