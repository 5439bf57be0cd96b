"""A round from imported tickets alone, through the command line: imported, read by the assistant, trained on, judged, promoted."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.compose import Records, open_records
from adapters.rounds import rounds_on
from bot.errors import Misconfigured, Refused
from bot.messages import Audience
from finetune.rounds import Outcome
from tests.adapters.cli.conftest import Ran, process
from tests.adapters.round_home import ANSWER, questions, recipe_of, settings_of, write_home
from tests.benchmarks.loop_traffic import BRACKHOLM, facts_in
from tests.finetune.importing.made import imported, lines_of, write_lines, zendesk

REAL = """
[model]
languages = ["*"]
support = 0.0
max_tokens = 48
"""

pytestmark = pytest.mark.filterwarnings("ignore:Could not find a config file:UserWarning")


@pytest.fixture
async def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Records]:
    """Open the ledger of a home where nobody ever asked."""
    monkeypatch.chdir(tmp_path)
    await asyncio.to_thread(write_home, tmp_path)
    async with open_records(await asyncio.to_thread(settings_of, tmp_path)) as opened:
        yield opened


async def aprendiz(folder: Path, *arguments: str | Path, data: Path | None = None) -> Ran:
    """Run a command in a process of its own, with *data* as what rounds read besides the ledger."""
    command = process(folder / "home", *map(str, arguments))
    named = ["env", f"APRENDIZ_ROUNDS__DATA={json.dumps([str(data)] if data else [])}", *command]
    piped = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(*named, cwd=folder, stdout=piped, stderr=piped)
    out, err = await running.communicate()
    assert running.returncode is not None
    return Ran(running.returncode, out.decode(), err.decode())


def tickets(folder: Path) -> Path:
    """Write a ticket for each question, whose answer is always the same."""
    return write_lines(folder / "tickets.jsonl", [zendesk(number, each, ANSWER) for number, each in enumerate(questions(), 1)])


@pytest.mark.timeout(1200)  # training yields to whatever else the machine does
async def test_tickets_alone_become_a_version_that_serves(records: Records, tmp_path: Path) -> None:
    """What nobody trained on proves it; each row names its ticket, and the import's splits are the ledger's from then on."""
    path = await asyncio.to_thread(tickets, tmp_path)
    known = await aprendiz(tmp_path, "knowledge", "add", path)
    imported = await aprendiz(tmp_path, "data", "import", path, "--out", "rows", "--workers", "1", "--source-rights", "our own")
    done = await aprendiz(tmp_path, "round", "--json", data=tmp_path / "rows")
    assert (known.code, imported.code, done.code) == (0, 0, 0), known.err + imported.err + done.err
    version = await records.versions.current("employees")
    assert version is not None
    trained = await asyncio.to_thread(lines_of, records.settings.home / "rounds" / version.round_id / "rows" / "train.jsonl")
    files = {split: await asyncio.to_thread(asked_in, tmp_path / "rows" / f"{split}.jsonl") for split in ("train", "validation", "test")}
    again = await records.clusters.assign(questions(), at=datetime.now(UTC))

    (source,) = done.json["sources"]
    assert (done.json["status"], done.json["figures"]["counts"]["imported"], source["test"]) == (
        "promoted",
        len(files["test"]),
        len(files["test"]),
    )
    assert (source["name"], source["rights"], source["train"]) == (f"{(tmp_path / 'rows').as_posix()}/", "our own", len(files["train"]))
    assert {row["metadata"]["question"] for row in trained} <= files["train"]
    assert {row["metadata"]["origin"]["file"] for row in trained} == {"tickets.jsonl"}
    assert {question: each.split for question, each in zip(questions(), again, strict=True)} == {
        question: split for split, asked in files.items() for question in asked
    }


def asked_in(path: Path) -> set[str]:
    """Return the questions of a file of rows."""
    return {row["messages"][0]["content"] for row in lines_of(path)}


async def begun(records: Records, folder: Path, *imports: Path, audience: Audience = "employees") -> Outcome:
    """Run a round that reads those imports."""
    settings = await asyncio.to_thread(settings_of, folder, data=imports)
    rounds = await rounds_on(replace(records, settings=settings))
    return await rounds.run(audience, await asyncio.to_thread(recipe_of, folder), report=lambda _step, _done, _total: None)


async def test_what_nobody_could_be_told_is_not_trained(records: Records, tmp_path: Path) -> None:
    """Without a passage the assistant declines; the sentence says what to do, and the round that follows is no repetition."""
    await asyncio.to_thread(imported, [await asyncio.to_thread(tickets, tmp_path)], tmp_path / "rows")
    with pytest.raises(Misconfigured, match="aprendiz knowledge add"):
        await begun(records, tmp_path, tmp_path / "rows")
    (failed,) = await records.rounds.list(9)

    assert (failed.status, failed.step) == ("failed", "rows")


async def test_another_audience_s_import_trains_nobody_else(records: Records, tmp_path: Path) -> None:
    """What employees wrote to each other is not what customers are told."""
    path = await asyncio.to_thread(tickets, tmp_path)
    await asyncio.to_thread(imported, [path], tmp_path / "rows")
    outcome = await begun(records, tmp_path, tmp_path / "rows", audience="customers")

    assert (outcome.status, outcome.version) == ("refused", None)
    assert "nothing to learn from" in outcome.reasons[0]


async def test_an_import_that_cannot_train_begins_no_round(records: Records, tmp_path: Path) -> None:
    """It is told at once, and nothing is left in the ledger to stumble over."""
    path = await asyncio.to_thread(tickets, tmp_path)
    await asyncio.to_thread(imported, [path], tmp_path / "rows")
    train = tmp_path / "rows" / "train.jsonl"
    await asyncio.to_thread(train.write_bytes, (await asyncio.to_thread(train.read_bytes))[:-10])
    with pytest.raises(Refused, match="is not the file that the manifest beside it names"):
        await begun(records, tmp_path, tmp_path / "rows")

    assert await records.rounds.list(9) == ()


@pytest.mark.heavy
@pytest.mark.timeout(7200)
async def test_tickets_make_the_real_model_better(tmp_path: Path) -> None:
    """SmolLM2 as it ships, the product's own recipe, two tickets on each of a ferry line's matters; no rating, no correction."""
    await asyncio.to_thread((tmp_path / "aprendiz.toml").write_text, REAL)
    facts = await asyncio.to_thread(facts_in, BRACKHOLM.facts)
    told = [(question, fact.answer) for fact in facts for question in fact.questions[: BRACKHOLM.phrasings]]
    rows = [zendesk(number, *each) for number, each in enumerate(told, 1)]
    path = await asyncio.to_thread(write_lines, tmp_path / "tickets.jsonl", rows)
    await aprendiz(tmp_path, "knowledge", "add", path)
    await aprendiz(tmp_path, "data", "import", path, "--out", "rows", "--source-rights", "our own")
    done = await aprendiz(tmp_path, "round", "--json", data=tmp_path / "rows")
    print(done.out)  # noqa: T201  # what docs/data.md tells

    assert done.json["status"] == "promoted", done.out + done.err
    assert done.json["figures"]["counts"]["imported"] >= 20
