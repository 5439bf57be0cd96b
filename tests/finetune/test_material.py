"""What a round is made of: export and imports as one, each row in one split for ever, and nothing that may not train."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.messages import Audience, Reach
from finetune.examples import Example
from finetune.importing.dividing import split_file
from finetune.importing.manifest import EMPLOYEES
from finetune.importing.writing import ROWS
from finetune.material import Material, Read, counted, divided
from finetune.statistics.decisions import ROW_DECISIONS
from finetune.statistics.reading_by_hand import sample_rows
from store.clusters import Clusters
from store.database import Database, migrate, open_database
from store.splitting import Split
from tests.contracts.ledgers import NOW
from tests.finetune.exporting import example, exported, write_export
from tests.finetune.importing.made import lines_of, write_lines
from tests.store.asked_alike import families

SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open an empty ledger."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened


def rows_of(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return so many rows of questions in words of their own."""
    asked = [family[0] for family in families(count, length=1)]
    return [{"question": each, "answer": f"Answer {number}.", "metadata": fields} for number, each in enumerate(asked)]


def folder_of(rows: list[dict[str, Any]], folder: Path, *, reach: Reach = EMPLOYEES, rights: str = "our own") -> Path:
    """Divide *rows* into *folder*."""
    source = write_lines(folder.with_suffix(".jsonl"), rows)
    split_file(source, folder, category="category", assigned={}, reach=reach, rights=rights)
    return folder


def material(home: Path, *imports: Path, rated: tuple[Example, ...] = ()) -> Material:
    """Return what a home holds whose ledger exported *rated*."""
    write_export(home / "exports", [exported(each) for each in rated])
    return Material(home / "exports", imports, home / "row-decisions.jsonl", lambda audience: f"You help {audience}.")


def asked_in(folder: Path, split: Split) -> set[str]:
    """Return the questions of one of its files."""
    return {row["question"] for row in lines_of(folder / f"{split}.jsonl")}


async def read(found: Material, database: Database, audience: Audience = "employees") -> tuple[Read, tuple[Example, ...]]:
    """Read for an audience, and divide by the ledger."""
    told = await asyncio.to_thread(found.read, audience)
    return told, await divided(told.examples, Clusters(database), at=NOW)


async def test_imported_rows_stand_beside_rated_ones_in_their_own_splits(database: Database, tmp_path: Path) -> None:
    """With where they come from, under the system text of service where they have none."""
    rows = await asyncio.to_thread(folder_of, rows_of(40, origin={"file": "t.json", "ticket": "7"}), tmp_path / "rows")
    made = await asyncio.to_thread(material, tmp_path, rows, rated=(example("Where is the key?"),))
    told, found = await read(made, database)
    files = {split: await asyncio.to_thread(asked_in, rows, split) for split in SPLITS}

    assert {split: {each.question for each in found if each.is_imported and each.split == split} for split in SPLITS} == files
    assert [each.question for each in found if not each.is_imported] == ["Where is the key?"]
    assert {each.system for each in found if each.is_imported} == {"You help employees."}
    assert {json.dumps(each.origin) for each in found if each.is_imported} == {
        json.dumps({"import": f"{rows.as_posix()}/", "file": "t.json", "ticket": "7"})
    }
    assert {each["name"]: each["train"] + each["validation"] + each["test"] for each in counted(found, told.sources)} == {
        "rated": 1,
        f"{rows.as_posix()}/": 40,
    }
    assert len({each.line for each in found} | {each.exchange_id for each in found}) == 82


async def test_a_question_is_a_test_for_both_or_for_neither(database: Database, tmp_path: Path) -> None:
    """Whichever saw it first: what either keeps for testing, the other does not train on, near-duplicates included."""
    first, second = [[family[at] for family in families(40, length=2)] for at in range(2)]
    earlier = await Clusters(database).assign(first[:20], at=NOW)
    rows = [{"question": each, "answer": "It is."} for each in second]
    folder = await asyncio.to_thread(folder_of, rows, tmp_path / "rows")
    tested = await asyncio.to_thread(asked_in, folder, "test")
    _, found = await read(await asyncio.to_thread(material, tmp_path, folder), database)
    later = await Clusters(database).assign(first, at=NOW)
    splits = {each.question: each.split for each in found}

    assert all(splits[near] == "test" for near, each in zip(second, earlier, strict=False) if each.split == "test")
    assert all(splits[near] == each.split == "test" for near, each in zip(second, later, strict=True) if near in tested)
    assert [splits[near] for near in second] == [each.split for each in later]
    assert {"train", "test"} <= {each.split for each in earlier}


async def test_a_conversation_gives_an_example_for_each_answer_that_may_be_learnt(database: Database, tmp_path: Path) -> None:
    """What comes later in it hangs on what came before, and stays out where it belongs to another split."""
    names = [family[0] for family in families(60, length=1)]
    said = [{"role": "system", "content": "Be kind."}]
    rows: list[dict[str, Any]] = []
    for one, two in zip(names[::2], names[1::2], strict=True):
        turns = [("user", one), ("assistant", "First."), ("user", two), ("assistant", "Second.")]
        messages: list[dict[str, Any]] = [*said, *({"role": role, "content": text} for role, text in turns)]
        messages[2] |= {"weight": 0} if len(rows) == 0 else {}
        rows.append({"messages": messages})
    folder = await asyncio.to_thread(folder_of, rows, tmp_path / "rows")
    _, found = await read(await asyncio.to_thread(material, tmp_path, folder), database)
    later = [each for each in found if each.history]
    first = {each.question: each.split for each in found if not each.history}

    assert len(first) == 29
    assert 10 < len(later) < 30
    assert all(first.get(each.history[0].content, each.split) == each.split for each in later)
    assert {(each.system, len(each.history), each.answer) for each in later} == {("Be kind.", 2, "Second.")}


