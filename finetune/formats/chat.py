"""Whole conversations: OpenAI's `messages`, bare arrays of roles, and ShareGPT's `conversations`."""

from typing import Any, Final

from bot.messages import Role
from finetune.findings import BadRow
from finetune.formats.fields import metadata_of, object_of, read_turns, turns_of, write_turns
from finetune.formats.format import Format, has, with_metadata
from finetune.formats.records import Conversation, Turn

_MESSAGES: Final = '{"messages": [{"role": "user", "content": "…"}, …]}'
_ROLES: Final = '[{"role": "user", "content": "…"}, …]'
_CONVERSATIONS: Final = '{"conversations": [{"from": "human", "value": "…"}, …]}'

# As data sets in this format write them (FastChat, https://github.com/lm-sys/FastChat/blob/main/docs/training.md, and its kin).
_SPEAKERS: Final[dict[str, Role]] = {
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant", "bot": "assistant",
    "system": "system",
}  # fmt: skip
_WRITTEN: Final[dict[Role, str]] = {"user": "human", "assistant": "gpt", "system": "system"}


def _read_messages(row: Any) -> Conversation:
    if not isinstance(row, dict):
        raise BadRow("messages", key="messages", example=_MESSAGES)
    return Conversation(turns_of(row, "messages", example=_MESSAGES), metadata_of(row, ("messages",)))


def _write_messages(record: Conversation) -> dict[str, Any]:
    return with_metadata({"messages": write_turns(record.messages)}, record.metadata)


def _read_roles(row: Any) -> Conversation:
    if isinstance(row, dict):  # from a table
        row = row.get("messages")
    if not isinstance(row, list) or not row:
        raise BadRow("format", format="roles", example=_ROLES)
    return Conversation(read_turns(row))


def _read_conversations(row: Any) -> Conversation:
    row = object_of(row, name="conversations", example=_CONVERSATIONS)
    listed = row.get("conversations")
    if not isinstance(listed, list) or not listed:
        raise BadRow("messages", key="conversations", example=_CONVERSATIONS)
    turns = tuple(_said(message, at) for at, message in enumerate(listed, 1))
    metadata = metadata_of(row, ("conversations",))
    if isinstance(row.get("system"), str) and turns[0].role != "system" and metadata.get("system") == row["system"]:
        turns = (Turn("system", metadata.pop("system")), *turns)
    return Conversation(turns, metadata)


def _said(message: Any, at: int) -> Turn:
    if isinstance(message, dict) and "from" not in message:  # the same list with the keys of chats
        return read_turns([message])[0]
    role = _SPEAKERS.get(str(message.get("from")).lower()) if isinstance(message, dict) else None
    if role is None:
        said = repr(str(message.get("from"))) if isinstance(message, dict) else "None"
        raise BadRow("role", at=at, role=said, roles="human, gpt, system")
    if not isinstance(message.get("value"), str):
        raise BadRow("content", at=at)
    if other := next((key for key in message if key not in ("from", "value") and message[key] is not None), None):
        raise BadRow("unknown_key", at=at, key=repr(other))
    return Turn(role, message["value"])


def _write_conversations(record: Conversation) -> dict[str, Any]:
    said = [{"from": _WRITTEN[turn.role], "value": turn.content} for turn in record.messages]
    return with_metadata({"conversations": said}, record.metadata)


# https://developers.openai.com/api/docs/guides/supervised-fine-tuning
MESSAGES: Final = Format(
    name="messages",
    example=_MESSAGES,
    record=Conversation,
    keys=("messages",),
    structured=frozenset(("messages",)),
    holds=frozenset(("system", "turns", "weights", "metadata")),
    matches=lambda row: has(row, messages=list),
    read=_read_messages,
    write=_write_messages,
)

ROLES_ONLY: Final = Format(
    name="roles",
    example=_ROLES,
    record=Conversation,
    keys=("messages",),
    structured=frozenset(("messages",)),
    holds=frozenset(("system", "turns", "weights")),
    matches=lambda row: isinstance(row, list) and bool(row) and has(row[0], role=str),
    read=_read_roles,
    write=lambda record: write_turns(record.messages),
)

CONVERSATIONS: Final = Format(
    name="conversations",
    example=_CONVERSATIONS,
    record=Conversation,
    keys=("conversations",),
    structured=frozenset(("conversations",)),
    holds=frozenset(("system", "turns", "metadata")),
    matches=lambda row: has(row, conversations=list),
    read=_read_conversations,
    write=_write_conversations,
)
