"""Walking folders: hidden files left out, circles of links ended, names that people can read."""

import os
from pathlib import Path

from store.finding_files import find_files, is_gone, location_of
from tests.store.permissions import locked_out, nobody


def _shown(*paths: Path) -> list[str]:
    located, _ = find_files(paths)
    return [file.shown for file in located]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    """Nobody means `.git` or an editor's lock file when naming a folder."""
    for name in ("b.md", "a.md", ".hidden.md", "sub/c.md", ".git/d.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")

    assert _shown(tmp_path) == ["a.md", "b.md", "sub/c.md"]


def test_what_programs_leave_in_a_folder_is_no_document(tmp_path: Path) -> None:
    """Word's lock beside an open document was called a damaged document at every import, and a page's packages hold a thousand READMEs."""
    for name in ("férias.docx", "~$férias.docx", "Thumbs.db", "Desktop.ini", "site/node_modules/left-pad/README.md", "site/thumbs.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("x")

    assert _shown(tmp_path) == ["férias.docx", "site/thumbs.md"]
    assert _shown(tmp_path / "site" / "node_modules") == ["left-pad/README.md"]


def test_a_circle_of_links_ends_and_each_file_counts_once(tmp_path: Path) -> None:
    """A link to a parent folder would otherwise be walked for ever."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.md").write_text("x")
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "real")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "same.md").symlink_to(tmp_path / "real" / "a.md")

    located, problems = find_files([tmp_path, tmp_path / "real"])

    assert [file.location for file in located if file.path.name != "loop"] == [location_of(tmp_path / "real" / "a.md")]
    assert [problem.name for problem in problems] == ["again/up", "up/again", "up/real"]
    assert {problem.fields["problem"] for problem in problems} == {"a link leads back to this folder in a circle; it is read once"}


def test_a_file_is_shown_by_its_name_and_a_missing_one_is_passed_on(tmp_path: Path) -> None:
    """The reader tells that a file is missing, with its name."""
    (tmp_path / "a.md").write_text("x")

    assert _shown(tmp_path / "a.md", tmp_path / "none.md") == ["a.md", "none.md"]


def test_a_path_longer_than_the_column_is_a_problem_of_its_own(tmp_path: Path) -> None:
    """One absurd path must not stop the import of the others."""
    long = Path("/".join([str(tmp_path), *["x" * 200] * 6, "a.md"]))

    located, problems = find_files([long])

    assert located == []
    assert [problem.fields["problem"] for problem in problems] == ["its path is longer than 1024 characters"]


def test_names_that_are_no_text_are_shown_with_marks(tmp_path: Path) -> None:
    """Old archives hold Latin-1 names, which no database keeps."""
    name = os.fsdecode(b"manuten\xe7\xe3o.md")
    (tmp_path / name).write_text("x")

    assert _shown(tmp_path) == ["manuten\ufffd\ufffdo.md"]


def test_a_locked_folder_is_a_problem_and_its_files_are_not_gone() -> None:
    """A permission lost for a day must not empty the index."""
    with locked_out() as root:
        locked = root / "locked"
        locked.mkdir()
        (locked / "a.md").write_text("x")
        locked.chmod(0)
        with nobody():
            located, problems = find_files([root, locked / "a.md"])
            gone = is_gone(str(locked / "a.md"))
        locked.chmod(0o700)

    assert ([file.shown for file in located], gone) == (["a.md"], False)
    assert [(problem.name, problem.fields["problem"]) for problem in problems] == [
        ("locked", "this folder cannot be opened (Permission denied); check its permissions")
    ]


def test_gone_is_what_is_no_longer_there(tmp_path: Path) -> None:
    """Only what was surely deleted leaves the knowledge."""
    (tmp_path / "a.md").write_text("x")

    assert not is_gone(str(tmp_path / "a.md"))
    assert is_gone(str(tmp_path / "b.md"))
    assert is_gone(str(tmp_path / "a.md" / "below.md"))
    assert not is_gone(str(tmp_path / ("x" * 300)))


def test_a_place_that_holds_a_link_or_a_folder_now_is_gone(tmp_path: Path) -> None:
    """Where a file made room for a link to its new version, the old text would be answered from for ever; an archive's folder stays."""
    for name in ("diaria.md", "v2/diaria.md", "export/channels.json", "export/users.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[]")
    file, export = location_of(tmp_path / "diaria.md"), location_of(tmp_path / "export")
    below = location_of(tmp_path / "v2" / "diaria.md")
    before = [is_gone(place) for place in (file, export, below)]
    (tmp_path / "diaria.md").unlink()
    (tmp_path / "diaria.md").symlink_to(tmp_path / "v2" / "diaria.md")
    linked = is_gone(file)
    (tmp_path / "diaria.md").unlink()
    (tmp_path / "diaria.md").mkdir()
    (tmp_path / "v2").rename(tmp_path / "v3")
    (tmp_path / "v2").symlink_to(tmp_path / "v3")
    (tmp_path / "export" / "users.json").unlink()

    assert before == [False, False, False]
    assert linked
    assert [is_gone(place) for place in (file, export, below)] == [True, True, True]


def test_a_name_that_is_no_text_has_a_place_of_its_own_that_is_found_again(tmp_path: Path) -> None:
    """Two names that differ in such a byte are two documents, and neither may leave and come back at every other look."""
    names = [
        b"manuten\xe7\xe3o.md",
        b"manuten\xe7\xe1o.md",
        "manuten\ufffd\ufffdo.md".encode(),
        "manuten\ufffde7o.md".encode(),
        b"100%e7.md",
    ]
    paths = [tmp_path / os.fsdecode(name) for name in names]
    for path in paths:
        path.write_text("x")

    located, _ = find_files([tmp_path])
    places = [file.location for file in located]
    kept = [is_gone(place) for place in places]
    paths[0].unlink()

    assert sorted(places) == sorted({location_of(path) for path in paths})
    assert [place for place in places if place.encode("utf-8", "replace").decode() != place] == []
    assert kept == [False] * 5
    assert [place for place in places if is_gone(place)] == [location_of(paths[0])]
    assert location_of(paths[4]) == str(paths[4])


def test_what_is_reached_through_a_link_from_elsewhere_is_told_apart(tmp_path: Path) -> None:
    """It belongs to another folder; named itself, or found in its folder by the same command, it does not."""
    for name in ("prices/a.md", "site/own.md"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    prices, site = tmp_path / "prices", tmp_path / "site"
    (site / "a.md").symlink_to(prices / "a.md")
    (site / "same.md").symlink_to(site / "own.md")

    def linked(*paths: Path) -> dict[str, bool]:
        return {file.shown: file.linked for file in find_files(paths)[0]}

    assert linked(site) == {"a.md": True, "own.md": False}
    assert linked(site, prices) == linked(prices, site) == {"a.md": False, "own.md": False}
    assert linked(site / "a.md") == {"a.md": False}
