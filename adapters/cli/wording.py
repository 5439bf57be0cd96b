"""Texts as a terminal and a program can take them; loads nothing slow, because every command needs it."""

import json
import sys

from bot.errors import BadDocument, ChatbotError
from bot.texts import translate

# Everything below a space but tab and line feed, DEL, and the C1 controls: a terminal obeys them.
_CONTROLS = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)])


def printable(text: str) -> str:
    """Return *text* without what a terminal would obey or cannot encode: documents and models are not to move the cursor."""
    return text.translate(_CONTROLS).encode("utf-8", errors="replace").decode("utf-8")


def shortened(text: str, most: int) -> str:
    """Return *text* on one line and in at most *most* characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 2].rstrip()} …"


def one_line(value: object) -> str:
    """Return *value* as one line of JSON that any standard output can carry."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    text = json.dumps(value, ensure_ascii=encoding != "utf8", default=str)
    # A lone surrogate cannot be encoded, its escape can.
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")


def sentence(error: ChatbotError, language: str) -> str:
    """Return what the operator is told: the detail where there is one, in *language* if it can be, else what a person would be told."""
    if isinstance(error, BadDocument):
        problem = translate(language, error.problem, **error.values)
        return translate(language, error.user_text, **{**error.fields, "problem": problem})
    if error.message:
        return translate(language, error.message, **error.values)
    return str(error) or translate(language, error.user_text, **error.fields)
