"""The gate: promoted only where the numbers say so, and told in words why."""

import json

import pytest

from finetune.gate import LEAST_DOWN, decide, lost_allowed
from finetune.parity import Parity
from tests.finetune.evaluations import BAD, GOOD, evaluation, held, of_kind, reply, with_second

BETTER = [*of_kind("down", 8, BAD, GOOD), *of_kind("up", 10, GOOD, GOOD)]
PARITY = Parity(50, 1000, 0.99, 0.01, 0.1, 0.95, passed=True, reason="alike")


def test_improved_down_voted_questions_and_no_loss_are_promoted() -> None:
    """This is what rounds are for."""
    decision = decide(evaluation(BETTER), parity=PARITY)

    assert (decision.promote, decision.against) == (True, 0)
    assert decision.reasons[0].startswith("Of 8 held-out questions that had been voted down or corrected it answers 100% well")
    assert "99.0% of 1000 tokens" in " ".join(decision.reasons)


def test_imported_questions_count_like_corrections() -> None:
    """Nobody rated anything yet, but what the company answered is known; the sentence says what was asked."""
    better = decide(evaluation([*of_kind("imported", 6, BAD, GOOD), *of_kind("down", 2, BAD, GOOD), *of_kind("imported", 2, GOOD, GOOD)]))
    few = decide(evaluation(of_kind("imported", LEAST_DOWN - 1, BAD, GOOD)))
    worse = decide(evaluation([*of_kind("imported", 8, GOOD, BAD), *of_kind("down", 6, BAD, GOOD)]))

    assert better.promote
    assert better.reasons[0].startswith("Of 10 held-out questions that had been voted down, corrected or imported it answers 100% well")
    assert (better.figures["fixed"], better.figures["counts"]["imported"]) == (0.8, 8)
    assert few.reasons[0].startswith("Only 5 held-out questions had been voted down, corrected or imported")
    assert worse.reasons[0].startswith("No certain improvement: of 14 held-out questions that had been voted down, corrected or imported")


def test_too_few_down_voted_questions_are_refused_with_how_many_are_needed() -> None:
    """Five out of five may be luck."""
    decision = decide(evaluation(of_kind("down", LEAST_DOWN - 1, BAD, GOOD)))

    assert not decision.promote
    assert decision.reasons[0] == (
        "Only 5 held-out questions had been voted down or corrected; 6 are needed to tell an improvement from luck."
    )


def test_a_difference_that_may_be_luck_is_refused() -> None:
    """Two better of ten: the interval reaches zero."""
    decision = decide(evaluation([*of_kind("down", 2, BAD, GOOD), *of_kind("down", 8, BAD, BAD)]))

    assert not decision.promote
    assert decision.reasons[0].startswith("No certain improvement: of 10")


def test_what_production_answers_already_does_not_count_as_fixed() -> None:
    """Else a correction that retrieval serves would be the trainer's merit."""
    decision = decide(evaluation([*of_kind("down", 6, BAD, GOOD), *of_kind("down", 6, GOOD, GOOD)]))

    assert (decision.figures["fixed"], decision.figures["fixed_of_failed"]) == (0.5, 1.0)


@pytest.mark.parametrize(("count", "allowed"), [(0, 1), (10, 1), (99, 1), (100, 2), (1000, 20)])
def test_two_per_cent_or_one_may_be_lost(count: int, allowed: int) -> None:
    """One question must not decide where there are few."""
    assert lost_allowed(count) == allowed


def test_more_lost_than_allowed_is_refused() -> None:
    """What people liked stays."""
    decision = decide(evaluation([*BETTER, *of_kind("up", 2, GOOD, BAD)]))

    assert not decision.promote
    assert decision.reasons[0] == "It loses 2 of 12 liked questions that were answered well before; at most 1 may be lost."
    assert decision.figures["lost"] == pytest.approx(2 / 12)


def test_one_lost_is_forgiven() -> None:
    """A single answer is noise."""
    assert decide(evaluation([*BETTER, *of_kind("up", 1, GOOD, BAD)])).promote


