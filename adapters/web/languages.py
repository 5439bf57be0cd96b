"""Which language a browser asks for (`Accept-Language`, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)."""

import re
from collections.abc import Iterator

_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")
_LONGEST_HEADER = 1000


def accepted(header: str) -> tuple[str, ...]:
    """Return the language tags of the header, the most wanted first; what is no tag is left out."""
    wanted = sorted(_wanted(header[:_LONGEST_HEADER]), key=lambda each: -each[0])
    return tuple(tag for _, tag in wanted)


def page_language(header: str, *, default: str) -> str:
    """Return the tag, `en` or `pt-BR`, of the language to speak; *default* is a setting (`en`, `pt_BR`)."""
    for tag in (*accepted(header), default):
        primary = tag.lower()[:2]
        if primary in ("en", "pt"):
            return "pt-BR" if primary == "pt" else "en"
    return "en"


def _wanted(header: str) -> Iterator[tuple[float, str]]:
    for part in header.split(","):
        match = _RANGE.fullmatch(part)
        if match and (weight := float(match[2] or 1)) > 0:
            yield weight, match[1]
