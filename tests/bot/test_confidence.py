"""From evidence to a number that means what it says."""

import pytest

from bot.confidence import BY_HAND, DECLINED_BELOW, OFFSET, UNREAD_OFFSET, UNREAD_WEIGHTS, WEIGHTS, Calibration, Cut, logistic, score_of
from bot.draft import Judge, Spoken
from bot.messages import Finished

STEPS = ((-1.0, 0.2), (1.0, 0.6), (2.0, 0.9))


def test_a_missing_figure_counts_as_usual() -> None:
    """A backend without token probabilities is no reason for doubt."""
    usual = {name: value for name, (value, _) in {**WEIGHTS, **BY_HAND}.items()}

    assert score_of(usual) == pytest.approx(OFFSET)
    assert score_of({"answers": usual["answers"]}) == pytest.approx(OFFSET)
    assert score_of({**usual, "logprob": -3.0}) < score_of(usual) < score_of({**usual, "apart": 1.0})
    assert score_of({"unknown": 9.0}) == score_of({})


def test_where_nobody_read_the_passages_the_other_figures_count_for_more() -> None:
    """Without the networks that read closely, words and vectors alone have to part what is answered from what is not."""
    unread = {name: value for name, (value, _) in UNREAD_WEIGHTS.items()}

    assert score_of({}) == score_of(unread) == pytest.approx(UNREAD_OFFSET)
    assert score_of({**unread, "borne": 1.0}) - score_of(unread) > score_of({"answers": 0.0, "borne": 1.0}) - score_of({"answers": 0.0}) > 0
    assert {*UNREAD_WEIGHTS} == {*WEIGHTS} - {"answers", "answers_most"}


@pytest.mark.parametrize(("score", "likely"), [(-9, 0.2), (-1, 0.2), (0, 0.4), (1, 0.6), (1.5, 0.75), (9, 0.9)])
def test_a_curve_is_followed_between_its_steps(score: float, likely: float) -> None:
    """Isotonic regression gives blocks; between them lies a straight line, beyond them the last one holds."""
    assert Calibration("isotonic", steps=STEPS).probability(score) == pytest.approx(likely)


def test_a_straight_line_stretches_the_log_odds() -> None:
    """Platt's method has two numbers."""
    assert Calibration("platt", slope=2.0, offset=-1.0).probability(0.5) == pytest.approx(0.5)
    assert Calibration().probability(800.0) == pytest.approx(1.0)


def test_the_default_threshold_stays_at_the_same_evidence() -> None:
    """Ratings tell what the numbers mean, not that less or more is answered."""
    for calibration in (Calibration(), Calibration("platt", slope=0.5, offset=1.0)):
        assert calibration.threshold(minimum=None, precision=None) == pytest.approx(calibration.probability(DECLINED_BELOW))
    assert Calibration().threshold(minimum=0.3, precision=0.9) == 0.3


def test_a_wanted_precision_takes_the_lowest_threshold_that_kept_it() -> None:
    """More is answered than above any higher one; one that nothing keeps changes nothing."""
    calibration = Calibration(cuts=(Cut(0.1, 1.0, 0.7), Cut(0.4, 0.8, 0.9), Cut(0.7, 0.4, 0.95)))

    assert calibration.threshold(minimum=None, precision=0.9) == 0.4
    assert calibration.threshold(minimum=None, precision=0.99) == logistic(DECLINED_BELOW)


def test_a_precision_that_nothing_reaches_is_told_with_the_nearest() -> None:
    """An operator who asked for it would otherwise believe that it holds."""
    calibration = Calibration(cuts=(Cut(0.1, 1.0, 0.22), Cut(0.4, 0.8, 0.42), Cut(0.6, 0.5, 0.42), Cut(0.7, 0.4, 0.4)))

    assert calibration.missed(minimum=None, precision=0.9) == Cut(0.4, 0.8, 0.42)
    assert calibration.missed(minimum=None, precision=0.42) is None
    assert calibration.missed(minimum=None, precision=None) is None
    assert calibration.missed(minimum=0.3, precision=0.9) is None
    assert Calibration().missed(minimum=None, precision=0.9) is None


def test_where_nobody_looked_nothing_is_declined() -> None:
    """A file that came with the question has no evidence of the kind."""
    judge = Judge(Calibration(), 0.99)

    assert not judge.declines({})
    assert judge.declines({"cosine": 0.0, "apart": 0.0})


def test_what_a_model_said_is_evidence_as_far_as_it_is_known() -> None:
    """Its own certainty, and how many of its sentences were not shown."""
    finished = Finished("stop", 1, 1, 0, 0.1, 0.2, "m", mean_logprob=-0.4)

    assert Spoken(finished, withheld=2).evidence() == {"withheld": 2.0, "logprob": -0.4}
    assert Spoken().evidence() == {"withheld": 0.0}
