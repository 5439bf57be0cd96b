"""What was read, made its writers' own words without personal data, before lines are known that stand around many records."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from finetune.importing.items import Item, Refusal
from store.cleaning.boilerplate import Keys, keys_of
from store.cleaning.dialogue import Said, clean_dialogue, clean_text
from store.language import identify
from store.readers.people import People
from store.redaction import PatternRedactor


@dataclass(frozen=True, slots=True)
class Clean:
    """
    An item cleaned and redacted: its `turns` or, where it is none but a text, that; the system text; its language.

    `changed` counts what each job of cleaning changed, `redacted` what was taken out, by kind.
    """

    origin: Mapping[str, Any]
    turns: tuple[Said, ...]
    text: str | None
    system: str
    category: str
    language: str
    changed: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Keys:
        """Return what its lines are counted by."""
        return keys_of((self.text or "", *(turn.text for turn in self.turns)))


@dataclass(frozen=True, slots=True)
class CleanBatch:
    """What became of some items, in order, packed; and the lines of those that were cleaned."""

    items: list[bytes]
    lines: list[Keys]


@dataclass(slots=True)
class Cleaning:
    """Cleans items, in this process; `system` is the system text of those that have none."""

    redactor: PatternRedactor
    system: str

    def clean(self, items: Sequence[Item | Refusal]) -> CleanBatch:
        """Return what becomes of *items*; the same wherever it is done."""
        done = [self._cleaned(item) if isinstance(item, Item) else item for item in items]
        return CleanBatch([packed(each) for each in done], [each.lines() for each in done if isinstance(each, Clean)])

    def _cleaned(self, item: Item) -> Clean | Refusal:
        try:
            return self._conversation(item) if item.turns else self._text(item)
        except RecursionError:  # of HTML without end
            return Refusal(item.origin, "bad_message")

    def _text(self, item: Item) -> Clean:
        changed: Counter[Any] = Counter()
        told = self.redactor.redact_together((clean_text(item.text, changed=changed),), item.names)
        (text,) = told.texts
        return Clean(item.origin, (), text, "", item.category, identify(text), changed, Counter(told.counts))

    def _conversation(self, item: Item) -> Clean:
        cleaned = clean_dialogue(item.turns, people=People(item.names))
        told = self.redactor.redact_together((item.system or self.system, *(turn.text for turn in cleaned.turns)), item.names)
        turns = tuple(Said(turn.role, text) for turn, text in zip(cleaned.turns, told.texts[1:], strict=True))
        changed = Counter[str](cleaned.changed)
        return Clean(item.origin, turns, None, told.texts[0], item.category, cleaned.language, changed, Counter(told.counts))


def packed(each: Clean | Refusal) -> bytes:
    """Return what became of an item as a line of JSON."""
    if isinstance(each, Refusal):
        told: list[Any] = [dict(each.origin), each.reason, dict(each.values), each.count]
    else:
        turns = [[turn.role, turn.text] for turn in each.turns]
        told = [dict(each.origin), turns, each.text, each.system, each.category, each.language, each.changed, each.redacted]
    return json.dumps(told).encode() + b"\n"


def unpacked(line: bytes) -> Clean | Refusal:
    """Return what was `packed`."""
    told = json.loads(line)
    if len(told) == 4:
        return Refusal(*told)
    origin, turns, text, system, category, language, changed, redacted = told
    said = tuple(Said(role, words) for role, words in turns)
    return Clean(origin, said, text, system, category, language, Counter(changed), Counter(redacted))
