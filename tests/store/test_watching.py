"""Watched folders: what changed is imported, what cannot be seen for the moment stays, and each problem is told once."""

import asyncio
import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.database import Database
from store.knowledge import Knowledge
from store.watching import EMPTY, MANY_GONE, NOT_OPEN, Watched, Watching
from tests.store.permissions import locked_out, nobody

FILES = 12


@pytest.fixture
def knowledge(database: Database) -> Knowledge:
    return Knowledge(database, now=lambda: datetime.now(UTC))


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number:02}.md").write_text(f"# Page {number}\n\nPage {number} says {number}.\n")
    return folder


def watching(knowledge: Knowledge, *folders: Path) -> Watching:
    return Watching(knowledge, [Watched(folder) for folder in folders], max_file_mb=1)


async def _known(knowledge: Knowledge) -> int:
    return len(await knowledge.list())


async def test_a_look_imports_what_changed(knowledge: Knowledge, share: Path) -> None:
    """Nobody has to run a command for the new price list."""
    watched = watching(knowledge, share)
    first = await watched.look()
    (share / "00.md").write_text("# Page 0\n\nPage 0 says something else.\n")
    (share / "01.md").unlink()
    (share / "new.md").write_text("# New\n\nNew.\n")

    second = await watched.look()

    assert (first.added, first.warnings) == (FILES, ())
    assert (second.added, second.changed, second.removed, second.unchanged, second.warnings) == (1, 1, 1, FILES - 2, ())


async def test_each_folder_is_imported_for_its_own(knowledge: Knowledge, share: Path, tmp_path: Path) -> None:
    """Audience and scope are the folder's."""
    (tmp_path / "hr").mkdir()
    (tmp_path / "hr" / "pay.md").write_text("# Pay\n\nOn the fifth.\n")
    folders = [Watched(share, "customers"), Watched(tmp_path / "hr", "employees", "group:hr")]

    look = await Watching(knowledge, folders, max_file_mb=1).look()

    assert look.added == FILES + 1
    assert {(source.audience, source.scope) for source in await knowledge.list()} == {("customers", ""), ("employees", "group:hr")}


async def test_what_was_limited_by_hand_stays_limited(knowledge: Knowledge, share: Path) -> None:
    """The clock must not show to all, five minutes later, what somebody has just limited to some."""
    watched = watching(knowledge, share)
    await watched.look()
    await knowledge.add([share / "03.md"], audience="employees", scope="group:hr", max_file_mb=1)
    again = await watched.look()
    await asyncio.to_thread((share / "03.md").write_text, "# Page 3\n\nPage 3 says something else.\n")
    changed = await watched.look()

    assert (again.changed, changed.changed) == (0, 1)
    assert {source.shown for source in await knowledge.list() if source.scope == "group:hr"} == {"03.md"}


async def test_a_link_from_another_folder_shows_nobody_what_is_for_others(knowledge: Knowledge, tmp_path: Path) -> None:
    """An internal price list that somebody linked into the customers' folder changed sides at every look, without a word."""
    internal, site = tmp_path / "internal", tmp_path / "site"
    for folder in (internal, site):
        folder.mkdir()
        (folder / f"{folder.name}.md").write_text(f"# {folder.name}\n\nA margem da FH-300 é de 42%, diz {folder.name}.\n")
    (site / "precos.md").symlink_to(internal / "internal.md")
    folders = [Watched(internal, "employees", "group:sales"), Watched(site, "customers")]
    watched = Watching(knowledge, folders, max_file_mb=1)

    first = await watched.look()
    (internal / "internal.md").write_text("# internal\n\nA margem da FH-300 é de 40%.\n")
    looks = [await watched.look() for _ in range(3)]

    assert (first.added, [name for name, _ in first.skipped]) == (2, ["precos.md"])
    assert first.skipped[0][1] == (
        "a link leads to a document that is known for employees · group:sales and stays so; "
        f"to move it, add it by its own path, {internal / 'internal.md'}"
    )
    assert [(look.changed, look.unchanged, look.skipped) for look in looks] == [(n, 2 - n, first.skipped) for n in (1, 0, 0)]
    assert {(each.shown, each.audience, each.scope) for each in await knowledge.list()} == {
        ("internal.md", "employees", "group:sales"),
        ("site.md", "customers", ""),
    }


