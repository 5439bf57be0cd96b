"""`aprendiz train`: an adapter from rows or plain text."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from adapters.cli.data_checks import held_out_questions
from adapters.cli.session import Session, json_option, pass_session
from bot.errors import Refused
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from bot.settings import Settings
    from finetune.recipe import Recipe
    from finetune.training import Base, Progress, Trained
    from store.linking import KeptOut

FOLDER: Final = "training"
SERVED: Final = "adapter.gguf"
_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells report it
_EVERY: Final = 10  # steps between lines where no bar can be shown

_file = click.Path(dir_okay=False, exists=True, path_type=Path)
_folder = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Task:
    """What to train, from what, and where to."""

    files: tuple[Path, ...]
    validation: Path | None
    base: "Base"
    recipe: "Recipe"
    folder: Path


@click.command("train", short_help="Train an adapter on rows or plain text.")
@click.argument("files", nargs=-1, required=True, type=_file, metavar="FILE...")
@click.option("--recipe", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Training recipe (TOML).")
@click.option("--base", type=_folder, metavar="DIR", help="A Hugging Face model, in place of the model file that is served.")
@click.option("--validation", type=_file, metavar="FILE", help="Rows or text to judge each epoch by; the best one is kept.")
@click.option("--out", type=_folder, metavar="DIR", help="Where to; a folder in the home, named for the first file, by default.")
@click.option("--seed", type=click.IntRange(0), help="In place of the recipe's.")
@json_option
@pass_session
def command(  # noqa: PLR0913, PLR0917  # an argument for each option
    session: Session,
    files: tuple[Path, ...],
    recipe: Path | None,
    base: Path | None,
    validation: Path | None,
    out: Path | None,
    seed: int | None,
    as_json: bool,
) -> int:
    """
    Train a LoRA adapter on FILEs: rows (.jsonl, {"messages": […]} or {"text": "…"} a line) or plain text (.txt).

    Everything is checked first; rows whose questions the ledger keeps for testing are refused. Ctrl-C stops at a checkpoint, and the same
    command goes on there, as it does after a crash.
    """
    output = session.output(as_json=as_json)
    from finetune.local import require_training
    from finetune.recipe import read_recipe
    from finetune.training import HfBase

    require_training()
    chosen = read_recipe(recipe or session.settings.rounds.recipe)
    task = _Task(
        files,
        validation,
        HfBase(base) if base else _served(session.settings),
        chosen if seed is None else replace(chosen, seed=seed),
        out or session.settings.home.absolute() / FOLDER / files[0].stem,
    )
    _check(task, held_out_questions(session), output)
    trained = _train(task, output)
    if trained is None:
        output.note(N_("Stopped at a checkpoint; the same command goes on there."))
        return _INTERRUPTED
    _tell(trained, _to_serve(trained), output)
    return 0


def _served(settings: "Settings") -> "Base":
    from bot.backends.llama_cpp import default_model_path
    from finetune.training import GgufBase

    if settings.model.backend != "llama_cpp":
        raise Refused("the model that answers runs elsewhere and cannot be trained here: name one with --base DIR")
    return GgufBase(settings.model.path or default_model_path())


def _check(task: _Task, held_out: "KeptOut | None", output: "Output") -> None:
    """Refuse what cannot be trained on, before any time is spent; what is *held_out* would judge nothing any more."""
    from finetune.local_model import load_tokens
    from finetune.validation import require_valid, validate_rows

    with output.progress(N_("Checking the files")):
        tokens = load_tokens(task.base)
        for path in (*task.files, *filter(None, [task.validation])):
            found = validate_rows(path, count_tokens=tokens.count, limit_tokens=task.recipe.block_tokens, held_out=held_out)
            require_valid(path, found)


def _train(task: _Task, output: "Output") -> "Trained | None":
    from finetune.local import train

    with _told_to_stop() as stopped, _shown(output) as show:
        return train(task.files, task.validation, base=task.base, recipe=task.recipe, folder=task.folder, progress=show, stopped=stopped)


@contextmanager
def _told_to_stop() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether SIGINT or SIGTERM came; a second one has its usual effect."""
    told = threading.Event()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def stop(_number: int, _frame: object) -> None:
        told.set()
        restore()

    for number in usual:
        signal.signal(number, stop)
    try:
        yield told.is_set
    finally:
        restore()


