"""What the operator adds to the redaction, and what it leaves alone: patterns of their own, and the company's contacts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from bot.errors import Misconfigured
from store.personal_data import Detect, Span, bare

_SURROGATE = re.compile("[\ud800-\udfff]")
_AREA_AND_NUMBER = 10  # digits of the shortest number with its area code
_MARKS = re.compile(r"[\W_]")


class OwnPatterns:
    """
    The patterns of `privacy.patterns`: a placeholder's name with an expression in RE2's syntax.

    RE2 takes time in proportion to the text whatever the expression: https://github.com/google/re2/wiki/Syntax
    """

    def __init__(self, patterns: Mapping[str, str]) -> None:
        """
        Compile *patterns*.

        Raises:
            Misconfigured: One is no expression of RE2, or finds nothing at all everywhere.
        """
        compiled = {kind: _compile(kind, pattern) for kind, pattern in patterns.items()}
        self.kinds = tuple(compiled)
        self.detectors: tuple[Detect, ...] = tuple(partial(_detect, kind=kind, pattern=pattern) for kind, pattern in compiled.items())


def _compile(kind: str, pattern: str) -> Any:
    import re2  # loaded only where there are patterns

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = str(error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error)
        raise Misconfigured(
            f"privacy.patterns.{kind}: {pattern!r} is no pattern that surely ends ({reason}): write it as RE2 reads it, "
            "without look-ahead, look-behind and back references"
        ) from error
    if compiled.search("") is not None:
        raise Misconfigured(f"privacy.patterns.{kind}: {pattern!r} also finds empty text: require at least one character")
    return compiled


def _detect(text: str, *, kind: str, pattern: Any) -> Iterator[Span]:
    # A lone surrogate has no UTF-8, which RE2 reads.
    for match in pattern.finditer(text if text.isascii() else _SURROGATE.sub("?", text)):
        if match.end() > match.start():
            yield Span(match.start(), match.end(), kind, match[0])


class Exceptions:
    """The operator's `privacy.exceptions`: a find that is one of them, however it is written, stays."""

    def __init__(self, kept: Sequence[str]) -> None:
        """Know *kept*: addresses, numbers, names, as a person writes them."""
        self._keys = frozenset(filter(None, map(_key, kept)))
        self._numbers = frozenset(key for each in kept if (key := _number(each)))

    def hold(self, found: str) -> bool:
        """Tell whether *found* is one of them."""
        return bool(self._keys) and (_key(found) in self._keys or _number(found) in self._numbers)


def _key(text: str) -> str:
    """Return the letters and digits of *text* alone; Slack's wrapping (<mailto:a@b.com|a@b.com>) left out."""
    wrapped = re.fullmatch(r"<(?:mailto|tel):([^<>|]+)(?:\|[^<>]*)?>", text)
    return _MARKS.sub("", bare(wrapped[1] if wrapped else text))


def _number(text: str) -> str:
    """Return a telephone number without its country's code; empty where *text* is none."""
    key = _key(text)
    return key[-11:] if key.isdigit() and len(key) >= _AREA_AND_NUMBER else ""
