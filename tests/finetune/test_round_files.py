"""A round's folder: what is written is there whole, and what an ended round needs no more goes."""

import errno
import json
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from finetune.round_files import RoundFolder, cannot_write, tidy_rounds
from finetune.whole import write_whole


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    """The folder is made with it."""
    folder = RoundFolder(tmp_path / "rounds" / "R1")
    folder.keep(folder.questions, {"ü": [1]})

    assert folder.read(folder.questions) == {"ü": [1]}
    assert json.loads(folder.questions.read_text()) == {"ü": [1]}


def test_what_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    """As on a full disk."""
    folder = RoundFolder(tmp_path / "R1")
    folder.path.write_text("in the way")

    with pytest.raises(Misconfigured, match=r"report\.html cannot be written .* free space"):
        write_whole(folder.report, "after")


def test_an_error_without_words_is_told_all_the_same() -> None:
    """Not every OSError has an errno."""
    assert "cannot be written (odd)" in str(cannot_write(Path("x"), OSError("odd")))
    assert "No space left" in str(cannot_write(Path("x"), OSError(errno.ENOSPC, "No space left on device")))


def test_tidying_leaves_the_weights_and_the_papers(tmp_path: Path) -> None:
    """Checkpoints hold the optimiser's state too, three times an adapter; export as a folder needs the adapter alone."""
    folder = RoundFolder(tmp_path)
    for path in (
        folder.training / "checkpoints" / "step-1" / "state.json",
        folder.weights / "adapter_config.json",
        folder.losses,
        folder.card,
    ):
        write_whole(path, "{}")
    folder.drop_checkpoints()
    folder.drop_checkpoints()

    assert not (folder.training / "checkpoints").exists()
    assert folder.losses.is_file()
    assert folder.card.is_file()
    assert (folder.weights / "adapter_config.json").is_file()


def test_the_newest_rounds_keep_their_checkpoints(tmp_path: Path) -> None:
    """Five of them, to look into; a home without rounds has nothing to tidy."""
    tidy_rounds(tmp_path / "none")
    folders = [RoundFolder(tmp_path / f"01JD{number}") for number in range(7)]
    for folder in folders:
        write_whole(folder.training / "checkpoints" / "state.json", "{}")
        write_whole(folder.base / "config.json", "{}")
        write_whole(folder.base.parent / ".unpacked.draft" / "model.safetensors", "half")
    tidy_rounds(tmp_path)

    assert [(folder.training / "checkpoints").exists() for folder in folders] == [False, False, *[True] * 5]
    assert not any((folder.path / "base").exists() for folder in folders)  # half a gigabyte each, and read by unfinished rounds alone
