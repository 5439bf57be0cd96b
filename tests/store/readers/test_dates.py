"""Days: read where they are sure, passed over where they could be others."""

from datetime import UTC, datetime, timedelta

import pytest

from store.readers.dates import day_before, day_in

NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01T10:00:00-03:00", "2026-03-01"),
        ("Atualizado em 1º de março de 2026", "2026-03-01"),
        ("1 Mar. 2026", "2026-03-01"),
        ("March 1st, 2026", "2026-03-01"),
        ("31/03/2026", "2026-03-31"),
        ("03/31/2026", "2026-03-31"),
        ("1.3.2026", "2026-03-01"),
        ("Posição de 03/04/2026", "2026-04-03"),
        ("03/04/2026", ""),  # March or April
        ("31/02/2026", ""),
        ("03/2026", ""),
        ("part 12/2026-99", ""),
        ("", ""),
    ],
)
def test_a_day_is_read_where_it_is_sure(text: str, day: str) -> None:
    """A value given with a wrong date is worse than one without."""
    assert day_in(text) == day


def test_the_name_of_a_column_says_which_number_is_the_day() -> None:
    """Brazilian sheets write the day first; the same cell elsewhere is left open."""
    assert day_in("03/04/2026", called="ultima_atualizacao") == "2026-04-03"
    assert day_in("03/04/2026", called="updated") == ""


def test_the_present_moment_is_no_date_of_a_file() -> None:
    """Libraries put it where a file has none."""
    assert day_before(NOW - timedelta(days=1), NOW) == "2026-11-01"
    assert day_before(NOW.replace(tzinfo=None), NOW) == ""
    assert day_before(None, NOW) == ""
