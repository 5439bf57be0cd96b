"""Distances compared on questions whose right passages are known."""

from dataclasses import replace

import numpy as np
import pytest

from bot.messages import Passage
from store.candidates import Candidate
from store.comparing import NAMES, Expectations, Measured, area, best_of, compare, is_decided, lead_of, nearest_by
from store.distances import Embedded
from tests.fakes.encoder import WordEncoder

PASSAGES = ["the key hangs at the desk", "lunch is at noon", "the desk is locked at night", "os filtros são trocados"]


def candidate(text: str, source: str = "docs/a.md", title: str = "A", question: str = "") -> Candidate:
    return Candidate("passages", Passage("id", source, title, "", text, "employees"), question)


async def embedded(*texts: str) -> Embedded:
    return Embedded(texts, await WordEncoder().encode(texts))


def unseen(_done: int, _total: int) -> None:
    """Nobody watches."""


def test_what_is_expected_is_a_document_or_words_of_it() -> None:
    """A name goes before words, whole words before parts of one, and accents do not count."""
    known = Expectations(
        [
            candidate("See faq.csv for prices.", "notes/prices.md", "Prices"),
            candidate("Troque o filtro à noite.", "shop/faq.csv", "Perguntas", question="Quando?"),
            candidate("The filtros are changed.", "faq.csv.md", "Filters"),
        ]
    )

    assert known.rows("faq.csv").tolist() == [1]
    assert known.rows("shop/FAQ.csv").tolist() == [1]
    assert known.rows("prices").tolist() == [0]
    assert known.rows("O FILTRO a noite").tolist() == [1]
    assert known.rows("quando? troque").tolist() == [1]
    assert known.rows("filtro").tolist() == [1]
    assert known.rows("…").tolist() == known.rows("no such thing").tolist() == []


async def test_every_distance_is_measured() -> None:
    """Questions in the passages' words: all find them, and the progress ends at all of them."""
    seen: list[tuple[int, int]] = []
    questions, passages = await embedded("where hangs the key", "when is lunch"), await embedded(*PASSAGES)
    measured = compare(questions, passages, [np.array([0]), np.array([1])], progress=lambda *each: seen.append(each))

    assert sorted(each.name for each in measured) == sorted(NAMES)
    assert all(each.hit1 == each.hit5 == 1.0 for each in measured if each.name in {"cosine", "l2", "inner_product"})
    assert all(0 <= each.auc <= 1 for each in measured)
    assert measured == sorted(measured, key=lambda each: -round(each.auc, 6))
    assert seen[0] == (0, 12)
    assert seen[-1] == (12, 12)


async def test_a_distance_that_misses_is_said_to_miss() -> None:
    """The wrong passage first counts neither as first nor as nearer."""
    questions, passages = await embedded("the key hangs at the desk"), await embedded(*PASSAGES)
    (cosine,) = [each for each in compare(questions, passages, [np.array([1])], progress=unseen) if each.name == "cosine"]

    assert (cosine.hit1, cosine.hit5, cosine.auc) == (0.0, 1.0, 0.0)


async def test_of_equals_the_first_is_found_first() -> None:
    """As the search shows them; a copy of the right passage behind it takes nothing away."""
    questions, passages = await embedded("lunch is at noon"), await embedded("lunch is at noon", "lunch is at noon")
    for right, hit in ((0, 1.0), (1, 0.0)):
        assert {each.hit1 for each in compare(questions, passages, [np.array([right])], progress=unseen)} == {hit}


async def test_the_nearest_are_found() -> None:
    """Nearest first, no more than wanted."""
    found = nearest_by("jaccard", await embedded("desk key"), await embedded(*PASSAGES), limit=2)

    assert [row for row, _ in found] == [0, 2]
    assert found[0][1] == pytest.approx(1 - 2 / 5)


@pytest.mark.parametrize(
    ("near", "far", "share"),
    [([1.0, 2.0], [3.0, 4.0], 1.0), ([3.0, 4.0], [1.0, 2.0], 0.0), ([1.0, 3.0], [2.0, 3.0], 0.625), ([1.0], [np.inf], 1.0)],
)
def test_the_area_is_the_share_of_pairs_in_order(near: list[float], far: list[float], share: float) -> None:
    """Equal ones count half."""
    assert area(near, far) == share


def measured(name: str, auc: float, right: list[float]) -> Measured:
    return Measured(name, 1.0, 1.0, auc, np.array(right), np.full(len(right), 0.5))  # type: ignore[arg-type]


def test_distances_of_one_order_are_equally_good() -> None:
    """Rounding makes no winner."""
    found = [measured("l2", 0.9001, [0.1]), measured("cosine", 0.9, [0.1]), measured("hamming", 0.8, [0.9])]

    assert best_of(found) == ("l2", "cosine")
    assert lead_of(found[:2]) is None


def test_a_lead_says_whom_it_is_over_and_how_surely() -> None:
    """On few questions the order may be chance: that must be said."""
    right, half = [0.1] * 40, [0.1] * 20 + [0.9] * 20
    clear = lead_of([measured("l2", 1.0, right), measured("l1", 0.5, half)])
    doubtful = lead_of([measured("l2", 1.0, [0.1, 0.1]), measured("l1", 0.75, [0.1, 0.9])])

    assert clear == ("l1", 1.0)
    assert doubtful is not None
    assert 0.6 < doubtful[1] < 0.9


def test_few_questions_or_a_tie_decide_nothing() -> None:
    """Two questions that any distance answers are no reason to choose one; three distances of one order are no tie."""
    clear = [measured("cosine", 1.0, [0.1] * 20), measured("l2", 1.0, [0.1] * 20), measured("l1", 0.5, [0.1] * 10 + [0.9] * 10)]
    few = [replace(each, right=each.right[9:12], wrong=each.wrong[9:12]) for each in clear]
    tied = [measured("l1", 1.0, [0.1] * 20), measured("jaccard", 1.0, [0.1] * 20)]
    doubtful = [measured("l1", 1.0, [0.1] * 20), measured("jaccard", 0.95, [0.1] * 19 + [0.9])]

    assert [is_decided(each, lead_of(each)) for each in (clear, few, tied, doubtful)] == [True, False, False, False]
