"""Markdown (CommonMark with tables): front matter, headings as a path with anchors, links and images as their words."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import groupby, pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from store.readers.columns import key_of, names_a_date
from store.readers.dates import day_in, latest
from store.readers.document import Block, Draft
from store.readers.headings import Headings, Slugs
from store.readers.html_file import html_blocks
from store.readers.markdown_tags import as_html, ended_in, words_of_tag
from store.readers.ways_back import leads_on

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)^\1[ \t]*$\n?", re.DOTALL | re.MULTILINE)
# Between two rules may stand words instead: each line of YAML that is not indented is an entry, or goes on with one.
_YAML = re.compile(r"(?:\s*|\s+\S.*|[#\]})-].*|['\"]?\w[^:\n]*:(?:\s.*)?)")
_ENTRY = re.compile(r"^(\w[\w-]{0,63})[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_FOLDED = re.compile(r":[ \t]*[>|][+-]?[ \t]*((?:\n[ \t]+\S.*)+)")  # title: >-, its words in the lines below
_OWN_ANCHOR = re.compile(r"[ \t]*\{:?[ \t]*#([^\s{}]{1,255})[^{}\n]{0,200}\}[ \t]*$")  # kramdown, Pandoc, Docusaurus: ## Words {#anchor}
# Site generators' tags (Jekyll, Eleventy) stand where Markdown wants an address, and between the words.
_TAG_ADDRESS = re.compile(r"\]\(\{%[^%\n]{0,500}%\}[^)\n]{0,500}\)")
_TAG = re.compile(r"\{%[^%\n]{0,500}%\}|\{\{[^}\n]{0,500}\}\}")
_FOOTNOTE = re.compile(r"^(?=\[\^[^\]\n]{1,50}\]:)", re.MULTILINE)  # CommonMark takes its words for an address
# What MDX begins with: https://mdxjs.com/docs/what-is-mdx/#esm
_COMPONENT = re.compile(r"^[ \t]*<[A-Z]\w*[\s/>]", re.MULTILINE)
_IMPORT = r"import\s(?:[^;'\"]{1,1000}\sfrom\s*)?['\"][^'\"\n]*['\"];?[ \t]*\n\s*"
_EXPORT = r"export\s(?:default|const|let|var|function|class|async|[{*])[^\n]*\n(?:(?![ \t]*\n)[^\n]+\n)*\s*"
_MODULE = re.compile(rf"\A(\s*(?:# [^\n]*\n\s*)?)(?:{_IMPORT}|{_EXPORT})+")
# Obsidian's comments, which it shows to nobody, and the code that they are none in: https://help.obsidian.md/syntax#Comments
_COMMENT = re.compile(
    r"(?P<fence>^[ \t>]*(?:`{3,}|~{3,})[^\n]*$)|(?P<code>^(?: {4}|\t)(?![ \t]*(?:[-*+]|\d+[.)])[ \t])[^\n]*$|(?<!`)`++[^`\n]++`+)"
    r"|(?P<whole>^[ \t]*)?(?<![%\w])%%(?!%)",
    re.MULTILINE,
)
_COMMENT_END = re.compile(r"(?<!%)%%(?![%\w])")

_MOST_COLUMNS = 200  # as in spreadsheets; the parser takes long for each cell
_NESTING = 100  # the parser leaves out what is nested more deeply; its own limit of 20 is reached by ten levels of a list


def read_markdown(text: str) -> Draft:
    """
    Return the title (front matter, else the first heading), the language that the front matter names, and the blocks of *text*.

    Blocks have the anchor that sites give to the heading above them, the page the latest day that its front matter names.
    """
    entries, body = _front_matter(text)
    headings = Headings(entries.get("title", ""))
    body = _without_comments(_MODULE.sub(r"\1", body) if _COMPONENT.search(body) else body)
    ended = ended_in(body)
    tokens = _parser().parse(_TAG_ADDRESS.sub("]()", _FOOTNOTE.sub(r"\\", body)))
    for token in tokens:
        if token.type == "html_block":
            token.content = as_html(token.content, ended)
    tree = SyntaxTreeNode(_without_spans(tokens, ended))
    slugs = Slugs()
    blocks = tuple(block for node in tree.children for block in _blocks(node, headings, slugs))
    if not blocks and "redirect_to" in entries:  # a page that moved still tells where to
        blocks = (Block("paragraph", (f"{headings.title}: {entries['redirect_to']}",)),)
    language = (entries.get("language") or entries.get("lang", ""))[:2].lower()
    dated = latest(day_in(value, called=key) for key, value in entries.items() if names_a_date(key_of(key)))
    return Draft(title=headings.title, language=language, blocks=blocks, dated=dated)


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    found = _FRONT_MATTER.match(text)
    entries = (_toml(found[2]) if found[1] == "+++" else _yaml(found[2])) if found else None
    return ({}, text) if found is None or entries is None else (entries, text[found.end() :])


def _yaml(text: str) -> dict[str, str] | None:
    lines = text.splitlines()
    if not all(map(_YAML.fullmatch, lines)) or not (_ENTRY.search(text) or not text.strip()):
        return None
    joined = _FOLDED.sub(lambda found: ": " + " ".join(found[1].split()), text)
    return {key: value.strip("\"'") for key, value in _ENTRY.findall(joined)}


def _toml(text: str) -> dict[str, str] | None:
    try:
        return {key: str(value) for key, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError:
        return None


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable("table")
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    return parser


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read the table that begins at line *start*; one with too many columns stays a paragraph."""
    rule = state.src[state.bMarks[start + 1] : state.eMarks[start + 1]] if start + 1 < end else ""
    return rule.count("|") <= _MOST_COLUMNS + 1 and table(state, start, end, silent)


