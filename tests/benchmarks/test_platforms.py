"""The benchmark of the chat platforms at a tenth of its size: what must hold on any machine; how fast is for the full command."""

from pathlib import Path

import pytest

from tests.benchmarks import platforms_discord, platforms_slack
from tests.benchmarks.counts import Counts
from tests.benchmarks.platforms_load import first_sign, load, percentile
from tests.benchmarks.platforms_memory import megabytes_of_threads

NONE = Counts(unanswered=0, twice=0, votes_lost=0)

pytestmark = pytest.mark.timeout(300)


async def test_slack_answers_once_through_kills_and_disorder(tmp_path: Path) -> None:
    """Doubled, late and lost deliveries and a killed process: no question without its answer, none with two, no vote lost."""
    assert await platforms_slack.exactly_once(tmp_path, questions=100, kills=2) == NONE


async def test_discord_answers_once_through_kills_and_disorder(tmp_path: Path) -> None:
    """The same over Discord's gateway, which never repeats a thumb that nobody heard: of those one may be lost."""
    counts = await platforms_discord.exactly_once(tmp_path, questions=100)

    assert (counts.unanswered, counts.twice) == (0, 0)
    assert counts.votes_lost <= 1


async def test_every_question_is_answered_within_slacks_limits(tmp_path: Path) -> None:
    """Fifty questions a second for six seconds, with the documented limits on: all are acknowledged, answered, and answered once."""
    done = await load(tmp_path, seconds=6)

    assert (done.asked, len(done.delays_s), done.twice, done.unacknowledged) == (300, 300, 0, 0)


async def test_something_is_soon_to_be_seen(tmp_path: Path) -> None:
    """A figure that is never set would be infinite."""
    assert 0 < await first_sign(tmp_path, questions=20) < 10


async def test_known_threads_cost_little_memory(tmp_path: Path) -> None:
    """A thousand threads are on disk, not in memory."""
    assert await megabytes_of_threads(tmp_path, threads=1_000) < 150


def test_percentiles_are_read_from_sorted_values() -> None:
    """The worst of a hundred must not hide in the 99th percentile of ninety-nine."""
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(list(range(100)), 0.99) == 99
    assert percentile([], 0.5) == float("inf")
