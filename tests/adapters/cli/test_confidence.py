"""`aprendiz confidence`: what it tells of a precision that is wanted."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.compose import Records
from bot.messages import RatingValue
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
