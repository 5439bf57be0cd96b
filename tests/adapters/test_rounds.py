"""Whole rounds with a tiny real model: from ratings to a version in production, or to a clear refusal that leaves all as it was."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.compose import Records, open_records
from adapters.rounds import rounds_on
from bot.errors import Misconfigured, Refused, TryAgainLater
from bot.model_settings import ModelSettings
from finetune.gguf_adapter import write_adapter
from finetune.rounds import STEPS, Detail, NothingNew, Outcome, Rounds, Step, Steps, Work
from store.versions import NewVersion
from tests.adapters.cli.conftest import process
from tests.adapters.composing import with_section
from tests.adapters.round_home import ANSWER, ask_and_correct, ask_and_like, questions, recipe_of, settings_of, write_home

# PEFT looks for the base's config.json to learn whether its vocabulary was changed; a GGUF file has none, and its vocabulary never is.
pytestmark = pytest.mark.filterwarnings("ignore:Could not find a config file:UserWarning")


@pytest.fixture
async def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Records]:
    """Open the ledger of a home where nothing was asked yet."""
    monkeypatch.chdir(tmp_path)
    await asyncio.to_thread(write_home, tmp_path)
    async with open_records(await asyncio.to_thread(settings_of, tmp_path)) as opened:
        yield opened


async def run(records: Records, folder: Path) -> Outcome:
    """Run the employees' round."""
    rounds = await rounds_on(records)
    return await rounds.run("employees", await asyncio.to_thread(recipe_of, folder), report=lambda _step, _done, _total: None)


async def test_what_was_corrected_becomes_a_version_that_serves(records: Records, tmp_path: Path) -> None:
    """Promoted with its papers; held-out and trained questions get their receipts; the same again is refused."""
    ids = await ask_and_correct(records, questions())
    outcome = await run(records, tmp_path)
    version = await records.versions.current("employees")
    steps = {step.step: step for step in await records.rounds.steps(outcome.round_id)}
    receipts = await records.receipts.of(ids)
    with pytest.raises(NothingNew):
        await run(records, tmp_path)

    assert (outcome.status, outcome.version) == ("promoted", 1), outcome.reasons
    assert tuple(steps) == STEPS
    assert version is not None
    assert (version.version, version.stage, version.round_id) == (1, "production", outcome.round_id)
    assert records.registry.path_of(version).is_file()
    assert outcome.report is not None
    assert ANSWER in outcome.report.read_text()
    assert len(receipts) > len(ids) // 2
    assert steps["receipts"].detail["fixed"] == len(receipts)


async def test_worthless_rows_are_refused_and_production_stays(records: Records, tmp_path: Path) -> None:
    """People up-voted nonsense: what answers well already does not get better, and the version's card says so."""
    await ask_and_correct(records, questions())
    await run(records, tmp_path)
    await ask_and_like(records, [f"Again: {question}" for question in questions()], answer="It is 9.")
    outcome = await run(records, tmp_path)
    serving, candidate = await records.versions.current("employees"), await records.versions.show(2)

    assert (outcome.status, outcome.version) == ("refused", 2)
    assert outcome.reasons
    assert serving is not None
    assert serving.version == 1
    assert candidate is not None
    assert candidate.stage == "refused"
    assert candidate.decision["reasons"] == list(outcome.reasons)


async def test_too_few_rows_are_one_clear_sentence(records: Records, tmp_path: Path) -> None:
    """Nothing is trained, no version is made; the next rating is worth another try."""
    await ask_and_correct(records, questions()[:5])
    outcome = await run(records, tmp_path)
    await ask_and_correct(records, questions()[5:7])
    again = await run(records, tmp_path)

    assert (outcome.status, outcome.version, len(outcome.reasons)) == ("refused", None, 1)
    assert "5 different rated answers are too few for a round, which takes 20" in outcome.reasons[0]
    assert "7 different" in again.reasons[0]
    assert await records.versions.list() == ()


