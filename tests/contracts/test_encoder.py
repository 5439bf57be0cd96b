"""What every encoder does: the fakes that know words, and the real ones; and what the second one does besides."""

import numpy as np
import pytest

from bot.index_ports import Encoder, SecondEncoder
from store.e5 import E5Encoder
from store.embeddings import UniversalSentenceEncoder
from tests.fakes.encoder import SecondWordEncoder, WordEncoder


@pytest.fixture(scope="module")
def real() -> UniversalSentenceEncoder:
    """Load the weights once."""
    return UniversalSentenceEncoder()


@pytest.fixture(scope="module")
def e5() -> E5Encoder:
    """Load its weights once."""
    return E5Encoder()


@pytest.fixture(params=["words", "use3", "words2", "e5enpt"])
def encoder(request: pytest.FixtureRequest, real: UniversalSentenceEncoder, e5: E5Encoder) -> Encoder:
    """Each encoder in turn."""
    return next(each for each in (WordEncoder(), real, SecondWordEncoder(), e5) if each.name == request.param)


@pytest.fixture(params=["words2", "e5enpt"])
def second(request: pytest.FixtureRequest, e5: E5Encoder) -> SecondEncoder:
    """Each of those that stand beside the first."""
    return SecondWordEncoder() if request.param == "words2" else e5


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


@pytest.mark.parametrize("text", ["", " ", "\ud800", "🙂", "x" * 100_000, "\x00", "\ufdfa" * 900])
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


async def test_questions_are_normalised_and_in_order_asked_again_too(second: SecondEncoder) -> None:
    """Of those that were asked before the vectors are remembered: they must not come to stand for others."""
    texts = ["Where is the key?", "How much is the delivery?", "Where is the key?"]
    first = await second.encode_questions(texts[:2])

    again = await second.encode_questions(texts)

    assert again.dtype == np.float32
    assert np.linalg.norm(again, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert again == pytest.approx(first[[0, 1, 0]], abs=1e-6)
    assert (await second.encode_questions([])).shape == (0, second.dimension)


async def test_a_question_is_nearer_to_the_passage_that_answers_it(second: SecondEncoder) -> None:
    """Within a language the second encoder decides."""
    (question,) = await second.encode_questions(["Onde fica a chave do portão?"])
    right, wrong = await second.encode(["A chave do portão fica na portaria.", "O frete custa dez reais."])

    assert float(question @ right) > float(question @ wrong)
