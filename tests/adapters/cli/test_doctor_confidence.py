"""What `doctor` tells of a precision that no rated answers reach."""

from pathlib import Path

from adapters.cli import doctor_confidence
from adapters.cli.findings import Finding
from bot.settings import AnswersSettings, read_settings
from tests.adapters.cli.test_confidence import rate
from tests.adapters.cli.versions import on


def _seen(home: Path, **answers: float) -> list[Finding]:
    return doctor_confidence.check(read_settings(home=home, answers=AnswersSettings(**answers)))


def test_a_precision_out_of_reach_is_told(home: Path) -> None:
    """The bot answers as if nothing had been set, and nobody would know."""
    on(lambda records: rate(records, right_of_ten=2))
    (found,) = _seen(home, precision=0.9)

    assert found.mark == "warn"
    assert "on 50 rated answers, so the default holds" in found.detail
    assert "aprendiz conversations list --rating down" in found.remedy
    assert _seen(home) == []
    assert _seen(home, precision=0.9, minimum_confidence=0.6) == []


def test_nothing_is_said_where_nobody_can_tell(home: Path, tmp_path: Path) -> None:
    """A new home has no ratings yet, and one that is not there stays so."""
    assert _seen(tmp_path / "none", precision=0.9) == []
    assert not (tmp_path / "none").exists()
    home.mkdir()
    assert _seen(home, precision=0.9) == []
