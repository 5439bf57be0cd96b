"""Tags in Markdown: HTML and components are markup; what stands for something to fill in, as <token> does, is text."""

import re
from collections.abc import Set
from html import escape, unescape

# https://html.spec.whatwg.org/multipage/indices.html#elements-3 , and those of before.
_ELEMENT = re.compile(
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|basefont|bdi|bdo|big|blink|blockquote|body|br|button|"
    "canvas|caption|center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|"
    "figcaption|figure|font|footer|form|frame|frameset|h1|h2|h3|h4|h5|h6|head|header|hgroup|hr|html|i|iframe|img|input|ins|"
    "kbd|label|legend|li|link|main|map|mark|marquee|math|menu|meta|meter|nav|nobr|noframes|noscript|object|ol|optgroup|option|"
    "output|p|param|picture|pre|progress|q|rp|rt|ruby|s|samp|script|search|section|select|slot|small|source|span|strike|"
    "strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|"
    "wbr"
)
# Of these, the words that people take for what is to be filled in: markup has attributes, or an end.
_WORD = re.compile("address|area|base|code|data|form|input|label|link|map|menu|object|output|param|section|source|summary|time|title")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*+)((?:[\s/][^<>]*+)?)>")
_END = re.compile(r"</([A-Za-z][A-Za-z0-9-]*+)")
_ATTRIBUTE = re.compile(r"""(?<![\w:@.-])([\w:@.-]++)\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=<>`]++)""")
_LABELS = ("label", "title")


def ended_in(text: str) -> Set[str]:
    """Return the names, in lower case, that end tags in *text* have."""
    return frozenset(name.lower() for name in _END.findall(text))


def words_of_tag(tag: str, ended: Set[str]) -> str:
    """Return what a *tag* amid words says where *ended* names have end tags: itself if it is no markup, the label of a tab, or nothing."""
    found = _TAG.fullmatch(tag)
    if not found:  # a comment
        return ""
    if not _is_markup(found, ended):
        return tag
    label = _label(found)
    return f"{label} " if label else ""


def as_html(text: str, ended: Set[str]) -> str:
    """Return a piece of HTML whose tags that are no markup are text, and whose labels stand before what they name."""
    return _TAG.sub(lambda found: _in_html(found, ended), text)


def _in_html(found: re.Match[str], ended: Set[str]) -> str:
    is_whole = found[1] or found[2].lower() in ended or _ATTRIBUTE.search(found[3])  # an element of XML
    if not is_whole and not _is_markup(found, ended):
        return escape(found[0])
    label = _label(found)
    return f"<p>{escape(label)}</p>{found[0]}" if label else found[0]


def _is_markup(found: re.Match[str], ended: Set[str]) -> bool:
    end, written, rest = found.groups()
    name = written.lower()
    has_values = bool(_ATTRIBUTE.search(rest))
    if _ELEMENT.fullmatch(name):
        if len(name) == 1 and not has_values and len(rest.split()) > 1:  # a<b and c>d
            return False
        return bool(end) or bool(rest) or name in ended or not _WORD.fullmatch(name)
    # Components have a capital (JSX) or a hyphen: https://html.spec.whatwg.org/multipage/custom-elements.html#valid-custom-element-name
    is_component = written[0].isupper() or "-" in name
    return is_component and (bool(end) or has_values or rest.endswith("/") or name in ended)


def _label(found: re.Match[str]) -> str:
    """Return what a component, of a documentation site, shows above what it holds."""
    if not found[2][0].isupper():
        return ""
    values = {name: unescape(value.strip("\"'")).strip() for name, value in _ATTRIBUTE.findall(found[3])}
    label = next((values[name] for name in _LABELS if values.get(name)), values.get("value", "") if found[2] == "TabItem" else "")
    return f"{label}:" if label and label[-1] not in ".:!?" else label
