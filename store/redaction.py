"""Personal data and secrets out of what people write, before anything else sees it. Free-text names are best effort."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from store.personal_data import KINDS, Detect, Span, detect_names, detectors, warm_up

_PLACEHOLDER = re.compile(rf"\[(?P<kind>{'|'.join(KINDS)})_(?P<number>\d{{1,9}})\]")


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    value: str


_Part = str | _Found  # a text is cut into what is left of it and what was found; placeholders of an earlier redaction stand apart


@dataclass(slots=True)
class _Numbering:
    """The same value gets the same number within a text; numbers of placeholders already there are not used again."""

    highest: Counter[str] = field(default_factory=Counter)
    given: dict[_Found, int] = field(default_factory=dict)

    def placeholder(self, found: _Found) -> str:
        """Return the placeholder of *found*."""
        if found not in self.given:
            self.highest[found.kind] += 1
            self.given[found] = self.highest[found.kind]
        return f"[{found.kind}_{self.given[found]}]"


class PatternRedactor:
    """
    Replaces personal data by `[EMAIL_1]`, `[PHONE_1]` and so on, by patterns, check digits and the names it is told.

    Redacting twice gives what redacting once gave.
    """

    def __init__(self) -> None:
        """Load the tables of the number formats (0.3 s, from disk: off the event loop)."""
        warm_up()

    def redact(self, text: str, names: Sequence[str] = ()) -> str:
        """Return *text* with personal data, secrets and the known *names* replaced by typed placeholders."""
        return redact(text, detect_names(tuple(names)))


def redact(text: str, names: Detect) -> str:
    """Return *text* with personal data, secrets and what *names* finds replaced by typed placeholders."""
    numbering = _Numbering()
    parts = _split_placeholders(text, numbering)
    todo = (*detectors(), names)
    # What is found late may have hidden something from an earlier detector: until nothing more is found.
    while True:
        count = len(parts)
        for detect in todo:
            parts = _apply(detect, parts)
        if len(parts) == count:
            return "".join(part if isinstance(part, str) else numbering.placeholder(part) for part in parts)


def _split_placeholders(text: str, numbering: _Numbering) -> list[_Part]:
    parts: list[_Part] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        found = _Found(match["kind"], match[0])
        numbering.given[found] = int(match["number"])
        numbering.highest[found.kind] = max(numbering.highest[found.kind], int(match["number"]))
        parts += [text[end : match.start()], found]
        end = match.end()
    return [part for part in [*parts, text[end:]] if part]


def _apply(detect: Detect, parts: Sequence[_Part]) -> list[_Part]:
    cut: list[_Part] = []
    for part in parts:
        if isinstance(part, str) and (spans := [*detect(_plain(part))]):
            cut += _cut(part, spans)
        else:  # nearly always
            cut.append(part)
    return cut


def _cut(text: str, spans: list[Span]) -> Iterator[_Part]:
    end = 0
    for span in _disjoint(spans):
        if span.start > end:
            yield text[end : span.start]
        yield _Found(span.kind, span.value)
        end = span.end
    if end < len(text):
        yield text[end:]


def _disjoint(spans: list[Span]) -> Iterator[Span]:
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            yield span
            end = span.end


def _plain(text: str) -> str:
    """Return *text* in compatibility form (wide digits and letters as usual ones) where that keeps each character's place."""
    if unicodedata.is_normalized("NFKC", text):
        return text
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
