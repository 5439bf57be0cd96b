"""Markdown as companies write it: what a person reads becomes text, what steers the page does not."""

import time

import pytest

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
        Block("paragraph", ("Ask your manager first, with `code` and the form. A line break.",), anchor="leave-policy"),
        Block("table", ("| Kind | Days |", "|---|---|", "| Rest | 30 |", "| Sick | see here |"), "Days", head=2, anchor="days"),
        Block("list", ("1. Ask\n  - early\n  - in writing", "2. Wait"), "Days > Rules", anchor="rules"),
        Block("paragraph", ("A quoted rule.",), "Days > Rules", anchor="rules"),
        Block("code", ("```sh", "apply --now"), "Days > Rules", head=1, tail="```", anchor="rules"),
        Block("code", ("```", "indented code"), "Days > Rules", head=1, tail="```", anchor="rules"),
        Block("paragraph", ("Inside HTML",), "Days > Rules", anchor="rules"),
        Block("table", ("| a |", "|---|", "| 1 |"), "Days > Rules", head=2, anchor="rules"),
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


def test_headings_have_the_anchors_that_sites_give_them() -> None:
    """A link beneath an answer leads to the very section, the second of one name too."""
    draft = read_markdown("Intro.\n\n# Leave & pay\n\na\n\n## How to *ask*?\n\nb\n\n## How to ask?\n\nc\n\n### Own {#mine .wide}\n\nd\n")

    assert [(block.lines[0], block.heading, block.anchor) for block in draft.blocks] == [
        ("Intro.", "", ""),
        ("a", "", "leave--pay"),
        ("b", "How to ask?", "how-to-ask"),
        ("c", "How to ask?", "how-to-ask-1"),
        ("d", "How to ask? > Own", "mine"),
    ]


@pytest.mark.parametrize(
    ("entries", "day"),
    [
        ("date: 2025-01-01\nupdated: 2026-02-03 10:00:00", "2026-02-03"),
        ("atualizado_em: 03/02/2026", "2026-02-03"),
        ('last_modified_at: "February 3, 2026"', "2026-02-03"),
        ("next_review_date: 2027-01-01", ""),
        ("order: 2026-01-01", ""),
    ],
)
def test_front_matter_dates_the_page(entries: str, day: str) -> None:
    """What a page says of its own age tells readers how far to trust it; when it will be reviewed does not."""
    assert read_markdown(f"---\n{entries}\n---\nText.\n").dated == day


@pytest.mark.parametrize(
    "text",
    [
        "---\n\n# Contacts\n\nThe extension is 300.\n\n---\n\nMore.\n",
        "---\nThe extension is 300.\n\n---\n\nMore.\n",
        "+++\nThe extension is 300.\n\n+++\n\nMore.\n",
    ],
)
def test_what_stands_between_two_rules_is_no_front_matter(text: str) -> None:
    """Pages begin with a rule, too; what stands below it must not be lost."""
    assert "The extension is 300." in [line.removeprefix("+++ ") for block in read_markdown(text).blocks for line in block.lines]


@pytest.mark.parametrize(
    "entries",
    [
        "---\ntitle: >-\n  Pump manual\n  FH-300\ntags: [a,\n b]\n# remark\n'date': x\nupdated: 2026-03-01\n- x\n---\n",
        '+++\ntitle = "Pump manual FH-300"\ndate = 2026-03-01\n[extra]\nx = 1\n+++\n',
    ],
)
def test_front_matter_is_read_as_generators_write_it(entries: str) -> None:
    """Long titles are folded in YAML; Hugo and Zola write TOML."""
    draft = read_markdown(f"{entries}\nText.\n")

    assert (draft.title, draft.dated, [block.lines for block in draft.blocks]) == ("Pump manual FH-300", "2026-03-01", [("Text.",)])


def test_links_that_only_lead_on_are_left_out() -> None:
    """A passage "Back to Slack page" is as near to any short question about Slack as one with its answer."""
    draft = read_markdown(
        "_[Back to Slack page](../)_\n\n[**Voltar ao início**](/)\n\nSee [Back to basics](/b) first.\n\n[Price list](/p)\n\n"
        "Back to work.\n\n- [Back to work form](/f)\n"
    )

    assert [block.lines for block in draft.blocks] == [
        ("See Back to basics first.",),
        ("Price list",),
        ("Back to work.",),
        ("- Back to work form",),
    ]


def test_steps_may_be_headed_and_begin_at_nought() -> None:
    """A heading in an item is its first words."""
    draft = read_markdown("0. ## Install\n\n   Fetch it.\n\n1. ## Run\n\n   Start it.\n")

    assert draft.blocks[0].lines == ("0. Install\nFetch it.", "1. Run\nStart it.")


