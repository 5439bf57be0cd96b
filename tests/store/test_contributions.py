"""Whose votes and questions count how much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.contributions import Ballots, Contributions, Weighed, limit_of
from tests.store.asked_alike import are_alike, families


def test_a_person_counts_once_for_a_question() -> None:
    """Whoever asks the same five times and likes every answer says what others say once."""
    ballots = Ballots()
    ballots.note("a", ["Where?", "where", "WHERE?!", "Where is it?"])
    ballots.note("b", ["where"])
    found = ballots.weighed("where", [("a", True), ("b", False)])

    assert (round(found.up, 4), found.down) == (0.3333, 1.0)
    assert ballots.weighed("Where is it?", [("a", True)]) == Weighed(1.0, 0.0)


def test_near_duplicates_are_one_question() -> None:
    """Whoever words it a little otherwise each time counts once all the same, however far the first and the last are apart."""
    family, other = families(2, length=6)
    ballots = Ballots()
    ballots.note("a", [*family, family[0], other[0]])
    ballots.note("b", [family[3]])
    found = [ballots.weighed(question, [("a", True), ("b", True)] if question == family[3] else [("a", True)]) for question in family]

    assert [round(each.up, 4) for each in found] == [0.1429, 0.1429, 0.1429, 1.1429, 0.1429, 0.1429]
    assert ballots.weighed(other[0], [("a", False)]) == Weighed(0.0, 1.0)
    assert not are_alike(family[0], family[5])


@pytest.mark.parametrize(
    ("up", "down", "agreement", "weight"),
    [(0, 0, 0.0, 0.5), (1, 0, 1.0, 0.6667), (3, 1, 0.75, 0.6667), (9, 0, 1.0, 0.9091), (0, 2, 0.0, 0.25)],
)
def test_an_answer_weighs_what_people_agree_on(up: int, down: int, agreement: float, weight: float) -> None:
    """One vote says little; an expert's words outweigh them all."""
    found = Weighed(up, down)

    assert (found.agreement, found.weight(corrected=False), found.weight(corrected=True)) == (agreement, weight, 1.0)


@given(counts=st.lists(st.integers(1, 300), min_size=1, max_size=40), share=st.floats(0.01, 1))
def test_nobody_is_over_the_share(counts: list[int], share: float) -> None:
    """Of what is left; and no more is taken away than must be."""
    limit, allowed = limit_of(counts, share), max(share, 2 / len(counts))
    left = [min(count, limit) for count in counts]
    more = [min(count, limit + 1) for count in counts]

    assert max(left) <= allowed * sum(left) + 1e-6
    assert more == left or max(more) > allowed * sum(more) - 1e-6


@pytest.mark.parametrize(("counts", "limit"), [([], 1), ([7], 7), ([100, 1], 100), ([500, 100, 50, 20, 10], 120), ([90] + [10] * 9, 22)])
def test_a_small_company_still_trains(counts: list[int], limit: int) -> None:
    """Of two people nobody is limited, of five each may give two fifths, of ten a fifth."""
    assert limit_of(counts, 0.2) == limit


def test_corrections_and_the_newest_stay() -> None:
    """What an expert wrote is worth most, what was asked last is nearest to what will be asked."""
    found = Contributions()
    found.good["a"] = [(number == 0, f"E{number:02}") for number in range(30)]
    for person in "bcdefghijk":
        found.good[person].append((False, person))
    found.bad["a"] = [(False, "D1")]

    assert found.over(0.2) == {f"E{number:02}" for number in range(1, 29)}
    assert found.over(1.0) == frozenset()
