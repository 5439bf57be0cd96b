"""A Slack that is silent: one asks, the others wait, nobody spins."""

import asyncio

import pytest

from adapters.slack import outages as module
from adapters.slack.faults import SlackRefused, SlackSilent
from adapters.slack.outages import Outage


class Probe:
    """Silent for some calls."""

    def __init__(self, *, silent: int, error: Exception | None = None) -> None:
        self.calls = 0
        self._silent = silent
        self._error = error

    async def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self._silent:
            raise SlackSilent("503")
        if self._error:
            raise self._error


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(module, "_LONGEST_WAIT_S", 0.02)


async def test_one_asks_for_all_who_wait() -> None:
    """A hundred waiting answers must not be a hundred callers of a Slack in trouble."""
    probe = Probe(silent=2)
    outage = Outage(probe)
    outage.begin()
    outage.begin()

    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(outage.over())

    assert probe.calls == 3
    await outage.over()
    assert probe.calls == 3


async def test_a_refusal_is_an_answer() -> None:
    """Whoever can say no is there again."""
    outage = Outage(Probe(silent=0, error=SlackRefused("invalid_auth")))
    outage.begin()

    await outage.over()


async def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour nobody waits for the answer any more."""
    monkeypatch.setattr(module, "LATEST_S", 0.05)
    outage = Outage(Probe(silent=1_000))
    outage.begin()

    with pytest.raises(TimeoutError):
        await outage.over()
