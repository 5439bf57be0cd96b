"""The report: whole, self-contained, and nobody's words become markup."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from finetune.evaluation import Evaluation
from finetune.gate import decide
from finetune.report import write_report
from finetune.report_curves import curves_of, losses_of
from finetune.training import GgufBase, Trained
from tests.finetune.evaluations import BAD, GOOD, evaluation, held, of_kind, reply, with_second

EVIL = "<script>alert(1)</script> & <img src=x onerror=alert(1)>"
TRAINED = Trained(Path("adapter"), GgufBase(Path("base.gguf")), 2, (0.9, 0.4), (0.6, 0.5), 34_850, 196.0, 371.0, "fp32")


def written(tmp_path: Path, given: Evaluation, **options: object) -> str:
    """Write the report and return it."""
    path = tmp_path / "round" / "report.html"
    wanted = {"training": TRAINED, "path": path} | options
    write_report(given, decide(given), **wanted)  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8")


BETTER = evaluation([*of_kind("down", 8, BAD, GOOD), *of_kind("up", 3, GOOD, BAD), *of_kind("golden", 2, GOOD, GOOD, language="pt")])


def test_it_shows_every_changed_answer_lost_ones_first(tmp_path: Path) -> None:
    """With its predecessor."""
    page = written(tmp_path, BETTER)

    assert re.findall(r'<article class="change is-(\w+)"', page) == ["lost"] * 3 + ["fixed"] * 8
    assert "It loses 3 of 3 liked questions" in page
    assert 'class="verdict no"' in page


def test_it_reaches_for_nothing_outside(tmp_path: Path) -> None:
    """It is mailed, archived, opened without a network: no script, no address, and a policy that says so."""
    page = written(tmp_path, BETTER)

    assert re.findall(r"<script|<link|<img|<iframe|https?://|@import|url\(", page) == []
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


def test_words_of_people_and_models_are_escaped(tmp_path: Path) -> None:
    """Questions, answers, references, passages, names: all of them are others' words."""
    given = evaluation([(held(EVIL, reference=EVIL, facts=[EVIL]), BAD, GOOD)])
    passages = (replace(given.asked[0].passages[0], text=EVIL, heading=EVIL),)
    given = replace(given, asked=(replace(given.asked[0], passages=passages),), model=EVIL)
    given = with_second(replace(given, first=replace(given.first, name=EVIL)), passages=[reply(text=EVIL)])
    page = written(tmp_path, given, lineage={EVIL: EVIL})

    assert "<script>" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 8


def test_it_speaks_portuguese(tmp_path: Path) -> None:
    """Numbers too: 34.850 and 50 %."""
    page = written(tmp_path, BETTER, language="pt_BR")

    assert '<html lang="pt-BR">' in page
    assert "34.850" in page


def test_the_training_is_told_in_words_and_drawn(tmp_path: Path) -> None:
    """Over- and underfitting by name."""
    page = written(tmp_path, BETTER)

    assert "<polyline" in page
    assert "Underfitting" in page


def test_without_a_training_or_changes_it_says_so(tmp_path: Path) -> None:
    """A comparison of a model with itself."""
    page = written(tmp_path, evaluation(of_kind("up", 2, GOOD, GOOD)), training=None)

    assert "<polyline" not in page
    assert "Not one answer changed." in page


def test_unknown_languages_and_declining_questions_have_names(tmp_path: Path) -> None:
    """Whatever stands in the questions."""
    page = written(tmp_path, evaluation([(held(decline=True, language=""), BAD, GOOD), (held("?", language="fr"), BAD, GOOD)]))

    assert "Language unknown" in page
    assert ">fr<" in page
    assert "Must be declined" in page


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """And nothing is left behind."""
    (tmp_path / "round").write_text("in the way")

    with pytest.raises(Misconfigured, match=r"report\.html cannot be written"):
        written(tmp_path, BETTER)


def test_curves_come_step_by_step_from_the_table(tmp_path: Path) -> None:
    """A point an epoch shows nothing of a single one."""
    table = tmp_path / "losses.csv"
    table.write_text("step,training_loss,validation_loss\n1,0.9,\n2,0.5,0.6\n3,0.4,\n4,0.3,0.5\n")
    losses = losses_of(TRAINED, table)
    curves = curves_of(losses)

    assert losses.steps == (0.9, 0.5, 0.4, 0.3)
    assert losses.validation == ((2, 0.6), (4, 0.5))
    assert curves is not None
    assert (len(curves.raw.split()), len(curves.dots), curves.levels[-1].value) == (4, 2, 1.0)


def test_a_single_loss_is_no_curve() -> None:
    """One epoch without validation, and no table."""
    assert curves_of(losses_of(replace(TRAINED, losses=(0.5,), validation_losses=()), None)) is None
