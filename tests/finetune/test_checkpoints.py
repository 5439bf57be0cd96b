"""Checkpoints: whole or not there, and the damaged ones told apart."""

import errno
from pathlib import Path

import pytest

from bot.errors import Misconfigured, Refused
from finetune.checkpoints import Checkpoints, replace_folder, require_same, writing


def written(folder: Path, *steps: int) -> Checkpoints:
    made = Checkpoints(folder / "checkpoints")
    for step in steps:
        with made.staged(step) as (draft, state):
            (draft / "weights").write_bytes(b"w" * 100)
            state["note"] = step
    return made


def test_the_newest_whole_one_is_found(tmp_path: Path) -> None:
    """That is where a training goes on."""
    found, damaged = written(tmp_path, 1, 12, 3).newest()

    assert found
    assert (found.step, found.state["note"], damaged) == (12, 12, ())
    assert written(tmp_path / "none").newest() == (None, ())


@pytest.mark.parametrize("harm", ["cut", "gone", "state", "empty state"])
def test_a_damaged_one_is_named(tmp_path: Path, harm: str) -> None:
    """Its weights would be nobody's."""
    made = written(tmp_path, 1, 2)
    folder = made.folder / "step-00000002"
    if harm == "cut":
        (folder / "weights").write_bytes(b"w" * 99)
    elif harm == "gone":
        (folder / "weights").unlink()
    else:
        (folder / "state.json").write_text("{" if harm == "state" else "[]")
    found, damaged = made.newest()

    assert found
    assert found.step == 1
    assert damaged == ("step-00000002",)
    assert made.at(2) is None
    assert made.at(1)


def test_one_cut_short_leaves_nothing(tmp_path: Path) -> None:
    """A full disk is said in one sentence; what was there stays."""
    made = written(tmp_path, 1)

    def fill() -> None:
        with made.staged(2) as (draft, _):
            (draft / "weights").write_bytes(b"w")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Misconfigured, match="is full: make room"):
        fill()
    assert [path.name for path in made.folder.iterdir()] == ["step-00000001"]


def test_other_trouble_names_the_folder(tmp_path: Path) -> None:
    """A read-only disk, another owner."""
    with pytest.raises(Misconfigured, match=r"cannot be written \(Permission denied\)"), writing(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_a_damaged_one_can_be_written_again(tmp_path: Path) -> None:
    """The training passes it a second time."""
    made = written(tmp_path, 1)
    (made.folder / "step-00000001" / "weights").unlink()

    assert written(tmp_path, 1).at(1)


def test_all_but_the_newest_and_the_best_go(tmp_path: Path) -> None:
    """Disks fill up."""
    made = written(tmp_path, 1, 2, 3, 4)
    made.keep(2, best=1)

    assert sorted(path.name[-1] for path in made.folder.iterdir()) == ["1", "3", "4"]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    """Never half of the old and half of the new."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    replace_folder(tmp_path / "new", tmp_path / "old")

    assert [path.name for path in (tmp_path / "old").iterdir()] == ["new"]


def test_other_parts_are_named() -> None:
    """The operator knows then what was changed."""
    require_same({"rows": "1", "base": "2"}, {"rows": "1", "base": "2"}, Path("out"))

    with pytest.raises(Refused, match="out holds a training with other rows: choose"):
        require_same({"rows": "1", "base": "2"}, {"rows": "3", "base": "2"}, Path("out"))
