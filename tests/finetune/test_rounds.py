"""Rounds: their order, their ends, what they leave in the ledger, and that an interrupted one goes on where it stopped."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from bot.errors import Misconfigured, Refused
from finetune.rounds import MIGRATION, STEPS, Ended, NothingNew, Step
from store.database import migrate, open_database
from tests.finetune.round_world import RECIPE, ScriptedSteps, World, other
from tests.postgres import let_asyncpg_connect, new_database

AFTER_CONVERT = ("parity", "evaluate", "decide", "receipts")


@pytest.fixture(params=["sqlite", "postgres"])
async def world(request: pytest.FixtureRequest, tmp_path: Path, _nothing_blocks_the_loop: BlockBuster) -> AsyncIterator[World]:
    """Give a migrated ledger of each kind and a folder for rounds."""
    let_asyncpg_connect(_nothing_blocks_the_loop)
    url = f"sqlite:///{tmp_path / 'ledger.db'}" if request.param == "sqlite" else await new_database(request.getfixturevalue("postgres"))
    async with open_database(url) as database:
        await migrate(database)
        yield World(database, tmp_path)


async def interrupted(world: World, step: Step) -> None:
    """Run a round and cancel it while *step* runs, as a stopped process does."""
    world.steps = ScriptedSteps(waits=step)
    running = asyncio.ensure_future(world.rounds().run("employees", RECIPE, report=world.note))
    await asyncio.wait([running, begun := asyncio.ensure_future(world.steps.began.wait())], return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_round_runs_every_step_in_order_and_promotes(world: World) -> None:
    """What it was made from, each step and the version stand in the ledger."""
    outcome = await world.rounds().run("employees", RECIPE, report=world.note)
    kept = await world.ledger.show(outcome.round_id)
    steps = await world.ledger.steps(outcome.round_id)

    assert tuple(world.steps.ran) == STEPS == tuple(step.step for step in steps)
    assert {step.status for step in steps} == {"done"}
    assert (outcome.status, outcome.version, outcome.reasons, outcome.figures) == ("promoted", 7, ("better",), {"fixed": 0.5})
    assert outcome.report == world.folder / "rounds" / outcome.round_id / "report.html"
    assert kept is not None
    assert (kept.status, kept.version, kept.reason, kept.base_sha256, kept.seed) == (
        "promoted",
        7,
        "better",
        world.base.sha256,
        RECIPE.seed,
    )


async def test_progress_names_the_step(world: World) -> None:
    """Whoever waits sees what runs and how far it is."""
    await world.rounds().run("employees", RECIPE, report=world.note)

    assert world.reported[:3] == [("export", 0, 0), ("rows", 0, 0), ("rows", 1, 2)]


@pytest.mark.parametrize("step", STEPS[:-1])
async def test_a_step_that_ends_the_round_refuses_with_its_reasons(world: World, step: Step) -> None:
    """Too few rows, no parity, the gate's no: nothing behind that step runs."""
    world.steps = ScriptedSteps(ends={step: Ended("one", "two", detail={"figures": {"lost": 0.5}})})
    outcome = await world.rounds().run("employees", RECIPE, report=world.note)
    kept = await world.ledger.show(outcome.round_id)
    *_, last = await world.ledger.steps(outcome.round_id)

    assert (outcome.status, outcome.reasons, outcome.figures) == ("refused", ("one", "two"), {"lost": 0.5})
    assert outcome.version == (7 if step in AFTER_CONVERT else None)
    assert kept is not None
    assert (kept.status, kept.reason, kept.version) == ("refused", "one; two", outcome.version)
    assert (last.step, last.status, last.detail) == (step, "done", {"figures": {"lost": 0.5}, "reasons": ["one", "two"]})


@pytest.mark.parametrize("step", STEPS[:-1])
@pytest.mark.parametrize("error", [Misconfigured("the disk is full"), RuntimeError("what a bug says stays out of the ledger")])
async def test_a_step_that_fails_leaves_a_record_and_the_next_round_starts_clean(world: World, step: Step, error: Exception) -> None:
    """A full disk, a diverging loss, a bug: the round has failed, and the next one begins at the beginning."""
    world.steps = ScriptedSteps(ends={step: error})
    with pytest.raises(type(error)):
        await world.rounds().run("employees", RECIPE, report=world.note)
    (failed,) = await world.ledger.list(9)
    *_, last = await world.ledger.steps(failed.round_id)
    world.steps = ScriptedSteps()
    outcome = await world.rounds().run("employees", RECIPE, report=world.note)

    assert failed.status == "failed"
    assert failed.reason == ("the disk is full" if isinstance(error, Misconfigured) else "unexpected RuntimeError")
    assert (last.step, last.status) == (step, "failed")
    assert outcome.round_id != failed.round_id
    assert tuple(world.steps.ran) == STEPS


async def test_receipts_that_fail_undo_no_promotion(world: World) -> None:
    """The version answers already; the record says so, and why the receipts are missing."""
    world.steps = ScriptedSteps(ends={"receipts": Misconfigured("the disk is full")})
    with pytest.raises(Misconfigured):
        await world.rounds().run("employees", RECIPE, report=world.note)
    (kept,) = await world.ledger.list(9)

    assert (kept.status, kept.version, kept.reason) == ("promoted", 7, "the disk is full")


@pytest.mark.parametrize("step", STEPS[1:])
async def test_an_interrupted_round_goes_on_at_its_step(world: World, step: Step) -> None:
    """What is done is not done again, and it stays one round."""
    await interrupted(world, step)
    (running,) = await world.ledger.list(9)
    world.steps = ScriptedSteps()
    outcome = await world.rounds().run("employees", RECIPE, report=world.note)

    assert running.status == "running"
    assert outcome.round_id == running.round_id
    assert tuple(world.steps.ran) == STEPS[STEPS.index(step) :]
    assert len(await world.ledger.list(9)) == 1