async def test_a_folder_takes_back_what_a_link_took_first(knowledge: Knowledge, share: Path, tmp_path: Path) -> None:
    """Whichever folder the settings name first, the file is for those its own folder is for, and stays so."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "page.md").symlink_to(share / "03.md")
    watched = Watching(knowledge, [Watched(tmp_path / "site", "customers"), Watched(share, "employees")], max_file_mb=1)

    looks = [await watched.look() for _ in range(3)]

    assert [(look.added, look.changed, len(look.skipped)) for look in looks] == [(FILES, 1, 0), (0, 0, 1), (0, 0, 1)]
    assert {each.audience for each in await knowledge.list()} == {"employees"}


@pytest.mark.parametrize("link", ["page.md", "all"])
async def test_what_is_new_in_a_watched_folder_is_never_for_whom_a_link_leads_to_it(
    database: Database, share: Path, tmp_path: Path, link: str
) -> None:
    """Between two folders' turns a customer could be answered from the salary table that somebody has just put into its own folder."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.md").write_text("# Site\n\nAberto das 9 às 18.\n")
    (site / link).symlink_to(share / "03.md" if link == "page.md" else share)
    (tmp_path / "by-another-name").symlink_to(share)
    knowledge = Knowledge(database, now=lambda: datetime.now(UTC), watched=[site, tmp_path / "by-another-name"])
    by_hand = await knowledge.add([site], audience="customers", max_file_mb=1)
    seen = {(each.shown, each.audience) for each in await knowledge.list()}
    watched = Watching(knowledge, [Watched(site, "customers"), Watched(tmp_path / "by-another-name")], max_file_mb=1)
    looks = [await watched.look() for _ in range(2)]

    assert (seen, by_hand.added) == ({("site.md", "customers")}, 1)
    assert by_hand.skipped[0][1] == (
        f"a link leads to a document that is not yet known; it is imported from its own folder, {share}, which is watched"
    )
    assert [(look.added, look.changed, len(look.skipped)) for look in looks] == [
        (FILES, 0, len(by_hand.skipped)),
        (0, 0, len(by_hand.skipped)),
    ]
    assert {each.audience for each in await knowledge.list() if each.shown != "site.md"} == {"employees"}


@pytest.fixture
def site(share: Path) -> Path:
    """Give a folder with a page, a link to a page of the share, and one to a folder beside it."""
    site, shelf = share.with_name("site"), share.with_name("shelf")
    site.mkdir()
    (shelf / "deep").mkdir(parents=True)
    (site / "site.md").write_text("# Site\n\nAberto das 9 às 18.\n")
    (shelf / "peças.md").write_text("# Peças\n\nA FH-300 pesa 4 kg.\n")
    (shelf / "deep" / "óleo.md").write_text("# Óleo\n\nTrocar a cada 500 horas.\n")
    (site / "page.md").symlink_to(share / "03.md")
    (site / "shelf").symlink_to(shelf)
    return site


SHELF = {"peças.md", "óleo.md"}


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["site/page.md"], SHELF),
        (["site/shelf"], {"03.md"}),
        (["shelf/peças.md"], {"03.md", "óleo.md"}),
        (["shelf/deep/óleo.md", "shelf/deep"], {"03.md", "peças.md"}),
        (["shelf/peças.md", "shelf/deep/óleo.md", "shelf/deep"], {"03.md", *SHELF}),
        (["shelf/peças.md", "shelf/deep/óleo.md", "shelf/deep", "shelf"], {"03.md", *SHELF}),
        (["share/03.md"], {"03.md", *SHELF}),
    ],
)
async def test_what_no_link_leads_to_any_more_leaves(knowledge: Knowledge, site: Path, names: list[str], left: set[str]) -> None:
    """Who takes a link away takes the page away; a link into a share that is not there takes nothing."""
    watched = watching(knowledge, site)
    first = await watched.look()
    for name in names:
        path = site.parent / name
        await asyncio.to_thread(path.rmdir if path.is_dir() and not path.is_symlink() else path.unlink)

    looks = [await watched.look() for _ in range(2)]

    assert (first.added, [look.removed for look in looks]) == (4, [3 - len(left), 0])
    assert {Path(each.location).name for each in await knowledge.list()} == {"site.md", *left}


