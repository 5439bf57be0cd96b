"""The sources beneath an answer of the playground, in a real Chromium."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from bot.messages import Passage
from bot.settings import AnswersSettings, HandOff, KnowledgeSettings, Settings
from tests.adapters.web.chromium import visit
from tests.adapters.web.site import GUIDE, Site
from tests.fakes.backend import ScriptedBackend
from tests.fakes.retriever import passage

# One browser serves the module; each test has a profile of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")

DESK = Settings(
    answers=AnswersSettings(hand_off=(HandOff(to="help@example.org"),)),
    knowledge=KnowledgeSettings(links={"guides/": "https://wiki.example.org/"}),
)


async def test_whoever_gets_no_answer_sees_what_comes_closest_and_whom_to_ask(browser: Browser) -> None:
    """Not knowing is no dead end: sources that open, and a person."""
    site = Site(engine_settings=DESK)
    site.retriever.evidence = {"apart": -1.0}
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        await expect(turn.locator(".badge")).to_have_text("No answer found")
        await expect(turn.get_by_role("link", name="help@example.org")).to_have_attribute("href", "mailto:help@example.org")
        await expect(turn.get_by_role("list", name="Closest sources").get_by_role("listitem")).to_have_count(2)
        await turn.locator("summary").first.click()
        link = turn.get_by_role("link", name="guides/filters.md")
        await expect(link).to_have_attribute("href", "https://wiki.example.org/filters.md")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_where_to_read_on_stands_beneath_the_sources(browser: Browser) -> None:
    """What the answer was made from is one thing, what else may be looked at another."""
    site = Site(engine_settings=DESK)
    site.retriever.beside = (*GUIDE, passage("Pumps hum.", source="guides/pumps.md"))
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        await expect(turn.get_by_role("list", name="Sources").get_by_role("listitem")).to_have_count(1)
        also = turn.get_by_role("list", name="See also").get_by_role("listitem")
        await expect(also).to_have_count(2)
        await also.nth(1).locator("summary").click()
        await expect(also.nth(1).get_by_role("link")).to_have_attribute("href", "https://wiki.example.org/pumps.md")


async def test_a_source_is_shown_with_its_day(browser: Browser) -> None:
    """West of Greenwich a calendar's day must not become the one before."""
    site = Site(engine_settings=DESK)
    site.retriever.beside = (replace(passage("Pumps hum.", source="guides/pumps.md"), dated="2024-02-10"),)
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        await expect(turn.get_by_role("list", name="See also").locator(".dated")).to_have_text("as of Feb 10, 2024")
        await expect(turn.get_by_role("list", name="Sources").locator(".dated")).to_have_count(0)


async def test_an_approved_answer_among_the_sources_is_named_by_its_question(browser: Browser) -> None:
    """Of several, "Approved answer" alone would tell none from the others."""
    site = Site(ScriptedBackend(languages=("en",)))
    named = "Approved answer: When is the coil cleaned?"
    site.retriever.passages["coil"] = (
        Passage("A1", named, "Approved answer", "When is the coil cleaned?", "In March.", "all", language="pt", score=0.8),
    )
    async with visit(browser, site) as tab:
        turn = await tab.ask("And the coil?")
        await expect(turn.locator(".badge")).to_have_text(f"Quotation from {named}")
        await expect(turn.locator("summary .title")).to_have_text(named)
