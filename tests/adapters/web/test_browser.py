"""What a person does with the playground, in a real Chromium."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from pydantic import SecretStr

from adapters.web.playground import page_words
from bot.errors import TryAgainLater
from bot.settings import WebSettings
from tests.adapters.web.chromium import NoChromium, chromium, new_tab, visit
from tests.adapters.web.site import FILTERS, GUIDE, Site, until
from tests.fakes.backend import ScriptedBackend, question_of
from tests.fakes.retriever import passage

# One browser serves the module; each test has a profile of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


async def test_from_question_to_rating_and_consent(browser: Browser) -> None:
    """The whole way: streamed answer, sources, a vote that is stored before anything is asked, consent, all in the ledger."""
    site = Site()
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        await expect(turn.locator(".text")).to_have_text("Every six months.")
        await expect(turn.locator("strong")).to_have_text("six")
        chip = turn.locator("details").first
        await expect(chip.locator("summary")).to_contain_text("Guides/Filters")
        await chip.locator("summary").click()
        await expect(chip.locator("code")).to_have_text("guides/filters.md")
        await expect(chip.locator("summary")).to_contain_text("87%")
        await expect(turn.locator(".actions")).to_contain_text("scripted")

        await turn.get_by_role("button", name="Good answer").click()
        await expect(turn.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
        (kept,) = site.ledger.kept.values()
        assert [vote[0] for vote in kept.votes.values()] == ["up"]
        assert not site.ledger.consents
        await turn.get_by_role("button", name="Yes").click()
        await expect(turn.get_by_text("Thank you. Your questions may be used.")).to_be_visible()

    assert site.ledger.consents == {kept.question.person: "granted"}


async def test_consent_is_asked_once_and_changed_from_the_footer(browser: Browser) -> None:
    """A person who answered is not asked again, also after a reload, and finds the way back."""
    site = Site()
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        await turn.get_by_role("button", name="Good answer").click()
        await turn.get_by_role("button", name="No", exact=True).click()
        await tab.page.reload()
        turn = await tab.ask()
        await turn.get_by_role("button", name="Good answer").click()
        await expect(turn.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
        await expect(tab.page.locator(".consent-ask")).to_have_count(0)
        await tab.page.get_by_role("button", name="Use of my questions").click()
        dialog = tab.page.get_by_role("dialog")
        await expect(dialog.get_by_role("button", name="No", exact=True)).to_have_attribute("aria-pressed", "true")
        await dialog.get_by_role("button", name="Yes").click()
        await expect(dialog.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")

    assert list(site.ledger.consents.values()) == ["granted"]


async def test_consent_is_not_asked_where_the_operator_decided(browser: Browser) -> None:
    """Under `allow` and `refuse` the question would be a lie."""
    async with visit(browser, Site(options={"rights": "refuse"})) as tab:
        turn = await tab.ask()
        await turn.get_by_role("button", name="Good answer").click()
        await expect(turn.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
        await expect(tab.page.locator(".consent-ask")).to_have_count(0)
        await expect(tab.page.get_by_role("button", name="Use of my questions")).to_be_hidden()


async def test_a_bad_answer_may_be_explained_and_a_vote_taken_back(browser: Browser) -> None:
    """The vote counts without a reason; a second press withdraws it."""
    site = Site(options={"rights": "allow"})
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        bad = turn.get_by_role("button", name="Bad answer")
        await bad.click()
        await expect(bad).to_have_attribute("aria-pressed", "true")
        (kept,) = site.ledger.kept.values()
        stored_first = [(vote[0], *vote[2:4]) for vote in kept.votes.values()]
        await turn.get_by_label("What was wrong?").select_option("It is out of date")
        await turn.get_by_label("In your own words (optional)").fill("It is five")
        await tab.page.keyboard.press("Enter")
        await expect(turn.get_by_text("Thank you. That helps.")).to_be_visible()
        explained = [(vote[0], *vote[2:4]) for vote in kept.votes.values()]
        await bad.click()
        await expect(bad).to_have_attribute("aria-pressed", "false")

    assert (stored_first, explained, kept.votes) == ([("down", "", "")], [("down", "outdated", "It is five")], {})


async def test_a_vote_that_is_not_stored_is_not_shown_as_one(browser: Browser) -> None:
    """A pressed button that was lost would be a lie; a second press tries again."""
    site = Site(options={"rights": "allow"})
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        kept = dict(site.ledger.kept)
        site.ledger.kept.clear()
        good = turn.get_by_role("button", name="Good answer")
        await good.click()
        await expect(turn.get_by_role("alert")).to_have_text("Your rating was not saved. I no longer know that answer.")
        await expect(good).to_have_attribute("aria-pressed", "false")
        site.ledger.kept.update(kept)
        await good.click()
        await expect(good).to_have_attribute("aria-pressed", "true")
        await expect(turn.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=\"document.title='owned'\">",
        "<script>document.title='owned'</script>",
        "[click](javascript:document.title='owned')",
        "[click](data:text/html,<script>1</script>)",
        "![x](https://evil.example/pixel.png) <svg onload=\"document.title='owned'\">",
        "`<b>` **<i onclick=1>** | <a> |\n|---|\n| <iframe src=//evil.example> |",
        "[a](https://evil.example/\"onmouseover=\"document.title='owned')",
    ],
)
async def test_markup_stays_text(browser: Browser, attack: str) -> None:
    """Neither a question nor a model may run anything or fetch anything in the browser of whoever reads."""
    hostile = passage("x", source=f"<img src=x onerror=alert(1)>/{attack[:20]}.md")
    site = Site(ScriptedBackend((attack,)), options={"examples": (attack,)})
    site.retriever.passages["filter"] = (hostile,)
    async with visit(browser, site) as tab:
        turn = await tab.ask(f"filter {attack}")
        await turn.locator("summary").click()
        injected = await turn.locator("img, script, iframe, svg:not(.icon), b, i, [onerror], [onload], [onclick], [onmouseover]").count()
        links = await turn.locator("a").evaluate_all("links => links.map((link) => new URL(link.href).protocol)")

        assert injected == 0
        assert set(links) <= {"https:"}
        assert await tab.page.title() == "Aprendiz"
        await expect(turn.locator(".asked")).to_contain_text(attack.splitlines()[0][:12])


async def test_only_the_keyboard(browser: Browser) -> None:
    """Everything works without a mouse: asking, a new line, stopping, rating."""
    site = Site(ScriptedBackend(("word. ",) * 300, delay_s=0.05), options={"rights": "allow"})
    async with visit(browser, site) as tab:
        keyboard = tab.page.keyboard
        await expect(tab.question).to_be_focused()
        await keyboard.type("How often is the")
        await keyboard.press("Shift+Enter")
        await keyboard.type("filter changed?")
        assert await tab.question.input_value() == "How often is the\nfilter changed?"
        await keyboard.press("Enter")
        await expect(tab.turns.locator(".text")).to_contain_text("word. word.")
        await keyboard.press("Escape")
        await expect(tab.turns.get_by_text("You stopped this answer.")).to_be_visible()
        await until(lambda: site.backend.left == 1 and not site.backend.running)
        await expect(tab.turns.locator(".text")).to_contain_text("word. word.")

        site.backend.delay_s, site.backend.script = 0, ("Done.",)
        await keyboard.type("filter?")
        await keyboard.press("Enter")
        await expect(tab.turns.nth(1).locator("[aria-busy=false]")).to_be_visible()
        for _ in range(20):
            if await tab.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Good answer":
                break
            await keyboard.press("Shift+Tab")
        await keyboard.press("Enter")
        await expect(tab.turns.nth(1).get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")


async def test_the_stop_button_stops(browser: Browser) -> None:
    """The send button becomes the stop button while an answer comes; what was asked can be asked again."""
    site = Site(ScriptedBackend(("word. ",) * 300, delay_s=0.05, ahead=3))
    async with visit(browser, site) as tab:
        await tab.question.fill(FILTERS)
        await tab.page.get_by_role("button", name="Send").click()
        await expect(tab.turns.locator(".text")).to_contain_text("word")
        await tab.page.get_by_role("button", name="Stop").click()
        await expect(tab.page.get_by_role("button", name="Send")).to_be_disabled()
        await until(lambda: site.backend.left)

        site.backend.delay_s, site.backend.script, site.backend.ahead = 0, ("Done.",), 0
        await tab.turns.get_by_role("button", name="Try again").click()
        await expect(tab.turns.locator(".text")).to_have_text("Done.")
        await expect(tab.turns).to_have_count(1)

    assert [question_of(request) for request in site.backend.requests] == [FILTERS, FILTERS]


async def test_waiting_is_told(browser: Browser) -> None:
    """Whoever waits sees how many are before them."""
    site = Site(ScriptedBackend(("word",), delay_s=0.6, ahead=2))
    async with visit(browser, site) as tab:
        await tab.question.fill(FILTERS)
        await tab.question.press("Enter")
        await expect(tab.turns.get_by_text("Waiting: 2 before you")).to_be_visible()
        await expect(tab.turns.locator(".text")).to_have_text("word")


async def test_trouble_is_told_in_its_place_and_can_be_tried_again(browser: Browser) -> None:
    """A failing model costs the asker one press, not the question."""
    site = Site(ScriptedBackend(("Every ", "year."), error=TryAgainLater("x"), fail_after=1))
    async with visit(browser, site) as tab:
        turn = await tab.ask()
        await expect(turn.get_by_role("alert")).to_have_text("I cannot answer right now. Please try again in a moment.")
        site.backend.error = None
        await turn.get_by_role("button", name="Try again").click()
        await expect(tab.turns.locator(".text")).to_have_text("Every year.")
        await expect(tab.turns).to_have_count(1)


async def test_a_refused_question_returns_to_the_field(browser: Browser) -> None:
    """Nothing that was typed is lost, and the sentence says what to change."""
    long = "word " * 2000
    async with visit(browser, Site()) as tab:
        turn = await tab.ask(long)
        await expect(turn.get_by_role("alert")).to_have_text("That question has 9999 characters; I can read 8000. Please shorten it.")
        await expect(turn.get_by_role("button", name="Try again")).to_have_count(0)
        assert await tab.question.input_value() == long


async def test_a_server_that_is_gone_is_told(browser: Browser) -> None:
    """The assistant may be restarting; the question stays on the page, also what is being typed."""
    site = Site()
    async with site.open():
        tab = await new_tab(browser, site)
        await tab.ask()
    turn = await tab.ask("Another filter?")
    await expect(turn.get_by_role("alert")).to_have_text("The assistant cannot be reached. Check that it runs, then try again.")
    await tab.question.fill("A new thought")
    await turn.get_by_role("button", name="Edit question").click()

    await expect(tab.question).to_have_value("Another filter?\n\nA new thought")
    await tab.page.context.close()


async def test_a_draft_survives_a_reload(browser: Browser) -> None:
    """A reload by mistake costs no words."""
    async with visit(browser, Site()) as tab:
        await tab.question.fill("A long thought")
        await tab.page.reload()
        await expect(tab.question).to_have_value("A long thought")


async def test_the_kind_of_answer_is_plain(browser: Browser) -> None:
    """An expert's answer, a quotation and an unknown must not look like the model's own words."""
    site = Site(ScriptedBackend(languages=("en",)))
    site.retriever.passages["óleo"] = (passage("Use óleo ISO 68.", source="oleo.md", language="pt"),)
    async with visit(browser, site) as tab:
        badges = [await (await tab.ask(text)).locator(".badge").inner_text() for text in ("Who pays?", "Que óleo?", "The moon?")]

    assert badges == ["Approved by an expert on May 1, 2026", "Quotation from Oleo", "No answer found"]


async def test_nobody_rates_a_courtesy(browser: Browser) -> None:
    """Nobody is asked whether "you are welcome" was a good answer."""
    async with visit(browser, Site()) as tab:
        thanked, answered = await tab.ask("Thanks!"), await tab.ask()

        await expect(thanked).to_contain_text("You are welcome!")
        await expect(answered.get_by_role("button", name="Good answer")).to_be_visible()
        await expect(thanked.get_by_role("button", name="Good answer")).to_have_count(0)


async def test_an_answer_is_copied_as_it_was_written(browser: Browser) -> None:
    """What is pasted elsewhere keeps its Markdown."""
    async with visit(browser, Site(), permissions=["clipboard-read", "clipboard-write"]) as tab:
        turn = await tab.ask()
        await turn.get_by_role("button", name="Copy answer").click()
        await expect(turn.get_by_role("button", name="Copied")).to_be_visible()
        copied = await tab.page.evaluate("navigator.clipboard.readText()")

    assert copied == "Every **six** months."


async def test_a_growing_answer_is_followed_until_its_reader_scrolls_away(browser: Browser) -> None:
    """New lines stay in view, but nobody is torn away from what they read."""
    site = Site(ScriptedBackend(("line\n\n",) * 120, delay_s=0.02))
    async with visit(browser, site, viewport={"width": 800, "height": 500}) as tab:
        await tab.question.fill(FILTERS)
        await tab.question.press("Enter")
        lines = tab.turns.locator(".text p")
        await lines.nth(30).wait_for(state="attached")
        followed = await tab.page.evaluate("scroller.scrollTop")
        await tab.page.evaluate("scroller.scrollTop = 0")
        await lines.nth(await lines.count() + 10).wait_for(state="attached")

        assert followed > 100
        assert await tab.page.evaluate("scroller.scrollTop") == 0


async def test_examples_start_a_conversation_and_a_new_one_forgets_it(browser: Browser) -> None:
    """The empty page invites; a new conversation carries nothing over."""
    site = Site(options={"examples": (FILTERS, "And the colour?")})
    async with visit(browser, site) as tab:
        await tab.page.get_by_role("button", name=FILTERS).click()
        await tab.turns.locator("[aria-busy=false]").wait_for()
        await tab.ask("And its filter colour?")
        await tab.page.get_by_role("button", name="New conversation").click()
        await expect(tab.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
        await expect(tab.question).to_be_focused()
        await tab.ask("A filter, again")

    conversations = [
        kept.question.place.conversation_id for _, kept in sorted(site.ledger.kept.items(), key=lambda each: each[1].question.text)
    ]
    again, followed, first = conversations
    assert first == followed != again


async def test_the_access_token_is_asked_for_and_sent(browser: Browser) -> None:
    """With a token set the page asks for it, says when it is wrong, and keeps it for the tab only."""
    site = Site(settings=WebSettings(admin_token=SecretStr("a-long-enough-token")), options={"examples": ("Secret?",)})
    async with visit(browser, site) as tab:
        token = tab.page.get_by_role("dialog").get_by_label("Access token")
        await token.fill("wrong")
        await token.press("Enter")
        await expect(tab.page.get_by_text("That is not the right token.")).to_be_visible()
        await expect(tab.page.get_by_role("button", name="Secret?")).to_have_count(0)
        await token.fill("a-long-enough-token")
        await token.press("Enter")
        await expect(tab.page.get_by_role("button", name="Secret?")).to_be_visible()
        turn = await tab.ask()
        await expect(turn.locator(".text")).to_have_text("Every six months.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_words_stand_out_in_both_colour_schemes(browser: Browser, scheme: str) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3), by the page's own colours."""
    site = Site(ScriptedBackend(error=TryAgainLater("x"), fail_after=1))
    async with visit(browser, site, color_scheme=scheme) as tab:
        await tab.ask("Who pays?")
        await tab.ask()
        background = await tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
        ratios = await tab.page.evaluate(CONTRASTS)

    assert (sum(map(int, background[4:-1].split(","))) < 128 * 3) == (scheme == "dark")
    assert len(ratios) > 8
    assert {text: ratio for text, ratio in ratios if ratio < 4.5} == {}


