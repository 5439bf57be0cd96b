"""The Markdown renderer, run in the browser for which it is written."""

import asyncio

import pytest
from playwright.async_api import Browser, Page

from tests.adapters.web.chromium import new_tab
from tests.adapters.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

RENDER = """async (text) => {
  const { render } = await import("/static/markdown.js");
  const box = document.createElement("div");
  box.append(render(text));
  return box.innerHTML;
}"""
LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


async def shown(browser: Browser, *texts: str) -> list[str]:
    """Return the markup that each text becomes."""
    async with Site().open() as site:
        page: Page = (await new_tab(browser, site)).page
        try:
            return [await page.evaluate(RENDER, text) for text in texts]
        finally:
            await page.context.close()


async def test_blocks(browser: Browser) -> None:
    """What models write most is shown as they meant it."""
    cases = {
        "one\ntwo\n\nthree": "<p>one<br>two</p><p>three</p>",
        "## Title ##\ntext": "<h3>Title</h3><p>text</p>",
        "- a\n- b": "<ul><li>a</li><li>b</li></ul>",
        "3. c\n4. d": '<ol start="3"><li>c</li><li>d</li></ol>',
        "1. a\n   - b\n   - c\n2. d": '<ol start="1"><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>',
        "- a\n\n- b\n\ntext": "<ul><li>a</li><li>b</li></ul><p>text</p>",
        "- a\n  goes on\n- b": "<ul><li>a<br>goes on</li><li>b</li></ul>",
        "text:\n- a": "<p>text:</p><ul><li>a</li></ul>",
        "- a\n1. b": '<ul><li>a</li></ul><ol start="1"><li>b</li></ol>',
        "> said\n> so\nnot": "<blockquote><p>said<br>so</p></blockquote><p>not</p>",
        "```py\nif a < b:\n\n    *x*\n```\nafter": '<pre tabindex="0"><code>if a &lt; b:\n\n    *x*</code></pre><p>after</p>',
        "```\nstill coming": '<pre tabindex="0"><code>still coming</code></pre>',
        "|a|b|\n|-|-|\n|1|**2**|": '<div class="wide" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead>'
        "<tbody><tr><td>1</td><td><strong>2</strong></td></tr></tbody></table></div>",
        "a | b": "<p>a | b</p>",
        "": "",
    }

    assert dict(zip(cases, await shown(browser, *cases), strict=True)) == cases


async def test_spans(browser: Browser) -> None:
    """Bold, italics, code and links; arithmetic and snake_case stay what they are."""
    cases = {
        "**bold** and *slanted*": "<p><strong>bold</strong> and <em>slanted</em></p>",
        "**bold with `code`**": "<p><strong>bold with <code>code</code></strong></p>",
        "``a ` b``": "<p><code>a ` b</code></p>",
        "2*3*4 snake_case_name 5 * 6 * 7": "<p>2*3*4 snake_case_name 5 * 6 * 7</p>",
        "unfinished **bold and `code": "<p>unfinished **bold and `code</p>",
        "[x](https://a.example/b_(c))": f'<p><a href="https://a.example/b_(c)" {LINK}>x</a></p>',
        "(see https://a.example/x?y=1).": f'<p>(see <a href="https://a.example/x?y=1" {LINK}>https://a.example/x?y=1</a>).</p>',
        "[x](javascript:alert(1))": "<p>[x](javascript:alert(1))</p>",
        "[x](/api/ask) [y](//a.example) [z](https://)": "<p>[x](/api/ask) [y](//a.example) [z](https://)</p>",
        "<b>&amp;</b>": "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>",
    }

    assert dict(zip(cases, await shown(browser, *cases), strict=True)) == cases


@pytest.mark.parametrize(
    "unit", ["*", "`", "[", "[a](", "> ", "- ", "**a ", "|", "1. ", "``` ", "https://a", "(", "  - a\n", "|-|\n", "*a"]
)
async def test_no_text_takes_long(browser: Browser, unit: str) -> None:
    """The longest answer, made of what starts a pattern and never ends it, must not freeze the page: without bounds it takes hours."""
    async with asyncio.timeout(60):
        (markup,) = await shown(browser, unit * (8000 // len(unit)))

    assert markup
