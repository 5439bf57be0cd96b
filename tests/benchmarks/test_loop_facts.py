"""The facts of the benchmark: read, divided and held back alike in every run."""

import pytest

from tests.benchmarks.loop_facts import BRACKHOLM, HIDREX, SABIA, facts_in, split


@pytest.mark.parametrize(("material", "taught", "asked"), [(HIDREX, 3, 1), (SABIA, 3, 1), (BRACKHOLM, 3, 2)])
def test_held_out_phrasings_are_never_taught(material: tuple, taught: int, asked: int) -> None:  # type: ignore[type-arg]
    """Else the figures would measure memory."""
    facts = facts_in(*material)

    assert {(len(fact.taught), len(fact.asked)) for fact in facts} == {(taught, asked)}
    assert not {each for fact in facts for each in fact.taught} & {each for fact in facts for each in fact.asked}


def test_two_hundred_questions_and_more_are_our_own() -> None:
    """Portuguese and English."""
    assert sum(len(fact.asked) for material in (SABIA, BRACKHOLM) for fact in facts_in(*material)) >= 200


def test_a_third_of_the_facts_is_held_back_by_the_seed() -> None:
    """The same for the same seed, another for another."""
    facts = facts_in(*HIDREX)
    trained, unseen = split(facts, seed=0)

    assert len(unseen) == len(facts) // 3
    assert {*trained, *unseen} == set(facts)
    assert split(facts, seed=0) == (trained, unseen)
    assert split(facts, seed=1) != (trained, unseen)
