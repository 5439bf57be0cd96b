"""`aprendiz knowledge add --scope`: limited, shown so, moved on purpose and never widened by accident."""

import json
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import GUIDE, Aprendiz


@pytest.fixture
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a document, and settings that know one group."""
    monkeypatch.setenv("APRENDIZ_GROUPS", '{"hr": {"channels": ["slack:C1"]}, "ops": {}}')
    path = tmp_path / "docs" / "filters.md"
    path.parent.mkdir()
    path.write_text(GUIDE)
    return path


def test_a_document_is_limited_moved_and_opened_again(worded: Aprendiz, guide: Path) -> None:
    """Each import says for whom; the list shows it."""

    def added(*options: str) -> tuple[int, str]:
        changed = worded("knowledge", "add", guide.parent, *options, "--json").json["changed"]
        return changed, worded("knowledge", "list", "--json").json["scope"]

    assert added("--scope", "group:hr") == (0, "group:hr")
    assert "group:hr" in worded("knowledge", "list").out
    assert added("--scope", "group:hr") == (0, "group:hr")
    assert added("--scope", "channel:slack:C0123") == (1, "channel:slack:C0123")
    assert added("--scope", "none") == (1, "")
    assert added() == (0, "")


def test_who_forgets_the_scope_does_not_show_it_to_all(aprendiz: Aprendiz, guide: Path) -> None:
    """A folder is read again every month, by hand, by somebody else."""
    aprendiz("knowledge", "add", guide, "--scope", "group:hr")
    ran = aprendiz("knowledge", "add", guide.parent)

    assert ran.code == 1
    assert ran.err == "Some of these documents are limited to group:hr: repeat --scope group:hr, or say --scope none to lift it.\n"
    assert aprendiz("knowledge", "list", "--json").json["scope"] == "group:hr"


def test_what_is_limited_stays_so_by_another_way(aprendiz: Aprendiz, guide: Path) -> None:
    """A link from another folder, and the folder under its new path, are the same documents."""
    aprendiz("knowledge", "add", guide.parent, "--scope", "group:hr")
    linking, moved = guide.parent.parent / "linking", guide.parent.parent / "moved"
    linking.mkdir()
    (linking / "docs").symlink_to(guide.parent)
    linked = aprendiz("knowledge", "add", linking, "--json").json
    scopes = [aprendiz("knowledge", "list", "--json").json["scope"]]
    guide.parent.rename(moved)
    aprendiz("knowledge", "add", moved)
    scopes.append(aprendiz("knowledge", "list", "--json").json["scope"])

    assert (linked["unchanged"], linked["changed"]) == (1, 0)
    assert scopes == ["group:hr", "group:hr"]


def test_what_is_new_in_a_watched_folder_waits_for_its_own_turn(aprendiz: Aprendiz, guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, too, a link takes nothing to others before the clock has seen it."""
    monkeypatch.setenv("APRENDIZ_KNOWLEDGE", json.dumps({"watch": [{"path": str(guide.parent), "scope": "group:hr"}]}))
    site = guide.parent.parent / "site"
    site.mkdir()
    (site / "page.md").write_text("# Page\n\nOpen from nine to six.\n")
    (site / "filters.md").symlink_to(guide)

    added = aprendiz("knowledge", "add", site, "--audience", "customers", "--json").json

    assert (added["added"], [each["name"] for each in added["skipped"]]) == (1, ["filters.md"])


def test_documents_that_are_for_others_now_are_counted(aprendiz: Aprendiz, guide: Path) -> None:
    """Who has shown a whole folder to customers by one option sees that in the report."""
    aprendiz("knowledge", "add", guide.parent)
    moved = aprendiz("knowledge", "add", guide.parent, "--audience", "customers")
    again = aprendiz("knowledge", "add", guide.parent, "--audience", "customers", "--json").json

    assert moved.out.splitlines()[:2] == [
        "Documents: 0 added, 1 changed, 0 unchanged, 0 removed, 0 skipped.",
        "Of those changed, now for another audience or scope: 1.",
    ]
    assert again["moved"] == 0


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("group:hrr", "No group is called hrr; the settings know hr, ops."),
        ("hr", "'hr' is no scope: write channel:slack:C0123, guild:discord:999 or group:NAME."),
        ("channel:C1", "'channel:C1' is no scope"),
        ("", "'' is no scope"),
    ],
)
@pytest.mark.parametrize("command", [("knowledge", "add", "docs"), ("knowledge", "search", "x"), ("ask", "x"), ("similar",)], ids=" ".join)
def test_a_scope_that_is_none_is_refused_before_anything_is_opened(
    aprendiz: Aprendiz, guide: Path, command: tuple[str, ...], scope: str, said: str
) -> None:
    """A mistyped scope would hide a document from everybody."""
    ran = aprendiz(*command, "--scope", scope)

    assert ran.code == 1
    assert said in ran.err
    assert ran.out == ""


def test_without_groups_the_remedy_is_named(aprendiz: Aprendiz, guide: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first scope that somebody writes is of a group that does not exist yet."""
    monkeypatch.delenv("APRENDIZ_GROUPS")
    ran = aprendiz("knowledge", "add", guide, "--scope", "group:hr")

    assert ran.err == "No group is called hr: write a [groups.hr] table into aprendiz.toml first.\n"
