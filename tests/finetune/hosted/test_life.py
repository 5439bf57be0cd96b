"""The life of a job at a provider, each way it can end, with the real SDK."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Misconfigured, Refused, TryAgainLater
from finetune.hosted.kinds import KINDS
from finetune.hosted.provider import Abilities
from store.database import Database
from tests.fakes.openai_server import KEY
from tests.fakes.provider import Fault, ProviderServer
from tests.fakes.provider_jobs import LIFE
from tests.finetune.hosted.world import NOW, World, order_of, write_rows


def read(path: str) -> str:
    return Path(path).read_text()


async def test_a_job_runs_from_its_rows_to_a_model(world: World, server: ProviderServer, rows: Path, tmp_path: Path) -> None:
    """Upload, states in their order, events, steps, checkpoints, metrics as table and picture, the model's name."""
    held = write_rows(tmp_path / "held.jsonl", word="hall")
    order = await order_of(rows, held, n_epochs=3, batch_size=2, learning_rate_multiplier=0.5, seed=7, suffix="desk")
    job = await world.jobs().begin("openai", order)
    seen = await world.states(job.job_id, 4)
    job = await world.to_the_end(job.job_id)
    made = server.jobs["ftjob-0001"]
    events = [each.message for each in await world.ledger.events(job.job_id)]

    assert seen == list(LIFE[:4])
    assert (job.status, job.trained_model, job.reason) == ("succeeded", "ft:gpt-4.1-mini-2025-04-14:acme:desk:0001", "")
    assert made.body["metadata"] == {"aprendiz_job": job.job_id, "aprendiz_sha256": order.training.sha256}
    assert made.body["method"]["supervised"]["hyperparameters"] == {"n_epochs": 3, "batch_size": 2, "learning_rate_multiplier": 0.5}
    assert (made.body["seed"], made.body["suffix"], server.uploads, server.creations) == (7, "desk", 2, 1)
    assert [each["step"] for each in job.detail["checkpoints"]] == [6, 12, 18]
    assert job.detail["checkpoints"][0]["model"] == f"{job.trained_model}:ckpt-step-6"
    assert (job.detail["steps"], job.detail["trained_tokens"]) == (18, made.tokens * 3)
    assert events[0] == "Created fine-tuning job: ftjob-0001"
    assert events[-1] == "The job has successfully completed"
    assert len(events) == len(set(events))
    assert read(job.detail["metrics"]).count("\n") == 19
    assert read(job.detail["picture"]).count("<polyline") == 3


async def test_preferences_train_by_dpo(world: World, server: ProviderServer, tmp_path: Path) -> None:
    """Another method is another set of hyperparameters, and other rows."""
    pairs = write_rows(tmp_path / "pairs.jsonl", method="dpo")
    job = await world.jobs().begin("openai", await order_of(pairs, method="dpo", beta=0.2))
    job = await world.to_the_end(job.job_id)

    assert job.status == "succeeded"
    assert server.jobs["ftjob-0001"].body["method"] == {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}}


@pytest.mark.parametrize(
    ("count", "reason"),
    [(3, "Training file has 3 example(s), but must have at least 10 examples (invalid_n_examples, training_file)")],
)
async def test_a_job_that_fails_carries_the_reason(world: World, tmp_path: Path, count: int, reason: str) -> None:
    """The operator reads what the provider says of the file."""
    few = write_rows(tmp_path / "few.jsonl", count)
    job = await world.jobs().begin("openai", await order_of(few))
    job = await world.to_the_end(job.job_id)

    assert (job.status, job.reason, job.trained_model) == ("failed", reason, "")


async def test_a_reason_never_shows_a_key(world: World, server: ProviderServer, rows: Path) -> None:
    """Services echo keys, ours and others'."""
    server.life = ("running", "failed")
    server.reason = ("server_error", f"Key {KEY} of\nsk-other12345 expired \x1b[31m", None)
    job = await world.jobs().begin("openai", await order_of(rows))
    job = await world.to_the_end(job.job_id)
    told = " ".join(each.message for each in await world.ledger.events(job.job_id))

    assert job.reason == "Key … of … expired [31m (server_error)"
    assert KEY not in told


