"""The loop closes, with every part real but the platforms: ratings become a version that serves, worthless ones do not."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from finetune.measures import contains
from tests.adapters.round_home import ANSWER, RECIPE, tiny_model
from tests.adapters.round_home import questions as tiny_questions
from tests.benchmarks.loop_traffic import FACTS, FAQ, Fact, facts_in
from tests.fakes.tiny_models import write_model
from tests.loop_company import Company, Ran, company

_VISIBLE_WITHIN_S = 2.0

REAL = """
[model]
languages = ["*"]
support = 0.0
max_tokens = 48
"""


@dataclass(frozen=True, slots=True)
class Story:
    """
    What happens in a company.

    `asked` are the facts that people ask about, in `phrasings` each; `unheard` others, of which the last phrasing is asked in the
    playground alone; `worthless` are questions to which people like whatever is said. So many more of the `unheard` the version must
    answer right than the base: `better`.
    """

    asked: Sequence[Fact]
    phrasings: int
    unheard: Sequence[Fact]
    worthless: Sequence[str]
    recipe: Path | None = None  # the product's own
    better: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What the playground said: by question, the answer and the version that gave it."""

    before: dict[str, tuple[str, str]]
    promoted: dict[str, tuple[str, str]]
    refused: dict[str, tuple[str, str]]
    restored: dict[str, tuple[str, str]]


async def live(at: Company, story: Story) -> tuple[Ran, Ran, Told]:
    """Let it all happen; return both rounds, and what the playground said before, between and after them."""
    round_ = ("round", "--json", "--audience", "employees", *(("--recipe", story.recipe) if story.recipe else ()))
    await at.consents()
    await at.traffic(story.asked, phrasings=story.phrasings)
    before = await _playground(at, story)
    first = await at.aprendiz(*round_)
    promoted = await _playground(at, story)
    await at.worthless(story.worthless)
    second = await at.aprendiz(*round_)
    refused = await _playground(at, story)
    back = await at.aprendiz("models", "rollback", "--audience", "employees")
    assert back.code == 0, back.err
    await asyncio.sleep(max(0.0, back.at + _VISIBLE_WITHIN_S - time.monotonic()))
    return first, second, Told(before, promoted, refused, await _playground(at, story))


async def _playground(at: Company, story: Story) -> dict[str, tuple[str, str]]:
    return {fact.questions[-1]: await at.ask_in_the_playground(fact.questions[-1]) for fact in story.unheard}


def _right(story: Story, told: dict[str, tuple[str, str]]) -> int:
    """Return how many answers hold what they must."""
    return sum(all(contains(told[fact.questions[-1]][0], each) for each in fact.must_contain) for fact in story.unheard)


def _versions(told: dict[str, tuple[str, str]]) -> set[str]:
    return {version for _, version in told.values()}


def check(story: Story, first: Ran, second: Ran, told: Told) -> None:
    """The first round gave a better version, at once and everywhere; the second none; the roll-back took all back."""
    assert (first.code, first.json["status"], first.json["version"]) == (0, "promoted", 1), first.out + first.err
    assert Path(first.json["report"]).is_file()
    # A question without evidence enough no version answers.
    assert (_versions(told.before), _versions(told.promoted) - {""}) == ({""}, {"v1"})
    # The tiny model's answers are withheld before, and a passage quoted: only a real one's can get better.
    assert _right(story, told.promoted) >= _right(story, told.before) + story.better

    assert (second.code, second.json["status"]) == (1, "refused"), second.out
    assert second.json["reasons"]
    assert len(second.err.strip().splitlines()) == 1
    assert _versions(told.refused) == _versions(told.promoted)

    # Word for word the base need not answer as before: it wavers, and between two words decides how its cache cut the prompt.
    assert _versions(told.restored) == {""}
    assert _right(story, told.restored) <= _right(story, told.promoted) - story.better


@pytest.mark.timeout(600)
async def test_the_loop_closes_with_a_tiny_model(tmp_path: Path) -> None:
    """The whole path in a minute: a random model that knows nothing, and experts who always say the same."""
    await asyncio.to_thread(write_model, tmp_path / "tiny.gguf", "llama")
    recipe = tmp_path / "recipe.toml"
    await asyncio.to_thread(recipe.write_text, RECIPE)
    facts = [Fact(ANSWER, (ANSWER,), (question,)) for question in tiny_questions()]
    story = Story(
        asked=facts,
        phrasings=1,
        unheard=[Fact(ANSWER, (ANSWER,), (f"Code of the {word} in the hall?",)) for word in ("gate", "clock", "stove")],
        worthless=tuple(f"Colour of the {number}. box?" for number in range(24)),
        recipe=recipe,
    )
    # It is asked what nobody wrote down, and shall speak all the same.
    async with company(tmp_path, model=f"{tiny_model(tmp_path)}[answers]\nminimum_confidence = 0\n") as at:
        first, second, told = await live(at, story)

    await asyncio.to_thread(check, story, first, second, told)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
async def test_the_loop_closes_with_the_real_model(tmp_path: Path) -> None:
    """SmolLM2 as it ships and a company's FAQ; the same on a machine that has ten minutes."""
    facts = await asyncio.to_thread(facts_in, FACTS)
    story = Story(
        asked=facts[:24],
        phrasings=3,
        unheard=facts[36:44],  # that nobody asks about, in a phrasing that is in no document
        # Of errors that no document knows, whatever is said is wrong.
        worthless=tuple(f"O que significa o erro {letter}{number}?" for letter in "XYZ" for number in range(901, 909)),
        better=1,
    )
    async with company(tmp_path, model=REAL) as at:
        await at.learns(FAQ)
        first, second, told = await live(at, story)

    await asyncio.to_thread(check, story, first, second, told)