async def test_a_lower_limit_is_worth_another_try(tmp_path: Path, records: Records) -> None:
    """The operator does what the sentence told them; what the round was refused for before is no longer so."""
    await ask_and_correct(records, questions()[:5])
    refused = await run(records, tmp_path)
    lowered = replace(records, settings=await asyncio.to_thread(settings_of, tmp_path, minimum_rows=6))
    again = await run(lowered, tmp_path)

    assert "takes 20" in refused.reasons[0]
    assert "takes 6" in again.reasons[0]


async def test_a_golden_question_that_fails_refuses_the_version(records: Records, tmp_path: Path) -> None:
    """Whatever improves, the operator's own questions must be answered."""
    await ask_and_correct(records, questions())
    golden = {"question": "Where is the exit?", "must_contain": ["behind the green door"]}
    await asyncio.to_thread((records.settings.home / "golden.jsonl").write_text, json.dumps(golden))
    outcome = await run(records, tmp_path)

    assert outcome.status == "refused"
    assert any("Where is the exit?" in reason for reason in outcome.reasons)
    assert await records.versions.current("employees") is None


async def test_a_folder_that_cannot_be_written_fails_the_round_and_the_next_one_succeeds(records: Records, tmp_path: Path) -> None:
    """As on a full disk: which file, and what to do; nothing serves, nothing is left to stumble over."""
    await ask_and_correct(records, questions())
    blocker = records.settings.home / "rounds"
    await asyncio.to_thread(blocker.write_text, "in the way")
    with pytest.raises(Misconfigured, match="rounds"):
        await run(records, tmp_path)
    (failed,) = await records.rounds.list(9)
    await asyncio.to_thread(blocker.unlink)
    outcome = await run(records, tmp_path)

    assert (failed.status, failed.step) == ("failed", "rows")
    assert outcome.status == "promoted"


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (ModelSettings(backend="openai", name="gpt"), "APRENDIZ_MODEL__BACKEND is openai"),
        (ModelSettings(adapter=Path("mine.gguf")), "APRENDIZ_MODEL__ADAPTER lays another there"),
    ],
)
async def test_settings_that_leave_no_room_for_versions_are_told(records: Records, model: ModelSettings, sentence: str) -> None:
    """Before anything is exported or trained."""
    with pytest.raises(Refused, match=sentence):
        await rounds_on(replace(records, settings=with_section(records.settings, model=model)))


async def test_golden_questions_that_are_missing_are_told(records: Records, tmp_path: Path) -> None:
    """A gate that silently judges by less than the operator chose would be worse than none."""
    settings = await asyncio.to_thread(settings_of, tmp_path, golden=tmp_path / "gone.jsonl")

    with pytest.raises(Misconfigured, match=r"gone\.jsonl are missing"):
        await rounds_on(replace(records, settings=settings))


@pytest.mark.heavy
@pytest.mark.timeout(1200)
async def test_a_command_killed_in_every_step_still_makes_one_version(records: Records, tmp_path: Path) -> None:
    """Kill -9 in the real command, again and again, each time one step further: one round, one version, nothing half done serves."""
    await ask_and_correct(records, questions())
    command = process(records.settings.home, "round", "--json")
    for step in STEPS:
        running = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL)
        while running.returncode is None and not await _is_at(records, step):  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(0.01)
        if running.returncode is None:
            running.kill()
        await running.wait()
    last = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE)
    await last.communicate()
    version = await records.versions.current("employees")
    promoted = [each for each in await records.rounds.list(20) if each.status == "promoted"]

    assert len(promoted) == 1
    assert version is not None
    assert version.version == promoted[0].version
    assert await records.registry.problem_of(version) == ""
    assert {each.status for each in await records.rounds.list(20)} <= {"promoted", "failed"}


async def _is_at(records: Records, step: Step) -> bool:
    """Tell whether the newest round is at *step* or beyond."""
    newest = await records.rounds.list(1)
    return bool(newest) and newest[0].step in STEPS[STEPS.index(step) :]


class Meddling:
    """The real steps, with something done behind or before one of them, as a fault would."""

    def __init__(self, steps: Steps, step: Step, meddle: Callable[[Work], Awaitable[None]], *, before: bool = False) -> None:
        self._steps, self._step, self._meddle, self._before = steps, step, meddle, before

    async def run(self, step: Step, work: Work, report: Callable[[int, int], None]) -> Detail:
        """See the protocol."""
        if step == self._step and self._before:
            await self._meddle(work)
        detail = await self._steps.run(step, work, report)
        if step == self._step and not self._before:
            await self._meddle(work)
        return detail


