"""Questions grouped into topics."""

import numpy as np
import pytest

from store.topics import TopicNames, topics_of


@pytest.mark.parametrize("count", [0, 1, 30])
def test_every_question_has_one_topic(count: int) -> None:
    """However the vectors lie."""
    vectors = np.random.default_rng(3).normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) if count else 1

    assert sorted(row for rows in topics_of(vectors) for row in rows) == list(range(count))


def test_a_topic_is_named_by_what_tells_it_from_others() -> None:
    """Words that all share name nothing; nameless words stand for themselves."""
    bills = ["Where is my Invoice?", "An invoice is missing here"]
    names = TopicNames([*bills, "Where is my parcel?", "Is my parcel here?", "?!"])

    assert names.of(bills).startswith("invoice")
    assert names.of(["?!"]) == "?!"


def test_a_compound_names_its_topic_once() -> None:
    """It is found by itself and by each of its parts, but people wrote one word."""
    asked = ["Quem recebe auxílio-creche?", "O auxílio-creche é pago até que idade?"]
    words = TopicNames([*asked, "Quando abre o refeitório?"]).of(asked).split(", ")

    assert words[0] == "auxílio-creche"
    assert len(words) == len({*words}) == 3
