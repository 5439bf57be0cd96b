"""What is wrong with a record that could be read: roles out of order, empty texts, no answer, damaged characters, a test question."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from unicodedata import category

from finetune.examples import question_in
from finetune.findings import Code
from finetune.formats.records import Conversation, Preference, Record, Summary, Text, Thumb, Turn, messages_of
from store.clusters import cluster_of
from store.linking import KeptOut

Fault = tuple[Code, dict[str, Any]]

_ALTERNATING: Final = ("user", "assistant")
# UTF-8 read as Windows-1252 and written again, or what a decoder left where it gave up.
_DAMAGED: Final = re.compile("\ufffd|Ã[\x80-\xbf]|Â[\xa0-\xbf]|â€|ï»¿")


def faults_in(record: Record) -> list[Fault]:
    """Return what keeps *record* from being learnt, at most one such fault, and damaged characters."""
    fault = _fault(record)
    found = [fault] if fault else []
    for turn in messages_of(record):
        if not turn.content.isascii() and (damage := _DAMAGED.search(turn.content)):
            sample = turn.content[max(0, damage.start() - 8) : damage.end() + 8]
            return [*found, ("damaged", {"sample": repr(sample)})]
    return found


def _fault(record: Record) -> Fault | None:
    match record:
        case Conversation():
            return _empty(record.messages) or _disordered(record.messages) or _unlearnt(record.messages)
        case Preference():
            prompt = _empty(record.prompt) or _empty_texts(chosen=record.chosen, rejected=record.rejected) or _unasked(record.prompt)
            return prompt or (("same_answers", {}) if record.chosen.strip() == record.rejected.strip() else None)
        case Thumb():
            return _empty(record.prompt) or _empty_texts(completion=record.answer) or _unasked(record.prompt)
        case Text():
            return _empty_texts(text=record.text)
        case Summary():
            return _empty_texts(document=record.document, summary=record.summary)


def _empty(turns: Sequence[Turn]) -> Fault | None:
    for at, turn in enumerate(turns, 1):
        if _is_empty(turn.content):
            return "empty", {"at": at, "role": turn.role}
    return None


def _empty_texts(**texts: str) -> Fault | None:
    return next((("empty_text", {"key": key}) for key, text in texts.items() if _is_empty(text)), None)


def _is_empty(text: str) -> bool:
    """Tell whether *text* has nothing that can be seen: white space, or marks such as a space of no width."""
    return not text[:1].isalnum() and all(each.isspace() or category(each) == "Cf" for each in text)


def _disordered(messages: Sequence[Turn]) -> Fault | None:
    first = int(messages[0].role == "system")
    for at in range(first, len(messages)):
        due = _ALTERNATING[(at - first) % 2]
        if messages[at].role != due:
            return "order", {"at": at + 1, "role": messages[at].role, "due": due}
    return None if len(messages) > first and messages[-1].role == "assistant" else ("no_answer", {})


def _unasked(prompt: Sequence[Turn]) -> Fault | None:
    """A prompt is a conversation whose last answer is yet to come."""
    return _disordered((*prompt, Turn("assistant", "")))


def _unlearnt(messages: Sequence[Turn]) -> Fault | None:
    if messages[-1].weight != 0:  # nearly always
        return None
    return None if any(turn.role == "assistant" and turn.weight != 0 for turn in messages) else ("unlearnt", {})


def questions_of(record: Record) -> Iterator[str]:
    """Give each question that *record* asks, after the one that its metadata names."""
    told = record.metadata.get("question")
    if isinstance(told, str):
        yield told
    for turn in messages_of(record):
        if turn.role == "user":
            yield question_in(turn.content)


def clusters_of(record: Record) -> Iterator[str]:
    """Give the id of each question that *record* asks, and of the one that its metadata names."""
    return map(cluster_of, questions_of(record))


def asks_one_of(record: Record, kept_out: KeptOut | None) -> bool:
    """Tell whether *record* asks a question that is kept out, or a near-duplicate of one."""
    return kept_out is not None and any(map(kept_out.holds, questions_of(record)))
