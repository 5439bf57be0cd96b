"""The export: what trains, what is refused and why, and that nothing but the ledger and settings decides."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event

from bot.errors import Misconfigured
from bot.exchanges import HistoryRef, Rights
from bot.messages import AnswerKind, Audience, Passage, Place, Platform, Reach, Surface
from bot.prompt import render_turn
from bot.settings import RightsSettings
from store.approvals import Approvals, new_answer
from store.database import Database, migrate, open_database
from store.export import Exporter, ExportReport
from store.ledger import SqlLedger
from store.schema import approved, exchanges, passages, sources, votes
from tests.contracts.ledgers import NOW, PASSAGE, SEALER, exchange, question
from tests.fakes.encoder import WordEncoder
from tests.store.asked_alike import families


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open an empty ledger."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened


class Scene:
    """A ledger in which things are said with few words; everybody in `willing` has consented."""

    def __init__(self, database: Database) -> None:
        self.ledger = SqlLedger(database, SEALER)
        self._minute = 0

    async def ask(
        self,
        text: str = "Where is the key?",
        *,
        person: str = "willing",
        platform: Platform = "slack",
        surface: Surface = "mention",
        history: tuple[HistoryRef, ...] = (),
        kind: AnswerKind = "generated",
        reach: tuple[str, bool] = ("", False),
    ) -> str:
        """Ask and answer, and return the exchange's id; *reach* are the answer's scope and whether it is asked in private."""
        self._minute += 1
        scope, private = reach
        place = Place(platform, surface, "thread", private=private)
        asked = replace(question(text, person=person, minute=self._minute), place=place)
        rights = Rights(platform, surface, "allow" if platform == "cli" else "consent")
        await self.ledger.claim(asked, keys=(asked.exchange_id,), rights=rights)
        said = exchange(asked, f"Answer to {text}", history=history)
        await self.ledger.record(replace(said, kind=kind, rights=rights, scope=scope))
        return asked.exchange_id

    async def vote(self, exchange_id: str, ballot: str) -> None:
        """Vote: "+" is up, "-" down, one voter each."""
        for number, sign in enumerate(ballot):
            await self.ledger.rate(exchange_id, f"voter {number}", "up" if sign == "+" else "down", via="button", at=NOW)

    async def liked(self, text: str = "Where is the key?", **how: Any) -> str:
        """Ask, answer and vote up."""
        exchange_id = await self.ask(text, **how)
        await self.vote(exchange_id, "+")
        return exchange_id

    async def consent(self, person: str = "willing", *, granted: bool = True) -> None:
        """Decide about training."""
        await self.ledger.set_consent(person, platform="slack", granted=granted, at=NOW)


@pytest.fixture
async def scene(database: Database) -> Scene:
    """Give a ledger whose person `willing` has consented."""
    made = Scene(database)
    await made.consent()
    return made


@pytest.fixture
def exporter(database: Database) -> Exporter:
    """Give the exporter with the default policies."""
    return Exporter(database, rights=RightsSettings())


async def rows_of(report: ExportReport) -> list[dict[str, Any]]:
    """Read the exported rows."""
    text = await asyncio.to_thread(report.path.read_text, encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


async def manifest_of(report: ExportReport) -> dict[str, Any]:
    """Read the manifest."""
    return dict(json.loads(await asyncio.to_thread(report.manifest.read_text, encoding="utf-8")))


async def test_a_row_holds_what_the_model_saw(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Training on anything but the served prompt teaches the model a situation that never occurs."""
    first = await scene.ask("First?")
    second = await scene.ask("Second?", history=(HistoryRef(first, with_passages=True),))
    third = await scene.liked("Third?", history=(HistoryRef(first, with_passages=False), HistoryRef(second, with_passages=True)))
    report = await exporter.export(tmp_path / "out")

    assert await rows_of(report) == [
        {
            "messages": [
                {"role": "system", "content": "You help."},
                {"role": "user", "content": "First?"},
                {"role": "assistant", "content": "Answer to First?"},
                {"role": "user", "content": f"{PASSAGE.text}\n\nSecond?"},
                {"role": "assistant", "content": "Answer to Second?"},
                {"role": "user", "content": f"{PASSAGE.text}\n\nThird?"},
                {"role": "assistant", "content": "Answer to Third?"},
            ],
            "metadata": {
                "exchange_id": third,
                "platform": "slack",
                "surface": "mention",
                "audience": "employees",
                "kind": "generated",
                "rating": "up",
                "up": 1,
                "down": 0,
                "corrected": False,
                "agreement": 1.0,
                "weight": 0.6667,
                "asked_at": "2026-03-01T12:03:00+00:00",
                "language": "en",
                "model": "smollm2",
                "adapter": "",
                "question": "Third?",
                "passages": [],
            },
        }
    ]


