"""A redactor that finds nothing but the words it was made with and the names it is told, so that a test sees where redaction happened."""

import re
from collections import Counter
from collections.abc import Sequence

from bot.placeholders import PLACEHOLDER, Redacted
from bot.ports import Redactor


class CrossingOut(Redactor):
    """Puts `[NAME_1]`, `[NAME_2]` and so on in place of *words* and names."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def redact(self, text: str, names: Sequence[str] = ()) -> str:
        """See the port."""
        return self.redact_together((text,), names).texts[0]

    def redact_together(self, texts: Sequence[str], names: Sequence[str] = ()) -> Redacted:
        """See the port."""
        counts: Counter[str] = Counter()
        values: dict[str, str | None] = {match[0]: None for text in texts for match in PLACEHOLDER.finditer(text)}
        given: dict[str, str] = {}

        def cross_out(match: re.Match[str]) -> str:
            counts["NAME"] += 1
            if match[0] not in given:
                free = (f"[NAME_{number}]" for number in range(1, len(values) + 2))
                given[match[0]] = next(each for each in free if each not in values)
                values[given[match[0]]] = match[0]
            return given[match[0]]

        found = re.compile("|".join(map(re.escape, filter(None, (*self._words, *names)))) or r"(?!)")
        return Redacted(tuple(found.sub(cross_out, text) for text in texts), counts, values)
