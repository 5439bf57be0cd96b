"""Identifiers sort by time and fit everywhere."""

from datetime import UTC, datetime, timedelta

from bot.identifiers import new_id

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_ids_sort_by_time_and_differ_within_a_moment() -> None:
    """The ledger pages by id; two questions may arrive in one millisecond."""
    earlier, later = new_id(NOON), new_id(NOON + timedelta(milliseconds=1))

    assert earlier < later
    assert len({new_id(NOON) for _ in range(1000)}) == 1000


def test_an_id_with_its_part_fits_a_discord_nonce() -> None:
    """Discord refuses a nonce over 25 characters."""
    assert len(f"{new_id(NOON)}-999") <= 25
