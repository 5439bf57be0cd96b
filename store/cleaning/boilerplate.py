"""Lines that stand around many messages, such as a notice of confidentiality: found by counting, without knowing them beforehand."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable

from store.personal_data import bare

_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"\W+")
_LEAST_CHARACTERS = 20  # shorter lines are words of people
_LEAST_RECORDS = 20
_LEAST_SHARE = 0.05  # of all records: what answers a question that many ask is no boilerplate

Keys = frozenset[bytes]


class Boilerplate:
    """
    Counts in how many records a line stands.

    Lines are compared without case, accents, numbers and punctuation. Memory is bounded: where too many different lines have come, those
    seen least are forgotten, so that a line may be missed which stands in fewer than 1 of some thousand records.
    """

    def __init__(self, *, remembered: int = 200_000) -> None:
        """Begin with no line; at most *remembered* different ones are counted at a time (some 20 MB)."""
        self.records = 0
        self._remembered = remembered
        self._counts: Counter[bytes] = Counter()

    def count(self, lines: Keys) -> None:
        """Count the lines of a record, as `keys_of` returns them."""
        self.records += 1
        self._counts.update(lines)
        least = 1
        while len(self._counts) > self._remembered:
            self._counts = Counter({key: count for key, count in self._counts.items() if count > least})
            least += 1

    def found(self) -> Keys:
        """Return the lines that stand in at least 20 of the counted records, and in 1 of 20."""
        least = max(_LEAST_RECORDS, _LEAST_SHARE * self.records)
        return frozenset(key for key, count in self._counts.items() if count >= least)


def keys_of(texts: Iterable[str]) -> Keys:
    """Return what the lines of a record's *texts* are known by, without those that are too short."""
    return frozenset(key for text in texts for line in text.splitlines() if (key := _key(line)))


def without(text: str, boilerplate: Collection[bytes]) -> str:
    """
    Return *text* without the lines of *boilerplate* before its first line and after its last line of another kind.

    What stands amid a text stays, and so does a text of nothing else: an answer that is often given is an answer.
    """
    if not boilerplate:
        return text
    lines = text.splitlines(keepends=True)
    is_one = [_key(line) in boilerplate for line in lines]
    own = [place for place, line in enumerate(lines) if line.strip() and not is_one[place]]
    if not own or not any(is_one):
        return text
    first = own[0] if any(is_one[: own[0]]) else 0
    last = own[-1] + 1 if any(is_one[own[-1] + 1 :]) else len(lines)
    kept = "".join(lines[first:last])
    return kept.rstrip() if last < len(lines) else kept


def taken(text: str, boilerplate: Collection[bytes]) -> tuple[str, ...]:
    """Return the lines that `without` takes from *text*, as they are compared: without case, accents, numbers and punctuation."""
    kept = set(without(text, boilerplate).splitlines())
    lost = (line for line in text.splitlines() if line not in kept and _key(line) in boilerplate)
    return tuple(dict.fromkeys(_plain(line) for line in lost))


def _plain(line: str) -> str:
    return _SPACE.sub(" ", _DIGITS.sub("0", bare(line))).strip()


def _key(line: str) -> bytes | None:
    plain = _plain(line)
    if len(plain) < _LEAST_CHARACTERS:
        return None
    return hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=8).digest()
