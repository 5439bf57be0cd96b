"""An evaluation in numbers."""

from dataclasses import replace

import pytest

from finetune.figures import ceiling_of, comparisons, figures_of
from tests.finetune.evaluations import BAD, GOOD, evaluation, held, of_kind, reply, side


def test_each_kind_and_language_is_compared_after_all_together() -> None:
    """Where it got better matters as much as that it did."""
    found = comparisons(evaluation([*of_kind("up", 2, GOOD, GOOD), *of_kind("down", 3, BAD, GOOD, language="pt")]), "passages", seed=0)

    assert [(each.group, each.name, each.difference.count) for each in found] == [
        ("all", "", 5),
        ("kind", "down", 3),
        ("kind", "up", 2),
        ("language", "en", 2),
        ("language", "pt", 3),
    ]
    assert (found[0].before.value, found[0].after.value) == (0.4, 1.0)


def test_right_and_wrong_declining_are_told_apart() -> None:
    """One who always declines is right only where that was wanted."""
    given = evaluation([(held(decline=True), GOOD, GOOD), (held("Other?"), BAD, BAD)])
    figures = figures_of(side("v1", [reply(declined=True), reply(BAD, declined=True)]), given.asked, "passages")

    assert (figures.to_decline, figures.declined_right, figures.declined_wrong) == (1, 1, 1)


def test_times_and_tokens_are_those_of_a_model_alone() -> None:
    """A quotation takes no time, and must not flatter it."""
    given = evaluation([(held(), GOOD, GOOD), (held("Other?"), GOOD, GOOD)])
    quoted = replace(reply(), tokens=0, total_s=0.0, first_token_s=0.0)
    figures = figures_of(side("v1", [reply(total_s=2.0), quoted]), given.asked, "full")

    assert (figures.tokens, figures.total_p50_s, figures.first_token_p95_s) == (10, 2.0, 1.0)


def test_perplexity_is_a_geometric_mean_of_the_arm_with_passages() -> None:
    """It was measured there, on some questions."""
    given = evaluation(of_kind("up", 3, GOOD, GOOD))
    contender = replace(given.second, perplexities=(2.0, None, 8.0))

    assert figures_of(contender, given.asked, "passages").perplexity == pytest.approx(4.0)
    assert figures_of(contender, given.asked, "alone").perplexity is None


def test_the_ceiling_leaves_out_what_must_be_declined() -> None:
    """There is nothing to be found for it."""
    asked = evaluation(of_kind("up", 2, GOOD, GOOD)).asked
    found = ceiling_of([replace(asked[0], in_best=False), asked[1], replace(asked[1], in_best=None, in_given=None)])

    assert (found.best.value, found.given.value, found.best.count) == (0.5, 1.0, 2)
