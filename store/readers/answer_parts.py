"""An answer of an FAQ, plain or in HTML, to the passages it becomes."""

import re

from store.readers.dividing import divide, divide_text
from store.readers.html_file import read_html

_MARKUP = re.compile(r"<(?:p|br|ul|ol|li|div|a|b|i|strong|em|span|table|h[1-6])\b[^<>]{0,500}>", re.IGNORECASE)


def is_html(text: str) -> bool:
    """Tell whether *text* holds the tags of running text."""
    return bool(_MARKUP.search(text))


def answer_parts(text: str) -> tuple[str, ...]:
    """Return the parts of *text*, each short enough for a passage; of HTML what a visitor reads."""
    if is_html(text):
        return tuple(excerpt.text for excerpt in divide(read_html(text).blocks))
    return tuple(part for part in divide_text(text) if part)
