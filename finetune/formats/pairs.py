"""One question and its answer, under the names that trainers give them; documents with summaries; plain text."""

from typing import Any, Final

from finetune.formats.fields import answer_of, metadata_of, object_of, prompt_of, text_of, turns_of, write_turns
from finetune.formats.format import Format, has, with_metadata
from finetune.formats.records import Conversation, Summary, Text, Turn

_PROMPT: Final = '{"prompt": "…", "completion": "…"}'
_PROMPT_CHAT: Final = '{"prompt": [{"role": "user", "content": "…"}], "completion": [{"role": "assistant", "content": "…"}]}'
_INSTRUCTION: Final = '{"input": "…", "output": "…"}'
_QUESTION: Final = '{"question": "…", "answer": "…"}'
_SUMMARY: Final = '{"document": "…", "summary": "…"}'
_TEXT: Final = '{"text": "…"}'

_DOCUMENTS: Final = ("document", "text", "article", "dialogue")  # the names that collections of summaries use


def _read_prompt(row: Any) -> Conversation:
    row = object_of(row, name="prompt-completion", example=_PROMPT)
    prompt = prompt_of(row, "prompt", example=_PROMPT)
    if isinstance(row.get("completion"), list):
        answers = turns_of(row, "completion", example=_PROMPT_CHAT)
    else:
        answers = (Turn("assistant", answer_of(row, "completion", example=_PROMPT)),)
    return Conversation((*prompt, *answers), metadata_of(row, ("prompt", "completion")))


def _write_prompt(record: Conversation) -> dict[str, Any]:
    question, answer = record.messages
    return with_metadata({"prompt": question.content, "completion": answer.content}, record.metadata)


def _write_prompt_chat(record: Conversation) -> dict[str, Any]:
    *prompt, answer = record.messages
    return with_metadata({"prompt": write_turns(prompt), "completion": write_turns([answer])}, record.metadata)


def _read_instruction(row: Any) -> Conversation:
    row = object_of(row, name="instruction", example=_INSTRUCTION)
    metadata = metadata_of(row, tuple(key for key in ("instruction", "input", "output") if key in row))
    answer = Turn("assistant", text_of(row, "output", example=_INSTRUCTION))
    if row.get("instruction") in (None, ""):
        return Conversation((Turn("user", text_of(row, "input", example=_INSTRUCTION)), answer), metadata)
    told = text_of(row, "instruction", example=_INSTRUCTION)
    if row.get("input") in (None, ""):  # Alpaca's rows without a text to work on
        return Conversation((Turn("user", told), answer), metadata)
    return Conversation((Turn("system", told), Turn("user", text_of(row, "input", example=_INSTRUCTION)), answer), metadata)


def _write_instruction(record: Conversation) -> dict[str, Any]:
    *system, question, answer = record.messages
    told = {"instruction": system[0].content} if system else {}
    return with_metadata({**told, "input": question.content, "output": answer.content}, record.metadata)


def _read_question(row: Any) -> Conversation:
    row = object_of(row, name="question-answer", example=_QUESTION)
    asked = Turn("user", text_of(row, "question", example=_QUESTION))
    answered = Turn("assistant", text_of(row, "answer", example=_QUESTION))
    return Conversation((asked, answered), metadata_of(row, ("question", "answer")))


def _write_question(record: Conversation) -> dict[str, Any]:
    asked, answered = record.messages
    return with_metadata({"question": asked.content, "answer": answered.content}, record.metadata)


def _read_summary(row: Any) -> Summary:
    row = object_of(row, name="summary", example=_SUMMARY)
    key = next((name for name in _DOCUMENTS if name in row), "document")
    document, summary = text_of(row, key, example=_SUMMARY), text_of(row, "summary", example=_SUMMARY)
    return Summary(document, summary, metadata_of(row, (key, "summary")))


def _write_summary(record: Summary) -> dict[str, Any]:
    return with_metadata({"document": record.document, "summary": record.summary}, record.metadata)


def _read_text(row: Any) -> Text:
    row = object_of(row, name="text", example=_TEXT)
    return Text(text_of(row, "text", example=_TEXT), metadata_of(row, ("text",)))


PROMPT_COMPLETION: Final = Format(
    name="prompt-completion",
    example=_PROMPT,
    record=Conversation,
    keys=("prompt", "completion"),
    structured=frozenset(),
    holds=frozenset(("metadata",)),
    matches=lambda row: has(row, prompt=str, completion=str) and "label" not in row,
    read=_read_prompt,
    write=_write_prompt,
)

# https://huggingface.co/docs/trl/dataset_formats#prompt-completion
PROMPT_COMPLETION_CHAT: Final = Format(
    name="prompt-completion-chat",
    example=_PROMPT_CHAT,
    record=Conversation,
    keys=("prompt", "completion"),
    structured=frozenset(("prompt", "completion")),
    holds=frozenset(("system", "turns", "metadata")),
    matches=lambda row: has(row, prompt=list, completion=list) and "label" not in row,
    read=_read_prompt,
    write=_write_prompt_chat,
)

INSTRUCTION: Final = Format(
    name="instruction",
    example=_INSTRUCTION,
    record=Conversation,
    keys=("instruction", "input", "output"),
    structured=frozenset(),
    holds=frozenset(("system", "metadata")),
    matches=lambda row: has(row, output=str) and (has(row, input=str) or has(row, instruction=str)),
    read=_read_instruction,
    write=_write_instruction,
)

QUESTION_ANSWER: Final = Format(
    name="question-answer",
    example=_QUESTION,
    record=Conversation,
    keys=("question", "answer"),
    structured=frozenset(),
    holds=frozenset(("metadata",)),
    matches=lambda row: has(row, question=str, answer=str),
    read=_read_question,
    write=_write_question,
)

SUMMARY: Final = Format(
    name="summary",
    example=_SUMMARY,
    record=Summary,
    keys=("document", "summary"),
    structured=frozenset(),
    holds=frozenset(("metadata",)),
    matches=lambda row: has(row, summary=str) and any(has(row, **{name: str}) for name in _DOCUMENTS),
    read=_read_summary,
    write=_write_summary,
)

TEXT: Final = Format(
    name="text",
    example=_TEXT,
    record=Text,
    keys=("text",),
    structured=frozenset(),
    holds=frozenset(("metadata",)),
    matches=lambda row: has(row, text=str),
    read=_read_text,
    write=lambda record: with_metadata({"text": record.text}, record.metadata),
)
