"""Pulling model files from a hub on loopback that cuts, lies and refuses."""

import asyncio
import hashlib
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from filelock import FileLock

from bot.errors import Misconfigured, Refused, TryAgainLater
from finetune import hub as pulling
from finetune.hub import CATALOGUE, REFERENCE, pull
from tests.fakes.hub import TOKEN, Hub, hub_server

NAME = "tiny-q8_0.gguf"
CONTENT = b"GGUF" + os.urandom(3_000_000)
PART = f".{NAME}.{hashlib.sha256(CONTENT).hexdigest()[:12]}.part"
REFERENCE_TO_IT = f"acme/Tiny-GGUF/{NAME}"


@pytest_asyncio.fixture
async def hub() -> AsyncIterator[Hub]:
    """A hub with one small model."""
    files = {NAME: CONTENT, "text.gguf": b"no model at all", "sub/deep.gguf": b"GGUF deep"}
    async with hub_server(Hub(files)) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_token_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The developer's own login must not reach a test."""
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's client writes 10 MB at a time; the model here is smaller than that."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)


async def _pull(
    hub: Hub, directory: Path, reference: str = REFERENCE_TO_IT, token: str | None = None
) -> tuple[Path, list[tuple[int, int]]]:
    heard: list[tuple[int, int]] = []
    path = await asyncio.to_thread(
        pull, reference, directory, progress=lambda done, size: heard.append((done, size)), token=token, endpoint=hub.address
    )
    return path, heard


async def _bytes(path: Path) -> bytes:
    return await asyncio.to_thread(path.read_bytes)


def _left(directory: Path) -> list[str]:
    return sorted(entry.name for entry in os.scandir(directory) if not entry.name.endswith(".lock"))


@pytest.mark.parametrize("reference", [REFERENCE_TO_IT, f"hf:acme/Tiny-GGUF:{NAME}", f"hf:acme/Tiny-GGUF/{NAME}"])
async def test_a_model_is_pulled_by_either_reference(hub: Hub, tmp_path: Path, reference: str) -> None:
    """Both spellings are in use; the file must be whole, alone and reported to its end."""
    path, heard = await _pull(hub, tmp_path / "models", reference)

    assert path == tmp_path / "models" / NAME
    assert await _bytes(path) == CONTENT
    assert heard[-1] == (len(CONTENT), len(CONTENT))
    assert heard == sorted(heard)
    assert _left(tmp_path / "models") == [NAME]


async def test_a_file_in_a_folder_of_the_repository_lands_in_the_directory(hub: Hub, tmp_path: Path) -> None:
    """The setting names one directory; folders of strangers are not rebuilt there."""
    assert (await _pull(hub, tmp_path, "acme/Tiny-GGUF/sub/deep.gguf"))[0] == tmp_path / "deep.gguf"


async def test_what_is_there_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    """Gigabytes are not downloaded twice by a script that runs at each start."""
    await _pull(hub, tmp_path)

    path, heard = await _pull(hub, tmp_path)

    assert await _bytes(path) == CONTENT
    assert heard == [(len(CONTENT), len(CONTENT))]
    assert len(hub.sent) == 1


async def test_a_cut_is_gone_on_with_in_the_same_call(hub: Hub, tmp_path: Path) -> None:
    """Long transfers are cut all the time."""
    hub.cut_after = [1_000_000]

    path, _ = await _pull(hub, tmp_path)

    assert await _bytes(path) == CONTENT
    assert hub.sent[0] == ""
    assert hub.sent[1] == "bytes=1000000-"


async def test_a_later_call_goes_on_where_an_earlier_one_stopped(hub: Hub, tmp_path: Path) -> None:
    """Someone who pressed Ctrl-C at 90 % pays for the last tenth only."""
    part = tmp_path / PART
    await asyncio.to_thread(part.write_bytes, CONTENT[:2_500_000])

    path, heard = await _pull(hub, tmp_path)

    assert await _bytes(path) == CONTENT
    assert hub.sent == ["bytes=2500000-"]
    assert heard[0][0] > 2_500_000
    assert _left(tmp_path) == [NAME]


@pytest.mark.parametrize("there", [1_000_000, len(CONTENT) + 5])
async def test_a_store_without_ranges_or_an_overlong_part_starts_anew(hub: Hub, tmp_path: Path, there: int) -> None:
    """Whatever lies there, the result is the hub's file."""
    hub.ranges = False
    part = tmp_path / PART
    await asyncio.to_thread(part.write_bytes, b"x" * there)

    path, _ = await _pull(hub, tmp_path)

    assert await _bytes(path) == CONTENT


async def test_wrong_bytes_are_removed_and_said(hub: Hub, tmp_path: Path) -> None:
    """A damaged model would answer nonsense or crash later, far from the cause."""
    hub.served[NAME] = CONTENT[:-1] + b"?"

    with pytest.raises(TryAgainLater, match="SHA-256"):
        await _pull(hub, tmp_path)

    assert _left(tmp_path) == []


