"""The files of an export: whole or absent, whatever happens on the way."""

import errno
import hashlib
import json
import os
import threading
from pathlib import Path

import pytest

from bot.errors import Misconfigured, Refused
from store.export_files import MANIFEST, ExportFiles


def visible(directory: Path) -> list[str]:
    """Return the names that a reader of the folder sees."""
    return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))


def export(directory: Path, text: str) -> Path:
    """Write a whole export of one row."""
    files = ExportFiles(directory)
    files.begin()
    try:
        files.write(text)
        return files.finish({"rows": 1})[0]
    finally:
        files.end()


def test_rows_are_named_by_their_content(tmp_path: Path) -> None:
    """The same rows are the same file; the manifest proves that they are the ones it speaks of."""
    rows = export(tmp_path / "new" / "folder", "á\n")
    digest = hashlib.sha256("á\n".encode()).hexdigest()

    assert rows.name == f"training-{digest[:12]}.jsonl"
    assert rows.read_text(encoding="utf-8") == "á\n"
    assert json.loads((rows.parent / MANIFEST).read_text()) == {"file": rows.name, "sha256": digest, "size_bytes": 3, "rows": 1}
    assert export(rows.parent, "á\n") == rows
    assert visible(rows.parent) == [MANIFEST, rows.name]


def test_the_manifest_names_the_newest(tmp_path: Path) -> None:
    """A training round that reads the folder must find the current rows, and earlier ones stay for the models made of them."""
    old, new = export(tmp_path, "1\n"), export(tmp_path, "2\n")

    assert json.loads((tmp_path / MANIFEST).read_text())["file"] == new.name
    assert visible(tmp_path) == sorted([MANIFEST, old.name, new.name])


def test_an_export_given_up_leaves_nothing(tmp_path: Path) -> None:
    """Half a data set that looks whole would be trained on."""
    before = export(tmp_path, "1\n")
    files = ExportFiles(tmp_path)
    files.begin()
    files.write("2\n")
    files.end()

    assert visible(tmp_path) == [MANIFEST, before.name]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.endswith(".draft")) == []


def test_what_a_killed_export_left_is_overwritten(tmp_path: Path) -> None:
    """After a power cut the next export must not append to the old draft or refuse to work."""
    (tmp_path / ".training.draft").write_text("half a ro")
    rows = export(tmp_path, "1\n")

    assert rows.read_text() == "1\n"


def test_a_second_export_is_refused(tmp_path: Path) -> None:
    """The clock and a person may export at once; the later one is told, the first one's draft is not touched."""
    first = ExportFiles(tmp_path)
    first.begin()
    with pytest.raises(Refused, match="Another export is writing"):
        ExportFiles(tmp_path).begin()
    first.write("1\n")
    first.finish({})
    first.end()

    assert export(tmp_path, "2\n").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """One sentence names the folder."""
    (tmp_path / "file").write_text("")

    with pytest.raises(Misconfigured, match="left nothing behind: Not a directory"):
        ExportFiles(tmp_path / "file" / "out").begin()


def test_a_draft_that_cannot_be_made_frees_the_folder(tmp_path: Path) -> None:
    """A lock kept after a failed start would refuse every later export."""
    (tmp_path / ".training.draft").mkdir()
    with pytest.raises(Misconfigured, match="Is a directory"):
        ExportFiles(tmp_path).begin()
    (tmp_path / ".training.draft").rmdir()

    assert export(tmp_path, "1\n").exists()


def test_a_full_disk(tmp_path: Path) -> None:
    """A disk that fills up ends in one sentence; what was there before stays whole."""
    before = export(tmp_path, "1\n")
    (tmp_path / ".training.draft").symlink_to("/dev/full")  # the system's own full disk
    files = ExportFiles(tmp_path)
    files.begin()
    with pytest.raises(Misconfigured, match=os.strerror(errno.ENOSPC)):
        files.write("2\n" * 100_000)
    files.end()

    assert visible(tmp_path) == [MANIFEST, before.name]
    assert json.loads((tmp_path / MANIFEST).read_text())["file"] == before.name


def test_a_disk_that_fills_with_the_manifest(tmp_path: Path) -> None:
    """The last bytes may be the ones that do not fit: the rows then keep no name without a manifest."""
    (tmp_path / ".manifest.draft").symlink_to("/dev/full")
    with pytest.raises(Misconfigured, match=os.strerror(errno.ENOSPC)):
        export(tmp_path, "1\n")

    assert visible(tmp_path) == []


def test_ending_waits_for_a_finish_under_way(tmp_path: Path) -> None:
    """A cancelled task ends the export while its thread still finishes: the outcome is whole files or none."""
    files = ExportFiles(tmp_path)
    files.begin()
    files.write("1\n" * 500_000)
    finishing = threading.Thread(target=files.finish, args=({},))
    finishing.start()
    files.end()
    finishing.join()

    assert len(visible(tmp_path)) in (0, 2)


def test_an_export_that_ends_before_it_begins(tmp_path: Path) -> None:
    """A task cancelled at the very start may end first; the late thread must then open and lock nothing."""
    files = ExportFiles(tmp_path)
    files.end()
    files.begin()

    assert list(tmp_path.iterdir()) == []
    assert export(tmp_path, "1\n").exists()