async def test_what_a_link_led_to_before_it_was_turned_leaves(knowledge: Knowledge, site: Path) -> None:
    """“Current” is a link to the newest version; the older one must not be answered from beside it."""
    watched = watching(knowledge, site)
    await watched.look()
    (site / "page.md").unlink()
    (site / "page.md").symlink_to(site.parent / "share" / "04.md")

    look = await watched.look()

    assert (look.added, look.removed) == (1, 1)
    assert {Path(each.location).name for each in await knowledge.list()} == {"site.md", "04.md", *SHELF}


async def test_a_document_that_was_added_by_its_own_path_stays_without_its_link(knowledge: Knowledge, site: Path) -> None:
    """Before the link or after it: it is known for itself, and the link was only a second way to it."""
    page, parts = site.parent / "share" / "03.md", site.parent / "shelf" / "peças.md"
    watched = watching(knowledge, site)
    await knowledge.add([page], audience="employees", max_file_mb=1)
    await watched.look()
    page.write_text("# Page 3\n\nPage 3 says something else.\n")
    await watched.look()
    await knowledge.add([parts], audience="employees", max_file_mb=1)
    (site / "page.md").unlink()
    (site / "shelf").unlink()

    look = await watched.look()

    assert look.removed == 1
    assert {Path(each.location).name for each in await knowledge.list()} == {"site.md", "03.md", "peças.md"}


async def test_a_link_in_a_folder_that_was_moved_is_still_followed(knowledge: Knowledge, site: Path) -> None:
    """The folder's new path is where the link is looked for from then on."""
    await watching(knowledge, site).look()
    moved = await asyncio.to_thread(site.rename, site.with_name("moved"))
    watched = watching(knowledge, moved)
    await watched.look()
    (moved / "page.md").unlink()

    look = await watched.look()

    assert (look.removed, look.unchanged) == (1, 3)


async def test_a_folder_is_removed_with_what_its_links_led_to(knowledge: Knowledge, site: Path) -> None:
    """“All of a folder” is what was read from it."""
    await watching(knowledge, site).look()
    await knowledge.add([site.parent / "share" / "03.md"], audience="employees", max_file_mb=1)

    assert await knowledge.remove(str(site)) == 3
    assert [Path(each.location).name for each in await knowledge.list()] == ["03.md"]


async def test_a_folder_of_links_that_is_empty_keeps_what_they_led_to(knowledge: Knowledge, site: Path) -> None:
    """An empty mount point is no sign that anything was deleted, whatever its documents were."""
    watched = watching(knowledge, site)
    await watched.look()
    for name in ("site.md", "page.md", "shelf"):
        (site / name).unlink()

    look = await watched.look()

    assert ([warned.problem for warned in look.warnings], look.removed, await _known(knowledge)) == ([EMPTY], 0, 4)


async def test_a_folder_that_is_missing_keeps_its_documents(knowledge: Knowledge, share: Path) -> None:
    """A server that is restarted for a minute must not cost the company its knowledge."""
    watched = watching(knowledge, share)
    await watched.look()
    await asyncio.to_thread(share.rename, share.with_name("away"))

    looks = [await watched.look() for _ in range(3)]

    assert [[warned.problem for warned in look.warnings] for look in looks] == [[NOT_OPEN]] * 3
    assert str(looks[0].warnings[0]).endswith("share: it cannot be opened (No such file or directory); its documents are kept")
    assert await _known(knowledge) == FILES


async def test_a_folder_that_may_not_be_read_keeps_its_documents(knowledge: Knowledge) -> None:
    """Rights are mended the next morning."""
    with locked_out() as root:
        share = root / "share"
        share.mkdir()
        (share / "a.md").write_text("# A\n\nText.\n")
        watched = watching(knowledge, share)
        await watched.look()
        await asyncio.to_thread(share.chmod, 0)
        with nobody():
            look = await watched.look()
        await asyncio.to_thread(share.chmod, 0o700)

    assert [warned.problem for warned in look.warnings] == [NOT_OPEN]
    assert await _known(knowledge) == 1


