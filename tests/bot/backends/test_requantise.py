"""The shipped Q4_1 file becomes Q8_0."""

import asyncio
import logging
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.llama_native import file_type
from bot.backends.requantise import requantised, twin_made_before
from bot.backends.runtime import Runtime
from bot.errors import Misconfigured
from bot.messages import Finished, Generation, Message
from tests.fakes.gguf import write_adapter

Q8_0_FILE_TYPE = "7"


@pytest.fixture
def _full_disk() -> Iterator[None]:
    """Writes beyond 10 MB fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_q4_1_file_gets_a_twin_that_answers_and_is_made_once(tmp_path: Path) -> None:
    """The twin must be a whole model, and the second start must not wait for it again."""
    twin = await requantised(default_model_path(), tmp_path / "models")
    written = (await asyncio.to_thread(twin.stat)).st_mtime_ns
    again = await requantised(default_model_path(), tmp_path / "models")

    assert await asyncio.to_thread(file_type, twin) == Q8_0_FILE_TYPE
    assert again == twin
    assert (await asyncio.to_thread(twin.stat)).st_mtime_ns == written
    assert [path.name for path in await asyncio.to_thread(lambda: list(twin.parent.iterdir()))] == [twin.name]
    async with LlamaCppBackend(twin, runtime=Runtime(context_tokens=512, threads=1)) as backend:
        events = [event async for event in backend.stream(Generation((Message("user", "Hi"),), max_tokens=4, deadline_s=60))]
    assert isinstance(events[-1], Finished)
    assert await requantised(twin, tmp_path / "models") == twin  # nothing is left to be gained


@pytest.mark.usefixtures("_full_disk")
async def test_a_full_disk_leaves_nothing_and_keeps_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Half a model would be loaded at the next start; answering more slowly is no reason to stop."""
    caplog.set_level(logging.WARNING)

    assert await requantised(default_model_path(), tmp_path / "models") == default_model_path()

    assert list(os.scandir(tmp_path / "models")) == []
    assert "model not requantised" in caplog.messages


async def test_a_cache_that_cannot_be_made_keeps_the_file(tmp_path: Path) -> None:
    """A read-only home serves too."""
    blocked = tmp_path / "models"
    await asyncio.to_thread(blocked.write_text, "a file stands here")

    assert await requantised(default_model_path(), blocked) == default_model_path()


async def test_a_damaged_file_is_the_operator_s_matter(tmp_path: Path) -> None:
    """The same sentence as at loading."""
    path = await asyncio.to_thread(write_adapter, tmp_path / "adapter.gguf")

    with pytest.raises(Misconfigured, match="is damaged or of a kind"):
        await requantised(path, tmp_path)


async def test_a_twin_is_found_without_being_made(tmp_path: Path) -> None:
    """A second start opens the fast file at once, and a first start must not wait for it."""
    path = default_model_path()

    assert await twin_made_before(path, tmp_path) is None
    made = await requantised(path, tmp_path)
    assert await twin_made_before(path, tmp_path) == made
