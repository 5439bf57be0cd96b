"""Ratings make the number beside an answer mean what it says, in every process, and no sooner than they can."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from bot.confidence import Calibration, logistic
from bot.exchanges import Exchange
from bot.messages import RatingValue
from store.calibration import Rated, SqlCalibrations, expected_error, fit
from store.clusters import cluster_of
from store.database import Database
from store.ledger import SqlLedger
from store.logistic import fit_logistic
from tests.contracts.ledgers import SEALER, exchange, question, rights
from tests.store.ledger_rows import NOW


def rated(count: int, *, slope: float = 1.0, offset: float = 0.0, seed: int = 1) -> list[Rated]:
    """Draw ratings of answers whose log-odds of being right are *slope* times what the evidence says, plus *offset*."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.5, 2.0, count)
    return [
        Rated(cluster_of(f"question {number}"), float(score), bool(rng.random() < logistic(slope * score + offset)))
        for number, score in enumerate(scores)
    ]


def test_few_ratings_change_nothing_and_promise_nothing() -> None:
    """Ten votes would fit anything."""
    for few in (rated(0), rated(10), [Rated(cluster_of(str(number)), 1.0, True) for number in range(60)]):
        fitted = fit(few)
        assert fitted.calibration == Calibration()
        assert (fitted.figures.ratings, fitted.figures.error, fitted.figures.coverage) == (len(few), None, {"0.9": None, "0.95": None})


def test_what_is_too_sure_of_itself_is_stretched() -> None:
    """Evidence said 0.9 where people said 0.6: on questions that were left out, the error falls to a few hundredths."""
    seen = rated(400, slope=0.4, offset=-0.5)
    fitted = fit(seen)
    right = np.array([each.right for each in seen], dtype=float)
    shipped = expected_error(np.array([logistic(each.score) for each in seen]), right)

    assert fitted.figures.method in ("platt", "isotonic")
    assert fitted.figures.error is not None
    assert fitted.figures.error < 0.1 < shipped
    assert fitted.figures.losses[fitted.figures.method] == min(fitted.figures.losses.values())
    assert fitted.calibration.probability(2.0) == pytest.approx(logistic(0.3), abs=0.1)


def test_a_shape_that_no_line_has_takes_a_curve() -> None:
    """Isotonic regression follows steps, upwards only, and is never wholly sure."""
    rng = np.random.default_rng(2)
    steps = [
        Rated(cluster_of(f"q{number}"), float(score), bool(rng.random() < (0.05 if score < 1.5 else 0.9)))
        for number, score in enumerate(rng.uniform(-3, 3, 900))
    ]
    calibration = fit(steps).calibration
    likely = [calibration.probability(score) for score in np.linspace(-4, 4, 50)]

    assert calibration.method == "isotonic"
    assert likely == sorted(likely)
    assert 0 < likely[0] < 0.15
    assert 0.8 < likely[-1] < 1


def test_a_wanted_precision_is_kept_by_the_threshold_that_comes_of_it() -> None:
    """What an operator asks for is what later answers get."""
    fitted, fresh = fit(rated(600)), rated(600, seed=9)
    threshold = fitted.calibration.threshold(minimum=None, precision=0.9)
    given = [each.right for each in fresh if fitted.calibration.probability(each.score) >= threshold]

    assert np.mean(given) == pytest.approx(0.9, abs=0.05)
    assert fitted.figures.coverage["0.9"] == pytest.approx(len(given) / len(fresh), abs=0.1)


def test_votes_that_contradict_the_evidence_are_not_believed_backwards() -> None:
    """Where the best evidence got the worst votes, every answer is as good as all; the worst is never preferred."""
    calibration = fit(rated(60, slope=-2.0)).calibration

    assert calibration.probability(3.0) >= calibration.probability(-3.0)


def test_newton_ends_where_rows_are_separable_too() -> None:
    """Without a price on coefficients they would grow for ever."""
    fitted = fit_logistic(np.array([[-1.0], [1.0]]), np.array([0.0, 1.0]), weights=np.ones(2), ridge=0.1)

    assert np.isfinite(fitted).all()
    assert fitted[1] > 0


async def _rate(database: Database, count: int, *, start: int = 0) -> None:
    ledger = SqlLedger(database, SEALER)
    for number in range(start, start + count):
        asked = question(f"Question {number}?", minute=number, conversation=f"c{number}")
        await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
        good = number % 3 > 0
        evidence = {"cosine": 0.5 + 0.02 * (number % 7) * (1 if good else -1)}
        await ledger.record(replace(exchange(asked), evidence=evidence))
        vote: RatingValue = "up" if good else "down"
        await ledger.rate(asked.exchange_id, "voter", vote, via="button", at=NOW)


async def test_every_process_follows_within_seconds(database: Database) -> None:
    """One process fits by the clock; the others answer with it without a restart."""
    moment = [0.0]
    here, there = SqlCalibrations(database), SqlCalibrations(database, clock=lambda: moment[0])
    assert await there.current() == Calibration()
    await _rate(database, 45)

    fitted = await here.refit(NOW)

    assert fitted is not None
    assert (fitted.figures.ratings, fitted.figures.right, fitted.calibration.method) == (45, 30, "platt")
    assert await here.current() == fitted.calibration
    assert await there.current() == Calibration()
    moment[0] += 2.0
    assert await there.current() == fitted.calibration
    assert (await there.newest()) == fitted


async def test_nothing_is_fitted_anew_before_enough_is_new(database: Database) -> None:
    """The clock looks often; the ledger is not to fill with the same."""
    calibrations = SqlCalibrations(database)
    await _rate(database, 19)
    assert await calibrations.refit(NOW) is None
    assert (await calibrations.judge()).figures.ratings == 19
    await _rate(database, 21, start=19)

    first = await calibrations.refit(NOW)
    assert first is not None
    assert await calibrations.refit(NOW + timedelta(hours=1)) is None
    assert await calibrations.refit(NOW + timedelta(hours=2), always=True) is not None


async def test_a_corrected_answer_was_wrong_and_one_without_evidence_tells_nothing(database: Database) -> None:
    """An expert outweighs votes; exchanges from before evidence was kept are left out."""
    ledger = SqlLedger(database, SEALER)
    for number, evidence in enumerate(({"cosine": 0.5}, {"cosine": 0.5}, {})):
        asked = question(f"Question {number}?", minute=number, conversation=f"c{number}")
        await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
        given: Exchange = replace(exchange(asked), evidence=evidence)
        await ledger.record(given)
        await ledger.rate(asked.exchange_id, "voter", "up", via="button", at=NOW)
        if number == 0:
            await ledger.correct(asked.exchange_id, "expert", "No.", at=NOW)
    figures = (await SqlCalibrations(database).judge()).figures

    assert (figures.ratings, figures.right) == (2, 1)


@pytest.mark.parametrize("constant", ["OFFSET", "UNREAD_OFFSET"])
async def test_what_was_fitted_to_other_weights_no_longer_holds(database: Database, monkeypatch: pytest.MonkeyPatch, constant: str) -> None:
    """A new release weighs evidence anew; the old curve would map other numbers."""
    await _rate(database, 45)
    assert await SqlCalibrations(database).refit(NOW) is not None
    monkeypatch.setattr(f"store.calibration.{constant}", 99.0)

    assert await SqlCalibrations(database).current() == Calibration()