async def test_an_empty_mount_point_keeps_its_documents_however_often_it_is_looked_at(knowledge: Knowledge, share: Path) -> None:
    """A share that is not mounted is an empty folder, perhaps for a whole weekend; the operator's own command means what it says."""
    watched = watching(knowledge, share)
    await watched.look()
    for number in range(FILES):
        (share / f"{number:02}.md").unlink()

    looks = [await watched.look() for _ in range(3)]

    assert [[warned.problem for warned in look.warnings] for look in looks] == [[EMPTY]] * 3
    assert await _known(knowledge) == FILES
    assert (await knowledge.add([share], audience="employees", max_file_mb=1)).removed == FILES


@pytest.mark.parametrize("left", ["Thumbs.db", "lost+found/.keep", "not mounted.png", "not mounted.md"])
async def test_a_mount_point_that_holds_no_document_keeps_them_too(knowledge: Knowledge, tmp_path: Path, left: str) -> None:
    """A picture of a folder, or an empty page, is no sign that all three documents of a small share were deleted."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nTexto {name}.\n")
    watched = watching(knowledge, tmp_path)
    await watched.look()
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.md").unlink()
    await asyncio.to_thread((tmp_path / left).parent.mkdir, exist_ok=True)
    (tmp_path / left).write_text("")

    looks = [await watched.look() for _ in range(2)]

    assert [[warned.problem for warned in look.warnings] for look in looks] == [[EMPTY]] * 2
    assert await _known(knowledge) == 3


async def test_a_document_that_cannot_be_read_does_not_keep_the_others(knowledge: Knowledge, tmp_path: Path) -> None:
    """What is there, though damaged, shows that the share is there."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nTexto {name}.\n")
    watched = watching(knowledge, tmp_path)
    await watched.look()
    (tmp_path / "a.md").unlink()
    (tmp_path / "b.md").write_text("")

    look = await watched.look()

    assert (look.removed, look.warnings, await _known(knowledge)) == (1, (), 1)


async def test_most_documents_leave_only_when_they_are_missed_twice(knowledge: Knowledge, share: Path) -> None:
    """Half a share that is being copied looks like one that was cleaned up."""
    watched = watching(knowledge, share)
    await watched.look()
    for number in range(7):
        (share / f"{number:02}.md").unlink()

    first = await watched.look()
    kept = await _known(knowledge)
    second = await watched.look()

    assert [(warned.problem, dict(warned.values)) for warned in first.warnings] == [(MANY_GONE, {"gone": 7, "known": FILES})]
    assert (kept, first.removed) == (FILES, 0)
    assert (second.removed, second.warnings) == (7, ())


async def test_what_came_back_is_not_held_against_the_folder(knowledge: Knowledge, share: Path, tmp_path: Path) -> None:
    """A flickering share must vanish twice in a row, not twice in its life; and what is missed must be what was missed."""
    watched = watching(knowledge, share)
    await watched.look()
    away = tmp_path / "away"
    for _ in range(2):
        await asyncio.to_thread(shutil.copytree, share, away)
        for number in range(7):
            (share / f"{number:02}.md").unlink()
        assert (await watched.look()).removed == 0
        await asyncio.to_thread(shutil.copytree, away, share, dirs_exist_ok=True)
        await asyncio.to_thread(shutil.rmtree, away)
        assert (await watched.look()).warnings == ()

    assert await _known(knowledge) == FILES


async def test_a_small_folder_may_lose_most_of_its_documents(knowledge: Knowledge, tmp_path: Path) -> None:
    """Two of three files deleted is an ordinary afternoon."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nText {name}.\n")
    watched = watching(knowledge, tmp_path)
    await watched.look()
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").unlink()

    assert (await watched.look()).removed == 2


async def test_counts_are_logged_when_something_happened_and_problems_once(
    knowledge: Knowledge, share: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every five minutes is 288 times a day; who reads the log must see what is new in it."""
    (share / "empty.md").write_text("")
    watched = watching(knowledge, share)
    with caplog.at_level(logging.INFO, logger="store.watching"):
        for _ in range(3):
            await watched.look()

    assert [record.message for record in caplog.records] == ["watched folders read", "watched document"]
    assert caplog.records[0].__dict__["added"] == FILES
    assert caplog.records[0].__dict__["skipped"] == 1
    assert caplog.records[1].__dict__["problem"] == "empty.md: it is empty"
