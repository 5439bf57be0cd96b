"""Whole or not at all: files and folders that other programs read."""

from pathlib import Path

import pytest

from bot.errors import Misconfigured
from finetune.whole import whole_file, whole_folder


def fill_file(target: Path, *, error: Exception) -> None:
    """Write half a file and fail."""
    with whole_file(target) as draft:
        draft.write_text("half")
        raise error


def fill_folder(target: Path, *, error: Exception) -> None:
    """Make a folder and fail."""
    with whole_folder(target) as draft:
        draft.mkdir()
        raise error


def test_a_file_takes_its_place_once_it_is_whole(tmp_path: Path) -> None:
    """Who reads meanwhile finds the old one."""
    target = tmp_path / "a.gguf"
    target.write_text("old")
    with whole_file(target) as draft:
        draft.write_text("new")
        during = target.read_text()

    assert (during, target.read_text()) == ("old", "new")
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Half a model file would be served."""
    with pytest.raises(ZeroDivisionError):
        fill_file(tmp_path / "a.gguf", error=ZeroDivisionError())

    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The operator hears which and why."""
    with (
        pytest.raises(Misconfigured, match=r"none/a\.gguf cannot be written \(No such file"),
        whole_file(tmp_path / "none" / "a.gguf") as draft,
    ):
        draft.write_text("new")


def test_a_folder_appears_once_it_is_whole(tmp_path: Path) -> None:
    """Its files are on the disk before it has its name."""
    target = tmp_path / "model"
    with whole_folder(target) as draft:
        draft.mkdir()
        (draft / "config.json").write_text("{}")
        assert not target.exists()

    assert (target / "config.json").read_text() == "{}"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Nobody loads a model with half its weights."""
    with pytest.raises(Misconfigured, match="No space left"):
        fill_folder(tmp_path / "model", error=OSError(28, "No space left on device"))

    assert not list(tmp_path.iterdir())


def test_a_folder_never_replaces_another(tmp_path: Path) -> None:
    """What lies there may be all that is left of it."""
    target = tmp_path / "model"
    target.mkdir()
    (target / "weights").write_text("old")
    with pytest.raises(Misconfigured, match="cannot be written"), whole_folder(target) as draft:
        draft.mkdir()

    assert (target / "weights").read_text() == "old"