async def test_dropped_rows_are_not_trained_and_make_another_round(database: Database, tmp_path: Path) -> None:
    """Somebody read them by hand; a rated answer can be dropped as well as an imported row."""
    folder = await asyncio.to_thread(folder_of, rows_of(12), tmp_path / "rows")
    rated = tuple(example(f"Where is {name}?", line=line) for line, name in enumerate(("the key", "the lamp"), 1))
    made = await asyncio.to_thread(material, tmp_path, folder, rated=rated)
    before, _ = await read(made, database)
    files = [*await asyncio.to_thread(lambda: [*(tmp_path / "exports").glob("*.jsonl")]), *(folder / name for name in (ROWS[0], ROWS[2]))]
    drawn = [each for path in files for each in await asyncio.to_thread(sample_rows, [path], rows=1, seed=0)]
    await asyncio.to_thread(ROW_DECISIONS.keep, made.decisions, {each.key: "drop" for each in drawn})
    after, found = await read(made, database)
    going = {each.question for each in drawn}

    assert len(before.examples) - len(found) == len(drawn) == 3
    assert not going & {each.question for each in found}
    assert [(each.name, each.dropped) for each in after.sources] == [("rated", 1), ("approved", 0), (f"{folder.as_posix()}/", 2)]
    assert before.origin != after.origin


def test_the_origin_is_the_export_s_and_every_import_s(tmp_path: Path) -> None:
    """A round on the same rows is none; one on another import is."""
    one, two = (folder_of(rows_of(count), tmp_path / f"rows-{count}") for count in (4, 5))
    plain = material(tmp_path)
    imports = [(), (one,), (two,), (one, two), (one, one)]
    found = [Material(plain.exports, each, plain.decisions, plain.system).origin("e" * 64, "employees") for each in imports]

    assert found[0] == "e" * 64
    assert len({*found}) == 4
    assert found[4] == found[1]  # named twice it is read once


async def test_an_import_trains_its_own_audience_alone(tmp_path: Path) -> None:
    """Employees' words never reach customers; what is for all, everybody."""
    folders = [
        await asyncio.to_thread(folder_of, rows_of(3), tmp_path / name, reach=Reach(name)) for name in ("employees", "customers", "all")
    ]
    made = await asyncio.to_thread(material, tmp_path, *folders)
    found = await asyncio.to_thread(made.read, "customers")

    assert {each.audience for each in found.examples} == {"customers", "all"}
    assert await asyncio.to_thread(made.rows_by_audience) == {"employees": 3, "customers": 3, "all": 3}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("missing", "holds no divided rows"),
        ("rights", "nobody said by what right"),
        ("scope", "is for group:hr alone"),
        ("changed", "is not the file that the manifest beside it names"),
        ("text", "holds no questions with answers"),
        ("thumbs", "holds no question with its answer"),
        ("export", "tells nothing of divided rows"),
        ("damaged", "tells nothing of divided rows"),
        ("faulty", "line 1"),
    ],
)
async def test_what_may_not_train_is_told_in_a_sentence(tmp_path: Path, fault: str, sentence: str) -> None:
    """Where, and what to do; nothing of it is read."""
    folder = tmp_path / "rows"
    await asyncio.to_thread(_spoil, folder, fault)
    made = await asyncio.to_thread(material, tmp_path, folder)

    with pytest.raises(Refused, match=sentence) as caught:
        await asyncio.to_thread(made.read, "employees")
    assert str(folder) in str(caught.value)


def _spoil(folder: Path, fault: str) -> None:
    """Write a folder with that fault."""
    thumbs = [{"prompt": f"{row['question']}", "completion": "Yes.", "label": True} for row in rows_of(3)]
    texts = [{"text": f"{row['question']} It is so."} for row in rows_of(3)]
    faulty = [{"messages": [{"role": "user", "content": " "}, {"role": "assistant", "content": "Yes."}]}]
    rows: dict[str, list[dict[str, Any]]] = {"thumbs": thumbs, "text": texts, "faulty": faulty}
    if fault == "missing":
        folder.mkdir()
        return
    if fault == "export":
        write_export(folder, [])
        return
    reach = Reach("employees", "group:hr" if fault == "scope" else "")
    folder_of(rows.get(fault, rows_of(3)), folder, reach=reach, rights="" if fault == "rights" else "our own")
    if fault == "changed":
        path = next(path for path in folder.glob("*.jsonl") if path.stat().st_size)
        path.write_text(path.read_text() + "\n")
    if fault == "damaged":
        (folder / "manifest.json").write_text("{")
    if fault == "text":
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["counts"]["rows"] = {f"text-{name}": count for name, count in manifest["counts"]["rows"].items()}
        (folder / "manifest.json").write_text(json.dumps(manifest))
