"""The loop closes, with the real model and every part real but the platforms: ratings become a version, worthless ones do not."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from finetune.measures import contains
from tests.benchmarks.loop_traffic import FACTS, Fact, facts_in
from tests.loop_company import Company, company

# Enough that a quarter of them, held out, tells an improvement from luck.
ASKED_FACTS = 36
PHRASINGS = 3
_VISIBLE_WITHIN_S = 2.0

# Fewer rows to practise on: a test has less time; the gate is the same.
RECIPE = """
[rows]
practice_rows = 40
"""

# Of errors that no document knows, whatever is said is wrong.
WORTHLESS = tuple(f"O que significa o erro {letter}{number}?" for letter in "XYZ" for number in range(901, 909))


async def answers(at: Company, questions: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return what the playground answers, and by which version."""
    return {question: await at.ask_over_http(question) for question in questions}


def count_right(facts: Sequence[Fact], told: dict[str, tuple[str, str]]) -> int:
    """Return how many answers hold what they must."""
    return sum(all(contains(told[fact.questions[3]][0], each) for each in fact.must_contain) for fact in facts)


@pytest.mark.timeout(1500)
async def test_ratings_become_a_version_that_serves_and_can_be_taken_back(tmp_path: Path) -> None:
    """Traffic on Slack and Discord, one command, other answers in the running playground; nonsense is refused; back in one command."""
    facts = await asyncio.to_thread(facts_in, FACTS)
    others = facts[ASKED_FACTS : ASKED_FACTS + 12]  # that nobody asked about, in a phrasing that is in no document
    unheard = tuple(fact.questions[3] for fact in others)
    recipe = tmp_path / "recipe.toml"
    await asyncio.to_thread(recipe.write_text, RECIPE)
    async with company(tmp_path) as at:
        await at.consents()
        right = await at.traffic(facts[:ASKED_FACTS], phrasings=PHRASINGS)
        before = await answers(at, unheard)

        first = await at.aprendiz("round", "--json", "--audience", "employees", "--recipe", recipe)
        promoted = await answers(at, unheard)

        await at.worthless(WORTHLESS)
        second = await at.aprendiz("round", "--json", "--audience", "employees", "--recipe", recipe)
        after_second = await answers(at, unheard[:1])

        back = await at.aprendiz("models", "rollback", "--audience", "employees")
        await asyncio.sleep(max(0.0, back.at + _VISIBLE_WITHIN_S - time.monotonic()))
        restored = await answers(at, unheard)
        serving = await at.records.versions.current("employees")

    assert 0 < right < ASKED_FACTS * PHRASINGS
    assert {version for _, version in before.values()} == {""}

    assert (first.code, first.json["status"]) == (0, "promoted"), first.out + first.err
    assert first.json["version"] == 1
    assert await asyncio.to_thread(Path(first.json["report"]).is_file)
    assert {version for _, version in promoted.values()} == {"v1"}
    assert any(promoted[question][0] != before[question][0] for question in unheard)
    assert count_right(others, promoted) > count_right(others, before)

    assert (second.code, second.json["status"]) == (1, "refused"), second.out
    assert second.json["reasons"]
    assert len(second.err.strip().splitlines()) == 1
    assert {version for _, version in after_second.values()} == {"v1"}

    assert back.code == 0, back.err
    assert serving is None
    assert {version for _, version in restored.values()} == {""}
    assert [restored[question][0] for question in unheard] == [before[question][0] for question in unheard]
