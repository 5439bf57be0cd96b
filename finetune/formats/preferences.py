"""Which of two answers is better, and whether one is good: OpenAI's rows for DPO, TRL's for DPO and KTO."""

from typing import Any, Final

from bot.texts import N_
from finetune.findings import BadRow
from finetune.formats.fields import answer_of, metadata_of, object_of, prompt_of, turns_of, write_turns
from finetune.formats.format import Format, has, with_metadata
from finetune.formats.records import Preference, Thumb, Turn

_OPENAI: Final = (
    '{"input": {"messages": [{"role": "user", "content": "…"}]}, "preferred_output": [{"role": "assistant", "content": "…"}], '
    '"non_preferred_output": [{"role": "assistant", "content": "…"}]}'
)
_PAIR: Final = '{"prompt": "…", "chosen": "…", "rejected": "…"}'
_PAIR_CHAT: Final = (
    '{"prompt": [{"role": "user", "content": "…"}], "chosen": [{"role": "assistant", …}], "rejected": [{"role": "assistant", …}]}'
)
_THUMB: Final = '{"prompt": "…", "completion": "…", "label": true}'
_THUMB_CHAT: Final = '{"prompt": [{"role": "user", …}], "completion": [{"role": "assistant", …}], "label": true}'


def _answer(text: str) -> list[dict[str, Any]]:
    return write_turns([Turn("assistant", text)])


def _read_openai(row: Any) -> Preference:
    row = object_of(row, name="preference-openai", example=_OPENAI)
    asked = row.get("input")
    if not isinstance(asked, dict):
        raise BadRow("missing", key="input", example=_OPENAI)
    if asked.get("tools"):
        raise BadRow("value", key="tools", expected=N_("empty"), example=_OPENAI)
    return Preference(
        turns_of(asked, "messages", example=_OPENAI),
        answer_of(row, "preferred_output", example=_OPENAI),
        answer_of(row, "non_preferred_output", example=_OPENAI),
        metadata_of(row, ("input", "preferred_output", "non_preferred_output")),
    )


def _write_openai(record: Preference) -> dict[str, Any]:
    row = {
        "input": {"messages": write_turns(record.prompt)},
        "preferred_output": _answer(record.chosen),
        "non_preferred_output": _answer(record.rejected),
    }
    return with_metadata(row, record.metadata)


def _read_pair(row: Any) -> Preference:
    row = object_of(row, name="preference", example=_PAIR)
    if "prompt" not in row and has(row, chosen=list, rejected=list):
        return _read_implicit(row)
    return Preference(
        prompt_of(row, "prompt", example=_PAIR),
        answer_of(row, "chosen", example=_PAIR),
        answer_of(row, "rejected", example=_PAIR),
        metadata_of(row, ("prompt", "chosen", "rejected")),
    )


def _read_implicit(row: dict[str, Any]) -> Preference:
    """Both conversations begin with the prompt."""
    (*prompt, chosen), (*same, rejected) = (turns_of(row, key, example=_PAIR_CHAT) for key in ("chosen", "rejected"))
    if prompt != same or not prompt:
        raise BadRow("missing", key="prompt", example=_PAIR_CHAT)
    for key, turn in (("chosen", chosen), ("rejected", rejected)):
        if turn.role != "assistant":
            raise BadRow("answers", key=key)
    return Preference(tuple(prompt), chosen.content, rejected.content, metadata_of(row, ("chosen", "rejected")))


def _write_pair(record: Preference) -> dict[str, Any]:
    (question,) = record.prompt
    return with_metadata({"prompt": question.content, "chosen": record.chosen, "rejected": record.rejected}, record.metadata)


def _write_pair_chat(record: Preference) -> dict[str, Any]:
    row = {"prompt": write_turns(record.prompt), "chosen": _answer(record.chosen), "rejected": _answer(record.rejected)}
    return with_metadata(row, record.metadata)


def _read_thumb(row: Any) -> Thumb:
    row = object_of(row, name="thumbs", example=_THUMB)
    label = row.get("label")
    if label is None:
        raise BadRow("missing", key="label", example=_THUMB)
    if label not in (0, 1):  # true and false are 1 and 0 in Python
        raise BadRow("value", key="label", expected=N_("true or false"), example=_THUMB)
    return Thumb(
        prompt_of(row, "prompt", example=_THUMB),
        answer_of(row, "completion", example=_THUMB),
        bool(label),
        metadata_of(row, ("prompt", "completion", "label")),
    )


def _write_thumb(record: Thumb) -> dict[str, Any]:
    (question,) = record.prompt
    return with_metadata({"prompt": question.content, "completion": record.answer, "label": record.good}, record.metadata)


def _write_thumb_chat(record: Thumb) -> dict[str, Any]:
    row = {"prompt": write_turns(record.prompt), "completion": _answer(record.answer), "label": record.good}
    return with_metadata(row, record.metadata)


# https://developers.openai.com/api/docs/guides/direct-preference-optimization
PREFERENCE_OPENAI: Final = Format(
    name="preference-openai",
    example=_OPENAI,
    record=Preference,
    keys=("input", "preferred_output", "non_preferred_output"),
    structured=frozenset(("input", "preferred_output", "non_preferred_output")),
    holds=frozenset(("system", "turns", "metadata")),
    matches=lambda row: has(row, input=dict, preferred_output=list),
    read=_read_openai,
    write=_write_openai,
)

# https://huggingface.co/docs/trl/dataset_formats#preference
PREFERENCE: Final = Format(
    name="preference",
    example=_PAIR,
    record=Preference,
    keys=("prompt", "chosen", "rejected"),
    structured=frozenset(),
    holds=frozenset(("metadata",)),
    matches=lambda row: has(row, prompt=str, chosen=str, rejected=str),
    read=_read_pair,
    write=_write_pair,
)

PREFERENCE_CHAT: Final = Format(
    name="preference-chat",
    example=_PAIR_CHAT,
    record=Preference,
    keys=("prompt", "chosen", "rejected"),
    structured=frozenset(("prompt", "chosen", "rejected")),
    holds=frozenset(("system", "turns", "metadata")),
    matches=lambda row: has(row, chosen=list, rejected=list),
    read=_read_pair,
    write=_write_pair_chat,
)

# https://huggingface.co/docs/trl/dataset_formats#unpaired-preference
THUMBS: Final = Format(
    name="thumbs",
    example=_THUMB,
    record=Thumb,
    keys=("prompt", "completion", "label"),
    structured=frozenset(("label",)),
    holds=frozenset(("metadata",)),
    matches=lambda row: has(row, prompt=str, completion=str) and "label" in row,
    read=_read_thumb,
    write=_write_thumb,
)

THUMBS_CHAT: Final = Format(
    name="thumbs-chat",
    example=_THUMB_CHAT,
    record=Thumb,
    keys=("prompt", "completion", "label"),
    structured=frozenset(("prompt", "completion", "label")),
    holds=frozenset(("system", "turns", "metadata")),
    matches=lambda row: has(row, prompt=list, completion=list) and "label" in row,
    read=_read_thumb,
    write=_write_thumb_chat,
)
