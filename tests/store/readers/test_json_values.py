"""Values of exports, read without trust."""

import pytest

from store.readers.json_values import day_of


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2026-03-01", "2026-03-01"),
        ("2026-03-01T23:59:59-03:00", "2026-03-01"),
        ("2026-02-31", ""),
        ("2026-13-01T10:00:00Z", ""),
        ("2026-00-10", ""),
        ("on 2026-03-01", ""),
        (20260301, ""),
        (None, ""),
    ],
)
def test_a_moment_has_a_day_or_none(value: object, day: str) -> None:
    """Whoever writes a day beneath an answer has to rely on it."""
    assert day_of(value) == day