@contextmanager
def _shown(output: "Output") -> Iterator[Callable[["Progress"], None]]:
    """Show each step: on a terminal in a bar, elsewhere on a line now and then; on standard error, which leaves JSON alone."""
    if output.as_json or not output.error_console.is_terminal:
        yield lambda progress: _line(progress, output)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=output.error_console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda progress: bar.update(
            task, completed=progress.step, total=progress.steps, description=_sentence(progress, output.language), refresh=True
        )


def _line(progress: "Progress", output: "Output") -> None:
    if progress.step % _EVERY == 0 or progress.step == progress.steps:
        output.note(
            N_("Step {step} of {steps}: {state}"), step=progress.step, steps=progress.steps, state=_sentence(progress, output.language)
        )


def _sentence(progress: "Progress", language: str) -> str:
    left = str(timedelta(seconds=round(progress.left_s)))
    sentence = translate(
        language,
        N_("epoch {epoch}, loss {loss}, {speed} tokens/s, {left} left"),
        epoch=progress.epoch,
        loss=f"{progress.loss:.3f}",
        speed=round(progress.tokens_per_s),
        left=left,
    )
    if progress.validation_loss is None:
        return sentence
    return f"{sentence}, {translate(language, N_('validation loss {loss}'), loss=f'{progress.validation_loss:.3f}')}"


def _to_serve(trained: "Trained") -> Path | None:
    """Write the adapter as it is served, where it was trained on the file that is; None otherwise."""
    from finetune.gguf_adapter import write_adapter
    from finetune.training import GgufBase

    if not isinstance(trained.base, GgufBase):
        return None
    target = trained.adapter.with_name(SERVED)
    write_adapter(trained.adapter, trained.base.path, target)
    return target


def _tell(trained: "Trained", served: Path | None, output: "Output") -> None:
    from finetune.curves import describe

    described = translate(output.language, describe(trained.losses, trained.validation_losses))
    for name in trained.passed_over:
        output.note(N_("The checkpoint {name} was damaged and passed over for the one before."), name=name)
    if output.as_json:
        output.emit(
            {
                "adapter": str(trained.adapter),
                "gguf": str(served) if served else None,
                "best_epoch": trained.best_epoch,
                "losses": trained.losses,
                "validation_losses": trained.validation_losses,
                "tokens": trained.tokens,
                "seconds": round(trained.seconds, 1),
                "cpu_s": round(trained.cpu_s, 1),
                "precision": trained.precision,
                "description": described,
                "passed_over": trained.passed_over,
            }
        )
        return
    output.table((N_("Epoch"), N_("Loss"), N_("Validation loss"), N_("Kept")), list(_epochs(trained)))
    output.say(N_("{sentence}"), sentence=described)
    output.say(N_("The adapter lies in {path}, the loss curves beside it."), path=trained.adapter)
    if served:
        output.say(N_("To answer with it, set:"))
        output.piece(f"  APRENDIZ_MODEL__ADAPTER={served}\n")
    else:
        output.say(N_("It fits the model it was trained on; PEFT loads it from there."))


def _epochs(trained: "Trained") -> Iterator[Sequence[str]]:
    validation = [f"{loss:.3f}" for loss in trained.validation_losses] or [""] * len(trained.losses)
    for epoch, (loss, judged) in enumerate(zip(trained.losses, validation, strict=True), 1):
        yield str(epoch), f"{loss:.3f}", judged, "✓" if epoch == trained.best_epoch else ""
