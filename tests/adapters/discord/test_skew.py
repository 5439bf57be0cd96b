"""This machine's clock against Discord's."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from adapters.discord.skew import Skew

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "may_be_old", "warned"),
    [(0, False, False), (-4, False, False), (4, True, False), (-6, False, True), (6, False, True), (-60, True, False), (6, True, True)],
)
def test_a_clock_that_differs_is_told(minutes: int, may_be_old: bool, warned: bool, caplog: pytest.LogCaptureFixture) -> None:
    """*minutes* are those that Discord is ahead of us; a message may be old, but not of the future."""
    with caplog.at_level(logging.WARNING):
        Skew().compare(NOW + timedelta(minutes=minutes), NOW, may_be_old=may_be_old)

    assert bool(caplog.records) is warned


def test_it_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Each event would say the same."""
    skew = Skew()
    for _ in range(3):
        skew.compare(NOW, NOW + timedelta(hours=1), may_be_old=False)

    assert [record.__dict__["seconds"] for record in caplog.records] == [3600]
