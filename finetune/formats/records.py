"""What a training row says, whatever format it was written in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.messages import Role

ORIGIN = "origin"  # the key of a row's metadata that says where the row first came from


@dataclass(frozen=True, slots=True)
class Turn:
    """
    A message of a record.

    `weight` is 0 or 1, on an answer only: 0 is read but not learnt from (OpenAI's key; None where the row says nothing, which is 1).
    """

    role: Role
    content: str
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row was read: the file's name, and the line its row begins in, from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """
    Messages, oldest first; what is learnt are the answers.

    `metadata` is what the row says besides, as JSON values; `origin` is where it was read and no part of what it says.
    """

    messages: tuple[Turn, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Preference:
    """Two answers to the same *prompt* (oldest message first), of which `chosen` is preferred; else as `Conversation`."""

    prompt: tuple[Turn, ...]
    chosen: str
    rejected: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Thumb:
    """An answer to *prompt* (oldest message first) that was found good or bad; else as `Conversation`."""

    prompt: tuple[Turn, ...]
    answer: str
    good: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text to be read; else as `Conversation`."""

    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Summary:
    """A document with its summary; else as `Conversation`."""

    document: str
    summary: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False)


Record = Conversation | Preference | Thumb | Text | Summary


def messages_of(record: Record) -> tuple[Turn, ...]:
    """Return everything that *record* says, in order; of a preference the prompt with both answers, the better one first."""
    match record:
        case Conversation():
            return record.messages
        case Preference():
            return (*record.prompt, Turn("assistant", record.chosen), Turn("assistant", record.rejected))
        case Thumb():
            return (*record.prompt, Turn("assistant", record.answer))
        case Text():
            return (Turn("assistant", record.text),)
        case Summary():
            return (Turn("user", record.document), Turn("assistant", record.summary))


def traced(record: Record) -> Record:
    """Return *record* with its origin among its metadata, where every format keeps it; an origin told there before stays."""
    if record.origin is None or ORIGIN in record.metadata:
        return record
    told = {"file": record.origin.file, "line": record.origin.line}
    return replace(record, metadata={**record.metadata, ORIGIN: told})
