"""The playground in a real Chromium."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Locator, Page, Route, async_playwright, expect

from tests.adapters.web.site import FILTERS, Site

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_TIMEOUT_MS = 15_000


class NoChromium(Exception):
    """These tests need a browser."""


@dataclass
class Tab:
    """A page of the site; `problems` are script errors and content-policy reports, `elsewhere` requests to other servers."""

    page: Page
    site: Site
    problems: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    @property
    def question(self) -> Locator:
        """The field to type in."""
        return self.page.locator("#question")

    @property
    def turns(self) -> Locator:
        """The questions with their answers."""
        return self.page.locator(".turn")

    async def ask(self, text: str = FILTERS) -> Locator:
        """Type a question, press Enter and return its turn when its answer is complete or failed."""
        return await ask_on(self.page, text)


async def ask_on(page: Page, text: str) -> Locator:
    """Type a question on the playground, press Enter and return its turn when its answer is complete or failed."""
    turns = page.locator(".turn")
    before = await turns.count()
    question = page.locator("#question")
    await question.fill(text)
    await question.press("Enter")
    turn = turns.nth(before)
    await turn.locator("[aria-busy=false]").wait_for()
    return turn


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start the system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise NoChromium("the browser tests need Chromium on the PATH: install it, e.g. with `apt-get install chromium`")
    expect.set_options(timeout=_TIMEOUT_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


async def new_tab(browser: Browser, site: Site, **options: Any) -> Tab:
    """Open the site in a browser profile of its own; *options* are Playwright's (colour scheme, viewport, locale, …)."""
    context = await browser.new_context(**options)
    context.set_default_timeout(_TIMEOUT_MS)
    tab = Tab(await context.new_page(), site)

    async def only_ours(route: Route) -> None:
        if route.request.url.startswith(site.url):
            await route.continue_()
        else:
            tab.elsewhere.append(route.request.url)
            await route.abort()

    await context.route("**/*", only_ours)
    tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.page.on("console", lambda message: tab.problems.append(message.text) if "Content Security Policy" in message.text else None)
    await tab.page.goto(site.url)
    return tab


@asynccontextmanager
async def visit(browser: Browser, site: Site, **options: Any) -> AsyncIterator[Tab]:
    """Serve *site*, open it, and see to it that no script failed and nothing reached for another server."""
    async with site.open():
        tab = await new_tab(browser, site, **options)
        try:
            yield tab
        finally:
            await tab.page.context.close()
        assert (tab.problems, tab.elsewhere) == ([], [])