def test_templates_in_code_and_footnotes_are_kept() -> None:
    """A page about templates shows them as code; a footnote of one word is no address."""
    draft = read_markdown("Use `{{ticket.id}}` here[^1], {{ site.name }} says.\n\n[^1]: FH-300\n")

    assert [block.lines for block in draft.blocks] == [("Use `{{ticket.id}}` here[^1], says.",), ("[^1]: FH-300",)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Substitua <token> pela sua chave e use a<b se c>d.", "Substitua <token> pela sua chave e use a<b se c>d."),
        ("Digite seu <nome-de-usuario> e <Senha>.", "Digite seu <nome-de-usuario> e <Senha>."),
        ("Vale x<y e y>z; informe <data> e <title>.", "Vale x<y e y>z; informe <data> e <title>."),
        ('Abra <config port="80"> e feche com </config>.', 'Abra <config port="80"> e feche com </config>.'),
        ("<token>", "<token>"),
        ("<token>\nvem no e-mail com <b>código</b>.", "<token> vem no e-mail com código."),
        ("<div>Informe o <token> aqui.</div>", "Informe o <token> aqui."),
    ],
)
def test_what_is_to_be_filled_in_is_kept(text: str, words: str) -> None:
    """A command without the name of what to put into it cannot be followed."""
    assert [block.lines for block in read_markdown(text).blocks] == [(words,)]


@pytest.mark.parametrize(
    "text",
    [
        "A <b>bomba</b><!-- FH-300 --> <font color=red>liga</font> às <time>9h</time>.",
        '<Note type="tip">A bomba</Note> liga <Icon name="clock"/>às <my-time>9h</my-time>.',
        "<p markdown>A bomba liga às 9h.</p>",
    ],
)
def test_markup_amid_words_is_left_out(text: str) -> None:
    """HTML and a site's components steer the page; so do comments."""
    words = " ".join(line for block in read_markdown(text).blocks for line in block.lines)

    assert words == "A bomba liga às 9h."


def test_tabs_stand_under_their_labels() -> None:
    """Commands for two systems one under the other, without a word which is which, are followed on the wrong one."""
    tabs = """<Tabs>
<TabItem value="apt" label="Debian &amp; Ubuntu">

```
apt install agente
```

</TabItem>
<TabItem value="rhel">

```
yum install agente
```

</TabItem>
</Tabs>

<Accordion title="Quanto demora?">Dez minutos.</Accordion>
"""

    assert [block.lines for block in read_markdown(tabs).blocks] == [
        ("Debian & Ubuntu:",),
        ("```", "apt install agente"),
        ("rhel:",),
        ("```", "yum install agente"),
        ("Quanto demora? Dez minutos.",),
    ]


def test_what_a_page_with_components_imports_is_left_out() -> None:
    """MDX begins with lines for the program that shows it; elsewhere such lines are what the page is about."""
    imports = "import Tabs from '@theme/Tabs';\nimport {\n  TabItem,\n} from '@theme/TabItem'\n\nexport const limit = {\n  days: 7,\n};\n\n"
    code = "```js\nimport Tabs from '@theme/Tabs';\n```\n"

    with_components = read_markdown(f"---\ntitle: Guia\n---\n{imports}Instale o agente.\n\n{code}\n<Tabs>\n</Tabs>\n")
    without = read_markdown("import Tabs from '@theme/Tabs';\n\nÉ a primeira linha.\n")

    assert [block.lines for block in with_components.blocks] == [("Instale o agente.",), ("```js", "import Tabs from '@theme/Tabs';")]
    assert without.blocks[0].lines == ("import Tabs from '@theme/Tabs';",)


def test_comments_of_obsidian_are_left_out() -> None:
    """Whoever writes them between two %% counts on nobody else reading them."""
    draft = read_markdown(
        "O prazo é de 7 dias %% o chefe quer 5 %% úteis.\n\n%%\nRascunho:\n\n- margem de 40%\n\n```\nsenha\n```\n    fim %%\n\n"
        "Mais 5%% ao ano.\n"
    )

    assert [block.lines for block in draft.blocks] == [("O prazo é de 7 dias úteis.",), ("Mais 5%% ao ano.",)]


def test_signs_of_comments_in_code_are_kept() -> None:
    """Diagrams and format strings hold them."""
    text = "Use `%%d` e `%%s`; um %% só.\n\n```mermaid\n%% nota\ngraph TD\n%% fim\n```\n\n    %% seção\n    x = 1 %% y\n"

    assert [block.lines for block in read_markdown(text).blocks] == [
        ("Use `%%d` e `%%s`; um %% só.",),
        ("```mermaid", "%% nota", "graph TD", "%% fim"),
        ("```", "%% seção", "x = 1 %% y"),
    ]


def test_a_table_too_wide_to_be_one_is_read_as_words() -> None:
    """A megabyte of empty columns took most of a minute, and the import of all other files waited."""
    wide = f"{'|a' * 2000}|\n{'|-' * 2000}|\n" + f"{'|b' * 2000}|\n" * 50
    began = time.process_time()

    draft = read_markdown(f"{wide}\n| Peça | Prazo |\n|---|---|\n| FH-300 | 24 dias |\n")

    assert time.process_time() - began < 4
    assert [block.kind for block in draft.blocks] == ["paragraph", "table"]