async def test_a_job_is_paused_resumed_and_cancelled(world: World, server: ProviderServer, rows: Path) -> None:
    """States that the SDK's types do not know are shown as they are."""
    server.life = ("validating_files", "queued", "running", "running")
    jobs = world.jobs()
    job = await jobs.begin("openai", await order_of(rows))
    await world.states(job.job_id, 3)
    pausing = await jobs.command(job.job_id, "pause")
    paused = await world.states(job.job_id, 3)
    resumed = await jobs.command("ftjob-0001", "resume")
    going = await world.states(job.job_id, 1)
    cancelled = await jobs.command(job.job_id, "cancel")

    assert (pausing.status, paused, resumed.status, going) == ("pausing", ["paused"] * 3, "queued", ["running"])
    assert (cancelled.status, cancelled.ended_at is not None) == ("cancelled", True)
    with pytest.raises(Refused, match="has ended"):
        await jobs.command(job.job_id, "cancel")


async def test_what_is_not_possible_now_is_refused_with_the_reason(world: World, rows: Path) -> None:
    """A queued job cannot be paused; nothing of ours changes."""
    job = await world.jobs().begin("openai", await order_of(rows))
    with pytest.raises(Refused, match="is not at openai yet"):
        await world.jobs().command(job.job_id, "pause")
    await world.states(job.job_id, 1)

    with pytest.raises(Refused, match="openai refused to pause ftjob-0001: Job ftjob-0001 is not running"):
        await world.jobs().command(job.job_id, "pause")
    assert (await world.to_the_end(job.job_id)).status == "succeeded"


async def test_a_state_that_nobody_knows_is_shown(world: World, server: ProviderServer, rows: Path) -> None:
    """And followed, until it is over."""
    server.life = ("awaiting_moderation", "teleported")
    job = await world.jobs().begin("openai", await order_of(rows))

    assert await world.states(job.job_id, 3) == ["awaiting_moderation", "teleported", "teleported"]
    server.jobs["ftjob-0001"].finished = 1_790_000_100
    assert (await world.to_the_end(job.job_id)).status == "teleported"


@pytest.mark.parametrize(("fault", "left"), [({}, 0), ({"DELETE /files": "500"}, 1), ({"DELETE /files": "404"}, 1)])
async def test_a_job_that_is_not_there_yet_is_cancelled_here(
    world: World, server: ProviderServer, rows: Path, fault: dict[str, Fault], left: int
) -> None:
    """Its rows do not stay at the provider, as far as that can be reached."""
    server.standing = {"POST /fine_tuning": "500"}
    job = await world.jobs().begin("openai", await order_of(rows))
    with pytest.raises(TryAgainLater):
        await world.jobs().advance(job.job_id)
    server.standing = fault
    job = await world.jobs().command(job.job_id, "cancel")

    assert (job.status, server.creations, len(server.files)) == ("cancelled", 0, left)


async def test_a_file_whose_upload_was_cut_off_does_not_stay(world: World, server: ProviderServer, rows: Path) -> None:
    """Nobody heard its name; ours is on it."""
    server.faults, server.standing = [("POST /files", "lost")], {"GET /files": "500"}
    job = await world.jobs().begin("openai", await order_of(rows))
    with pytest.raises(TryAgainLater):
        await world.jobs().advance(job.job_id)
    server.standing = {}
    job = await world.jobs().command(job.job_id, "cancel")

    assert (job.status, server.uploads, server.files) == ("cancelled", 1, {})


