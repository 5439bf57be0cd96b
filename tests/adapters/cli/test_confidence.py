"""`aprendiz confidence`: what it tells of a precision that is wanted."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.cli.confidence import missed_sentence
from adapters.compose import Records
from bot.confidence import Calibration, Cut
from bot.messages import RatingValue
from bot.settings import AnswersSettings
from store.calibration import Figures, Fitted
from tests.adapters.cli.conftest import Aprendiz
from tests.adapters.cli.versions import on
from tests.contracts.ledgers import NOW, exchange, question, rights


async def rate(records: Records, *, right_of_ten: int) -> None:
    """Keep 50 answers of which so many in ten were right, whatever their evidence, and fit to what was said of them."""
    for number in range(50):
        asked = question(f"Quanto custa a peça {number}?", minute=number, conversation=f"c{number}")
        await records.ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
        await records.ledger.record(replace(exchange(asked), evidence={"cosine": 0.3 + 0.002 * number}))
        vote: RatingValue = "up" if number % 10 < right_of_ten else "down"
        await records.ledger.rate(asked.exchange_id, "voter", vote, via="button", at=NOW)
    await records.calibrations.refit(NOW)


def test_a_precision_out_of_reach_is_told(home: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default holds then; who reads nothing of it believes that nine in ten answers are right."""
    on(lambda records: rate(records, right_of_ten=2))
    assert aprendiz("confidence", "show").err == ""
    monkeypatch.setenv("APRENDIZ_ANSWERS__PRECISION", "0.9")
    shown = aprendiz("confidence", "show", "--json")

    assert "No threshold reached a precision of 0.9 (answers.precision) on 50 rated answers" in shown.err
    assert shown.json["coverage"]["0.9"] == 0
    assert "No threshold reached" in aprendiz("confidence", "show").err


def test_a_precision_within_reach_needs_no_word(home: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """What works is no news."""
    on(lambda records: rate(records, right_of_ten=8))
    monkeypatch.setenv("APRENDIZ_ANSWERS__PRECISION", "0.7")

    assert aprendiz("confidence", "show").err == ""


@pytest.mark.parametrize(("right", "wanted", "told"), [(29 / 49, 0.6, "0.59"), (0.8999, 0.9, "0.89"), (0.58, 0.7, "0.58")])
def test_a_precision_missed_by_a_hair_is_not_told_as_reached(right: float, wanted: float, told: str) -> None:
    """“No threshold reached 0.6, the best reached 0.60” reads as a fault of the program."""
    fitted = Fitted(Calibration(cuts=(Cut(0.4, 1.0, right),)), Figures(49, 29, "shipped", None, {}, {}))

    assert f"the best reached {told}, by declining" in missed_sentence(fitted, AnswersSettings(precision=wanted), "en")
