"""`aprendiz round`: what it runs, what it tells people and programs, and how it is stopped."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.cli.output import Output
from adapters.cli.round import tell
from adapters.cli.round_running import End, run_rounds
from adapters.compose import Records, open_records
from bot.errors import Misconfigured, Refused
from bot.messages import Audience, Reach
from finetune.importing.dividing import split_file
from finetune.rounds import Ended, Outcome
from tests.adapters.cli.conftest import Aprendiz, process
from tests.adapters.round_home import ask_and_correct, questions, settings_of, write_home
from tests.finetune.importing.made import write_lines
from tests.finetune.round_world import DETAILS, RECIPE, ScriptedSteps, World

INTERVAL = {"value": 0.25, "low": 0.1, "high": 0.4, "count": 20}
FIGURES = {
    "compared": {
        arm: [{"group": "kind", "name": name, "before": INTERVAL, "after": INTERVAL, "difference": INTERVAL} for name in ("", "down", "pt")]
        for arm in ("passages", "alone", "full")
    }
}
OUTCOME = Outcome("R1", "employees", "promoted", ("It is better.",), 3, FIGURES, Path("report.html"))

pytestmark = pytest.mark.timeout(600)  # a round of its own process yields to whatever else the machine does


@pytest.fixture
async def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Records]:
    """Open the ledger of a home where nothing was asked yet."""
    monkeypatch.chdir(tmp_path)
    await asyncio.to_thread(write_home, tmp_path)
    async with open_records(await asyncio.to_thread(settings_of, tmp_path, minimum_rows=2)) as opened:
        yield opened


async def run(
    records: Records, steps: ScriptedSteps, *, audience: Audience | None = "employees", as_json: bool = True
) -> tuple[tuple[End, ...], list[End]]:
    """Run rounds with those steps; return the ends, and those told of on the way."""
    world = World(records.database, records.settings.home, steps=steps)
    told: list[End] = []
    output = Output("en", as_json=as_json)
    return await run_rounds(world.rounds(), records, RECIPE, audience=audience, output=output, ended=told.append), told


async def test_a_round_that_promotes_says_so(records: Records) -> None:
    """Programs read one object a round."""
    (end,), told = await run(records, ScriptedSteps())

    assert told == [end]
    assert end.as_json() == {
        "round": end.outcome.round_id if end.outcome else "",
        "audience": "employees",
        "status": "promoted",
        "version": 7,
        "reasons": ["better"],
        "figures": {"fixed": 0.5},
        "sources": [],
        "report": str(records.settings.home / "rounds" / str(end.outcome and end.outcome.round_id) / "report.html"),
    }


async def test_other_ends_are_told_apart(records: Records) -> None:
    """Refused by the gate, nothing new, failed: a program need not read the sentences."""
    (failed,), _ = await run(records, ScriptedSteps(ends={"train": Misconfigured("the disk is full")}))
    (refused,), _ = await run(records, ScriptedSteps(ends={"decide": Ended("it is worse")}))
    (unchanged,), _ = await run(records, ScriptedSteps())

    assert [(end.status, end.reasons) for end in (failed, refused)] == [("failed", ("the disk is full",)), ("refused", ("it is worse",))]
    assert unchanged.status == "unchanged"
    assert "was refused: it is worse" in unchanged.reasons[0]
    assert unchanged.as_json()["round"] is None


async def test_every_audience_with_rows_of_its_own_has_its_turn(records: Records) -> None:
    """One that fails does not keep the next from its round."""
    await ask_and_correct(records, questions()[:3], audience="customers")
    await ask_and_correct(records, questions()[3:6], audience="employees")
    await ask_and_correct(records, questions()[6:7], audience="all")
    ends, _ = await run(records, ScriptedSteps(ends={"parity": Misconfigured("no model")}), audience=None)

    assert [(end.audience, end.status) for end in ends] == [("employees", "failed"), ("customers", "failed")]


async def test_imported_rows_give_their_audience_its_turn(records: Records, tmp_path: Path) -> None:
    """Nobody has rated anything for customers yet; what is for all alone gives nobody a turn of their own but all."""
    for audience in ("customers", "all"):
        await asyncio.to_thread(_imported, tmp_path / audience, audience)
    both = {audience: tmp_path / audience for audience in ("customers", "all")}
    settings = [
        await asyncio.to_thread(settings_of, tmp_path, minimum_rows=5, data=data) for data in (tuple(both.values()), (both["all"],))
    ]
    steps = ScriptedSteps(ends={"rows": Ended("seen")})
    ends = [(await run(replace(records, settings=each), steps, audience=None))[0] for each in settings]

    assert [[end.audience for end in each] for each in ends] == [["customers"], ["employees"]]


def _imported(folder: Path, audience: Audience) -> None:
    rows = [{"question": question, "answer": "Yes."} for question in questions()[:3]]
    source = write_lines(folder.with_suffix(".jsonl"), rows)
    split_file(source, folder, category="category", assigned={}, reach=Reach(audience), rights="our own")


async def test_without_any_rows_the_employees_are_told_what_is_missing(records: Records) -> None:
    """A command that says nothing would look like success."""
    ends, _ = await run(records, ScriptedSteps(ends={"rows": Ended("nothing was rated")}), audience=None)

    assert [(end.audience, end.reasons) for end in ends] == [("employees", ("nothing was rated",))]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_is_stopped_by_a_signal_and_goes_on_later(records: Records, number: signal.Signals) -> None:
    """Serve ends, or somebody presses Ctrl-C: one sentence, and the round stays to be finished."""
    steps = ScriptedSteps(waits="train")
    running = asyncio.ensure_future(run(records, steps))
    await steps.began.wait()
    os.kill(os.getpid(), number)
    with pytest.raises(Refused, match="was told to stop and stopped at a checkpoint"):
        await running
    left = await records.rounds.running("employees")
    (end,), _ = await run(records, ScriptedSteps())

    assert left is not None
    assert end.outcome is not None
    assert end.outcome.round_id == left.round_id


async def test_its_time_is_limited(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that would take the machine for days goes on at the next time."""
    short = records.settings.model_copy(update={"rounds": records.settings.rounds.model_copy(update={"limit_s": 0.2})})
    limited = Records(**{name: getattr(records, name) for name in Records.__slots__} | {"settings": short})

    with pytest.raises(Refused, match=r"took longer than rounds\.limit_s"):
        await run(limited, ScriptedSteps(waits="train"))


