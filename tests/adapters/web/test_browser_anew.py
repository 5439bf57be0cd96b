"""An answer that begins anew, in a real Chromium."""

import pytest
from playwright.async_api import Browser, expect

from tests.adapters.web.chromium import visit
from tests.adapters.web.site import FILTERS, Site
from tests.fakes.standing_by import breaking, local

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_broke_off_gives_way_to_the_stand_in_s_answer(browser: Browser) -> None:
    """The reader sees the first words go, one whole answer come, and whose it is."""
    hosted = breaking(("Wrong. ", "Half ", "a sentence."), after=2, delay_s=0.3)
    site = Site(hosted, fallback=local(("Every **six** ", "months."), delay_s=0.3))
    async with visit(browser, site) as tab:
        await tab.question.fill(FILTERS)
        await tab.question.press("Enter")
        turn = tab.turns.first
        await expect(turn.locator(".text")).to_have_text("Wrong.")
        await expect(turn.locator(".text")).to_have_text("Every six months.")
        await expect(turn.locator(".text strong")).to_have_text("six")
        await expect(turn.get_by_text("local answered in place of hosted")).to_be_visible()
        await expect(turn.get_by_role("button", name="Good answer")).to_be_visible()