async def test_an_older_file_stays_until_the_new_one_is_whole(hub: Hub, tmp_path: Path) -> None:
    """The server may be answering from it."""
    old = tmp_path / NAME
    await asyncio.to_thread(old.write_bytes, b"GGUF old")
    hub.served[NAME] = CONTENT[:-1] + b"?"
    with pytest.raises(TryAgainLater):
        await _pull(hub, tmp_path)
    assert await _bytes(old) == b"GGUF old"

    hub.served.clear()

    assert await _bytes((await _pull(hub, tmp_path))[0]) == CONTENT


async def test_a_file_of_another_kind_is_refused(hub: Hub, tmp_path: Path) -> None:
    """A name is no proof; the remedy is another file, not another try."""
    with pytest.raises(Refused, match="is no GGUF file"):
        await _pull(hub, tmp_path, "acme/Tiny-GGUF/text.gguf")

    assert _left(tmp_path) == []


async def test_a_file_without_checksum_is_refused(hub: Hub, tmp_path: Path) -> None:
    """What cannot be verified is not served to a company."""
    hub.checksums = False

    with pytest.raises(Refused, match="checksum"):
        await _pull(hub, tmp_path)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("acme/Tiny-GGUF/none.gguf", "no file"),
        ("acme/Other/none.gguf", "no repository"),
        ("gpt-9", "one of qwen2.5-0.5b"),
        ("acme/Tiny-GGUF/weights.safetensors", "is no model"),
        ("acme/Tiny-GGUF/../../x.gguf", "is no model"),
        ("", "is no model"),
    ],
)
async def test_what_does_not_exist_is_refused(hub: Hub, tmp_path: Path, reference: str, words: str) -> None:
    """One sentence names what is wrong with the reference."""
    with pytest.raises(Refused, match=words):
        await _pull(hub, tmp_path, reference)

    assert _left(tmp_path) == []


async def test_private_and_gated_repositories_open_with_a_token(hub: Hub, tmp_path: Path) -> None:
    """Companies keep their own models there."""
    hub.gated = True
    with pytest.raises(Refused, match="gated"):
        await _pull(hub, tmp_path)
    hub.gated, hub.private = False, True
    with pytest.raises(Refused, match="private"):
        await _pull(hub, tmp_path)

    assert await _bytes((await _pull(hub, tmp_path, token=TOKEN))[0]) == CONTENT


async def test_a_wrong_token_is_told_apart(hub: Hub, tmp_path: Path) -> None:
    """An expired token looks like a missing repository on the wire; the sentence must say which, and not show it."""
    with pytest.raises(Refused, match="token") as refusal:
        await _pull(hub, tmp_path, token="hf_expired")

    assert "hf_expired" not in str(refusal.value)


async def test_a_hub_that_is_down_is_a_passing_matter(hub: Hub, tmp_path: Path) -> None:
    """Nothing is wrong with the command."""
    hub.failing = True
    with pytest.raises(TryAgainLater):
        await _pull(hub, tmp_path)
    with pytest.raises(TryAgainLater):
        await _pull(Hub({}, address="http://127.0.0.1:9"), tmp_path)


async def test_a_disk_without_room_is_said_before_anything_is_fetched(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filling the disk would stop the ledger too."""
    monkeypatch.setattr(pulling, "SPARE_BYTES", 10**18)

    with pytest.raises(Refused, match="make room"):
        await _pull(hub, tmp_path)

    assert hub.sent == []


async def test_a_disk_that_fails_in_the_middle_keeps_what_is_there(hub: Hub, tmp_path: Path) -> None:
    """The rest is fetched when the disk works again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises((Misconfigured, Refused)):
            await _pull(hub, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert len(_left(tmp_path)) == 1
    assert await _bytes((await _pull(hub, tmp_path))[0]) == CONTENT
    assert hub.sent[-1].startswith("bytes=")


async def test_a_directory_that_cannot_be_made_is_the_operator_s_matter(hub: Hub, tmp_path: Path) -> None:
    """The sentence names the directory."""
    blocked = tmp_path / "models"
    await asyncio.to_thread(blocked.write_text, "a file stands here")

    with pytest.raises(Misconfigured, match=str(blocked)):
        await _pull(hub, blocked)


async def test_two_pulls_of_one_file_do_not_mix(hub: Hub, tmp_path: Path) -> None:
    """Two writers on one part would give a damaged file."""
    with FileLock(tmp_path / f".{NAME}.lock"), pytest.raises(Refused, match="another process"):
        await _pull(hub, tmp_path)


def test_the_catalogue_can_be_pulled() -> None:
    """Each entry names a file by a reference that `pull` takes, small models first, with room for its window."""
    assert all(REFERENCE.fullmatch(model.reference) for model in CATALOGUE)
    assert all(model.memory_bytes > model.size_bytes for model in CATALOGUE)
    assert all({"pt", "en"} <= set(model.languages) for model in CATALOGUE)
    assert [model.size_bytes for model in CATALOGUE] == sorted(model.size_bytes for model in CATALOGUE)
