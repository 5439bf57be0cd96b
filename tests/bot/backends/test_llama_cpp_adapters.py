"""Adapters over the shipped model: the settings' own, and those of trained versions that change from answer to answer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.runtime import Runtime
from bot.errors import Misconfigured
from bot.messages import Adapter, Finished, Generation, Message, Piece
from tests.fakes.gguf import write_adapter

RUNTIME = Runtime(context_tokens=1024, threads=1)
SYSTEM = Message("system", "You help the customers of a bank.")
# Longer than what is too short to be put aside, shorter than the least batch: how batches are cut moves near ties.
CARD = (SYSTEM, Message("user", "Please tell me at once what exactly I have to do now when my card was stolen abroad."))
FIRM = (SYSTEM, Message("user", "Which documents and proofs does a small firm need to open an account with you in Brazil?"))
MOST_TOKENS = 8


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[LlamaCppBackend]:
    """The shipped model with a small window."""
    async with LlamaCppBackend(default_model_path(), runtime=RUNTIME) as entered:
        yield entered


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Adapter, Adapter]:
    """Two versions that speak differently, and not as the model alone does."""
    strengths = {"v1": 4.0, "v2": 12.0}
    v1, v2 = (Adapter(name, write_adapter(tmp_path / f"{name}.gguf", strength=strength)) for name, strength in strengths.items())
    return v1, v2


async def _answer(backend: LlamaCppBackend, prompt: tuple[Message, ...], adapter: Adapter | None = None) -> tuple[str, Finished]:
    request = Generation(prompt, max_tokens=MOST_TOKENS, deadline_s=100, adapter=adapter)
    async with aclosing(backend.stream(request)) as stream:
        events = [event async for event in stream]
    assert isinstance(events[-1], Finished)
    return "".join(event.text for event in events if isinstance(event, Piece)), events[-1]


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(vars(record)["reason"]) for record in caplog.records if record.message == "version not served"]


async def test_each_request_is_answered_under_its_own_version(backend: LlamaCppBackend, versions: tuple[Adapter, Adapter]) -> None:
    """Kept values of other weights give garbage without any error, so what is kept must be told apart by them."""
    asked = [None, versions[0], versions[1], None, versions[0], versions[1]]
    answers = [await _answer(backend, CARD, adapter) for adapter in asked]

    texts = [text for text, _ in answers]
    assert [end.adapter for _, end in answers] == ["", "v1", "v2"] * 2
    assert len(set(texts[:3])) == 3
    assert texts[3:] == texts[:3]
    assert [end.cached_tokens for _, end in answers[:3]] == [0, 0, 0]


async def test_audiences_that_alternate_keep_their_prefixes(backend: LlamaCppBackend, versions: tuple[Adapter, Adapter]) -> None:
    """Employees and customers talk at the same time; neither may wait for the other's words to be evaluated again."""
    first = {version.name: (await _answer(backend, CARD, version))[1] for version in versions}

    for version in versions:
        _, end = await _answer(backend, CARD, version)
        assert end.cached_tokens == end.prompt_tokens - 1
        assert end.prompt_tokens == first[version.name].prompt_tokens


async def test_a_restored_prefix_says_what_a_fresh_model_says(backend: LlamaCppBackend, versions: tuple[Adapter, Adapter]) -> None:
    """A state that came back under the wrong weights would look like a bad version."""
    for prompt in (CARD, FIRM):
        for version in versions:
            await _answer(backend, prompt, version)
    restored = [(await _answer(backend, CARD, version))[0] for version in versions]

    for version, text in zip(versions, restored, strict=True):
        async with LlamaCppBackend(default_model_path(), runtime=RUNTIME) as fresh:
            assert (await _answer(fresh, CARD, version))[0] == text


async def test_the_settings_own_adapter_answers_those_that_bring_none(versions: tuple[Adapter, Adapter]) -> None:
    """An operator's adapter stays what it is, and `doctor` names it."""
    own, other = versions
    async with LlamaCppBackend(default_model_path(), adapter=own.path, name="house model", runtime=RUNTIME) as backend:
        answers = [await _answer(backend, CARD, adapter) for adapter in (None, other, None)]
        checked = await backend.check()

    assert [end.adapter for _, end in answers] == ["v1", "v2", "v1"]
    assert answers[0][0] == answers[2][0] != answers[1][0]
    assert answers[2][1].cached_tokens > 0
    assert checked == "house model: 1024 tokens of context, 1 threads, adapter v1"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), (b"", "is empty"), (b"hello", "is no GGUF"), (b"GGUF" + bytes(64), "is damaged or was made for another")],
    ids=["missing", "empty", "text", "damaged"],
)
async def test_a_version_that_cannot_be_loaded_leaves_the_answer_to_the_model(
    backend: LlamaCppBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None, words: str
) -> None:
    """People get an answer, the operator one line and not one for each question."""
    path = tmp_path / "bad.gguf"
    if content is not None:
        await asyncio.to_thread(path.write_bytes, content)
    alone, _ = await _answer(backend, CARD)

    answers = [await _answer(backend, CARD, Adapter("v1", path)) for _ in range(3)]

    assert {(text, end.adapter) for text, end in answers} == {(alone, "")}
    assert answers[0][1].cached_tokens > 0
    (warning,) = _warnings(caplog)
    assert "bad.gguf" in warning
    assert words in warning


