"""Training: what it learns, and what it survives."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Misconfigured, Refused
from finetune.local import CHECKPOINTS, require_training, train
from finetune.recipe import Recipe, read_recipe
from finetune.training import HfBase, Progress, Trained
from tests.finetune.tiny import write_rows

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.timeout(300)]  # torch alone takes seconds to load on a busy machine

QUICK = replace(
    read_recipe(),
    epochs=3,
    batch_rows=4,
    learning_rate=2e-2,
    warm_up=0.1,
    block_tokens=128,
    precision="fp32",
    patience=0,
    save_steps=0,
    save_limit=2,
    layers=1.0,
)
Train = Callable[..., Trained | None]

CHILD = """
import os, resource, signal, sys
from pathlib import Path
import torch
from bot.errors import Misconfigured
from finetune.local import train
from finetune.recipe import read_recipe
from finetune.training import HfBase
torch.set_num_threads(1)
model, rows, validation, recipe, folder, kind, step = sys.argv[1:]
def progress(progress):
    if progress.step == int(step):
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    train(Path(rows), Path(validation), base=HfBase(Path(model)), recipe=read_recipe(Path(recipe)), folder=Path(folder),
          progress=progress, stopped=lambda: False)
except Misconfigured as error:
    print(error)
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return rows of which the letter asked for is the answer."""
    return write_rows(tmp_path / "train.jsonl", [(f"{letter}{letter}?", letter * 3) for letter in "abcdefghijklmnop"])


@pytest.fixture
def validation(tmp_path: Path) -> Path:
    """Return rows nobody trains on."""
    return write_rows(tmp_path / "validation.jsonl", [(f"{letter}{letter}?", letter * 3) for letter in "qrst"])


@pytest.fixture
def training(tiny_model: Path, rows: Path, validation: Path, tmp_path: Path) -> Train:
    """Train on the rows with what a test changes."""

    def run(recipe: Recipe = QUICK, **changed: object) -> Trained | None:
        arguments = {"folder": tmp_path / "out", "progress": lambda _progress: None, "stopped": lambda: False, "validation": validation}
        arguments |= {"base": HfBase(tiny_model), "rows": rows} | changed
        return train(arguments.pop("rows"), arguments.pop("validation"), recipe=recipe, **arguments)  # type: ignore[arg-type]

    return run


def in_a_child(tiny_model: Path, rows: Path, validation: Path, folder: Path, *, kind: str, step: int) -> subprocess.CompletedProcess[str]:
    recipe = folder.with_suffix(".toml")
    recipe.write_text(QUICK.to_toml())
    arguments = [tiny_model, rows, validation, recipe, folder, kind, step]
    command = [sys.executable, "-c", CHILD, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False, cwd=Path(__file__).parents[2])


def test_the_loss_falls_and_is_shown_as_it_does(training: Train, tmp_path: Path) -> None:
    """The point of it; whoever waits sees how far it is."""
    seen: list[Progress] = []
    trained = training(progress=seen.append)

    assert trained
    assert trained.losses[-1] < 0.9 * trained.losses[0]
    assert [each.step for each in seen] == list(range(1, 13))
    assert {each.steps for each in seen} == {12}
    assert seen[-1].epoch == 3
    assert seen[-1].left_s == 0
    assert all(each.tokens_per_s > 0 for each in seen)
    assert seen[-1].validation_loss == trained.validation_losses[-1]
    assert (tmp_path / "out" / "losses.csv").read_text().startswith("step,training_loss,validation_loss\n")
    assert (tmp_path / "out" / "losses.png").read_bytes().startswith(b"\x89PNG")
    assert read_recipe(tmp_path / "out" / "recipe.toml") == QUICK


def test_the_adapter_is_pefts(training: Train, tiny_model: Path) -> None:
    """Every tool of that world loads it, and it answers better than the base."""
    from peft import PeftModel

    from finetune.encoding import read_rows
    from finetune.local_model import load_model, load_tokens

    trained = training(replace(QUICK, epochs=2), validation=None)
    assert trained
    (row, *_) = read_rows(trained.adapter.parents[1] / "train.jsonl", load_tokens(HfBase(tiny_model)), block_tokens=128)

    def loss(model: object) -> float:
        import torch

        tokens = torch.tensor(row.tokens.astype("int64"))[None]
        labels = torch.full_like(tokens, -100)
        labels[0, row.learnt] = tokens[0, row.learnt]
        with torch.no_grad():
            return float(model(input_ids=tokens, labels=labels).loss)  # type: ignore[operator]

    before = loss(load_model(HfBase(tiny_model)))
    assert loss(PeftModel.from_pretrained(load_model(HfBase(tiny_model)), trained.adapter)) < before


def test_a_killed_training_ends_as_an_undisturbed_one(
    training: Train, tiny_model: Path, rows: Path, validation: Path, tmp_path: Path
) -> None:
    """Power fails in the sixth hour: the same rows in the same order, and the same end."""
    whole = training(folder=tmp_path / "whole")
    child = in_a_child(tiny_model, rows, validation, tmp_path / "out", kind="kill", step=6)
    steps: list[int] = []
    resumed = training(progress=lambda progress: steps.append(progress.step))

    assert child.returncode == -signal.SIGKILL
    assert whole
    assert resumed
    assert steps[0] == 5  # the first epoch's checkpoint stands
    assert resumed.losses == pytest.approx(whole.losses, abs=1e-3)
    assert resumed.validation_losses == pytest.approx(whole.validation_losses, abs=1e-3)
    assert resumed.tokens == whole.tokens


def test_a_stopped_training_goes_on_where_it_was(training: Train, tmp_path: Path) -> None:
    """Ctrl-C costs nothing, also with dropout, which draws by chance."""
    recipe = replace(QUICK, dropout=0.2)
    whole = training(recipe, folder=tmp_path / "whole")
    steps: list[int] = []
    first = training(recipe, progress=lambda progress: steps.append(progress.step), stopped=lambda: steps == [1, 2])
    second = training(recipe, progress=lambda progress: steps.append(progress.step))

    assert first is None
    assert whole
    assert second
    assert steps == list(range(1, 13))
    assert second.losses == pytest.approx(whole.losses, abs=1e-3)


def test_a_damaged_checkpoint_is_named_and_passed_over(training: Train, tmp_path: Path) -> None:
    """A disk that lies about what it wrote must not end in weights that nobody trained."""
    steps: list[int] = []
    training(progress=lambda progress: steps.append(progress.step), stopped=lambda: len(steps) == 9)
    weights = tmp_path / "out" / CHECKPOINTS / "step-00000009" / "optimizer.pt"
    weights.write_bytes(weights.read_bytes()[:-100])
    trained = training(progress=lambda progress: steps.append(progress.step))

    assert trained
    assert trained.passed_over == ("step-00000009",)
    assert steps[9] == 9  # once more, from the eighth on


def test_a_loss_that_runs_away_ends_it(training: Train, tmp_path: Path) -> None:
    """Hours of nonsense, and an adapter that speaks it, are what this prevents."""
    with pytest.raises(Refused, match=r"diverged at step \d+ .* lower learning_rate"):
        training(replace(QUICK, learning_rate=1e30, max_gradient_norm=1e9))
    assert not (tmp_path / "out" / "adapter").exists()


def test_it_ends_early_and_keeps_the_best_epoch(training: Train, tmp_path: Path, tiny_model: Path) -> None:
    """From there on rows are learnt by heart."""
    contradiction = write_rows(tmp_path / "other.jsonl", [("aa?", "zzz")])
    trained = training(replace(QUICK, epochs=9, patience=1), validation=contradiction)

    assert trained
    assert len(trained.validation_losses) < 9
    assert trained.best_epoch == len(trained.validation_losses) - 1
    best = tmp_path / "out" / CHECKPOINTS / f"step-{4 * trained.best_epoch:08d}" / "adapter" / "adapter_model.safetensors"
    assert (trained.adapter / "adapter_model.safetensors").read_bytes() == best.read_bytes()


def test_old_checkpoints_go(training: Train, tmp_path: Path) -> None:
    """They are as large as the adapter three times over."""
    training(replace(QUICK, save_steps=1, save_limit=1), validation=None)

    assert [path.name for path in (tmp_path / "out" / CHECKPOINTS).iterdir()] == ["step-00000012"]


def test_a_full_disk_leaves_the_earlier_checkpoints_whole(
    training: Train, tiny_model: Path, rows: Path, validation: Path, tmp_path: Path
) -> None:
    """With room made, the same command goes on."""
    child = in_a_child(tiny_model, rows, validation, tmp_path / "out", kind="full", step=5)
    steps: list[int] = []
    trained = training(progress=lambda progress: steps.append(progress.step))

    assert "is full: make room" in child.stdout
    assert child.returncode == 0
    assert trained
    assert trained.passed_over == ()
    assert steps[0] == 5


def test_what_has_ended_is_not_trained_again(training: Train) -> None:
    """A round that was interrupted after its training asks for it once more."""
    first = training()
    again = training(progress=lambda _progress: pytest.fail("trained again"))

    assert again == first


def test_a_folder_serves_one_training(training: Train, tmp_path: Path) -> None:
    """Half of one data set and half of another would be a model of neither."""
    training(stopped=lambda: True)
    write_rows(tmp_path / "train.jsonl", [("aa?", "b")])

    with pytest.raises(Refused, match="other rows and other recipe"):
        training(replace(QUICK, seed=1))


def test_plain_text_is_learnt_whole(training: Train, tmp_path: Path) -> None:
    """Manuals and letters teach a company's words."""
    text = tmp_path / "manual.txt"
    text.write_text("Limpe o filtro toda semana.\n" * 30, encoding="utf-8")
    trained = training(replace(QUICK, epochs=2, block_tokens=64, batch_rows=2), rows=text, validation=None)

    assert trained
    assert trained.losses[1] < trained.losses[0]
    assert trained.tokens >= 2 * len("Limpe o filtro toda semana.\n") * 30


