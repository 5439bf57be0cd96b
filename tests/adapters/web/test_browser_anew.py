"""An answer that begins anew, in a real Chromium."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from playwright.async_api import Browser, expect

from bot.errors import TryAgainLater
from bot.messages import Finished, Generation, Piece, Queued
from tests.adapters.web.chromium import visit
from tests.adapters.web.site import FILTERS, Site
from tests.fakes.backend import ScriptedBackend
from tests.fakes.standing_by import local

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Held(ScriptedBackend):
    """A hosted model that dies once its first words were seen."""

    def __init__(self, pieces: tuple[str, ...], *, name: str) -> None:
        """Say *pieces*, and nothing more."""
        super().__init__(pieces, name=name)
        self.seen = asyncio.Event()

    async def stream(self, request: Generation) -> AsyncGenerator[Queued | Piece | Finished]:
        """See the port."""
        async with aclosing(super().stream(request)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    await self.seen.wait()
                    raise TryAgainLater("connection reset")
                yield event


async def test_what_broke_off_gives_way_to_the_stand_in_s_answer(browser: Browser) -> None:
    """The reader sees the first words go, one whole answer come, and whose it is."""
    hosted = Held(("Wrong. ", "Half "), name="hosted")
    site = Site(hosted, fallback=local(("Every **six** ", "months.")))
    async with visit(browser, site) as tab:
        await tab.question.fill(FILTERS)
        await tab.question.press("Enter")
        turn = tab.turns.first
        await expect(turn.locator(".text")).to_have_text("Wrong.")
        hosted.seen.set()
        await expect(turn.locator(".text")).to_have_text("Every six months.")
        await expect(turn.locator(".text strong")).to_have_text("six")
        await expect(turn.get_by_text("local answered in place of hosted")).to_be_visible()
        await expect(turn.get_by_role("button", name="Good answer")).to_be_visible()
