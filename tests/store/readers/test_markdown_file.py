"""Markdown as companies write it: what a person reads becomes text, what steers the page does not."""

from store.readers.document import Block
from store.readers.markdown_file import read_markdown

PAGE = """---
title: "Leave policy"
lang: en-GB
tags: [a, b]
---
{% alert "Old" %}

# Leave policy

Ask [your *manager*]({% page "/people" %}#boss) first, with `code` and ![the form](form.png).
A line<br>break.

## Days

| Kind | Days |
|------|-----:|
| Rest | 30 |
| Sick | [see here](x) |

### Rules

1. Ask
   - early
   - in writing
2. Wait

> A quoted rule.

```sh
apply --now
```

    indented code

***

<div><p>Inside <b>HTML</b></p><table><tr><th>a</th></tr><tr><td>1</td></tr></table></div>
"""


def test_every_kind_of_block_is_read() -> None:
    """Links and images are their words, tags of the site generator are gone, tables and code are whole."""
    draft = read_markdown(PAGE)

    assert (draft.title, draft.language) == ("Leave policy", "en")
    assert draft.blocks == (
        Block("paragraph", ("Ask your manager first, with `code` and the form. A line break.",)),
        Block("table", ("| Kind | Days |", "|---|---|", "| Rest | 30 |", "| Sick | see here |"), "Days", head=2),
        Block("list", ("1. Ask\n  - early\n  - in writing", "2. Wait"), "Days > Rules"),
        Block("paragraph", ("A quoted rule.",), "Days > Rules"),
        Block("code", ("```sh", "apply --now"), "Days > Rules", head=1, tail="```"),
        Block("code", ("```", "indented code"), "Days > Rules", head=1, tail="```"),
        Block("paragraph", ("Inside HTML",), "Days > Rules"),
        Block("table", ("| a |", "|---|", "| 1 |"), "Days > Rules", head=2),
    )


def test_headings_in_html_belong_to_the_path() -> None:
    """Wikis and readmes write some of their headings as HTML."""
    draft = read_markdown(
        '<h1 align="center">Manual</h1>\n\n<h2>Leave</h2>\n\n### Carry over\n\nTen days.\n\n<h2>Sick</h2>\n<p>Call.</p>\n'
    )

    assert draft.title == "Manual"
    assert [(block.heading, block.lines) for block in draft.blocks] == [("Leave > Carry over", ("Ten days.",)), ("Sick", ("Call.",))]


def test_the_first_heading_is_the_title_where_the_front_matter_names_none() -> None:
    """The title stands beneath every answer as its source."""
    draft = read_markdown("# Handbook\n\n## Start\n\nHello\\\nthere.\n\n# Other part\n\nBye.")

    assert draft.title == "Handbook"
    assert [(block.heading, block.lines) for block in draft.blocks] == [("Start", ("Hello\nthere.",)), ("Other part", ("Bye.",))]


def test_a_page_that_moved_tells_where_to() -> None:
    """It holds nothing else, and the address is what the asker needs."""
    draft = read_markdown("---\ntitle: Billing\nredirect_to: https://site.example/tock\n---\n")

    assert draft.blocks == (Block("paragraph", ("Billing: https://site.example/tock",)),)


def test_items_hold_more_than_words() -> None:
    """A command inside a step belongs to the step; an empty item is nothing."""
    draft = read_markdown("3. Run\n\n   ```\n   go\n   ```\n\n   and wait\n-\n- x\n")

    assert draft.blocks == (Block("list", ("3. Run\n```\ngo\n```\nand wait",)), Block("list", ("- x",)))


def test_a_deeply_nested_list_is_read_to_its_end() -> None:
    """The parser drops what is below its limit without a word; people nest further than its own."""
    draft = read_markdown("".join(f"{'  ' * depth}- level {depth}\n" for depth in range(20)))

    assert "level 19" in draft.blocks[0].lines[0]