async def test_a_version_for_another_model_leaves_the_answer_to_the_model(
    backend: LlamaCppBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Adapters are files that get mixed up."""
    path = await asyncio.to_thread(lambda: write_adapter(tmp_path / "other.gguf", width=640))

    assert (await _answer(backend, CARD, Adapter("v1", path)))[1].adapter == ""
    (warning,) = _warnings(caplog)
    assert "other.gguf is damaged or was made for another model" in warning


async def test_a_file_that_was_put_right_is_tried_again(backend: LlamaCppBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An operator who restores the file need not restart; one who removes it again is told again."""
    version = Adapter("v1", tmp_path / "late.gguf")
    spoken = [(await _answer(backend, CARD, version))[1].adapter]
    await asyncio.to_thread(write_adapter, version.path)
    spoken.append((await _answer(backend, CARD, version))[1].adapter)
    await asyncio.to_thread(version.path.unlink)
    spoken.append((await _answer(backend, CARD, version))[1].adapter)

    assert spoken == ["", "v1", ""]
    assert len(_warnings(caplog)) == 2


async def test_a_file_that_was_replaced_in_place_is_read_anew(backend: LlamaCppBackend, tmp_path: Path) -> None:
    """Under the old name lie other weights: neither the loaded ones nor what they wrote hold any more."""
    version = Adapter("v1", await asyncio.to_thread(write_adapter, tmp_path / "v1.gguf"))
    before, _ = await _answer(backend, CARD, version)
    await asyncio.to_thread(lambda: write_adapter(version.path, strength=12.0))

    after, end = await _answer(backend, CARD, version)

    assert after != before
    assert end.cached_tokens == 0


async def test_another_file_of_the_model_goes_on_with_the_versions(
    backend: LlamaCppBackend, versions: tuple[Adapter, Adapter], tmp_path: Path
) -> None:
    """The requantised twin takes over while versions serve; what was loaded for the old one belongs to it."""
    twin = tmp_path / "twin.gguf"
    await asyncio.to_thread(twin.symlink_to, default_model_path())
    before, _ = await _answer(backend, CARD, versions[0])

    await backend.set_model(twin)
    after, end = await _answer(backend, CARD, versions[0])

    assert (after, end.adapter, end.model) == (before, "v1", "twin")


async def test_a_bad_adapter_setting_stops_the_start(tmp_path: Path) -> None:
    """Silently answering without the adapter would hide that the company's training is not served."""
    with pytest.raises(Misconfigured, match=r"adapter file .*APRENDIZ_MODEL__ADAPTER"):
        await LlamaCppBackend(default_model_path(), adapter=tmp_path / "missing.gguf", runtime=RUNTIME).__aenter__()


async def test_a_change_need_not_wait_for_the_whole_line(backend: LlamaCppBackend, versions: tuple[Adapter, Adapter]) -> None:
    """A roll-back takes hold with the next question; those in line are answered as they were accepted."""
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_answer(backend, CARD, adapter)) for adapter in (versions[0], versions[1], None)]

    assert [task.result()[1].adapter for task in asked] == ["v1", "v2", ""]


async def test_leaving_in_the_middle_keeps_versions_apart(backend: LlamaCppBackend, versions: tuple[Adapter, Adapter]) -> None:
    """What a reader who left had evaluated belongs to the version that did it."""
    alone, _ = await _answer(backend, CARD)
    async with aclosing(backend.stream(Generation(CARD, max_tokens=300, deadline_s=100, adapter=versions[1]))) as stream:
        async for event in stream:
            if isinstance(event, Piece):
                break

    assert (await _answer(backend, CARD))[0] == alone
    assert (await _answer(backend, CARD, versions[1]))[1].cached_tokens > 0


async def test_many_changes_leave_no_memory_behind(backend: LlamaCppBackend, versions: tuple[Adapter, Adapter]) -> None:
    """A busy day alternates thousands of times."""

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    for version in versions * 3:
        await _answer(backend, CARD, version)
    before = await asyncio.to_thread(resident)
    for _ in range(20):
        for version in versions:
            await _answer(backend, CARD, version)

    assert await asyncio.to_thread(resident) - before < 8 * 2**20


async def test_versions_are_logged_without_anybody_s_words(
    backend: LlamaCppBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs carry paths and reasons, never what was asked."""
    caplog.set_level(logging.WARNING)
    await _answer(backend, CARD, Adapter("v1", tmp_path / "missing.gguf"))

    assert "stolen" not in "".join(str(vars(record)) for record in caplog.records)
