"""Real material through the whole program: documents go in, questions are asked, and the right source stands under the answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.compose import open_services
from bot.messages import Answer
from bot.model_settings import ModelSettings
from bot.settings import KnowledgeSettings, PolicySettings, Settings, read_settings
from tests.adapters.asking import ask, drain

DATA = Path(__file__).parents[1] / "data"
HANDBOOK = Path(__file__).parents[3] / "shared" / "data" / "handbook"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a new home; what is measured here is what stands under an answer, so the model may be brief."""
    monkeypatch.chdir(tmp_path)
    model = ModelSettings(requantise=False, max_tokens=16)
    policy = PolicySettings(per_person_per_minute=0)
    return read_settings(home=tmp_path / "home", model=model, knowledge=KnowledgeSettings(passages=3), policy=policy)


def lines(name: str) -> list[dict[str, Any]]:
    """Read a JSON Lines file of tests/data."""
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


async def answers(settings: Settings, material: Path, questions: list[str]) -> list[Answer]:
    """Import *material* and ask each of *questions*, as employees in Slack do."""
    async with open_services(settings) as services:
        await services.knowledge.add([material], audience="employees", max_file_mb=settings.knowledge.max_file_mb)
        await drain(services.outbox)
        return [await ask(services.engine, question) for question in questions]


async def test_a_portuguese_faq_is_quoted_from_the_right_row(settings: Settings) -> None:
    """The English model does not speak Portuguese: people read the company's own sentence, and it must be the one they asked for."""
    facts = lines("hidrex/facts.jsonl")
    asked = [(each, fact) for fact in facts for each in fact["questions"]][::4][:60]
    given = await answers(settings, DATA / "hidrex" / "faq.csv", [question for question, _ in asked])
    right = [answer.text == fact["answer"] for answer, (_, fact) in zip(given, asked, strict=True)]

    assert sum(right) >= 0.9 * len(right), [question for (question, _), well in zip(asked, right, strict=True) if not well]
    assert {answer.kind for answer in given} == {"quoted"}
    assert all(len(answer.sources) == 1 and answer.sources[0].excerpt == answer.text for answer in given)


@pytest.mark.skipif(not HANDBOOK.is_dir(), reason="the handbook lies beside the checkout or not at all")
async def test_an_english_handbook_names_the_right_page(settings: Settings) -> None:
    """Whoever doubts a small model's answer opens the page beneath it."""
    asked = [each for each in lines("handbook_questions.jsonl") if each["pages"][0].startswith("tools/")]
    given = await answers(settings, HANDBOOK / "tools", [each["question"] for each in asked])
    right = [
        any(source.source.endswith(tuple(page.removeprefix("tools/") for page in each["pages"])) for source in answer.sources)
        for answer, each in zip(given, asked, strict=True)
    ]

    assert sum(right) >= 0.85 * len(right), [each["question"] for each, well in zip(asked, right, strict=True) if not well]
    assert {answer.kind for answer in given} <= {"generated", "quoted", "declined"}
    assert all(answer.text for answer in given)