def _without_comments(text: str) -> str:
    """Return *text* without what stands between two %%, of which those amid a line end with their paragraph; code may be about them."""
    kept: list[str] = []
    fence = ""
    done = at = endless = 0  # up to where it is copied, looked at, and known to hold no end of a comment
    while mark := _COMMENT.search(text, at) if "%%" in text else None:
        at = mark.end()
        if mark["fence"]:
            fence = _fence_after(mark["fence"].strip(" \t>"), fence)
        elif not fence and not mark["code"] and at > endless:
            limit = len(text) if mark["whole"] is not None else _end_of_paragraph(text, at)
            end = _COMMENT_END.search(text, at, limit)
            if end is None:
                endless = limit
                continue
            kept.append(text[done : mark.start()])
            done = at = end.end()
    return "".join([*kept, text[done:]])


def _end_of_paragraph(text: str, at: int) -> int:
    end = text.find("\n\n", at)
    return len(text) if end < 0 else end


def _fence_after(line: str, fence: str) -> str:
    """Return the fence that code stands in after a *line* of one; *fence* is that before it."""
    marks = line[: len(line) - len(line.lstrip(line[0]))]
    if not fence:
        return marks
    return "" if marks == line and marks.startswith(fence) else fence


def _blocks(node: SyntaxTreeNode, headings: Headings, slugs: Slugs) -> Iterator[Block]:
    if node.type == "heading":
        words = _words(node)
        own = _OWN_ANCHOR.search(words)
        words = words[: own.start()] if own else words
        headings.enter(int(node.tag[1]), words, anchor=own[1] if own else slugs.slug_of(words))
    elif node.type in ("fence", "code_block"):
        fence = node.markup if node.type == "fence" else "```"
        lines = node.content.rstrip("\n").split("\n")
        yield Block("code", (f"{fence}{node.info.strip()}", *lines), headings.path, head=1, tail=fence, anchor=headings.anchor)
    elif node.type == "table":
        yield Block("table", tuple(_rows(node)), headings.path, head=2, anchor=headings.anchor)
    elif node.type in ("bullet_list", "ordered_list"):
        yield Block("list", tuple(item for item in _items(node) if item.strip("- ")), headings.path, anchor=headings.anchor)
    elif node.type == "html_block":
        yield from html_blocks(node.content, headings)
    elif node.type == "blockquote":
        for child in node.children:
            yield from _blocks(child, headings, slugs)
    elif node.type != "hr" and (words := _words(node)):
        yield Block("paragraph", (words,), headings.path, anchor=headings.anchor)


def _rows(table: SyntaxTreeNode) -> Iterator[str]:
    for part in table.children:
        for row in part.children:
            cells = [_words(cell).replace("\n", " ") for cell in row.children]
            yield f"| {' | '.join(cells)} |"
            if part.type == "thead":
                yield f"|{'---|' * len(cells)}"


def _items(node: SyntaxTreeNode, indent: str = "") -> Iterator[str]:
    start = node.attrGet("start")
    number = 1 if start is None else int(start)
    for count, item in enumerate(node.children):
        mark = f"{number + count}." if node.type == "ordered_list" else "-"
        yield f"{indent}{mark} " + "\n".join(_item_lines(item, indent + "  "))


def _item_lines(item: SyntaxTreeNode, indent: str) -> Iterator[str]:
    for child in item.children:
        if child.type in ("bullet_list", "ordered_list"):
            yield from _items(child, indent)
        elif child.type == "heading":
            yield from filter(None, [_words(child)])
        else:
            yield from (line for block in _blocks(child, Headings(""), Slugs()) for line in (*block.lines, block.tail) if line)


def _words(node: SyntaxTreeNode) -> str:
    return re.sub(r"[ \t]+", " ", "".join(_inline(node))).strip()


def _inline(node: SyntaxTreeNode) -> Iterator[str]:
    if node.type == "inline":
        yield node.content
    else:
        for child in node.children:
            yield from _inline(child)


def _without_spans(tokens: list[Token], ended: Set[str]) -> list[Token]:
    """Put the words of running text in the place of its spans: as nodes they would take longer than all that is around them."""
    for before, token in pairwise(tokens):
        if token.type == "inline":
            spans = token.children or []
            runs = groupby(spans, key=lambda span: span.type == "code_inline")
            words = "".join(_said([_spelled(span, ended) for span in run], is_code) for is_code, run in runs)
            alone = before.type == "paragraph_open" and before.level == 0 and _is_one_link(spans)
            token.content, token.children = "" if alone and leads_on(words) else words, []
    return tokens


def _is_one_link(spans: Sequence[Token]) -> bool:
    kinds = [span.type for span in spans if not span.type.startswith(("em_", "strong_")) and (span.tag or span.content.strip())]
    return kinds[:1] == ["link_open"] and kinds.index("link_close") == len(kinds) - 1


def _said(words: Iterable[str], is_code: bool) -> str:
    """Return a run of *words* without the site generator's tags; code may be about them."""
    return "".join(words) if is_code else _TAG.sub("", "".join(words))


def _spelled(span: Token, ended: Set[str]) -> str:
    if span.type in ("text", "image"):  # of an image the alternative text
        return span.content
    if span.type == "code_inline":
        return f"`{span.content}`"
    if span.type == "softbreak":
        return " "
    if span.type == "hardbreak":
        return "\n"
    if span.type != "html_inline":
        return ""
    return " " if span.content.lower().startswith("<br") else words_of_tag(span.content, ended)
