"""The model card: the decision with its numbers, for programs and for people."""

import json
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from finetune.card import write_card
from finetune.gate import Decision, decide
from tests.finetune.evaluations import BAD, GOOD, evaluation, of_kind

DECISION = decide(evaluation([*of_kind("down", 8, BAD, GOOD), *of_kind("up", 4, GOOD, GOOD)]))


def test_programs_read_everything(tmp_path: Path) -> None:
    """Numbers, reasons and lineage."""
    write_card(DECISION, name="v3", lineage={"seed": "0"}, path=tmp_path / "card.json")
    card = json.loads((tmp_path / "card.json").read_text())

    assert (card["name"], card["lineage"], card["decision"]["promote"]) == ("v3", {"seed": "0"}, True)
    assert card["decision"]["figures"]["fixed"] == 1.0


def test_people_read_the_decision_first(tmp_path: Path) -> None:
    """Then the table, then where it comes from."""
    write_card(DECISION, name="v3", lineage={"seed": "0"}, path=tmp_path / "card.json")
    text = (tmp_path / "card.md").read_text()

    assert text.startswith("# v3\n\n**Passes the gate**\n\n- ✓ Of 8 held-out questions")
    assert "| Voted down or corrected | 8 | 0% | 100% | +100 | +100 … +100 |" in text
    assert text.endswith("- seed: `0`\n")


def test_a_candidate_that_was_never_evaluated_has_a_card(tmp_path: Path) -> None:
    """It failed before: there are reasons and no figures."""
    write_card(Decision(False, ("It failed.",), {}, (), 1), name="v4", lineage={}, path=tmp_path / "card.json")

    assert (tmp_path / "card.md").read_text() == "# v4\n\n**Does not pass the gate**\n\n- ✗ It failed.\n"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """One sentence with the remedy."""
    (tmp_path / "round").write_text("in the way")

    with pytest.raises(Misconfigured, match=r"card\.json cannot be written"):
        write_card(DECISION, name="v3", lineage={}, path=tmp_path / "round" / "card.json")