async def test_people_see_each_step(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each that is done; the one that failed has none."""
    await run(records, ScriptedSteps(ends={"convert": Misconfigured("no room")}), as_json=False)
    lines = capsys.readouterr().out.splitlines()

    assert lines == ["✓ Exporting what may train", "✓ Building rows", "✓ Training"]


def test_people_read_figures_reasons_and_how_to_go_back(capsys: pytest.CaptureFixture[str]) -> None:
    """The table, the sentences, where the report lies."""
    tell(End("employees", "promoted", OUTCOME.reasons, OUTCOME), Output("en", as_json=False))
    out = capsys.readouterr().out

    assert "voted down or corrected (20)" in out
    assert "+25% [+10%, +40%]" in out
    assert "It is better." in out
    assert "Version 3 answers employees from now on." in out
    assert "aprendiz models rollback --audience employees" in out
    assert "Report: report.html" in out


def test_a_refusal_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """And the object on standard output, for programs."""
    tell(End("employees", "refused", ("It is worse.", "It loses two.")), Output("en", as_json=True))
    captured = capsys.readouterr()

    assert captured.err.splitlines() == ["No new version for employees: It is worse. It loses two."]
    assert json.loads(captured.out)["status"] == "refused"


async def test_rounds_are_listed_and_shown(aprendiz: Aprendiz, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ran, what became of it, step by step, and what was noticed."""
    monkeypatch.setitem(DETAILS, "rows", {"note": "None was only liked."})
    empty = await asyncio.to_thread(aprendiz, "round", "--list")
    async with open_records(await asyncio.to_thread(settings_of, home.parent)) as records:
        (end,), _ = await run(records, ScriptedSteps())
    assert end.outcome is not None
    round_id = end.outcome.round_id
    listed = await asyncio.to_thread(aprendiz, "round", "--list")
    as_json = await asyncio.to_thread(aprendiz, "round", "--list", "--json")
    shown = await asyncio.to_thread(aprendiz, "round", "--show", round_id)
    shown_json = await asyncio.to_thread(aprendiz, "round", "--show", round_id, "--json")
    unknown = await asyncio.to_thread(aprendiz, "round", "--show", "none")

    assert empty.out == "There was no round yet.\n"
    assert round_id in listed.out
    assert "promoted" in listed.out
    assert as_json.json["status"] == "promoted"
    assert "receipts" in shown.out
    assert shown.err == "None was only liked.\n"
    assert [step["step"] for step in shown_json.json["steps"]][:2] == ["rows", "train"]
    assert (unknown.code, unknown.err) == (1, "There is no round none; aprendiz round --list shows the newest.\n")


def test_a_wrong_option_is_wrong_usage(aprendiz: Aprendiz) -> None:
    """Exit code 2, as everywhere."""
    assert aprendiz("round", "--seed", "-1").code == 2


def test_a_process_with_too_few_rows_tells_what_is_missing(home: Path, tmp_path: Path) -> None:
    """The whole command on an empty home: the object, one line, exit code 1."""
    write_home(tmp_path)
    done = subprocess.run(
        process(home, "round", "--json", "--seed", "3"), cwd=tmp_path, capture_output=True, text=True, timeout=550, check=False
    )

    assert done.returncode == 1
    assert json.loads(done.stdout)["status"] == "refused"
    assert done.stderr.splitlines() == [
        "No new version for employees: No answer was rated up or corrected yet, so there is nothing to learn from: "
        "rate answers, or name imports in rounds.data."
    ]


def test_it_gives_up_its_claim_on_the_processor(aprendiz: Aprendiz, tmp_path: Path, claims_given_up: list[None]) -> None:
    """Beside a server on the same machine, whoever waits for an answer goes first; a list of rounds is waited for, too."""
    write_home(tmp_path)
    aprendiz("round", "--list")
    before = len(claims_given_up)
    ran = aprendiz("round", "--json")

    assert (ran.json["status"], before, len(claims_given_up)) == ("refused", 0, 1)


def test_a_recipe_that_cannot_be_read_is_one_line(home: Path, tmp_path: Path) -> None:
    """Before anything is exported."""
    write_home(tmp_path)
    command = process(home, "round", "--recipe", tmp_path / "gone.toml")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=550, check=False)

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "gone.toml" in done.stderr
