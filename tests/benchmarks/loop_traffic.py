"""A company's questions asked of the small model as it comes, each answer judged as its asker would: what a round learns from."""

import asyncio
import csv
import json
import shutil
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.compose import Services, open_services
from bot.identifiers import new_id
from bot.messages import Answer, Incoming, Place
from bot.model_settings import ModelSettings
from bot.ratings import Correction, Rating
from bot.settings import RightsSettings, Settings, read_settings
from finetune.measures import LEAST_F1, contains, token_f1
from tests.benchmarks.loop_shared import DATA, say, shared_folder

# The small model speaks English alone unless it is told otherwise, and nothing of what it says is withheld here: it is to be judged.
TOML: Final = """
[model]
languages = ["*"]
support = 0.0
max_tokens = 64

[rights]
slack = "allow"
"""
FAQ: Final = DATA / "hidrex" / "faq.csv"
FACTS: Final = DATA / "hidrex" / "facts.jsonl"


@dataclass(frozen=True, slots=True)
class Company:
    """Whose questions are asked: its facts, and in how many phrasings of each; those behind them nobody asks."""

    name: str
    facts: Path
    phrasings: int


HIDREX: Final = Company("hidrex", FACTS, 3)  # Portuguese
HIDREX_TWICE: Final = Company("hidrex-twice", FACTS, 2)
BRACKHOLM: Final = Company("brackholm", DATA / "loop" / "brackholm.jsonl", 2)  # English, which the small model answers better


@dataclass(frozen=True, slots=True)
class Fact:
    """What a company's document says, how people ask for it, and what a right answer contains."""

    answer: str
    must_contain: tuple[str, ...]
    questions: tuple[str, ...]


def facts_in(path: Path) -> tuple[Fact, ...]:
    """Read facts, one a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(Fact(each["answer"], tuple(each["must_contain"]), tuple(each["questions"])) for each in map(json.loads, lines))


def asked_home(*companies: Company, facts: int | None = None) -> Path:
    """
    Return a folder with a home in which the questions of *companies* were asked and voted on, and the settings; not to be changed.

    An answer that its asker does not like (`likes`) is voted down, and corrected by the sentence of the company's document. With *facts*
    only so many of each company are asked about.
    """
    name = "-".join(("asked", *(company.name for company in companies), *(() if facts is None else (str(facts),))))
    kept = shared_folder() / name
    if kept.exists():
        say(f"traffic: taken from {kept}")
        return kept
    draft = shared_folder() / f"{name}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    (draft / "aprendiz.toml").write_text(TOML)
    settings = _settings(draft / "home")
    asyncio.run(_ask_all(settings, companies, facts, draft))
    draft.rename(kept)
    return kept


def copied(kept: Path, workdir: Path) -> Path:
    """Copy what `asked_home` gave, to be worked on; return the copy."""
    target = workdir / kept.name
    shutil.copytree(kept, target)
    return target


def _settings(home: Path) -> Settings:
    model = ModelSettings(languages=("*",), support=0.0, max_tokens=64)
    return read_settings(home=home, model=model, rights=RightsSettings(slack="allow"))


async def _ask_all(settings: Settings, companies: Sequence[Company], most: int | None, folder: Path) -> None:
    async with open_services(settings) as services:
        for company in companies:
            document = folder / f"{company.name}.csv"
            await asyncio.to_thread(write_document, await asyncio.to_thread(facts_in, company.facts), document)
            await services.knowledge.add([document], audience="employees", max_file_mb=1)
        while await services.outbox.drain():
            pass
        await services.improve_model()
        for company in companies:
            liked = asked = 0
            for fact in (await asyncio.to_thread(facts_in, company.facts))[:most]:
                for question in fact.questions[: company.phrasings]:
                    liked += await _ask(services, question, fact)
                    asked += 1
            say(f"traffic: {asked} questions of {company.name} asked, {liked} answers liked")


def write_document(facts: Sequence[Fact], path: Path) -> None:
    """Write the facts as a company would hand them in: a table of questions, each in its first phrasing, and answers."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("question", "answer"))
        table.writerows((fact.questions[0], fact.answer) for fact in facts)


async def _ask(services: Services, text: str, fact: Fact) -> bool:
    """Ask, vote, and correct what is not liked; tell whether it was."""
    now = datetime.now(UTC)
    key = f"slack:{new_id(now)}"
    accepted = await services.engine.accept(Incoming(text, "U1", Place("slack", "mention", key, "T1", "C1"), (key,), now))
    assert accepted is not None
    async with aclosing(services.engine.answer(accepted)) as events:
        *_, answer = [event async for event in events]
    assert isinstance(answer, Answer)
    liked = likes(answer.text, fact)
    vote = Rating(answer.exchange_id, "U1", "slack", "up" if liked else "down", "button", now)
    await services.engine.rate(vote)
    if not liked:
        await services.engine.correct(Correction(answer.exchange_id, fact.answer, "U1", "slack", now))
    return liked


def likes(answer: str, fact: Fact) -> bool:
    """Tell whether people like *answer*: it holds what it must, and half of its words, at least, are those of a right one (F1 of .5)."""
    return all(contains(answer, each) for each in fact.must_contain) and token_f1(answer, fact.answer) >= LEAST_F1
