"""Lines that stand around many messages, such as a notice of confidentiality: found by counting, without knowing them beforehand."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

from store.personal_data import bare

_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"\W+")
_LEAST_CHARACTERS = 20  # shorter lines are words of people
_LEAST_RECORDS = 20
_LEAST_SHARE = 0.01


class Boilerplate:
    """
    Counts in how many records a line stands, then takes those that stand in many from the edges of texts.

    Lines are compared without case, accents, numbers and punctuation. Memory is bounded: where too many different lines have come, those
    seen least are forgotten, so that a line may be missed which stands in fewer than 1 of some thousand records.
    """

    def __init__(self, *, remembered: int = 200_000) -> None:
        """Begin with no line; at most *remembered* different ones are counted at a time (some 20 MB)."""
        self.records = 0
        self._remembered = remembered
        self._counts: Counter[bytes] = Counter()

    def count(self, texts: Iterable[str]) -> None:
        """Count the lines of a record's *texts*, each once."""
        self.records += 1
        self._counts.update({key for text in texts for line in text.splitlines() if (key := _key(line))})
        least = 1
        while len(self._counts) > self._remembered:
            self._counts = Counter({key: count for key, count in self._counts.items() if count > least})
            least += 1

    def is_boilerplate(self, line: str) -> bool:
        """Tell whether *line* stands in at least 20 of the counted records, and in 1 of 100."""
        key = _key(line)
        return key is not None and self._counts[key] >= max(_LEAST_RECORDS, _LEAST_SHARE * self.records)

    def without(self, text: str) -> str:
        """
        Return *text* without boilerplate before its first line and after its last line of another kind.

        What stands amid a text stays, and so does a text of nothing else: an answer that is often given is an answer.
        """
        lines = text.splitlines(keepends=True)
        own = [place for place, line in enumerate(lines) if line.strip() and not self.is_boilerplate(line)]
        if not own or len(own) == len(lines):
            return text
        first = own[0] if any(self.is_boilerplate(line) for line in lines[: own[0]]) else 0
        last = own[-1] + 1 if any(self.is_boilerplate(line) for line in lines[own[-1] + 1 :]) else len(lines)
        kept = "".join(lines[first:last])
        return kept.rstrip() if last < len(lines) else kept


def _key(line: str) -> bytes | None:
    plain = _SPACE.sub(" ", _DIGITS.sub("0", bare(line))).strip()
    if len(plain) < _LEAST_CHARACTERS:
        return None
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=8).digest()
