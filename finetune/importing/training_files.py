"""Rows that were made for training before, in any of the formats, as conversations and texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from finetune.findings import Finding
from finetune.formats.adapting import LEFT_OUT, adapt
from finetune.formats.chat import MESSAGES
from finetune.formats.format import Format
from finetune.formats.reading import read_lines
from finetune.formats.records import ORIGIN, Conversation, Record, Text
from finetune.importing.items import UNLEARNT, Found, Item, Refusal, refused
from finetune.row_checks import faults_in
from store.cleaning.dialogue import Said

_CATEGORIES: Final = ("category", "categoria", "topic")


def read_training_file(path: Path, given: Format) -> Iterator[Found]:
    """Give each row; of a preference the better answer, of thumbs the good ones."""
    for found in read_lines(path, given):
        if isinstance(found, Finding):
            yield refused(found, path.name)
        else:
            yield _item(found[1], path.name, found[0])


def _item(record: Record, file: str, line: int) -> Found:
    origin = {"file": file, "line": line}
    if isinstance(told := record.metadata.get(ORIGIN), dict):
        origin["from"] = told
    category = next((value for key in _CATEGORIES if isinstance(value := record.metadata.get(key), str)), "")
    if isinstance(record, Text):
        return Item(origin, text=record.text, category=category)
    adapted = adapt(record, MESSAGES)
    if not adapted.records:
        return Refusal(origin, "converted", {"problem": LEFT_OUT[adapted.losses[0]]})
    (conversation,) = adapted.records
    if fault := next(iter(faults_in(conversation)), None):
        code, values = fault
        if code != "damaged":
            return Refusal(origin, code, values)
    return _conversation(conversation, origin, category)


def _conversation(record: Record, origin: dict[str, object], category: str) -> Item:
    messages = record.messages if isinstance(record, Conversation) else ()
    system = messages[0].content if messages[:1] and messages[0].role == "system" else ""
    turns = tuple(Said(UNLEARNT if turn.weight == 0 else turn.role, turn.content) for turn in messages if turn.role != "system")
    return Item(origin, turns, category=category, system=system)
