"""What becomes of a record in a format that cannot hold all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, assert_never

from bot.texts import N_
from finetune.formats.format import Format
from finetune.formats.records import Conversation, Preference, Record, Summary, Text, Thumb, Turn, messages_of

Turns = Literal["out", "last"]
Loss = Literal[
    "system", "weights", "metadata", "earlier_turns", "rejected", "label", "pair", "roles", "task", "as_summary",
    "several_turns", "unlearnt", "bad_answer", "no_answer", "no_pair", "no_label", "no_question", "no_summary",
]  # fmt: skip

# What was taken from a row that was written, and why a row was left out.
REDUCED: Final[Mapping[Loss, str]] = {
    "system": N_("without the system text"),
    "weights": N_("without the weights of answers"),
    "metadata": N_("without the metadata"),
    "earlier_turns": N_("with the last question and answer only"),
    "rejected": N_("without the rejected answer"),
    "label": N_("without the thumb"),
    "pair": N_("as two rows, one for each answer"),
    "roles": N_("as running text that does not say who speaks"),
    "task": N_("as question and answer that do not name the task, a summary"),
    "as_summary": N_("with the question as the document and the answer as its summary"),
}
LEFT_OUT: Final[Mapping[Loss, str]] = {
    "several_turns": N_("several questions and answers (--turns last keeps the last ones)"),
    "unlearnt": N_("an answer of weight 0, which would be learnt"),
    "bad_answer": N_("an answer that was found bad, which would be learnt"),
    "no_answer": N_("no question with an answer after it"),
    "no_pair": N_("one answer, where two are compared"),
    "no_label": N_("no thumb"),
    "no_question": N_("running text without a question"),
    "no_summary": N_("no document with a summary"),
}


@dataclass(frozen=True, slots=True)
class Adapted:
    """The *records* that a format can hold, none where the row is left out, and what was lost."""

    records: tuple[Record, ...]
    losses: tuple[Loss, ...] = ()


def adapt(record: Record, to: Format, *, turns: Turns = "out", metadata: bool = True) -> Adapted:
    """
    Return what the format *to* can hold of *record*.

    Args:
        record: What was read.
        to: The format to be written.
        turns: What becomes of several questions with answers where there is room for one: the row is left out (the last answer may hang on
            what was said before), or its last question and answer are kept.
        metadata: Whether metadata is kept where the format can hold it.
    """
    losses: list[Loss] = []
    if record.metadata and not (metadata and "metadata" in to.holds):
        record = replace(record, metadata={})
        losses.append("metadata")
    turned = _as(record, to.record, losses)
    if not isinstance(turned, tuple):
        return Adapted((), (turned,))
    fitted: list[Record] = []
    for each in turned:
        fit = _fit(each, to, turns, losses)
        if isinstance(fit, str):
            return Adapted((), (fit,))
        fitted.append(fit)
    return Adapted(tuple(fitted), tuple(dict.fromkeys(losses)))


def _as(record: Record, kind: type[Record], losses: list[Loss]) -> tuple[Record, ...] | Loss:
    """Return *record* as one or more records of *kind*, or why there are none."""
    if isinstance(record, kind):
        return (record,)
    if kind is Conversation:
        return _as_conversation(record, losses)
    if kind is Text:
        losses.append("roles")
        return _as_text(record, losses)
    if kind is Thumb:
        return _as_thumbs(record, losses)
    if kind is Summary:
        return _as_summary(record, losses)
    return "no_pair"


def _as_conversation(record: Record, losses: list[Loss]) -> tuple[Record, ...] | Loss:
    match record:
        case Conversation():
            return (record,)
        case Preference():
            losses.append("rejected")
            return (_conversation((*record.prompt, Turn("assistant", record.chosen)), record),)
        case Thumb():
            if not record.good:
                return "bad_answer"
            losses.append("label")
            return (_conversation((*record.prompt, Turn("assistant", record.answer)), record),)
        case Summary():
            losses.append("task")
            return (_conversation((Turn("user", record.document), Turn("assistant", record.summary)), record),)
        case Text():
            return "no_question"
        case _:
            assert_never(record)


def _conversation(messages: tuple[Turn, ...], record: Record) -> Conversation:
    return Conversation(messages, record.metadata, record.origin)


def _as_text(record: Record, losses: list[Loss]) -> tuple[Record, ...] | Loss:
    said = _as_conversation(record, losses)
    if isinstance(said, str):
        return said
    return tuple(Text("\n\n".join(turn.content for turn in messages_of(each)), each.metadata, each.origin) for each in said)


def _as_thumbs(record: Record, losses: list[Loss]) -> tuple[Record, ...] | Loss:
    if not isinstance(record, Preference):
        return "no_label"
    losses.append("pair")
    answers = ((record.chosen, True), (record.rejected, False))
    return tuple(Thumb(record.prompt, answer, good, record.metadata, record.origin) for answer, good in answers)


def _as_summary(record: Record, losses: list[Loss]) -> tuple[Record, ...] | Loss:
    if not isinstance(record, Conversation):
        return "no_summary"
    said = [turn for turn in record.messages if turn.role != "system"]
    if [turn.role for turn in said] != ["user", "assistant"]:
        return "no_summary"
    if len(said) < len(record.messages):
        losses.append("system")
    losses.append("as_summary")
    return (Summary(said[0].content, said[1].content, record.metadata, record.origin),)


def _fit(record: Record, to: Format, turns: Turns, losses: list[Loss]) -> Record | Loss:
    match record:
        case Conversation():
            messages = _fit_messages(record.messages, to, turns, losses)
            return messages if isinstance(messages, str) else replace(record, messages=messages)
        case Preference() | Thumb():
            answered = (*record.prompt, Turn("assistant", ""))
            messages = _fit_messages(answered, to, turns, losses)
            return messages if isinstance(messages, str) else replace(record, prompt=messages[:-1])
        case Text() | Summary():
            return record
        case _:
            assert_never(record)


def _fit_messages(messages: Sequence[Turn], to: Format, turns: Turns, losses: list[Loss]) -> tuple[Turn, ...] | Loss:
    kept = tuple(messages)
    if "weights" not in to.holds and any(turn.weight is not None for turn in kept):
        if kept[-1].weight == 0:
            return "unlearnt"
        kept = tuple(replace(turn, weight=None) for turn in kept)
        losses.append("weights")
    if "system" not in to.holds and any(turn.role == "system" for turn in kept):
        kept = tuple(turn for turn in kept if turn.role != "system")
        losses.append("system")
    if "turns" not in to.holds:
        return _one_turn(kept, turns, losses)
    if "completion" in to.keys and (len(kept) < 2 or kept[-1].role != "assistant"):
        return "no_answer"
    return kept


def _one_turn(messages: tuple[Turn, ...], turns: Turns, losses: list[Loss]) -> tuple[Turn, ...] | Loss:
    system = tuple(turn for turn in messages[:1] if turn.role == "system")
    said = messages[len(system) :]
    if [turn.role for turn in said[-2:]] != ["user", "assistant"]:
        return "no_answer"
    if len(said) == 2:
        return messages
    if turns == "out":
        return "several_turns"
    losses.append("earlier_turns")
    return (*system, *said[-2:])