def test_rows_come_from_several_files(training: Train, rows: Path, validation: Path) -> None:
    """One from the export, one written by hand."""
    both = training(rows=(rows, validation), validation=None)
    one = json.loads((both.adapter.with_name("training.json")).read_text()) if both else {}

    assert one["tokens"] > 0
    assert len(one["made_from"]["rows"].split()) == 2


def test_bf16_is_used_where_it_is_asked_for(training: Train) -> None:
    """Half the memory, on processors made for it."""
    trained = training(replace(QUICK, precision="bf16", epochs=2), validation=None)

    assert trained
    assert trained.precision == "bf16"
    assert trained.losses[1] < trained.losses[0]


def test_a_row_too_long_is_named(training: Train) -> None:
    """Cut, it would lose its answer."""
    with pytest.raises(Refused, match=r"train\.jsonl line 1 has \d+ tokens; shorten it or raise block_tokens \(32\)"):
        training(replace(QUICK, block_tokens=32))


def test_a_folder_nobody_may_write_is_named(training: Train, tmp_path: Path) -> None:
    """Before anything is computed."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Misconfigured, match="file/out cannot be written"):
        training(folder=tmp_path / "file" / "out")


def test_without_the_extra_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever only serves never installs torch."""
    monkeypatch.setitem(sys.modules, "peft", None)

    with pytest.raises(Misconfigured, match=r"training is not installed \(peft missing\): pip install 'aprendiz\[train\]'"):
        require_training()
