"""`aprendiz train`: checked first, shown as it goes, stopped and gone on with."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from adapters.cli.output import Output
from adapters.cli.train import _sentence, _shown, _told_to_stop
from adapters.compose import open_records
from bot.settings import Settings, read_settings
from finetune.training import Progress
from tests.adapters.cli.conftest import Aprendiz
from tests.contracts.ledgers import NOW
from tests.fakes.tiny_models import write_model
from tests.finetune.tiny import write_rows, write_tiny_model
from tests.store.asked_alike import families

pytestmark = [pytest.mark.timeout(400)]  # torch alone takes seconds to load on a busy machine

PAIRS = [(f"{letter}?", letter * 3) for letter in "abcdefgh"]
PROGRESS = Progress(step=10, steps=40, epoch=2, loss=0.51234, validation_loss=None, tokens_per_s=399.6, left_s=75.2)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny model."""
    return write_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Return a file of rows."""
    return write_rows(tmp_path / "rows.jsonl", PAIRS)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Return a recipe for tiny models."""
    path = tmp_path / "quick.toml"
    path.write_text('epochs = 2\nlearning_rate = 0.02\nprecision = "fp32"\nlayers = 1.0\n')
    return path


def test_rows_become_an_adapter(home: Path, aprendiz: Aprendiz, model: Path, rows: Path, recipe: Path) -> None:
    """With its losses, its place, and a word on how it went."""
    ran = aprendiz("train", rows, "--base", model, "--recipe", recipe, "--validation", rows, "--seed", 3)
    again = aprendiz("train", rows, "--base", model, "--recipe", recipe, "--validation", rows, "--seed", 3, "--json").json

    assert ran.code == 0
    assert str(home / "training" / "rows" / "adapter") in ran.out
    assert "Step 4 of 4: epoch 2, loss" in ran.err
    assert "validation loss" in ran.err
    assert "PEFT loads it" in ran.out
    assert Path(again["adapter"], "adapter_config.json").is_file()
    assert len(again["losses"]) == len(again["validation_losses"]) == 2
    assert again["gguf"] is None
    assert again["description"] in ran.out


def test_what_the_ledger_keeps_for_testing_is_not_trained(home: Path, aprendiz: Aprendiz, model: Path, tmp_path: Path) -> None:
    """The next comparison would measure what was learnt by heart; one command sets such rows apart."""
    questions = [family[0] for family in families(24, length=1)]
    splits = asyncio.run(_assigned(read_settings(home=home), questions))
    tested = [at for at, split in enumerate(splits, 1) if split == "test"]
    rows = write_rows(tmp_path / "rows.jsonl", [(question, "It is so.") for question in questions])
    ran = aprendiz("train", rows, "--base", model)
    divided = aprendiz("data", "split", rows, "--out", tmp_path / "split")
    kept = aprendiz("data", "validate", tmp_path / "split" / "train.jsonl", "--json")

    told = " ".join(ran.err.split())
    assert (ran.code, divided.code, kept.json["counts"]) == (1, 0, {})
    assert f"line {tested[0]}: asks a question that the ledger keeps for testing: set such rows apart with aprendiz data split" in told
    assert not (home / "training").exists()


async def _assigned(settings: Settings, questions: list[str]) -> list[str]:
    async with open_records(settings) as records:
        return [each.split for each in await records.clusters.assign(questions, at=NOW)]


def test_the_served_model_is_the_base(aprendiz: Aprendiz, tmp_path: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained on the very file that answers, the adapter is written as it will be served."""
    write_model(tmp_path / "tiny.gguf", "llama")
    monkeypatch.setenv("APRENDIZ_MODEL__PATH", str(tmp_path / "tiny.gguf"))
    rows = write_rows(tmp_path / "rows.jsonl", PAIRS[:2])
    ran = aprendiz("train", rows, "--recipe", recipe, "--out", tmp_path / "out")

    assert ran.code == 0, ran.err
    assert f"APRENDIZ_MODEL__ADAPTER={tmp_path / 'out' / 'adapter.gguf'}" in ran.out
    assert (tmp_path / "out" / "adapter.gguf").read_bytes().startswith(b"GGUF")


def test_bad_rows_are_refused_before_training(aprendiz: Aprendiz, model: Path, rows: Path, tmp_path: Path) -> None:
    """With the line, in one sentence."""
    rows.write_text(rows.read_text() + "no json\n")
    ran = aprendiz("train", rows, "--base", model, "--out", tmp_path / "out")

    assert ran.code == 1
    assert "line 9" in ran.err
    assert not (tmp_path / "out").exists()


def test_without_the_extra_one_sentence_says_so(aprendiz: Aprendiz, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And every other command works."""
    monkeypatch.setitem(sys.modules, "peft", None)
    ran = aprendiz("train", rows)

    assert ran.code == 1
    assert "pip install 'aprendiz[train]'" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_model_elsewhere_cannot_be_trained(aprendiz: Aprendiz, rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weights are not here."""
    monkeypatch.setenv("APRENDIZ_MODEL__BACKEND", "openai")
    monkeypatch.setenv("APRENDIZ_OPENAI__API_KEY", "sk-none")
    monkeypatch.setenv("APRENDIZ_MODEL__NAME", "gpt")
    ran = aprendiz("train", rows)

    assert ran.code == 1
    assert "--base DIR" in ran.err


def test_ctrl_c_is_heard_once() -> None:
    """The second one ends the process as ever."""
    before = signal.getsignal(signal.SIGINT)
    with _told_to_stop() as stopped:
        first = stopped()
        os.kill(os.getpid(), signal.SIGINT)

        assert (first, stopped()) == (False, True)
        assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_training_goes_on(
    aprendiz: Aprendiz, model: Path, rows: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command, from the checkpoint."""
    shown = Output.note
    interrupted: list[str] = []

    def note(self: Output, message: str, **fields: object) -> None:
        shown(self, message, **fields)
        if message.startswith("Step") and not interrupted:
            interrupted.append(message)
            os.kill(os.getpid(), signal.SIGINT)

    recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 6"))  # a line is shown at the tenth of twelve steps
    monkeypatch.setattr(Output, "note", note)
    stopped = aprendiz("train", rows, "--base", model, "--recipe", recipe)
    resumed = aprendiz("train", rows, "--base", model, "--recipe", recipe)

    assert stopped.code == 130
    assert "Stopped at a checkpoint; the same command goes on there." in stopped.err
    assert resumed.code == 0
    assert "Step 10 of" not in resumed.err


def test_progress_is_told_in_the_operators_language() -> None:
    """How far, how good, how fast, how long."""
    assert _sentence(PROGRESS, "en") == "epoch 2, loss 0.512, 400 tokens/s, 0:01:15 left"


def test_a_terminal_shows_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that moves."""
    monkeypatch.setenv("TERM", "xterm")
    output = Output("en", as_json=False)
    output.error_console = Console(file=sys.stderr, force_terminal=True, width=100)
    with _shown(output) as show:
        show(PROGRESS)

    assert "10/40" in capsys.readouterr().err
