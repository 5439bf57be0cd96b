"""What the checks of `aprendiz data` need: the trainer that is meant, how it counts tokens, questions that nobody may train on."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.cli.session import Session

if TYPE_CHECKING:
    from bot.settings import Settings
    from finetune.token_counts import Count
    from finetune.trainable import Trainer
    from store.linking import KeptOut

for_option = click.option(
    "--for", "model", metavar="MODEL", help="Who is to train on it: a hosted model such as gpt-4.1-mini-2025-04-14, a GGUF file, or local."
)
format_option = click.option(
    "--from", "given", metavar="FORMAT", help="The format that FILE is written in; told from its first rows by default."
)


@contextmanager
def counting(model: str | None, settings: "Settings") -> Iterator[tuple["Trainer", "Count"]]:
    """
    Give the trainer called *model* and how it counts; None: no trainer's limits, the tokens of the model that answers.

    Raises:
        Refused: The model is not known.
        Misconfigured: The model file or the recipe cannot be read.
    """
    from finetune.token_counts import file_count, hosted_count
    from finetune.trainable import ANY, HOSTED, LOCAL, hosted_trainer, is_local, local_trainer

    answering = settings.model
    if model is None and answering.backend == "openai":
        known = HOSTED.get(answering.name)
        yield ANY, hosted_count((known.encoding if known else None) or "o200k_base")
        return
    if model is not None and not is_local(model):
        trainer = hosted_trainer(model)
        yield trainer, hosted_count(trainer.encoding or "o200k_base")
        return
    path = _served(settings) if model in (None, LOCAL) else Path(str(model))
    trainer = ANY if model is None else local_trainer(path.name, block_tokens=_block_tokens(settings))
    with file_count(path, now=lambda: datetime.now(UTC)) as count:
        yield trainer, count


def _served(settings: "Settings") -> Path:
    from bot.backends.llama_cpp import default_model_path
    from bot.errors import Refused

    if settings.model.backend != "llama_cpp":
        raise Refused("the model that answers runs elsewhere: name a GGUF file or a hosted model with --for")
    return settings.model.path or default_model_path()


def _block_tokens(settings: "Settings") -> int:
    from finetune.recipe import read_recipe

    return read_recipe(settings.rounds.recipe).block_tokens


def tested_questions(paths: Sequence[Path]) -> "KeptOut | None":
    """
    Return all questions in test files; None where there is no file.

    Raises:
        BadRequest: One cannot be read or is written in no known format.
    """
    from finetune.findings import Finding
    from finetune.formats.reading import format_of, read_records
    from finetune.row_checks import questions_of
    from store.linking import NearQuestions

    found: set[str] = set()
    for path in paths:
        for record in read_records(path, format_of(path)):
            if not isinstance(record, Finding):
                found.update(questions_of(record))
    return NearQuestions([*found]) if found else None


def held_out_questions(session: Session) -> "KeptOut | None":
    """Return the questions that the ledger keeps for testing; None where there is no ledger yet."""
    from store.database import FILE_NAME

    settings = session.settings
    if not settings.store.database_url.get_secret_value() and not (settings.home / FILE_NAME).exists():
        return None
    return asyncio.run(_held_out(session))


async def _held_out(session: Session) -> "KeptOut | None":
    from store.held_out import held_out

    async with session.records() as records:
        return await held_out(records.database)
