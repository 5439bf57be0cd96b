"""The marks with which rows of plain completion end their prompts and answers: a chat model's template has its own."""

from dataclasses import replace

from finetune.formats.records import Conversation, Record, Turn


def without_ends(record: Record, *, separator: str, stop: str) -> Record:
    """
    Return *record* without *separator* at the end of its questions and *stop* at the end of its answers, and without blanks around both.

    Either may be empty: nothing is taken off then. Other records than conversations stay as they are.
    """
    if not isinstance(record, Conversation):
        return record
    ends = {"user": separator, "assistant": stop}
    return replace(record, messages=tuple(_without(turn, ends.get(turn.role, "")) for turn in record.messages))


def _without(turn: Turn, end: str) -> Turn:
    if not end:
        return turn
    said = turn.content.removesuffix(end) if turn.content.endswith(end) else turn.content.rstrip().removesuffix(end.strip() or end)
    return replace(turn, content=said.strip())
