"""What every encoder does: the fake that knows words, and the real multilingual one."""

import numpy as np
import pytest

from bot.ports import Encoder
from store.embeddings import UniversalSentenceEncoder
from tests.fakes.encoder import WordEncoder


@pytest.fixture(scope="module")
def real() -> UniversalSentenceEncoder:
    """Load the weights once."""
    return UniversalSentenceEncoder()


@pytest.fixture(params=["words", "use3"])
def encoder(request: pytest.FixtureRequest, real: UniversalSentenceEncoder) -> Encoder:
    """Each encoder in turn."""
    return WordEncoder() if request.param == "words" else real


async def test_vectors_are_normalised_and_in_order(encoder: Encoder) -> None:
    """Cosines are computed as plain products, and rows are matched to texts by their place."""
    texts = [f"question number {number} about keys" for number in range(40)]
    together = await encoder.encode(texts)
    (alone,) = await encoder.encode(texts[37:38])

    assert together.shape == (40, encoder.dimension)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(40), abs=1e-5)
    assert together[37] == pytest.approx(alone, abs=1e-5)


async def test_the_nearer_meaning_has_the_larger_cosine(encoder: Encoder) -> None:
    """Everything that search does rests on this."""
    question, near, far = await encoder.encode(["Where is the key?", "The key is at the desk.", "Bananas ripen quickly."])

    assert float(question @ near) > float(question @ far)


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🙂", "x" * 100_000, "\x00"])
async def test_any_text_has_a_vector(encoder: Encoder, text: str) -> None:
    """People and documents send anything; nothing of it may stop an import or an answer."""
    vectors = await encoder.encode([text])

    assert np.isfinite(vectors).all()


async def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    """An empty batch is a batch."""
    assert (await encoder.encode([])).shape == (0, encoder.dimension)


async def test_portuguese_and_english_share_one_space(real: UniversalSentenceEncoder) -> None:
    """A Portuguese question must find an English document."""
    question, right, wrong = await real.encode(["Onde fica a chave?", "Where is the key?", "How much is the delivery?"])

    assert float(question @ right) > 0.6
    assert float(question @ right) > float(question @ wrong) + 0.2
