"""The fake provider refuses what the service refuses, and counts for itself."""

import asyncio
import json
from collections.abc import AsyncIterator

import openai
import pytest

from finetune.formats.records import Turn
from finetune.token_counts import hosted_count
from tests.fakes.openai_server import KEY
from tests.fakes.provider import MODELS, ProviderServer, provider_server
from tests.fakes.provider_files import Invalid, tokens_in

QUESTION, ANSWER = "Where is the key?", "Na recepção."
ROW = {"messages": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]}
ROWS = (json.dumps(ROW) + "\n").encode() * 12


@pytest.fixture
async def server() -> AsyncIterator[ProviderServer]:
    async with provider_server() as running:
        yield running


@pytest.fixture
async def client(server: ProviderServer) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key=KEY, base_url=server.address, max_retries=0) as opened:
        yield opened


async def test_the_sdk_reads_a_whole_job(client: openai.AsyncOpenAI) -> None:
    """In the SDK's own types."""
    count = await asyncio.to_thread(hosted_count, "o200k_base")
    file = await client.files.create(file=("rows.jsonl", ROWS), purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(model=MODELS[0], training_file=file.id, suffix="desk")
    states = [job.status]
    while job.finished_at is None:
        job = await client.fine_tuning.jobs.retrieve(job.id)
        states.append(job.status)
    events = [each async for each in client.fine_tuning.jobs.list_events(job.id, limit=2)]
    checkpoints = [each async for each in client.fine_tuning.jobs.checkpoints.list(job.id)]

    assert states == ["validating_files", "validating_files", "queued", "running", "running", "succeeded"]
    assert job.trained_tokens == 12 * 3 * count([[Turn("user", QUESTION), Turn("assistant", ANSWER)]])[0]
    assert events[-1].message == "Created fine-tuning job: ftjob-0001"
    assert checkpoints[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    assert len((await client.files.content(job.result_files[0])).content) > 100


@pytest.mark.parametrize(
    ("name", "content", "purpose"),
    [("rows.txt", ROWS, "fine-tune"), ("rows.jsonl", b"[]", "fine-tune"), ("rows.jsonl", b"{", "fine-tune"), ("rows.jsonl", ROWS, "batch")],
)
async def test_files_that_are_none_are_refused(
    client: openai.AsyncOpenAI, server: ProviderServer, name: str, content: bytes, purpose: str
) -> None:
    """And not counted."""
    with pytest.raises(openai.BadRequestError):
        await client.files.create(file=(name, content), purpose=purpose)  # type: ignore[arg-type]
    assert server.uploads == 0


@pytest.mark.parametrize(
    "changes",
    [{"model": "gpt-0"}, {"training_file": "file-9"}, {"suffix": "x" * 65}, {"method": {"type": "magic"}}, {"extra_body": {"wish": 1}},
     {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "many"}}}}, {"metadata": {"k": "v" * 513}}],
)  # fmt: skip
async def test_orders_that_are_none_are_refused(client: openai.AsyncOpenAI, server: ProviderServer, changes: dict[str, object]) -> None:
    """No job comes of them."""
    file = await client.files.create(file=("rows.jsonl", ROWS), purpose="fine-tune")
    with pytest.raises(openai.BadRequestError):
        await client.fine_tuning.jobs.create(**{"model": MODELS[0], "training_file": file.id, **changes})  # type: ignore[arg-type]
    assert server.creations == 0


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"messages": [{"role": "user", "content": "a"}]}, "invalid_training_file"),
        ({"messages": [{"role": "wizard", "content": "a"}]}, "invalid_training_file"),
        ({"prompt": "a"}, "invalid_training_file"),
        (ROW, "invalid_n_examples"),
    ],
)
def test_rows_that_cannot_train_are_found(row: dict[str, object], code: str) -> None:
    """By the job's validation."""
    with pytest.raises(Invalid) as found:
        tokens_in(json.dumps(row).encode(), "supervised")
    assert found.value.code == code


async def test_a_wrong_key_is_refused(server: ProviderServer) -> None:
    """Each request is."""
    async with openai.AsyncOpenAI(api_key="sk-other", base_url=server.address, max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            await client.files.list()