async def test_a_correction_replaces_the_answer(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The newest thing an expert wrote is what the model should have said, however the old answer was rated."""
    corrected = await scene.ask("Wrong?")
    await scene.vote(corrected, "--")
    for answer in ("Better.", "Best."):
        await scene.ledger.correct(corrected, "expert", answer, at=NOW)
    unrated = await scene.ask("Silent?")
    await scene.ledger.correct(unrated, "expert", "Said.", at=NOW)
    report = await exporter.export(tmp_path / "out")

    rows = await rows_of(report)
    assert [(row["messages"][-1]["content"], row["metadata"]["corrected"], row["metadata"]["rating"]) for row in rows] == [
        ("Best.", True, "down"),
        ("Said.", True, "none"),
    ]
    assert (report.rows, report.corrected) == (2, 2)


async def test_what_its_author_changed_no_longer_trains(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The answer was to other words, whatever people thought of it, and an expert who corrected it had read those."""
    liked, corrected = await scene.liked("Where is teh car?"), await scene.liked("Where?")
    await scene.ledger.correct(corrected, "expert", "There.", at=NOW)
    for exchange_id in (liked, corrected):
        await scene.ledger.revise(exchange_id, "Where is the key?", at=NOW + timedelta(minutes=1))
    report = await exporter.export(tmp_path / "out")

    assert (report.rows, report.refusals) == (0, {"revised": 2})
    assert report.sentence("en") == "0 rows: 2 changed by their author after the answer"


async def test_a_correction_after_the_change_trains_on_the_new_words(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The expert answered what stands there now, so the old words may be nowhere in the row."""
    changed = await scene.ask("Where is teh car?")
    await scene.ledger.revise(changed, "Where is the key?", at=NOW)
    await scene.ledger.correct(changed, "expert", "At the desk.", at=NOW + timedelta(minutes=1))
    (row,) = await rows_of(await exporter.export(tmp_path / "out"))

    assert [message["content"] for message in row["messages"]] == ["You help.", f"{PASSAGE.text}\n\nWhere is the key?", "At the desk."]


async def test_what_its_author_deleted_is_no_answered_exchange(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """It is not even counted: nobody is to explain what is no more."""
    deleted = await scene.liked()
    await scene.liked("Another?")
    await scene.ledger.erase(deleted, at=NOW)
    report = await exporter.export(tmp_path / "out")

    assert (report.rows, report.refusals, (await manifest_of(report))["exchanges"]) == (1, {}, 1)


async def test_changed_and_deleted_turns_are_cut(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """What the model saw then is no longer kept, and what is kept it did not see."""
    kept, changed, deleted = [await scene.ask(f"{name}?") for name in ("Kept", "Changed", "Deleted")]
    await scene.liked("Last?", history=tuple(HistoryRef(each, with_passages=False) for each in (kept, changed, deleted)))
    await scene.ledger.revise(changed, "New?", at=NOW)
    await scene.ledger.erase(deleted, at=NOW)
    report = await exporter.export(tmp_path / "out")
    (row,) = await rows_of(report)

    assert [each["content"] for each in row["messages"] if each["role"] == "assistant"] == ["Answer to Kept?", "Answer to Last?"]
    assert report.turns_cut == 2


async def _taught(scene: Scene, passages: tuple[Passage, ...], prompt: str) -> None:
    """Record a liked answer with *passages* to a *prompt*."""
    asked = question(person="willing", minute=30)
    await scene.ledger.claim(asked, keys=(asked.exchange_id,), rights=Rights("slack", "mention", "consent"))
    await scene.ledger.record(replace(exchange(asked), passages=passages, prompt=prompt))
    await scene.vote(asked.exchange_id, "+")


async def test_a_row_tells_its_question_and_the_passages_in_its_prompt(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Rows are rebuilt with other passages beside the right one; what the window had no room for was never seen."""
    passages = tuple(replace(PASSAGE, passage_id=f"s-{number}", text=f"Text {number}.") for number in range(3))
    await _taught(scene, passages, render_turn(passages[:2], "Where is the key?"))
    (row,) = await rows_of(await exporter.export(tmp_path / "out"))

    assert row["metadata"]["question"] == "Where is the key?"
    assert row["metadata"]["passages"] == [
        {
            "passage_id": f"s-{number}",
            "source": "handbook.md",
            "title": "Handbook",
            "heading": "Rooms > Keys",
            "text": f"Text {number}.",
            "language": "en",
        }
        for number in range(2)
    ]


@pytest.mark.parametrize("prompt", ["Where is the key?", "Context: The key hangs at the desk.\n\nWhere is the key?"])
async def test_a_prompt_of_another_form_has_no_passages(scene: Scene, exporter: Exporter, tmp_path: Path, prompt: str) -> None:
    """The bare question, or what an older version wrote: the messages alone tell."""
    await _taught(scene, (PASSAGE,), prompt)
    (row,) = await rows_of(await exporter.export(tmp_path / "out"))

    assert row["metadata"]["passages"] == []


async def test_a_corrected_row_is_without_the_answer_that_was_wrong(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The votes against it are told, the expert's words are trained on; without a correction it is refused."""
    corrected, refused = await scene.ask("Wrong?"), await scene.ask("Wrong too?")
    for each in (corrected, refused):
        await scene.vote(each, "--")
    await scene.ledger.correct(corrected, "expert", "Better.", at=NOW)
    report = await exporter.export(tmp_path / "out")
    (row,) = await rows_of(report)

    assert {key: row["metadata"][key] for key in ("exchange_id", "up", "down", "corrected")} == {
        "exchange_id": corrected,
        "up": 0,
        "down": 2,
        "corrected": True,
    }
    assert "Answer to Wrong?" not in json.dumps(row)
    assert row["messages"][-1]["content"] == "Better."
    assert report.refusals == {"down_voted": 1}


async def test_what_is_limited_trains_nothing(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Not from the terminal, not where it is corrected, and not by way of the turns that the model saw."""
    private, scoped = await scene.liked("Private?", reach=("", True)), await scene.liked("Scoped?", reach=("group:hr", False))
    await scene.liked("Typed?", platform="cli", reach=("group:hr", False))
    await scene.ledger.correct(scoped, "expert", "Better.", at=NOW)
    after_private = await scene.liked("And then?", history=(HistoryRef(private, with_passages=False),))
    after_scoped = await scene.liked("And now?", history=(HistoryRef(scoped, with_passages=True),))
    kept = await scene.liked("Open?")
    report, explained = await exporter.export(tmp_path / "out"), await exporter.explain(examples=5)

    assert [row["metadata"]["exchange_id"] for row in await rows_of(report)] == [kept]
    assert report.refusals == explained.refusals == {"private": 2, "scoped": 3}
    assert explained.examples["private"] == (private, after_private)
    assert after_scoped in explained.examples["scoped"]
    assert explained.sentence("en") == (
        "1 row: 2 from direct messages and private channels, 3 that rest on what is limited to a channel, guild or group"
    )


async def test_votes_decide_what_is_worth_learning(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """More up than down trains; a draw, a loss or silence is counted by name."""
    for ballot in ("+", "++-", "+-", "-", "", ""):
        await scene.vote(await scene.ask(ballot or "unrated"), ballot)
    report = await exporter.export(tmp_path / "out")

    assert [row["metadata"]["rating"] for row in await rows_of(report)] == ["up", "mixed"]
    assert report.refusals == {"down_voted": 1, "votes_balanced": 1, "not_rated": 2}


async def test_refusals_are_counted_and_said(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """An operator who sees no rows must see why, and what to do about it."""
    for _ in range(3):
        await scene.liked(person="silent")
    await scene.consent("unwilling", granted=False)
    await scene.liked(person="unwilling")
    await scene.liked(platform="discord", surface="mention")
    report = await exporter.export(tmp_path / "out")

    assert (
        report.sentence("en")
        == "0 rows: 3 await consent, 1 refused by their author, 1 from Discord messages, whose text needs the policy allow"
    )
    assert await rows_of(report) == []
    assert (await manifest_of(report))["refusals"] == {"awaits_consent": 3, "consent_refused": 1, "surface_needs_allow": 1}


async def test_a_corrected_question_still_needs_its_author(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The answer is the expert's, the question is not."""
    await scene.ledger.correct(await scene.ask(person="silent"), "expert", "Better.", at=NOW)

    assert (await exporter.export(tmp_path / "out")).refusals == {"awaits_consent": 1}


async def test_withdrawal_takes_the_row_out(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The next export, and the manifest that points at it, must be without the person's words."""
    await scene.liked()
    assert (await exporter.export(tmp_path / "out")).rows == 1
    await scene.consent(granted=False)
    report = await exporter.export(tmp_path / "out")

    assert (report.rows, report.refusals) == (0, {"consent_refused": 1})
    assert (await manifest_of(report))["file"] == report.path.name


async def test_others_turns_are_cut(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """A thread holds many people's words; those of people who did not agree must not ride along."""
    silent = await scene.ask("Private?", person="silent")
    willing = await scene.ask("Open?")
    message = await scene.ask("Typed as a message?", platform="discord", surface="mention")
    lost = HistoryRef("0000000000000000LOST", with_passages=True)
    references = tuple(HistoryRef(exchange_id, with_passages=True) for exchange_id in (silent, willing, message))
    await scene.liked("Last?", history=(lost, *references))
    report = await exporter.export(tmp_path / "out")
    (row,) = await rows_of(report)

    assert [each["content"] for each in row["messages"] if each["role"] == "assistant"] == ["Answer to Open?", "Answer to Last?"]
    assert (report.turns_cut, (await manifest_of(report))["turns_cut"]) == (3, 3)


async def test_a_stricter_setting_holds_at_once(scene: Scene, database: Database, tmp_path: Path) -> None:
    """An operator who sets refuse today must find nothing of that platform in tonight's export."""
    await scene.liked()
    await scene.liked(platform="cli", surface="cli", person="operator")
    report = await Exporter(database, rights=RightsSettings(slack="refuse")).export(tmp_path / "out")

    assert [row["metadata"]["platform"] for row in await rows_of(report)] == ["cli"]
    assert report.refusals == {"platform_refused": 1}


@pytest.mark.parametrize("kind", ["verified", "quoted", "declined"])
async def test_answers_without_a_model_train_too(scene: Scene, exporter: Exporter, tmp_path: Path, kind: AnswerKind) -> None:
    """A liked quotation or refusal shows the model what it should have said."""
    await scene.liked(kind=kind)
    (row,) = await rows_of(await exporter.export(tmp_path / "out"))

    assert row["metadata"]["kind"] == kind


async def test_a_courtesy_trains_nothing(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """A model that is to answer from passages learns nothing from "you are welcome", however well it was liked."""
    await scene.liked()
    await scene.liked("Obrigado!", kind="courtesy")
    report = await exporter.export(tmp_path / "out")

    assert [row["messages"][-1]["content"] for row in await rows_of(report)] == ["Answer to Where is the key?"]
    assert (report.thumbs, report.refusals, (await manifest_of(report))["exchanges"]) == (1, {}, 1)


async def test_the_same_ledger_gives_the_same_bytes(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Otherwise no model could be traced to its data by hash."""
    for number in range(5):
        await scene.liked(f"Question {number}?")
    first, second = await exporter.export(tmp_path / "a"), await exporter.export(tmp_path / "b")

    assert first.path.name == second.path.name == f"training-{first.sha256[:12]}.jsonl"
    for one, other in ((first.path, second.path), (first.manifest, second.manifest)):
        assert await asyncio.to_thread(one.read_bytes) == await asyncio.to_thread(other.read_bytes)


async def test_the_manifest_says_what_was_exported(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """A training round decides by the manifest alone whether there is anything new to learn."""
    ids = [await scene.liked() for _ in range(3)]
    report = await exporter.export(tmp_path / "out")
    manifest = await manifest_of(report)
    thumbs = await asyncio.to_thread((tmp_path / "out" / manifest["thumbs"]["file"]).read_bytes)

    assert manifest == {
        "file": report.path.name,
        "sha256": report.sha256,
        "size_bytes": (await asyncio.to_thread(report.path.stat)).st_size,
        "format": "messages",
        "rows": 3,
        "corrected": 0,
        "approved": 0,
        "turns_cut": 0,
        "exchanges": 3,
        "refusals": {},
        "settings": {"rights": {"slack": "consent", "discord": "consent", "web": "consent"}, "share_per_person": 1.0},
        "first_exchange": ids[0],
        "last_exchange": ids[-1],
        "preferences": {"format": "preference", "rows": 0},
        "thumbs": {
            "file": f"training-{hashlib.sha256(thumbs).hexdigest()[:12]}.thumbs.jsonl",
            "sha256": hashlib.sha256(thumbs).hexdigest(),
            "size_bytes": len(thumbs),
            "format": "thumbs",
            "rows": 3,
        },
    }
    assert report.sentence("en") == "3 rows"


async def test_no_page_sorts_the_whole_ledger(scene: Scene, database: Database, exporter: Exporter, tmp_path: Path) -> None:
    """A page read through the wrong index takes a quarter of a second instead of a thousandth, and an export hours."""
    await scene.liked("Second?", history=(HistoryRef(await scene.liked("First?"), with_passages=True),))
    statements: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(database.sync_engine, "before_cursor_execute", note)
    await exporter.export(tmp_path / "out")
    event.remove(database.sync_engine, "before_cursor_execute", note)
    plans = [line for statement in statements if statement[0].startswith("SELECT") for line in await _plan(database, *statement)]

    by_status = [line for line in plans if "ix_exchanges_status" in line]
    assert by_status == ["SEARCH exchanges USING COVERING INDEX ix_exchanges_status_platform (status=?)"]  # the count
    assert not [line for line in plans if "TEMP B-TREE" in line or line.startswith("SCAN")]


async def _plan(database: Database, statement: str, parameters: Any) -> list[str]:
    async with database.connect() as connection:
        return [row.detail for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


async def test_many_pages_and_long_histories(scene: Scene, exporter: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Borders between pages and between look-ups must neither lose nor double a row or turn."""
    monkeypatch.setattr("store.rated._PAGE", 3)
    monkeypatch.setattr("store.rated._LOOK_UP", 2)
    ids: list[str] = []
    for number in range(10):
        ids.append(await scene.liked(f"Q{number}", history=tuple(HistoryRef(earlier, with_passages=False) for earlier in ids)))
    seen: list[tuple[int, int]] = []
    report = await exporter.export(tmp_path / "out", progress=lambda done, total: seen.append((done, total)))

    rows = await rows_of(report)
    assert [row["metadata"]["exchange_id"] for row in rows] == ids
    assert [len(row["messages"]) for row in rows] == [1 + 2 * (1 + number) for number in range(10)]
    assert seen == [(3, 10), (6, 10), (9, 10), (10, 10)]


async def test_explaining_writes_nothing_and_names_examples(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Before exporting, an operator can look at the very exchanges that wait."""
    waiting = [await scene.liked(person="silent") for _ in range(3)]
    await scene.liked()
    before = sorted(path.name for path in await asyncio.to_thread(lambda: list(tmp_path.iterdir())))
    explained = await exporter.explain(examples=2)

    assert explained.sentence("en") == "1 row: 3 await consent"
    assert explained.examples == {"awaits_consent": tuple(waiting[:2])}
    assert (await exporter.explain()).examples == {}
    assert sorted(path.name for path in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))) == before


async def test_unanswered_questions_do_not_count(scene: Scene, exporter: Exporter, database: Database) -> None:
    """An open or abandoned question is no exchange to explain."""
    asked = question()
    await scene.ledger.claim(asked, keys=("k",), rights=Rights("slack", "mention", "consent"))

    assert (await exporter.explain()).refusals == {}


async def test_an_empty_ledger_exports_no_rows(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The first night after installation must not fail."""
    report = await exporter.export(tmp_path / "out")

    assert report.sentence("en") == "0 rows"
    assert (await manifest_of(report))["first_exchange"] is None


async def test_many_system_texts(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Each row keeps the text that was in force, also after the sixty-fourth change of it."""
    for number in range(70):
        asked = question(person="willing", minute=number)
        await scene.ledger.claim(asked, keys=(asked.exchange_id,), rights=Rights("slack", "mention", "consent"))
        await scene.ledger.record(replace(exchange(asked), system_text=f"Text {number}." if number else ""))
        await scene.vote(asked.exchange_id, "+")
    rows = await rows_of(await exporter.export(tmp_path / "out"))

    assert [row["messages"][0]["content"] for row in rows[1:]] == [f"Text {number}." for number in range(1, 70)]
    assert rows[0]["messages"][0]["role"] == "user"


async def test_changes_during_an_export_belong_to_the_next(scene: Scene, database: Database, exporter: Exporter, tmp_path: Path) -> None:
    """Rows and counts come from one moment, or the manifest would not add up."""
    for _ in range(2):
        await scene.liked()

    def erase(done: int, _total: int) -> None:
        tasks.append(asyncio.get_running_loop().create_task(remove()))

    async def remove() -> None:
        async with database.begin() as connection:
            await connection.execute(delete(votes))
            await connection.execute(delete(exchanges))

    tasks: list[asyncio.Task[None]] = []
    report = await exporter.export(tmp_path / "out", progress=erase)
    await tasks[0]

    assert report.rows == 2
    assert (await exporter.export(tmp_path / "out")).rows == 0


async def test_a_cancelled_export_leaves_nothing_and_frees_the_folder(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """A stop of the program in the night must not block every later export or leave half a file."""
    for _ in range(3):
        await scene.liked()
    out = tmp_path / "out"
    for delay_s in (0.0, 0.002, 0.01, 0.02):
        task = asyncio.create_task(exporter.export(out))
        await asyncio.sleep(delay_s)
        task.cancel()
        await asyncio.wait([task])
    async with asyncio.timeout(10):
        report = await _until_free(exporter, out)

    names = {path.name for path in await asyncio.to_thread(lambda: list(out.iterdir()))}
    thumbs = (await manifest_of(report))["thumbs"]["file"]
    assert {name for name in names if not name.startswith(".")} == {report.path.name, thumbs, "manifest.json"}
    assert not {name for name in names if name.endswith(".draft")}


async def _until_free(exporter: Exporter, out: Path) -> ExportReport:
    from bot.errors import Refused

    while True:
        try:
            return await exporter.export(out)
        except Refused:  # a thread of a cancelled export is still letting go
            await asyncio.sleep(0.01)


async def test_a_full_disk_is_one_sentence(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """The operator reads what to do; nothing half written stays."""
    await scene.liked()
    out = tmp_path / "out"
    await asyncio.to_thread(out.mkdir)
    await asyncio.to_thread((out / ".training.draft").symlink_to, "/dev/full")
    with pytest.raises(Misconfigured, match="No space left on device"):
        await exporter.export(out)

    assert [path.name for path in await asyncio.to_thread(lambda: list(out.iterdir())) if not path.name.startswith(".")] == []


async def beside(report: ExportReport, kind: str) -> list[dict[str, Any]]:
    """Read the rows of another kind that the manifest names; none where it names no file."""
    named = (await manifest_of(report))[kind]
    if "file" not in named:
        return []
    text = await asyncio.to_thread((report.path.parent / named["file"]).read_text, encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == named["rows"]
    return rows


async def test_a_correction_stands_against_the_answer_that_was_voted_down(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """What people like and what the expert says is one thing; what they did not like teaches only beside it."""
    wrong, liked, silent = await scene.ask("Wrong?"), await scene.liked("Liked?"), await scene.ask("Silent?")
    await scene.vote(wrong, "--")
    for each in (wrong, liked, silent):
        await scene.ledger.correct(each, "expert", "Better.", at=NOW)
    report = await exporter.export(tmp_path / "out")
    (pair,) = await beside(report, "preferences")

    assert (report.rows, report.preferences, report.thumbs) == (3, 1, 2)
    assert [message["role"] for message in pair["prompt"]] == ["system", "user"]
    assert pair["chosen"] == [{"role": "assistant", "content": "Better."}]
    assert pair["rejected"] == [{"role": "assistant", "content": "Answer to Wrong?"}]
    assert (pair["metadata"]["exchange_id"], pair["metadata"]["weight"]) == (wrong, 1.0)


async def test_rated_answers_stand_by_themselves(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Also those that were voted down and never corrected; each is the answer that was rated, not the expert's."""
    ballots = {await scene.ask(f"{ballot}?"): ballot for ballot in ("++-", "-", "+-", "", "--", "+")}
    for exchange_id, ballot in ballots.items():
        await scene.vote(exchange_id, ballot)
    corrected = next(each for each, ballot in ballots.items() if ballot == "--")
    await scene.ledger.correct(corrected, "expert", "Better.", at=NOW)
    revised = await scene.liked("Changed?")
    await scene.ledger.revise(revised, "Other words?", at=NOW + timedelta(days=1))
    report = await exporter.export(tmp_path / "out")
    thumbs = await beside(report, "thumbs")

    assert {ballots[row["metadata"]["exchange_id"]]: row["label"] for row in thumbs} == {"++-": True, "-": False, "--": False, "+": True}
    assert all(row["completion"][0]["content"].startswith("Answer to ") for row in thumbs)
    assert (report.refusals["down_voted"], report.refusals["revised"]) == (1, 1)


async def test_nothing_stands_beside_without_rights(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """A file of another kind is no way round."""
    for how in ({"person": "silent"}, {"reach": ("", True)}, {"reach": ("group:hr", False)}, {"platform": "discord", "surface": "mention"}):
        asked = await scene.ask("Wrong?", **how)
        await scene.vote(asked, "-")
        await scene.ledger.correct(asked, "expert", "Better.", at=NOW)
    report = await exporter.export(tmp_path / "out")

    assert (report.rows, report.preferences, report.thumbs) == (0, 0, 0)
    assert sum(report.refusals.values()) == 4


@pytest.mark.parametrize(
    ("audience", "shown", "today", "refusal"),
    [
        ("employees", Reach("all"), None, None),
        ("employees", Reach("employees"), Reach("all"), None),
        ("employees", Reach("employees"), Reach("customers"), "material"),
        ("employees", Reach("employees"), Reach("employees", "group:hr"), "scoped"),
        ("customers", Reach("employees"), None, "material"),
        ("all", Reach("employees"), None, "material"),
    ],
)
async def test_material_that_the_audience_may_not_see_trains_nothing(  # noqa: PLR0917
    scene: Scene,
    exporter: Exporter,
    database: Database,
    tmp_path: Path,
    audience: Audience,
    shown: Reach,
    today: Reach | None,
    refusal: str | None,
) -> None:
    """Neither what was shown then nor what has been limited since; a version is asked by the whole audience."""
    seen = replace(PASSAGE, audience=shown.audience, scope=shown.scope)
    asked = replace(question(person="willing", minute=30), audience=audience)
    await scene.ledger.claim(asked, keys=(asked.exchange_id,), rights=Rights("slack", "mention", "consent"))
    await scene.ledger.record(replace(exchange(asked), passages=(seen,)))
    await scene.vote(asked.exchange_id, "+")
    if today:
        await _keep_passage(database, today)
    report = await exporter.export(tmp_path / "out")

    assert (report.rows, report.thumbs) == ((0, 0) if refusal else (1, 1))
    assert dict(report.refusals) == ({refusal: 1} if refusal else {})


async def _keep_passage(database: Database, reach: Reach) -> None:
    source = {
        "source_id": "s",
        "location": "/s",
        "shown": "s",
        "title": "S",
        "format": "text",
        "sha256": "",
        "size_bytes": 1,
        "passages": 1,
    }
    passage = {"passage_id": PASSAGE.passage_id, "source_id": "s", "ordinal": 1, "heading": "", "text": PASSAGE.text}
    whose = {"audience": reach.audience, "scope": reach.scope}
    async with database.begin() as connection:
        await connection.execute(sources.insert().values(**source, **whose, imported_at=NOW))
        await connection.execute(passages.insert().values(**passage, **whose))


async def test_a_correction_for_others_trains_nothing(scene: Scene, exporter: Exporter, database: Database, tmp_path: Path) -> None:
    """An expert limited it afterwards."""
    corrected = await scene.ask()
    await scene.ledger.correct(corrected, "expert", "Better.", at=NOW)
    async with database.begin() as connection:
        await connection.execute(approved.update().values(audience="customers"))

    assert (await exporter.export(tmp_path / "out")).refusals == {"material": 1}


async def test_nobody_trains_a_model_alone(scene: Scene, database: Database, tmp_path: Path) -> None:
    """Twelve people ask, one of them all day long; the report says how much was too much, and whose it was is told by the examples."""
    people = [f"person {number}" for number in range(12)]
    for person in (*people, *people[:1] * 20):
        await scene.consent(person)
        await scene.liked(person=person)
    exporter = Exporter(database, rights=RightsSettings(), share_per_person=0.2)
    report, explained = await exporter.export(tmp_path / "out"), await exporter.explain(examples=50)

    assert (report.rows, report.thumbs, report.refusals) == (13, 13, {"over_share": 19})
    assert len(explained.examples["over_share"]) == 19


async def test_near_duplicates_share_a_person_s_vote(scene: Scene, exporter: Exporter, tmp_path: Path) -> None:
    """Two wordings of one question are no two opinions; another person's vote counts in full."""
    (one, two), other = families(2, length=2)
    asked = [await scene.liked(question) for question in (one, two, other[0])]
    await scene.ledger.rate(asked[1], "somebody", "up", via="button", at=NOW)
    rows = await rows_of(await exporter.export(tmp_path / "out"))

    assert [row["metadata"]["up"] for row in rows] == [1, 2, 1]
    assert [row["metadata"]["weight"] for row in rows] == [0.6, 0.7143, 0.6667]


async def test_answers_approved_without_an_exchange_train(scene: Scene, database: Database, tmp_path: Path) -> None:
    """They are the company's own words: for whom they are stays with them, what is limited, over or revoked stays out."""
    await scene.liked()
    approvals = Approvals(database, WordEncoder(), now=lambda: NOW)
    written = {
        name: new_answer(f"Where is the {name}?", f"In room {name}.", reach=reach, author="e", at=NOW, expires_at=expires_at)
        for name, reach, expires_at in (
            ("lamp", Reach("customers"), None),
            ("desk", Reach("employees"), NOW + timedelta(days=2)),
            ("safe", Reach("employees", "group:hr"), None),
            ("tent", Reach("employees"), NOW + timedelta(days=1)),
            ("sofa", Reach("employees"), None),
        )
    }
    erased = new_answer("It hangs there.", "It hangs there. Look.", reach=Reach("employees"), author="e", at=NOW)
    for each in (*written.values(), erased):
        await approvals.add(each, language="en")
    await approvals.revoke(written["sofa"].approved_id)
    later = Exporter(database, rights=RightsSettings(), now=lambda: NOW + timedelta(days=1))
    report = await later.export(tmp_path / "out")
    rows = {row["metadata"]["approved_id"]: row for row in await rows_of(report) if "approved_id" in row["metadata"]}
    explained = await later.explain(examples=3)

    assert (report.rows, report.approved, report.refusals) == (3, 2, {"scoped": 1, "expired": 1, "unasked": 1})
    assert {key: row["metadata"]["audience"] for key, row in rows.items()} == {
        written["lamp"].approved_id: "customers",
        written["desk"].approved_id: "employees",
    }
    assert [each["content"] for each in rows[written["lamp"].approved_id]["messages"]] == ["Where is the lamp?", "In room lamp."]
    assert explained.examples["scoped"] == (written["safe"].approved_id,)
