"""Personal data and secrets that rows still hold, by the code that redacts what people write."""

from collections import Counter
from typing import Final

from bot.placeholders import PLACEHOLDER
from finetune.formats.records import Record, messages_of
from store.redaction import PatternRedactor

SECRET: Final = "SECRET"  # noqa: S105  # the name of a kind


class LeftData:
    """Looks through rows for what *redactor* would take out of them."""

    def __init__(self, redactor: PatternRedactor) -> None:
        self._redactor = redactor

    def kinds_in(self, record: Record) -> tuple[str, ...]:
        """Return the kinds of personal data and secrets in *record*, sorted; placeholders are none."""
        found: set[str] = set()
        for turn in messages_of(record):
            redacted = self._redactor.redact(turn.content)
            if redacted != turn.content:
                found |= (_kinds(redacted) - _kinds(turn.content)).keys()
        return tuple(sorted(found))


def _kinds(text: str) -> Counter[str]:
    return Counter(match[1] for match in PLACEHOLDER.finditer(text))
