"""Training speed, against transformers' Trainer as its users write it: same model, precision, rows, steps and first weights."""

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.backends.llama_cpp import default_model_path
from bot.messages import Message, Passage, Place
from bot.prompt import render_turn
from bot.settings import AssistantSettings
from bot.voice import system_text
from finetune.batching import row_order
from finetune.encoding import Row, read_rows
from finetune.local import train
from finetune.local_model import adapted, load_model, load_tokens, seed_of
from finetune.recipe import Recipe, read_recipe
from finetune.training import GgufBase, Progress
from tests.benchmarks.result import Result, at_least

ROUNDS = 3
ROWS = 40
TOLERANCE = 0.02
FACTS = Path(__file__).parents[1] / "data" / "loop" / "sabia.jsonl"


@dataclass(frozen=True, slots=True)
class Run:
    """One side, once: seconds of its steps alone, and the loss of the last quarter of them."""

    seconds: float
    loss: float


async def train_speed(workdir: Path) -> Result:
    """
    Measure how many times as many tokens a second `aprendiz train` learns as the Trainer.

    The sides take turns; each round gives a ratio, the median counts. The rows are the same, so the ratio of tokens a second is that of
    the seconds taken. What is not learnt is left out of the Trainer's labels (-100), its batches are padded to their longest row.

    Raises:
        RuntimeError: The losses differ by more than 2 %: the sides did not train the same.
    """
    return await asyncio.to_thread(_measure, workdir)


def _measure(workdir: Path) -> Result:
    # The whole model, fp32, no floor (the Trainer's cosine has none) and no warm-up, whose first step the two count differently.
    recipe = replace(read_recipe(), layers=1.0, precision="fp32", warm_up=0.0, floor=0.0, patience=0, save_steps=0)
    path = workdir / "rows.jsonl"
    path.write_text("".join(_lines()), encoding="utf-8")
    base = GgufBase(default_model_path(), unpacked=workdir / "base")
    rows = read_rows(path, load_tokens(base), block_tokens=recipe.block_tokens)
    ratios = []
    for at in range(ROUNDS):
        ours = _ours(path, base, recipe, workdir / f"ours-{at}")
        theirs = _theirs(rows, base, recipe, workdir / f"theirs-{at}")
        if abs(ours.loss - theirs.loss) > TOLERANCE * theirs.loss:
            raise RuntimeError(f"the losses differ: {ours.loss:.4f} and {theirs.loss:.4f}")
        ratios.append(theirs.seconds / ours.seconds)
    return at_least("train_speed", statistics.median(ratios), goal=1.3, unit="x")


def _ours(path: Path, base: GgufBase, recipe: Recipe, folder: Path) -> Run:
    losses: list[float] = []

    def note(progress: Progress) -> None:
        losses.append(progress.loss)

    trained = train(path, None, base=base, recipe=recipe, folder=folder, progress=note, stopped=lambda: False)
    if trained is None:
        raise RuntimeError("the training was stopped")
    return Run(trained.seconds, _end(losses))


def _theirs(rows: Sequence[Row], base: GgufBase, recipe: Recipe, folder: Path) -> Run:
    from transformers import Trainer, TrainingArguments

    model = _fresh(base, recipe)
    order = [at for epoch in range(1, recipe.epochs + 1) for at in row_order(len(rows), seed=recipe.seed, epoch=epoch)]
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=recipe.batch_rows,
        num_train_epochs=1,  # the order below holds every epoch
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        adam_beta2=0.99,
        max_grad_norm=recipe.max_gradient_norm,
        train_sampling_strategy="sequential",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
    )
    data: Any = [{"input_ids": rows[at].tokens.tolist(), "labels": _labels(rows[at])} for at in order]
    trainer = Trainer(model=model, args=arguments, train_dataset=data, data_collator=_padded)
    began = time.monotonic()
    trainer.train()
    seconds = time.monotonic() - began
    return Run(seconds, _end([entry["loss"] for entry in trainer.state.log_history if "loss" in entry]))


def _fresh(base: GgufBase, recipe: Recipe) -> Any:
    """Return the model with the very first weights of our side, attending as transformers does by itself."""
    import torch

    torch.manual_seed(seed_of(recipe.seed, -1))
    model = adapted(load_model(base), recipe, half=False)
    model.get_base_model().set_attn_implementation("sdpa")
    return model


def _padded(rows: list[dict[str, list[int]]]) -> dict[str, Any]:
    import torch

    longest = max(len(row["input_ids"]) for row in rows)
    return {
        "input_ids": torch.tensor([row["input_ids"] + [0] * (longest - len(row["input_ids"])) for row in rows]),
        "labels": torch.tensor([row["labels"] + [-100] * (longest - len(row["labels"])) for row in rows]),
        "attention_mask": torch.tensor([[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows]),
    }


def _labels(row: Row) -> list[int]:
    learnt = set(row.learnt.tolist())
    return [token if at in learnt else -100 for at, token in enumerate(row.tokens.tolist())]


def _end(losses: Sequence[float]) -> float:
    """Return the mean loss of the last quarter: that of one batch alone says little."""
    last = losses[-max(1, len(losses) // 4) :]
    return sum(last) / len(last)


def _lines() -> Iterator[str]:
    """Yield rows as a round makes them: some with the right passage alone, most with two more before it."""
    facts = [json.loads(line) for line in FACTS.read_text(encoding="utf-8").splitlines()][:ROWS]
    system = system_text(AssistantSettings(), Place("cli", "cli", "benchmark"))
    passages = [Passage(str(at), "faq", "faq", fact["questions"][0], fact["answer"], "employees") for at, fact in enumerate(facts)]
    for at, fact in enumerate(facts):
        others = [] if at % 4 == 0 else [passages[at - 1], passages[at - 2]]
        turn = render_turn([passages[at], *others], fact["questions"][1])
        messages = [Message("system", system), Message("user", turn), Message("assistant", fact["answer"])]
        yield json.dumps({"messages": [{"role": each.role, "content": each.content} for each in messages]}, ensure_ascii=False) + "\n"
