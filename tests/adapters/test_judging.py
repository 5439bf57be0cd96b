"""What contenders are asked through."""

import asyncio
from pathlib import Path

import pytest

from adapters.compose import open_records
from adapters.judging import golden_file, open_means
from bot.errors import Misconfigured
from bot.messages import Viewer
from bot.settings import RoundSettings
from tests.adapters.composing import with_section
from tests.adapters.round_home import settings_of, write_home


async def test_a_round_may_use_fewer_threads_than_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers nobody who waits; all else is as in service."""
    monkeypatch.chdir(tmp_path)
    await asyncio.to_thread(write_home, tmp_path)
    settings = await asyncio.to_thread(settings_of, tmp_path)
    async with open_records(settings) as records:
        page = tmp_path / "rooms.md"
        await asyncio.to_thread(page.write_text, "# Rooms\n\nThe silent study rooms are on the third floor.")
        await records.knowledge.add([page], audience="employees", max_file_mb=1)
        async with open_means(records, "employees") as means:
            assert means.settings == settings
            found = await means.retriever.find("Which floor are the silent study rooms on?", viewer=Viewer("employees"))
            assert "answers" in found.evidence
        async with open_means(records, "employees", threads=1) as means:
            assert means.settings.model.threads == 1
            assert means.settings.model_copy(update={"model": settings.model}) == settings


def test_golden_questions_are_the_configured_ones_or_the_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured file that is missing is a mistake; a home without one has none."""
    monkeypatch.chdir(tmp_path)
    write_home(tmp_path)
    settings = settings_of(tmp_path)
    settings.home.mkdir(exist_ok=True)
    without = golden_file(settings)
    (settings.home / "golden.jsonl").write_text("")
    missing = with_section(settings, rounds=RoundSettings(golden=tmp_path / "gone.jsonl"))

    assert without is None
    assert golden_file(settings) == settings.home / "golden.jsonl"
    with pytest.raises(Misconfigured, match=r"the golden questions .*gone\.jsonl are missing"):
        golden_file(missing)
