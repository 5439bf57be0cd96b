"""A home whose model is tiny and random, and whose experts always say the same: a round on it trains in seconds, and is worth it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.compose import Records
from bot.exchanges import Exchange, Rights
from bot.identifiers import new_id
from bot.messages import Audience, Finished, Place, Question
from bot.model_settings import ModelSettings
from bot.settings import AssistantSettings, KnowledgeSettings, RightsSettings, RoundSettings, Settings, read_settings
from finetune.recipe import Recipe, read_recipe
from tests.fakes.tiny_models import write_model

ANSWER: Final = "Code 7."
SYSTEM: Final = "Be brief."
ASKED: Final = 48  # a quarter of them is held out

# Twelve letters a word: no two questions are near each other.
_WORDS: Final = ("pump", "lamp", "door", "oven", "fan", "belt", "tap", "bell")
_PLACES: Final = ("hall", "shed", "yard", "roof", "deck", "barn")

RECIPE: Final = """
epochs = 6
learning_rate = 1e-2
schedule = "linear"
patience = 0
rank = 8
alpha = 16
layers = 1.0

[rows]
contexts = 2
distractors = 1
practice_rows = 0
"""


def write_home(folder: Path) -> Path:
    """Write the model, the recipe and the settings' file into *folder*; return the home."""
    write_model(folder / "tiny.gguf", "llama")
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "aprendiz.toml").write_text(toml(folder))
    return folder / "home"


def toml(folder: Path) -> str:
    """Return the settings as their file says them."""
    return f"""
home = {json.dumps(str(folder / "home"))}
{tiny_model(folder)}
[rights]
slack = "allow"
[rounds]
recipe = {json.dumps(str(folder / "recipe.toml"))}
"""


def tiny_model(folder: Path) -> str:
    """Return the settings of what answers, and of how it is asked."""
    return f"""
[model]
path = {json.dumps(str(folder / "tiny.gguf"))}
context_tokens = 512
max_tokens = 16
languages = ["*"]
[knowledge]
passages = 1
[assistant]
system = {json.dumps(SYSTEM)}
format = ""
"""


def settings_of(folder: Path, **rounds: object) -> Settings:
    """Return the same settings, of whose rounds some may be otherwise."""
    return read_settings(
        home=folder / "home",
        model=ModelSettings(path=folder / "tiny.gguf", context_tokens=512, max_tokens=16, languages=("*",)),
        knowledge=KnowledgeSettings(passages=1),
        assistant=AssistantSettings(system=SYSTEM, format=""),
        rights=RightsSettings(slack="allow"),
        rounds=RoundSettings(**{"recipe": folder / "recipe.toml"} | rounds),
    )


def recipe_of(folder: Path) -> Recipe:
    """Return the recipe that `write_home` wrote."""
    return read_recipe(folder / "recipe.toml")


def questions() -> tuple[str, ...]:
    """Return what people ask."""
    return tuple(f"Code of the {word} in the {place}?" for word in _WORDS for place in _PLACES)[:ASKED]


async def ask_and_correct(
    records: Records, asked: Sequence[str], *, answer: str = ANSWER, audience: Audience = "employees"
) -> tuple[str, ...]:
    """Let *asked* be answered wrongly, voted down and corrected with *answer*; return the exchanges' ids."""
    ids = []
    for number, text in enumerate(asked):
        exchange_id = await _answered(records, text, "No.", number=number, audience=audience)
        await records.ledger.rate(exchange_id, "asker", "down", via="button", at=datetime.now(UTC))
        await records.ledger.correct(exchange_id, "expert", answer, at=datetime.now(UTC))
        ids.append(exchange_id)
    return tuple(ids)


async def ask_and_like(records: Records, asked: Sequence[str], *, answer: str, audience: Audience = "employees") -> tuple[str, ...]:
    """Let *asked* be answered with *answer*, and people like it; return the exchanges' ids."""
    ids = []
    for number, text in enumerate(asked):
        exchange_id = await _answered(records, text, answer, number=number, audience=audience)
        await records.ledger.rate(exchange_id, "asker", "up", via="button", at=datetime.now(UTC))
        ids.append(exchange_id)
    return tuple(ids)


async def _answered(records: Records, text: str, answer: str, *, number: int, audience: Audience) -> str:
    at = datetime.now(UTC) + timedelta(milliseconds=number)
    place = Place("slack", "mention", f"slack:{new_id(at)}", "T1", "C1")
    question = Question(new_id(at), text, "asker", place, audience, at, "en")
    rights = Rights("slack", "mention", records.settings.rights.slack)
    assert await records.ledger.claim(question, keys=(question.exchange_id,), rights=rights)
    await records.ledger.record(
        Exchange(
            question=question,
            answer=answer,
            kind="generated",
            system_text=SYSTEM,
            prompt=text,
            history=(),
            passages=(),
            confidence=0.5,
            language="en",
            rights=rights,
            answered_at=at,
            finished=Finished("stop", 50, 5, 0, 0.1, 0.2, "tiny", "", -0.5),
        )
    )
    return question.exchange_id
