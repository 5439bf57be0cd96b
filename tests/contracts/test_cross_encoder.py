"""What every cross-encoder does: the fake that knows words, and the real one."""

import numpy as np
import pytest

from bot.index_ports import CrossEncoder
from store.e5_cross import PASSAGES, E5CrossEncoder
from tests.fakes.encoder import WordCrossEncoder


@pytest.fixture(scope="module")
def real() -> E5CrossEncoder:
    """Load the weights once."""
    return E5CrossEncoder()


@pytest.fixture(scope="module")
def reader() -> E5CrossEncoder:
    """Load the weights once."""
    return E5CrossEncoder(PASSAGES)


@pytest.fixture(params=["words", "questions", "passages"])
def cross(request: pytest.FixtureRequest, real: E5CrossEncoder, reader: E5CrossEncoder) -> CrossEncoder:
    """Each in turn."""
    crosses: dict[str, CrossEncoder] = {"words": WordCrossEncoder(), "questions": real, "passages": reader}
    return crosses[request.param]


async def test_each_is_compared_for_itself_and_in_order(cross: CrossEncoder) -> None:
    """Odds are matched to questions by their place, and hang on no other question."""
    others = ["How do I book a room?", "Where is the car park?", "Quem paga o estacionamento?"]

    together = await cross.log_odds("How do I book a room?", others)

    assert together.shape == (3,)
    assert together.dtype == np.float32
    for odds, other in zip(together, others, strict=True):
        assert await cross.log_odds("How do I book a room?", [other]) == pytest.approx([odds], abs=1e-4)


@pytest.mark.parametrize("cross", ["words", "questions"], indirect=True)
async def test_the_same_words_are_the_same_question(cross: CrossEncoder) -> None:
    """Above nought, and above what asks something else."""
    same, another = await cross.log_odds("How do I book a room?", ["How do I book a room?", "Who pays for lunch on Friday?"])

    assert same > 0 > another


async def test_nothing_to_compare_is_nothing(cross: CrossEncoder) -> None:
    """Nobody asked."""
    assert (await cross.log_odds("How do I book a room?", [])).shape == (0,)


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🙂", "x" * 100_000, "\x00", "\ufdfa" * 900, "\n\n"])
async def test_any_text_can_be_compared(cross: CrossEncoder, text: str) -> None:
    """People send anything, and experts approve it."""
    assert np.isfinite(await cross.log_odds(text, [text, "Where is the key?"])).all()
