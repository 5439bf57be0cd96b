"""What statistics and readers look at in a row: question, answer, source, category, and a key that only its content has."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from finetune.examples import question_in
from finetune.formats.records import ORIGIN, Conversation, Preference, Record, Summary, Text, Thumb, Turn, messages_of

_KEY_DIGITS: Final = 32
_NAME_CHARACTERS: Final = 120  # of a source or a category
CATEGORY: Final = "category"


@dataclass(frozen=True, slots=True)
class Seen:
    """
    A row as a person reads it.

    `key` is a hash of what the row says, metadata and weights apart; `question` the last one, without passages, and `answer` what
    follows it (of a preference the better one); `before` is what was said earlier. `good` is its thumb, where it has one.
    """

    key: str
    line: int
    source: str
    category: str
    before: str
    question: str
    answer: str
    good: bool | None = None


def see(record: Record, *, category: str = CATEGORY) -> Seen:
    """Return what is to be seen of *record*; *category* is the key of its metadata that names one."""
    prompt, answer = _parts(record)
    last = next((at for at in range(len(prompt) - 1, -1, -1) if prompt[at].role == "user"), len(prompt))
    return Seen(
        key=key_of(record),
        line=record.origin.line if record.origin else 0,
        source=_source(record),
        category=_name(record.metadata.get(category)),
        before="\n\n".join(f"{turn.role}: {turn.content}" for turn in prompt[:last]),
        question=question_in(prompt[last].content) if last < len(prompt) else "",
        answer=answer,
        good=record.good if isinstance(record, Thumb) else None,
    )


def key_of(record: Record) -> str:
    """Return a letter and 32 hex digits that only rows with this content have, on every machine."""
    said = [type(record).__name__, record.good if isinstance(record, Thumb) else None]
    turns = [[turn.role, turn.content] for turn in messages_of(record)]
    digest = hashlib.sha256(json.dumps([*said, turns]).encode()).hexdigest()[:_KEY_DIGITS]
    return f"r{digest}"  # a spreadsheet takes digits alone for a number


def _parts(record: Record) -> tuple[Sequence[Turn], str]:
    match record:
        case Conversation():
            turns = record.messages
            return (turns[:-1], turns[-1].content) if turns and turns[-1].role == "assistant" else (turns, "")
        case Preference():
            return record.prompt, record.chosen
        case Thumb():
            return record.prompt, record.answer
        case Summary():
            return (Turn("user", record.document),), record.summary
        case Text():
            return (), record.text


def _source(record: Record) -> str:
    told = record.metadata.get(ORIGIN)
    name = told.get("file") or told.get("source") if isinstance(told, Mapping) else told
    return _name(name) or (record.origin.file if record.origin else "")


def _name(value: Any) -> str:
    if isinstance(value, list):
        return _name(", ".join(map(_name, value)))
    return str(value).strip()[:_NAME_CHARACTERS] if isinstance(value, (str, int)) else ""