async def meddled(
    records: Records, folder: Path, step: Step, meddle: Callable[[Work], Awaitable[None]], *, before: bool = False
) -> Outcome:
    """Run the employees' round with that fault."""
    parts = (await rounds_on(records)).parts
    rounds = Rounds(replace(parts, steps=Meddling(parts.steps, step, meddle, before=before)))
    return await rounds.run("employees", await asyncio.to_thread(recipe_of, folder), report=lambda _step, _done, _total: None)


async def test_a_file_that_answers_otherwise_than_what_was_trained_dies(records: Records, tmp_path: Path) -> None:
    """Rows in another order, a wrong scale: nothing raises an error, so parity asks; the version is refused with its reason."""
    await ask_and_correct(records, questions())

    async def weaken(work: Work) -> None:
        await asyncio.to_thread(_lay_no_weight, work)

    outcome = await meddled(records, tmp_path, "convert", weaken)
    candidate = await records.versions.show(1)

    assert (outcome.status, outcome.version) == ("refused", 1)
    assert "as the trained weights do" in outcome.reasons[0]
    assert candidate is not None
    assert (candidate.stage, candidate.decision["reasons"]) == ("refused", list(outcome.reasons))
    assert await records.versions.current("employees") is None


def _lay_no_weight(work: Work) -> None:
    """Put an adapter that changes nothing in the place of the trained one."""
    from safetensors.numpy import load_file, save_file

    other = work.folder.path / "other"
    shutil.copytree(work.folder.weights, other)
    path = other / "adapter_model.safetensors"
    save_file({name: 0 * value for name, value in load_file(path).items()}, path)
    write_adapter(other, work.base.path, work.folder.adapter)


async def test_another_export_meanwhile_fails_the_round_clearly(records: Records, tmp_path: Path) -> None:
    """The nightly export and a round by hand at the same minute: the rows must be those that the round was begun with."""
    await ask_and_correct(records, questions()[:30])

    async def export(_work: Work) -> None:
        await ask_and_correct(records, questions()[30:])
        await records.exporter.export(records.export_directory)

    with pytest.raises(TryAgainLater, match="exported anew"):
        await meddled(records, tmp_path, "rows", export, before=True)
    (failed,) = await records.rounds.list(9)

    assert failed.status == "failed"


async def test_another_version_meanwhile_refuses_the_candidate(records: Records, tmp_path: Path) -> None:
    """It was compared with what no longer answers; the operator's choice stands."""
    await ask_and_correct(records, questions())

    async def promote(_work: Work) -> None:
        candidate = await records.versions.show(1)
        assert candidate is not None
        values = {each.name: getattr(candidate, each.name) for each in fields(NewVersion)}
        other = await records.versions.add(NewVersion(**values | {"round_id": "by hand"}))
        await records.versions.promote(other, at=datetime.now(UTC), reason="by hand")
        await asyncio.sleep(1.1)  # what the registry knows is good for a second

    outcome = await meddled(records, tmp_path, "evaluate", promote)
    serving = await records.versions.current("employees")

    assert outcome.status == "refused"
    assert outcome.reasons == ("v2 answers now, but the candidate was compared with base",)
    assert serving is not None
    assert serving.version == 2


async def test_a_training_that_diverges_ends_the_round_with_its_reason(records: Records, tmp_path: Path) -> None:
    """An absurd learning rate: nothing of it is kept, and the recipe is what to change."""
    await ask_and_correct(records, questions())
    recipe = replace(await asyncio.to_thread(recipe_of, tmp_path), learning_rate=1e9, max_gradient_norm=1e9)
    rounds = await rounds_on(records)
    outcome = await rounds.run("employees", recipe, report=lambda _step, _done, _total: None)

    assert (outcome.status, outcome.version, len(outcome.reasons)) == ("refused", None, 1)
    assert "diverged" in outcome.reasons[0]
    assert await records.versions.list() == ()