@pytest.mark.parametrize("page", [PHONE, {"viewport": {"width": 320, "height": 560}}, {"viewport": {"width": 1280, "height": 720}}])
async def test_nothing_scrolls_sideways(browser: Browser, page: dict[str, object]) -> None:
    """Long words, code, tables and paths must not break the layout of a phone."""
    words = "```\n" + "x" * 300 + "\n```\n" + "y" * 300 + "\n\n|" + "cell|" * 30 + "\n|" + "-|" * 30 + "\n|" + "wide cell|" * 30 + "\n"
    site = Site(ScriptedBackend((words,)), options={"examples": ("z" * 200,)})
    site.retriever.passages["filter"] = (passage("x", source="a/very/long/path/" * 10 + "file.md"), *GUIDE)
    async with visit(browser, site, **page) as tab:
        widths = [await tab.page.evaluate(WIDTHS)]
        turn = await tab.ask("filter " + "q" * 300)
        await turn.locator("summary").first.click()
        await turn.get_by_role("button", name="Bad answer").click()
        await turn.locator(".consent-ask").wait_for()
        widths.append(await tab.page.evaluate(WIDTHS))

    assert all(content <= shown for pair in widths for content, shown in pair), widths


async def test_the_page_speaks_portuguese(browser: Browser) -> None:
    """A Brazilian browser gets Brazilian words and figures."""
    async with visit(browser, Site(), locale="pt-BR") as tab:
        await tab.question.fill(FILTERS)
        await tab.question.press("Enter")
        await tab.turns.locator("[aria-busy=false]").wait_for()

        assert await tab.page.evaluate("document.documentElement.lang") == "pt-BR"
        await expect(tab.page.locator(".welcome h1")).to_have_text(page_words("pt-BR")["welcome"])
        await expect(tab.turns.locator(".actions .figures")).to_contain_text(re.compile(r"\d,\d s"))


async def test_a_missing_browser_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Skipping these tests in silence would hide that nobody looked."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoChromium, match="apt-get install chromium"):
        async with chromium():
            pass


WIDTHS = """() => [document.documentElement, document.getElementById("scroller"), document.querySelector(".foot")]
  .map((node) => [node.scrollWidth, Math.min(node.clientWidth, screen.width)])"""

CONTRASTS = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
  };
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.offsetParent && node.closest(".unseen") === null && !node.disabled)
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
    .map((node) => {
      const [a, b] = [luminance(colour(getComputedStyle(node).color)), luminance(behind(node))];
      return [node.textContent, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    });
}"""