def test_every_golden_question_must_pass_and_those_that_do_not_are_named() -> None:
    """They are the operator's conditions, whatever production makes of them."""
    decision = decide(
        evaluation([*BETTER, *of_kind("golden", 3, GOOD, GOOD), *of_kind("golden", 1, GOOD, BAD), *of_kind("golden", 6, BAD, BAD)])
    )

    assert not decision.promote
    assert decision.reasons[0].startswith("7 of 10 golden questions fail (1 of them did not before): “golden 0 True False”")
    assert decision.reasons[0].endswith("and 2 more.")


def test_golden_questions_that_all_pass_speak_for_it() -> None:
    """So does the record."""
    assert "All 2 golden questions pass." in decide(evaluation([*BETTER, *of_kind("golden", 2, BAD, GOOD)])).reasons


def test_significantly_worse_without_passages_is_refused() -> None:
    """A model that forgot how to speak may still copy."""
    given = evaluation([*BETTER, *of_kind("plain", 20, GOOD, GOOD)])
    decision = decide(with_second(given, alone=[reply(BAD)] * len(given.asked)))

    assert not decision.promote
    assert decision.reasons[0].startswith("Without passages it is worse: -79%")


def test_failed_parity_is_refused_with_its_reason() -> None:
    """What was proved is not what would serve."""
    failed = Parity(50, 1000, 0.4, 1.0, 3.0, 0.95, passed=False, reason="40% of the tokens agree")

    assert decide(evaluation(BETTER), parity=failed).reasons[0] == (
        "The served file does not answer as the trained weights do: 40% of the tokens agree."
    )


def test_all_reasons_against_come_first() -> None:
    """Who reads two lines reads why not."""
    decision = decide(evaluation([*of_kind("down", 2, BAD, GOOD), *of_kind("up", 3, GOOD, BAD), *of_kind("golden", 1, GOOD, GOOD)]))

    assert decision.against == 2
    assert decision.reasons[decision.against :][0] == "All 1 golden questions pass."


def test_a_language_it_speaks_as_well_as_quoting_is_added() -> None:
    """The engine may then let it speak."""
    decision = decide(evaluation([*BETTER, *of_kind("up", 10, GOOD, GOOD, language="pt")]))

    assert decision.languages == ("pt",)
    assert decision.reasons[-1].startswith("It may speak pt")


def test_a_language_in_which_quoting_is_better_is_not_added() -> None:
    """Quoting loses nothing."""
    given = evaluation([*BETTER, *of_kind("plain", 12, GOOD, GOOD, language="pt")])
    worse = [reply(not (each.language == "pt" and at % 2)) for at, each in enumerate(given.asked)]

    assert decide(with_second(given, spoken=worse)).languages == ()


@pytest.mark.parametrize(("count", "languages"), [(9, ("en",)), (12, ("en", "pt")), (12, ("*",))])
def test_too_few_questions_or_a_configured_language_add_nothing(count: int, languages: tuple[str, ...]) -> None:
    """There is nothing to prove, or not enough to prove it by."""
    assert decide(evaluation([*BETTER, *of_kind("up", count, GOOD, GOOD, language="pt")], languages=languages)).languages == ()


def test_nothing_liked_and_nothing_golden_is_said() -> None:
    """An empty comparison must not look like a passed one."""
    reasons = decide(evaluation(of_kind("down", 8, BAD, GOOD))).reasons

    assert "No held-out question that people liked was answered well before, so none could be lost." in reasons
    assert "There are no golden questions." in reasons


def test_declining_questions_do_not_count_without_passages() -> None:
    """The bare model cannot know what was not found."""
    declines = [(held(f"decline {number}", decline=True, kind="plain"), GOOD, BAD) for number in range(20)]

    assert decide(evaluation([*BETTER, *declines])).promote


def test_the_figures_are_json() -> None:
    """They become the model card and a row of the ledger."""
    figures = decide(evaluation(BETTER), parity=PARITY).figures

    assert json.loads(json.dumps(figures, allow_nan=False))["counts"] == {
        "down": 8, "imported": 0, "failed_before": 8, "fixed": 8, "liked": 10, "lost": 0,
    }  # fmt: skip
    assert figures["systems"]["second/passages"]["good"]["value"] == 1.0


def test_the_same_seed_gives_the_same_decision() -> None:
    """A record must be reproducible."""
    given = evaluation([*of_kind("down", 5, BAD, GOOD), *of_kind("down", 7, GOOD, BAD), *of_kind("up", 4, GOOD, GOOD)])

    assert decide(given, seed=3) == decide(given, seed=3)