async def test_one_interrupted_before_it_had_rows_starts_clean(world: World) -> None:
    """Ratings may have come since; the record of the first says what happened."""
    await interrupted(world, "rows")
    world.steps = ScriptedSteps()
    await world.rounds().run("employees", RECIPE, report=world.note)
    second, first = await world.ledger.list(9)

    assert (first.status, first.reason) == ("failed", "interrupted at once")
    assert second.status == "promoted"


@pytest.mark.parametrize("changed", ["recipe", "base", "files", "migration"])
async def test_one_whose_base_recipe_or_files_changed_is_closed(world: World, changed: str) -> None:
    """An adapter half trained on another model is worth nothing."""
    await interrupted(world, "train")
    (cut_off,) = await world.ledger.list(9)
    world.steps = ScriptedSteps()
    if changed == "base":
        world.base = replace(world.base, sha256="c" * 64)
    if changed == "migration":  # whose rows are others
        world.conditions = {MIGRATION: {"from": "ft:old"}}
    if changed == "files":
        await asyncio.to_thread((world.folder / "rounds" / cut_off.round_id / "rows" / "train.jsonl").unlink)
    outcome = await world.rounds().run("employees", other() if changed == "recipe" else RECIPE, report=world.note)
    closed = await world.ledger.show(cut_off.round_id)

    assert outcome.round_id != cut_off.round_id
    assert closed is not None
    assert closed.status == "failed"
    assert "no longer those it began with" in closed.reason


async def test_one_interrupted_behind_its_promotion_is_closed_as_promoted(world: World) -> None:
    """Only its receipts are missing, and the model has changed since."""
    await interrupted(world, "receipts")
    world.steps, world.base = ScriptedSteps(), replace(world.base, sha256="c" * 64)
    await world.rounds().run("employees", RECIPE, report=world.note)
    _, first = await world.ledger.list(9)

    assert (first.status, first.version) == ("promoted", 7)


async def test_the_same_again_is_refused(world: World) -> None:
    """A clock that ticks every night trains nothing twice."""
    await world.rounds().run("employees", RECIPE, report=world.note)
    with pytest.raises(NothingNew, match=r"Nothing was rated, corrected or imported since round .* promoted version 7"):
        await world.rounds().run("employees", RECIPE, report=world.note)

    assert len(await world.ledger.list(9)) == 1


@pytest.mark.parametrize("step", STEPS)
async def test_a_killed_process_leaves_a_round_that_goes_on(step: Step, tmp_path: Path) -> None:
    """Kill -9 in any step: the lock is free, the ledger says where, and the next process goes on there (or anew, before there are rows)."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as database:
        await migrate(database)
        command = [sys.executable, "-m", "tests.finetune.round_world", step, str(tmp_path)]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"waits\n"
        process.kill()
        await process.wait()
        world = World(database, tmp_path)
        left = await world.ledger.list(9)
        outcome = await world.rounds().run("employees", RECIPE, report=world.note)

    assert [(each.status, each.step) for each in left] == [("running", step)]
    assert outcome.status == "promoted"
    assert tuple(world.steps.ran) == (STEPS if step == "rows" else STEPS[STEPS.index(step) :])
    assert (outcome.round_id == left[0].round_id) == (step != "rows")


async def test_what_was_refused_is_not_tried_again_either(world: World) -> None:
    """It would be refused again; the reason is told."""
    world.steps = ScriptedSteps(ends={"decide": Ended("it loses more than it gains")})
    await world.rounds().run("employees", RECIPE, report=world.note)

    with pytest.raises(NothingNew, match="was refused: it loses more than it gains"):
        await world.rounds().run("employees", RECIPE, report=world.note)


@pytest.mark.parametrize("changed", ["rows", "recipe", "base", "conditions", "audience"])
async def test_something_new_is_worth_a_round(world: World, changed: str) -> None:
    """New ratings, another recipe or seed, another model, other settings, another audience."""
    await world.rounds().run("employees", RECIPE, report=world.note)
    if changed == "rows":
        world.manifest = "n" * 64
    if changed == "base":
        world.base = replace(world.base, sha256="c" * 64)
    if changed == "conditions":
        world.conditions = {"minimum_rows": 5}
    again = "customers" if changed == "audience" else "employees"
    outcome = await world.rounds().run(again, other() if changed == "recipe" else RECIPE, report=world.note)  # type: ignore[arg-type]

    assert outcome.status == "promoted"
    assert len(await world.ledger.list(9)) == 2


async def test_two_rounds_at_once_are_one(world: World) -> None:
    """Another process is told to wait, and nothing of the first is touched."""
    world.steps = ScriptedSteps(waits="train")
    first = asyncio.ensure_future(world.rounds().run("employees", RECIPE, report=world.note))
    await world.steps.began.wait()
    with pytest.raises(Refused, match="Another round is running"):
        await world.rounds().run("customers", RECIPE, report=world.note)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    assert [each.audience for each in await world.ledger.list(9)] == ["employees"]


async def test_the_log_tells_rounds_apart_and_holds_no_words(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Begun and ended, with their id; reasons are in the ledger."""
    caplog.set_level(logging.INFO, "finetune")
    outcome = await world.rounds().run("employees", RECIPE, report=world.note)
    records = [record for record in caplog.records if record.name == "finetune.rounds"]

    assert [record.message for record in records] == ["round begun", "round ended"]
    assert {record.__dict__["round"] for record in records} == {outcome.round_id}
