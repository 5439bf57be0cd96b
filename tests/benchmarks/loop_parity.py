"""Whether what is served answers as what was trained: a real training on the default recipe, and the file that then serves."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from bot.backends.llama_cpp import default_model_path
from bot.backends.requantise import requantised
from bot.backends.scoring import Scorer
from bot.messages import Message, Passage, Place
from bot.prompt import render_turn
from bot.settings import AssistantSettings
from bot.voice import system_text
from finetune.examples import Example
from finetune.gguf_adapter import write_adapter
from finetune.local import train
from finetune.parity import LIMIT, check_parity
from finetune.recipe import read_recipe
from finetune.rows import build_rows
from finetune.training import GgufBase
from store.clusters import cluster_of
from tests.benchmarks.result import Result, at_least

FACTS = Path(__file__).parents[1] / "data" / "hidrex" / "facts.jsonl"
EXAMPLES = 34  # with the recipe's three contexts each some hundred rows
PROMPTS = 50
SYSTEM = system_text(AssistantSettings(), Place("cli", "cli", "bench"))


async def parity(workdir: Path) -> Result:
    """Greedy agreement of the served file (Q8_0, with the adapter laid over it) with the trained weights, on phrasings never trained on."""
    served = await requantised(default_model_path(), workdir / "models")
    return await asyncio.to_thread(_measure, workdir, served)


def _measure(workdir: Path, served: Path) -> Result:
    facts = [json.loads(line) for line in FACTS.read_text(encoding="utf-8").splitlines()]
    passages = [_passage(number, fact) for number, fact in enumerate(facts)]
    recipe, base = read_recipe(None), GgufBase(default_model_path())
    with Scorer(served) as scorer:
        rows = build_rows(
            [_example(number, fact, passages) for number, fact in enumerate(facts[:EXAMPLES])],
            recipe=recipe,
            seed=recipe.seed,
            pool=passages,
            folder=workdir / "rows",
            count_tokens=lambda messages: len(scorer.tokens_of(messages)),
        )
    trained = train(
        rows.train, None, base=base, recipe=recipe, folder=workdir / "training", progress=lambda _progress: None, stopped=lambda: False
    )
    assert trained is not None
    gguf = workdir / "adapter.gguf"
    write_adapter(trained.adapter, base.path, gguf)
    prompts = [_prompt(fact["questions"][3], _near(number, passages)) for number, fact in enumerate(facts[-PROMPTS:], len(facts) - PROMPTS)]
    found = check_parity(
        prompts, base=base, served=served, adapter=trained.adapter, gguf=gguf, progress=lambda _done, _total: None, limit=LIMIT
    )
    sys.stderr.write(f"{found}\n")
    return at_least("parity", found.agreement, goal=LIMIT, unit="of tokens")


def _passage(number: int, fact: dict[str, Any]) -> Passage:
    return Passage(f"fact-{number}", "faq.csv", "Hidrex", fact["questions"][0], fact["answer"], "employees", "pt")


def _near(number: int, passages: list[Passage]) -> tuple[Passage, ...]:
    """Return the right passage and two of its neighbours."""
    return tuple(passages[(number + step) % len(passages)] for step in range(3))


def _prompt(question: str, passages: tuple[Passage, ...]) -> tuple[Message, ...]:
    return Message("system", SYSTEM), Message("user", render_turn(passages, question))


def _example(number: int, fact: dict[str, Any], passages: list[Passage]) -> Example:
    question = fact["questions"][1]
    return Example(
        exchange_id=f"x{number}",
        line=number + 1,
        question=question,
        answer=fact["answer"],
        system=SYSTEM,
        history=(),
        passages=_near(number, passages),
        audience="employees",
        language="pt",
        up=1,
        down=0,
        corrected=False,
        cluster=cluster_of(question),
        split="train",
    )
