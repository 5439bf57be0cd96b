"""What the constants of confidence are fitted on, and that they are those of the figures there are."""

import random
from pathlib import Path

import pytest

from bot.confidence import BY_HAND, WEIGHTS
from store.evidence import Ranked, evidence_of
from tests.benchmarks.answers_material import DATA, lines
from tests.benchmarks.fitting_confidence import Kind, Seen, fit, materials


def test_every_figure_has_its_weight() -> None:
    """One without would be kept and never count, one that is no figure any more would count as usual for ever."""
    ranked = [Ranked(0.5, 0.5, "", "Here is A-1.", 0.9, "Where is A-1?", answers=1.0), Ranked(0.4, 0.4, "", "There.", 0.8)]
    figures = evidence_of("Where is A-2?", ranked, rarity=lambda _: 1.0, anew={"zebra"})

    assert {*figures} == {*WEIGHTS, *BY_HAND} - {"logprob", "withheld"}


def test_what_is_fitted_on_is_not_reported_on(tmp_path: Path) -> None:
    """Or the figures would flatter."""
    reported = {
        each["question"]
        for name in ("bilingual_questions", "off_topic", "handbook_questions", "handbook_off")
        for each in lines(DATA / "answers" / f"{name}.jsonl")
        if each["half"] == "report"
    }

    assert not reported & {each["question"] for each in lines(DATA / "answers" / "declining_more.jsonl")}
    for material, kinds in materials(tmp_path):
        assert len(kinds) == len(material.asked)
        assert {each.half for each in material.asked} == {"tune"}


def test_what_is_said_to_be_held_stands_in_the_companys_files(tmp_path: Path) -> None:
    """A slip there would teach to decline what is answered."""
    texts = {
        material.name: " ".join(
            path.read_text(encoding="utf-8").casefold()
            for folder, _ in material.folders
            for path in [folder, *folder.rglob("*")]
            if path.is_file()
        )
        for material, _ in materials(tmp_path)
    }

    for each in lines(DATA / "answers" / "declining_more.jsonl"):
        assert each["holds"] is None or each["holds"].casefold() in texts[each["about"]]


def test_the_constants_part_what_they_were_fitted_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Two figures that tell, and as many companies as must be left out in turn."""
    rng = random.Random(1)
    names = [*WEIGHTS]
    kinds: list[Kind] = ["in", "off"] * 40
    seen = [
        Seen(company, f"{company} {number}", kind, {name: rng.gauss(0.5 * (kind == "in"), 0.3) for name in names}, held=kind == "in")
        for company in ("bilingual", "handbook")
        for number, kind in enumerate(kinds)
    ]

    fit(seen)

    written = capsys.readouterr()
    assert written.out.startswith("OFFSET: Final")
    assert "\nUNREAD_OFFSET: Final" in written.out
    assert written.out.count('"answers"') == 1
    assert "wrongly declined 0.0" in written.out
    assert "companies not seen" in written.err