async def test_a_job_whose_creation_was_cut_off_is_cancelled_there(world: World, server: ProviderServer, rows: Path) -> None:
    """Nobody heard that it was created; it would have trained, and cost."""
    server.faults, server.standing = [("POST /fine_tuning", "lost")], {"GET /fine_tuning/jobs": "500"}
    job = await world.jobs().begin("openai", await order_of(rows))
    with pytest.raises(TryAgainLater):
        await world.jobs().advance(job.job_id)
    server.standing = {}
    job = await world.jobs().command(job.job_id, "cancel")

    assert (job.status, job.remote_id, server.jobs["ftjob-0001"].status) == ("cancelled", "ftjob-0001", "cancelled")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"model": "gpt-0"}, "Model gpt-0 is not available for fine-tuning or does not exist"),
        ({"suffix": "x" * 65}, "longer than 64"),
    ],
)
async def test_an_order_that_is_refused_has_ended(
    world: World, server: ProviderServer, rows: Path, options: dict[str, Any], reason: str
) -> None:
    """Sent again it would be refused again; the same command may try another way."""
    job = await world.jobs().begin("openai", await order_of(rows, **options))
    with pytest.raises(Refused, match=reason):
        await world.jobs().advance(job.job_id)
    job = await world.ledger.require(job.job_id)

    assert (job.status, job.ended_at is not None, server.files) == ("refused", True, {})
    assert reason in job.reason


async def test_a_file_that_is_refused_has_its_reason(world: World, server: ProviderServer, tmp_path: Path) -> None:
    """What our checks let through the provider may still find."""
    path = tmp_path / "rows.jsonl"
    path.write_text("[1]\n")
    job = await world.jobs().begin("openai", await order_of(path))

    with pytest.raises(Refused, match=r"openai refused the upload: Expected file to have JSONL format.* Line 1"):
        await world.jobs().advance(job.job_id)
    assert server.uploads == 0


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("401", "it does not know the key: set APRENDIZ_OPENAI__API_KEY"),
        ("403", "give it access to fine-tuning"),
        ("404", "base_url"),
        ("no_credit", "no credit left"),
    ],
)
async def test_what_the_operator_must_mend_leaves_the_job(
    world: World, server: ProviderServer, rows: Path, fault: str, sentence: str
) -> None:
    """Once the key is right it goes on; what was said is kept, without the key."""
    server.faults = [("POST /files", fault)]  # type: ignore[list-item]
    job = await world.jobs().begin("openai", await order_of(rows))
    with pytest.raises(Misconfigured, match=sentence) as failure:
        await world.jobs().advance(job.job_id)
    left = await world.ledger.require(job.job_id)

    assert KEY not in str(failure.value)
    assert left.reason == str(failure.value)
    assert (await world.to_the_end(job.job_id)).status == "succeeded"
    assert server.uploads == 1


@pytest.mark.parametrize("fault", ["429", "500", "reset", "lost", "html", "no_json"])
@pytest.mark.parametrize("asked", ["POST /files", "POST /fine_tuning/jobs"])
async def test_a_call_that_fails_is_made_again_only_where_it_made_nothing(
    world: World, server: ProviderServer, rows: Path, fault: str, asked: str
) -> None:
    """The service keeps what it took before the line went dead: that is found, not made again."""
    server.faults = [(asked, fault)]  # type: ignore[list-item]
    job = await world.jobs().begin("openai", await order_of(rows))
    job = await world.to_the_end(job.job_id)

    assert (job.status, server.uploads, server.creations) == ("succeeded", 1, 1)


async def test_a_rate_limit_is_waited_for_as_it_says(world: World, server: ProviderServer, rows: Path) -> None:
    """Whoever comes back earlier is refused again."""
    server.faults, server.retry_after = [("POST /files", "429")], "7"
    job = await world.jobs().begin("openai", await order_of(rows))
    await world.jobs().advance(job.job_id)

    assert world.clock.slept == [7.0]
    assert server.uploads == 1


@pytest.mark.parametrize(
    "asked", ["GET /fine_tuning/jobs/ftjob-0001", "GET /fine_tuning/jobs/ftjob-0001/events", "GET /files/file-results"]
)
@pytest.mark.parametrize("fault", ["html", "no_json", "reset"])
async def test_a_look_that_fails_changes_nothing(world: World, server: ProviderServer, rows: Path, asked: str, fault: str) -> None:
    """The next one sees what there is."""
    job = await world.jobs().begin("openai", await order_of(rows))
    await world.states(job.job_id, 1)
    server.standing = {asked: fault}  # type: ignore[dict-item]
    if fault != "reset" and asked != "GET /files/file-results":
        with pytest.raises(TryAgainLater, match="answered with"):
            await world.states(job.job_id, 1)
    server.standing = {}

    assert (await world.to_the_end(job.job_id)).status == "succeeded"


