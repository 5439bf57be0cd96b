"""What serves approved answers where everything is put together."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.compose import Indexed, open_indexed
from bot.messages import Reach, Viewer
from bot.settings import read_settings
from store.approvals import new_answer


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("Tell me please, on what floor do I find those silent study rooms?", True),
        ("do i have to book the silent study rooms?", False),
        ("which floor has the silent study rooms pls", True),
    ],
)
async def test_an_approved_question_is_read_together_with_what_is_asked(tmp_path: Path, asked: str, served: bool) -> None:
    """Words and vectors alone take the second for it."""
    settings = await asyncio.to_thread(read_settings, home=tmp_path / "home")
    async with open_indexed(settings) as indexed:
        answer = new_answer(
            "Which floor are the silent study rooms on?", "The third.", reach=Reach("employees"), author="Ana", at=datetime.now(UTC)
        )
        await indexed.approvals.add(answer, language="en")

        assert await _served(indexed, asked) is served


@pytest.mark.parametrize("on", [True, False])
async def test_passages_are_read_together_with_the_question_unless_it_is_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on: bool
) -> None:
    """What the networks take is the operator's to spend."""
    monkeypatch.setenv("APRENDIZ_KNOWLEDGE__SECOND_ENCODER", str(on))
    settings = await asyncio.to_thread(read_settings, home=tmp_path / "home")
    page = tmp_path / "rooms.md"
    await asyncio.to_thread(page.write_text, "# Rooms\n\nThe silent study rooms are on the third floor.")
    async with open_indexed(settings) as indexed:
        await indexed.knowledge.add([page], audience="employees", max_file_mb=1)
        await indexed.outbox.drain()
        found = await indexed.retriever.find("Which floor are the silent study rooms on?", viewer=Viewer("employees"))

    assert ("answers" in found.evidence) is on


async def _served(indexed: Indexed, asked: str) -> bool:
    found = await indexed.retriever.find(asked, viewer=Viewer("employees"))
    return found.approved is not None
