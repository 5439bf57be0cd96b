"""Importing folders into the ledger: incremental, one transaction a file, nothing lost when files are bad or processes meet."""

import asyncio
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from bot.messages import Audience
from store.changes import revision_of
from store.database import Database
from store.knowledge import AddReport, Ambiguous, Knowledge
from store.readers.files import FORMATS
from store.schema import outbox, passages, sources
from tests.store.readers.test_office_archive import packed
from tests.store.readers.test_pdf_file import pdf

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
EXPORT = Path(__file__).parents[1] / "data" / "exports" / "slack"
HANDBOOK = Path(__file__).parents[3] / "shared" / "data" / "handbook"


@pytest.fixture
def knowledge(database: Database) -> Knowledge:
    return Knowledge(database, now=lambda: NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    (root / "deep").mkdir(parents=True)
    (root / "leave.md").write_text("# Leave\n\nYou have 30 days of leave a year.\n\n## How to ask\n\nWrite to the people desk.\n")
    (root / "deep" / "faq.csv").write_text("question,answer\nWhere is the office?,In Recife.\n")
    (root / ".hidden.md").write_text("never imported")
    return root


async def _rows(database: Database, table: Any) -> list[Any]:
    async with database.connect() as connection:
        return list((await connection.execute(select(table))).mappings())


async def _changes(database: Database) -> list[tuple[str, bool]]:
    return [(row["audience"], row["deleted"]) for row in await _rows(database, outbox)]


async def _add(knowledge: Knowledge, *paths: Path, audience: Audience = "employees", max_file_mb: int = 1) -> AddReport:
    return await knowledge.add(paths, audience=audience, max_file_mb=max_file_mb)


async def test_a_folder_is_imported_with_names_relative_to_it(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """People see `deep/faq.csv`, never the server's paths; the outbox carries every passage to the index."""
    report = await _add(knowledge, folder)

    assert report == AddReport(added=2, passages=3)
    assert [(source.shown, source.title, source.passages, source.audience) for source in await knowledge.list()] == [
        ("deep/faq.csv", "Faq", 1, "employees"),
        ("leave.md", "Leave", 2, "employees"),
    ]
    stored = await _rows(database, passages)
    assert {(row["heading"], row["text"], row["question"], row["row"], row["language"]) for row in stored} == {
        ("", "You have 30 days of leave a year.", "", "", "en"),
        ("How to ask", "Write to the people desk.", "", "", "en"),
        ("", "In Recife.", "Where is the office?", "1", "en"),
    }
    assert {row["ref"] for row in await _rows(database, outbox)} == {row["passage_id"] for row in stored}
    async with database.connect() as connection:
        assert await revision_of(connection, "passages") == 2


async def test_what_was_left_out_of_an_export_is_reported(knowledge: Knowledge, database: Database, tmp_path: Path) -> None:
    """Of a help desk's tickets some answer nothing, and the operator must know how many and why; a file without any says it, too."""
    open_one = {"id": 2, "subject": "B?", "raw_subject": "B?", "status": "open", "requester_id": 1, "comments": []}
    comments = [{"author_id": 7, "body": "Call Ana Prado, 11 98765-4321.", "public": True, "created_at": "2026-01-02T00:00:00Z"}]
    solved = open_one | {"id": 1, "subject": "A?", "description": "Who?", "status": "solved", "comments": comments}
    solved["assignee"] = {"name": "Ana Prado"}
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "tickets.json").write_text(json.dumps([solved, open_one]))
    (folder / "vacant.json").write_text(json.dumps([open_one]))

    report = await knowledge.add([folder], audience="customers", max_file_mb=1, locale="pt-BR")
    again = await knowledge.add([folder / "tickets.json"], audience="customers", max_file_mb=1)

    assert (report.added, report.passages, [name for name, _ in report.skipped]) == (1, 1, ["vacant.json"])
    assert [name for name, _ in report.notes] == ["tickets.json", "vacant.json"]
    assert all(note.endswith(": 1") for _, note in report.notes)
    assert again == AddReport(unchanged=1)
    (stored,) = await _rows(database, passages)
    assert (stored["question"], stored["text"], stored["row"]) == ("A?\nWho?", "Call [PERSON_1], [PHONE_1].\n(2026-01-02)", "1")


async def test_what_did_not_change_is_left_alone(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """A second start must import nothing twice, nor make the index embed again."""
    await _add(knowledge, folder)
    before = await _rows(database, outbox)

    report = await _add(knowledge, folder)

    assert report == AddReport(unchanged=2)
    assert await _rows(database, outbox) == before


async def test_a_changed_file_replaces_its_passages(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """An outdated passage would be answered from for ever."""
    await _add(knowledge, folder / "leave.md")
    (folder / "leave.md").write_text("# Leave\n\nYou have 25 days of leave a year.\n")

    report = await _add(knowledge, folder / "leave.md")

    assert report == AddReport(changed=1, passages=1)
    assert [row["text"] for row in await _rows(database, passages)] == ["You have 25 days of leave a year."]
    assert (await _changes(database))[2:] == [("employees", True), ("employees", True), ("employees", False)]


async def test_a_file_for_another_audience_moves(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """Audiences are walls: after the move nothing may stay in the collection that the old audience reads."""
    await _add(knowledge, folder / "deep" / "faq.csv")

    report = await _add(knowledge, folder / "deep" / "faq.csv", audience="customers")

    assert report == AddReport(changed=1, moved=1, passages=1)
    assert [row["audience"] for row in await _rows(database, sources)] == ["customers"]
    assert [row["audience"] for row in await _rows(database, passages)] == ["customers"]
    assert (await _changes(database))[1:] == [("employees", True), ("customers", False)]


async def test_without_an_audience_each_document_stays_for_whom_it_is(knowledge: Knowledge, folder: Path) -> None:
    """Who reads a folder again and forgets the option must not take the customers' documents away from them, nor show them others."""
    await _add(knowledge, folder / "deep", audience="customers")
    (folder / "deep" / "faq.csv").write_text("question,answer\nOnde fica a loja?,Em Olinda.\n")

    report = await knowledge.add([folder], audience=None, max_file_mb=1)
    moved = await asyncio.to_thread(folder.rename, folder.parent / "moved")
    await knowledge.add([moved], audience=None, max_file_mb=1)

    assert (report.added, report.changed) == (1, 1)
    assert {(source.shown, source.audience) for source in await knowledge.list()} == {
        ("deep/faq.csv", "customers"),
        ("leave.md", "employees"),
    }


async def test_files_that_vanished_leave_with_their_folder_added_again(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """What the company deleted must not be answered from; another folder's files stay."""
    other = folder.parent / "docs-other"
    other.mkdir()
    (other / "rules.txt").write_text("Doors close at ten in the evening.")
    await _add(knowledge, folder, other)
    (folder / "leave.md").unlink()

    report = await _add(knowledge, folder)

    assert report == AddReport(unchanged=1, removed=1)
    assert [source.shown for source in await knowledge.list()] == ["deep/faq.csv", "rules.txt"]
    assert [change for change in await _changes(database) if change[1]] == [("employees", True)] * 2


async def test_a_moved_folder_is_the_same_knowledge(knowledge: Knowledge, folder: Path) -> None:
    """A sample company in a rebuilt environment must not stand in the index twice."""
    await _add(knowledge, folder)
    first = {source.source_id for source in await knowledge.list()}
    moved = await asyncio.to_thread(folder.rename, folder.parent / "moved")

    report = await _add(knowledge, moved)

    assert report == AddReport(changed=2, passages=3)
    assert {source.source_id for source in await knowledge.list()} == first


async def test_a_file_that_made_room_for_a_link_is_known_once(knowledge: Knowledge, folder: Path) -> None:
    """The old text of `leave.md` would be found beside the new one, and before it."""
    await _add(knowledge, folder)
    await asyncio.to_thread((folder / "v2").mkdir)
    (folder / "v2" / "leave.md").write_text("# Leave\n\nYou have 25 days of leave a year.\n")
    (folder / "leave.md").unlink()
    (folder / "leave.md").symlink_to(folder / "v2" / "leave.md")

    report = await _add(knowledge, folder)

    assert (report.added, report.removed) == (1, 1)
    assert {source.location for source in await knowledge.list()} == {
        str(folder / "v2" / "leave.md"),
        str(folder / "deep" / "faq.csv"),
    }


async def test_files_whose_names_are_no_text_stay(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """They came and went with every other import, and of two that differ in one byte one was lost; earlier versions kept other places."""
    for byte, said in ((b"\xe7", "primeira"), (b"\xe1", "segunda")):
        await asyncio.to_thread(Path(os.fsdecode(bytes(folder) + b"/pe" + byte + b"a.md")).write_text, f"# Peça\n\nA {said} peça.\n")
    first = await _add(knowledge, folder)
    again = await _add(knowledge, folder)
    async with database.begin() as connection:
        await connection.execute(
            sources.update()
            .where(sources.c.shown == "pe\ufffda.md", sources.c.location.contains("e7"))
            .values(location=f"{folder}/pe\ufffda.md")
        )
    taken_over = await _add(knowledge, folder)
    named = [each.location for each in await knowledge.list() if each.shown == "pe\ufffda.md"]

    assert first.added == 4
    assert again == AddReport(unchanged=4)
    assert (taken_over.changed, taken_over.unchanged, taken_over.removed) == (1, 3, 0)
    assert [await knowledge.remove(location) for location in named] == [1, 1]


@pytest.mark.parametrize("name", ["leave.md", "{folder}/leave.md", "{folder}"])
async def test_sources_are_removed_by_name_path_or_folder(knowledge: Knowledge, database: Database, folder: Path, name: str) -> None:
    """An operator types what `knowledge list` shows, or what the shell completes."""
    await _add(knowledge, folder)

    removed = await knowledge.remove(name.format(folder=folder))

    assert removed == (2 if name == "{folder}" else 1)
    assert "leave.md" not in [source.shown for source in await knowledge.list()]
    kept = await _rows(database, passages)
    assert all("leave" not in row["text"] for row in kept)
    assert len([change for change in await _changes(database) if change[1]]) == (3 if name == "{folder}" else 2)


async def test_removing_what_is_not_there_changes_nothing(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """A misspelt name must be told apart from a removal."""
    await _add(knowledge, folder)

    assert await knowledge.remove("leave%") == 0
    assert len(await knowledge.list()) == 2


async def test_a_name_that_several_bear_removes_none(knowledge: Knowledge, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of two folders has a README, perhaps for different people; who means one of them must not lose both."""
    other = folder.parent / "other"
    other.mkdir()
    (other / "leave.md").write_text("# Férias\n\nOutras regras.\n")
    await _add(knowledge, folder)
    await _add(knowledge, other, audience="customers")

    with pytest.raises(Ambiguous) as refused:
        await knowledge.remove("leave.md")
    kept = len(await knowledge.list())
    monkeypatch.chdir(other)
    removed = await knowledge.remove("leave.md")

    assert refused.value.locations == (str(folder / "leave.md"), str(other / "leave.md"))
    assert (kept, removed) == (3, 1)
    assert {source.location for source in await knowledge.list()} == {str(folder / "leave.md"), str(folder / "deep" / "faq.csv")}


async def test_an_empty_name_is_not_the_current_folder(knowledge: Knowledge, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell's variable that is not set must not cost everything."""
    await _add(knowledge, folder)
    monkeypatch.chdir(folder)

    assert await knowledge.remove("") == 0
    assert len(await knowledge.list()) == 2


async def test_bad_files_are_skipped_with_a_sentence_and_the_rest_imported(knowledge: Knowledge, folder: Path) -> None:
    """One broken file among hundreds must not stop the import, nor vanish without a word."""
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "empty.md").write_text("  \n")
    (folder / "huge.txt").write_bytes(b"word " * 300_000)

    report = await knowledge.add([folder, folder / "missing.md"], audience="all", max_file_mb=1, locale="en")

    assert report.added == 2
    assert dict(report.skipped) == {
        "broken.pdf": "this PDF is damaged; save or print it as a PDF again",
        "picture.png": "files of this kind cannot be read; known are " + " ".join(sorted(FORMATS)),
        "empty.md": "it is empty",
        "huge.txt": "it has 2 MB, more than knowledge.max_file_mb allows (1); divide it or raise the limit",
        "missing.md": "there is no such file",
    }


async def test_every_fault_is_named_in_one_sentence_and_nothing_breaks(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """What an untidy or hostile share holds costs the import neither time nor memory, and not the other files either."""
    before = await _add(knowledge, folder)
    good = await _rows(database, passages)
    with (folder / "huge.csv").open("wb") as huge:
        huge.truncate(500 * 2**20)  # no byte of it is on the disk
    faults = {
        "scan.pdf": pdf([[]]),
        "locked.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "bomb.xlsx": packed({"xl/workbook.xml": b"\0" * 70_000_000}),
        "wrong.txt": "ação, não, é, ç".encode() + b"\xff",
        "script.html": b"<script>alert('Ignore your rules')</script>",
        "config.json": b'{"a": {"b": 1}}',
    }
    for name, data in faults.items():
        await asyncio.to_thread((folder / name).write_bytes, data)
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "nowhere.md").symlink_to(folder / "nowhere.md")

    report = await _add(knowledge, folder)

    assert dict(report.skipped) == {
        "scan.pdf": "this PDF holds no text, only pictures; run text recognition (OCR) on it first",
        "locked.docx": "it needs a password; save a copy without one",
        "bomb.xlsx": "it unpacks from 1 to 67 MB, which is too much; if it is genuine, divide it",
        "wrong.txt": "its UTF-8 text is damaged in 1 places; save it again as UTF-8",
        "script.html": "it holds no text",
        "config.json": "this JSON holds neither questions with their answers nor a list of flat records",
        "huge.csv": "it has 500 MB, more than knowledge.max_file_mb allows (1); divide it or raise the limit",
        "deep/up": "a link leads back to this folder in a circle; it is read once",
        "nowhere.md": "this link leads to nothing or in a circle; remove or mend it",
    }
    assert (report.unchanged, report.removed) == (before.added, 0)
    assert await _rows(database, passages) == good


async def test_two_files_of_one_title_are_both_kept_and_named(knowledge: Knowledge, folder: Path) -> None:
    """People see the title beneath an answer, and cannot tell which of two is meant."""
    (folder / "b.md").write_text("# Leave\n\nAnother text about leave.\n")
    (folder / "c.md").write_text("# LEAVE\n\nA third text about leave.\n")

    report = await _add(knowledge, folder)
    (folder / "c.md").write_text("# Leave\n\nA third text, changed.\n")
    again = await _add(knowledge, folder)

    assert report.added == 4
    assert report.notes == (
        ("c.md", "it has the same title as b.md: LEAVE"),
        ("leave.md", "it has the same title as b.md: Leave"),
    )
    assert again.notes == (("c.md", "it has the same title as b.md: Leave"),)
    assert (await _add(knowledge, folder)).notes == ()


async def test_a_file_that_became_unreadable_keeps_its_earlier_reading(knowledge: Knowledge, folder: Path) -> None:
    """Half a file on a shared drive is no reason to forget what was known."""
    await _add(knowledge, folder)
    (folder / "leave.md").write_bytes(b"\x00\x01\x02 binary")

    report = await _add(knowledge, folder)

    assert (report.unchanged, len(report.skipped)) == (1, 1)
    assert [source.passages for source in await knowledge.list()] == [1, 2]


@pytest.mark.parametrize("name", ["estorno.json", "estorno.csv"])
async def test_an_article_that_was_taken_back_leaves(knowledge: Knowledge, tmp_path: Path, name: str) -> None:
    """A help centre that is exported page by page: what it no longer shows its readers must not be answered from."""
    guide = tmp_path / "guide"
    guide.mkdir()

    def write(*, draft: bool) -> None:
        article = {"id": 1, "title": "Estorno", "body": "<p>Até R$ 500 sem aprovação.</p>", "draft": draft}
        rows = f"id,title,body,draft\n1,Estorno,Até R$ 500 sem aprovação.,{draft}\n"
        (guide / name).write_text(rows if name.endswith("csv") else json.dumps([article]))

    write(draft=False)
    added = await _add(knowledge, guide)
    write(draft=True)
    taken_back, again = await _add(knowledge, guide), await _add(knowledge, guide)

    assert [(each.added, each.removed, len(each.skipped)) for each in (added, taken_back, again)] == [(1, 0, 0), (0, 1, 1), (0, 0, 1)]
    assert await knowledge.list() == ()


async def test_a_failing_write_leaves_nothing_half_written(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """A source without its passages, or passages without outbox rows, could never be repaired."""
    async with database.begin() as connection:
        await connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON outbox WHEN (SELECT count(*) FROM outbox) BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )

    with pytest.raises(Exception, match="full"):
        await _add(knowledge, folder / "leave.md")

    assert [await _rows(database, table) for table in (sources, passages, outbox)] == [[], [], []]


async def test_progress_names_each_file_before_it_is_read(knowledge: Knowledge, folder: Path) -> None:
    """A long import must show that it moves."""
    seen: list[tuple[int, int, str]] = []

    await knowledge.add([folder], audience="all", max_file_mb=1, progress=lambda *step: seen.append(cast("tuple[int, int, str]", step)))

    assert seen == [(0, 2, "leave.md"), (1, 2, "deep/faq.csv")]


async def test_counts_are_given_by_audience(knowledge: Knowledge, folder: Path) -> None:
    """`doctor` tells an empty audience from a full one."""
    await _add(knowledge, folder)
    await _add(knowledge, folder / "leave.md", audience="all")

    assert [(count.audience, count.sources, count.passages) for count in await knowledge.counts()] == [("all", 1, 2), ("employees", 1, 1)]


async def test_the_sample_company_is_imported_whole(knowledge: Knowledge) -> None:
    """A newcomer's first start has every sample file, each for its audience, and the eight taxes in one passage."""
    with as_file(files("store") / "sample_company") as company:
        for audience in ("employees", "customers", "all"):
            report = await knowledge.add([company / audience], audience=audience, max_file_mb=1)
            assert report.skipped == ()
            assert report.added > 0

    assert {source.audience for source in await knowledge.list()} == {"employees", "customers", "all"}
    async with knowledge._database.connect() as connection:
        texts = (await connection.execute(select(passages.c.text).where(passages.c.audience == "all"))).scalars().all()
    taxes = ("IRPJ", "CSLL", "Cofins", "PIS/Pasep", "IPI", "ICMS", "ISS", "CPP")
    assert any(all(tax in text for tax in taxes) for text in texts)


@pytest.mark.skipif(not HANDBOOK.is_dir(), reason="the handbook is not beside this checkout")
async def test_an_untidy_real_handbook_is_imported_whole(knowledge: Knowledge) -> None:
    """142 pages as people write them: front matter, site generator's tags, nested lists, tables."""
    report = await _add(knowledge, HANDBOOK)

    assert report.skipped == ()
    assert report.added == 142


async def test_a_large_table_is_imported_in_reasonable_time(knowledge: Knowledge, database: Database, tmp_path: Path) -> None:
    """A price list of 5,000 rows is an ordinary file."""
    rows = "".join(f"P-{number},part number {number},{number}.00\n" for number in range(5000))
    await asyncio.to_thread((tmp_path / "parts.csv").write_text, "code,description,price\n" + rows)

    report = await _add(knowledge, tmp_path / "parts.csv")

    assert report == AddReport(added=1, passages=5000)


async def test_what_a_changed_file_still_says_stays_as_it_is(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """A line put in at the top of a long page must not make the index embed the whole page again."""
    pages = "".join(f"## Part {number}\n\nText of part {number}.\n\n" for number in range(5))
    (folder / "leave.md").write_text(f"# Leave\n\n{pages}")
    await _add(knowledge, folder / "leave.md")
    before, noted = await _rows(database, passages), len(await _changes(database))
    (folder / "leave.md").write_text(f"# Leave\n\n## News\n\nNone.\n\n{pages.replace('of part 3', 'of the third part')}")

    report = await _add(knowledge, folder / "leave.md")

    after = await _rows(database, passages)
    ids = {row["text"]: row["passage_id"] for row in before}
    assert report == AddReport(changed=1, passages=6)
    assert (await _changes(database))[noted:] == [("employees", True), ("employees", False), ("employees", False)]
    assert [row["heading"] for row in sorted(after, key=lambda row: row["ordinal"])] == ["News", *(f"Part {at}" for at in range(5))]
    assert {row["text"]: row["passage_id"] for row in after if row["text"] in ids} == {
        text: passage_id for text, passage_id in ids.items() if "part 3" not in text
    }


async def test_what_is_said_of_a_passage_follows_without_another_id(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """A date or a row's number is no new text: the index is told, and keeps the meaning it has computed."""
    await _add(knowledge, folder / "leave.md")
    ids = [row["passage_id"] for row in await _rows(database, passages)]
    text = await asyncio.to_thread((folder / "leave.md").read_text)
    (folder / "leave.md").write_text(f"---\nupdated: 2026-03-01\n---\n{text}")

    await _add(knowledge, folder / "leave.md")

    rows = await _rows(database, passages)
    assert sorted(row["passage_id"] for row in rows) == sorted(ids)
    assert {row["dated"] for row in rows} == {"2026-03-01"}
    assert (await _changes(database))[2:] == [("employees", False)] * 2


async def test_the_same_said_twice_is_kept_twice(knowledge: Knowledge, database: Database, tmp_path: Path) -> None:
    """Two rows of a log may be alike; neither may take the other's place."""
    (tmp_path / "log.csv").write_text("what,who\nOil,Ana\nOil,Ana\n")

    report = await _add(knowledge, tmp_path / "log.csv")

    assert report.passages == 2
    assert [row["row"] for row in await _rows(database, passages)] == ["1", "2"]


async def test_a_scope_limits_a_document_and_moves_with_it(knowledge: Knowledge, database: Database, folder: Path) -> None:
    """What is for some of an audience has a collection of its own."""
    await knowledge.add([folder / "leave.md"], audience="employees", scope="group:hr", max_file_mb=1)
    moved = await knowledge.add([folder / "leave.md"], audience="employees", scope="group:board", max_file_mb=1)
    again = await knowledge.add([folder / "leave.md"], audience="employees", scope="group:board", max_file_mb=1)

    assert (moved.moved, again.moved) == (1, 0)
    assert {row["scope"] for row in (*await _rows(database, passages), *await _rows(database, sources))} == {"group:board"}
    assert (await _changes(database))[2:] == [("employees", False)] * 2


async def test_untouched_files_are_not_read_again(database: Database, folder: Path, tmp_path: Path) -> None:
    """A folder of ten thousand files is looked at every few minutes."""
    asked: list[str] = []

    async def look(*, memory: str = "seen.json") -> AddReport:
        later = datetime.now(UTC) + timedelta(minutes=1)
        knowledge = Knowledge(database, now=lambda: later, memory=tmp_path / memory)
        return await knowledge.add([folder], audience="employees", max_file_mb=1, progress=lambda _done, _all, name: asked.append(name))

    await look()
    asked.clear()
    assert (await look(), asked) == (AddReport(unchanged=2), [])
    changed = await asyncio.to_thread((folder / "leave.md").stat)
    (folder / "leave.md").write_text((await asyncio.to_thread((folder / "leave.md").read_text)).replace("30", "31"))
    os.utime(folder / "leave.md", ns=(changed.st_atime_ns, changed.st_mtime_ns))  # of the same size, and as old as before

    report = await look()

    assert (report.changed, report.unchanged, asked) == (1, 1, ["leave.md"])
    await asyncio.to_thread((tmp_path / "bad.json").write_text, '{"a": [1]}')
    assert await look(memory="bad.json") == AddReport(unchanged=2)


async def test_a_file_that_was_just_written_is_read_again(database: Database, folder: Path, tmp_path: Path) -> None:
    """Within the same tick of the clock it may be written once more, and look the same."""
    asked: list[str] = []
    knowledge = Knowledge(database, now=lambda: datetime.now(UTC), memory=tmp_path / "seen.json")
    for _ in range(2):
        asked.clear()
        await knowledge.add([folder], audience="all", max_file_mb=1, progress=lambda _done, _all, name: asked.append(name))

    assert asked == ["leave.md", "deep/faq.csv"]


async def test_what_cannot_be_read_is_tried_once(database: Database, folder: Path) -> None:
    """A damaged file that takes minutes to give up must not take them at every look; larger files may be allowed meanwhile."""
    (folder / "huge.txt").write_bytes(b"word\n" * 300_000)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    asked: list[str] = []
    knowledge = Knowledge(database, now=lambda: datetime.now(UTC) + timedelta(minutes=1))

    async def look(max_file_mb: int) -> AddReport:
        asked.clear()
        return await knowledge.add([folder], audience="all", max_file_mb=max_file_mb, progress=lambda _done, _all, name: asked.append(name))

    first, again = await look(1), await look(1)
    assert (again.skipped, asked) == (first.skipped, [])
    assert [name for name, _ in again.skipped] == ["broken.pdf", "huge.txt"]

    assert (await look(2)).added == 1
    assert asked == ["broken.pdf", "huge.txt"]


async def test_an_unpacked_export_is_read_as_the_archive_it_was(knowledge: Knowledge, database: Database, tmp_path: Path) -> None:
    """Its lists of members and its days are no documents: people's words and addresses would come in as they are."""
    folder = tmp_path / "material" / "slack"
    await asyncio.to_thread(shutil.copytree, EXPORT, folder)
    added = await _add(knowledge, tmp_path / "material")
    from_folder = sorted(row["text"] for row in await _rows(database, passages))
    again = await _add(knowledge, tmp_path / "material")
    listed = [source.shown for source in await knowledge.list()]
    archive = await asyncio.to_thread(shutil.make_archive, str(tmp_path / "packed"), "zip", folder)
    await _add(knowledge, Path(archive))
    both = sorted(row["text"] for row in await _rows(database, passages))

    assert (added.added, again.unchanged, listed) == (1, 1, ["slack.zip"])
    assert both == sorted([*from_folder, *from_folder]) != []


async def test_an_unpacked_export_that_grew_is_read_again(database: Database, tmp_path: Path) -> None:
    """A day more changes no time of the folder itself."""
    folder = tmp_path / "slack"
    await asyncio.to_thread(shutil.copytree, EXPORT, folder)
    knowledge = Knowledge(database, now=lambda: datetime.now(UTC) + timedelta(minutes=1), memory=tmp_path / "seen.json")
    await _add(knowledge, folder)
    unchanged = await _add(knowledge, folder)
    (day,) = await asyncio.to_thread(lambda: [*folder.glob("suporte/2026-03-03.json")])
    await asyncio.to_thread(day.unlink)
    changed = await _add(knowledge, folder)

    assert (unchanged.unchanged, changed.changed) == (1, 1)