async def test_what_is_listed_late_is_not_made_twice(world: World, server: ProviderServer, rows: Path) -> None:
    """A list may lag behind what was just made."""
    server.faults, server.hidden = [("POST /files", "lost")], 1
    job = await world.jobs().begin("openai", await order_of(rows))
    await world.jobs().advance(job.job_id)

    assert server.uploads == 1
    assert world.clock.slept == [15.0]


async def test_lists_of_many_pages_are_read_to_their_end(world: World, server: ProviderServer, rows: Path, database: Database) -> None:
    """Events, files and jobs come by the page."""
    server.page = 2
    server.faults = [("POST /fine_tuning", "lost")]
    for number in range(3):
        job = await world.jobs().begin("openai", await order_of(rows, seed=number))
        job = await world.to_the_end(job.job_id)
    events = await world.ledger.events(job.job_id)

    assert server.creations == 3
    assert [each.message for each in events] == [each["message"] for each in server.jobs[job.remote_id].events if each["type"] == "message"]


async def test_a_clock_that_jumps_does_no_harm(world: World, server: ProviderServer, rows: Path) -> None:
    """A year ahead, a year back: the job is one job, and it ends."""
    server.faults = [("POST /files", "lost"), ("GET /files", "500")]
    job = await world.jobs().begin("openai", await order_of(rows))
    for years in (1, -2, 1, -1, 3, -3, 2):
        world.clock.at = NOW + timedelta(days=365 * years)
        job = await world.jobs().advance(job.job_id)

    assert (job.status, server.uploads, server.creations) == ("succeeded", 1, 1)
    assert sum(world.clock.slept) <= 60


async def test_a_provider_that_can_less_is_asked_for_less(world: World, server: ProviderServer, rows: Path) -> None:
    """No metadata, no pause, no metrics: a job is found by its file alone."""
    world.can(KINDS["nebius"])
    server.faults = [("POST /fine_tuning", "lost")]
    server.life = ("running", "running", "succeeded")
    job = await world.jobs().begin("openai", await order_of(rows))
    await world.states(job.job_id, 1)
    with pytest.raises(Refused, match="openai cannot pause a job"):
        await world.jobs().command(job.job_id, "pause")
    job = await world.to_the_end(job.job_id)

    assert (job.status, server.creations, "metrics" in job.detail) == ("succeeded", 1, False)
    assert "metadata" not in server.jobs["ftjob-0001"].body


async def test_a_file_that_is_prepared_first_is_waited_for(world: World, server: ProviderServer, rows: Path) -> None:
    """Azure does: a job created too early would fail."""
    world.can(Abilities(prepares_files=True))
    server.preparing = 2
    job = await world.jobs().begin("openai", await order_of(rows))

    assert await world.states(job.job_id, 3) == ["", "", "validating_files"]


@pytest.mark.parametrize(("encoded", "gone"), [(False, False), (True, True)])
async def test_results_are_kept_as_they_come(world: World, server: ProviderServer, rows: Path, encoded: bool, gone: bool) -> None:
    """In plain text too; a file that is gone keeps no job from its end."""
    server.encoded = encoded
    server.standing = {"GET /files/file-results": "404"} if gone else {}
    job = await world.jobs().begin("openai", await order_of(rows))
    job = await world.to_the_end(job.job_id)

    assert job.status == "succeeded"
    assert ("metrics" in job.detail, "no_metrics" in job.detail) == (not gone, gone)


async def test_a_server_without_checkpoints_keeps_no_job_from_its_end(world: World, server: ProviderServer, rows: Path) -> None:
    """Not every compatible one knows that call; what a wrong key hides is asked for again."""
    server.standing = {"GET /fine_tuning/jobs/ftjob-0001/checkpoints": "404"}
    server.faults = [("GET /fine_tuning/jobs/ftjob-0001/checkpoints", "401")]
    job = await world.jobs().begin("openai", await order_of(rows))
    with pytest.raises(Misconfigured, match="listing checkpoints: 401"):
        await world.to_the_end(job.job_id)
    job = await world.to_the_end(job.job_id)

    assert (job.status, job.detail["checkpoints"]) == ("succeeded", [])
    assert "metrics" in job.detail
