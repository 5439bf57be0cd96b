"""What the formats read alike: texts, messages, one answer, and the metadata beside them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, cast, get_args

from bot.messages import Role
from bot.texts import N_
from finetune.findings import BadRow
from finetune.formats.format import METADATA
from finetune.formats.records import Turn

ROLES: Final = get_args(Role)
_MESSAGE_KEYS: Final = frozenset(("role", "content", "weight"))


def object_of(row: Any, *, name: str, example: str) -> dict[str, Any]:
    """Return *row* as the JSON object it should be."""
    if not isinstance(row, dict):
        raise BadRow("format", format=name, example=example)
    return row


def text_of(row: Mapping[str, Any], key: str, *, example: str) -> str:
    """Return the text under *key*."""
    value = row.get(key)
    if value is None:
        raise BadRow("missing", key=key, example=example)
    if not isinstance(value, str):
        raise BadRow("value", key=key, expected=N_("a text"), example=example)
    return value


def turns_of(row: Mapping[str, Any], key: str, *, example: str) -> tuple[Turn, ...]:
    """Return the messages listed under *key*; at least one."""
    listed = row.get(key)
    if not isinstance(listed, list) or not listed:
        raise BadRow("messages", key=key, example=example)
    return read_turns(listed)


def read_turns(listed: Sequence[Any]) -> tuple[Turn, ...]:
    """Return messages of role and content, as chats write them."""
    return tuple([_turn(message, at) for at, message in enumerate(listed, 1)])


def _turn(message: Any, at: int) -> Turn:
    if type(message) is dict and len(message) == 2:  # nearly always
        role: Any = message.get("role")
        content = message.get("content")
        if role in ROLES and type(content) is str:
            return Turn(role, content)
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        role = message.get("role") if isinstance(message, dict) else None
        raise BadRow("role", at=at, role=repr(str(role)), roles=", ".join(ROLES))
    content, weight = message.get("content"), message.get("weight")
    if not isinstance(content, str):
        raise BadRow("content", at=at)
    if len(message) > 2 and (other := next((key for key in message if key not in _MESSAGE_KEYS and message[key] is not None), None)):
        raise BadRow("unknown_key", at=at, key=repr(other))
    if weight is not None:
        if weight not in (0, 1) or message["role"] != "assistant":
            raise BadRow("weight", at=at)
        return Turn("assistant", content, int(weight))
    return Turn(cast("Role", message["role"]), content)


def write_turns(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Return messages of role and content, with the weights that they have."""
    return [{"role": turn.role, "content": turn.content, **({} if turn.weight is None else {"weight": turn.weight})} for turn in turns]


def prompt_of(row: Mapping[str, Any], key: str, *, example: str) -> tuple[Turn, ...]:
    """Return the prompt under *key*: messages, or a text as the user's."""
    if isinstance(row.get(key), str):
        return (Turn("user", row[key]),)
    if row.get(key) is None:
        raise BadRow("missing", key=key, example=example)
    return turns_of(row, key, example=example)


def answer_of(row: Mapping[str, Any], key: str, *, example: str) -> str:
    """Return the answer under *key*: a text, or a list of one message of the assistant's."""
    value = row.get(key)
    if isinstance(value, str):
        return value
    if value is None:
        raise BadRow("missing", key=key, example=example)
    turns = turns_of(row, key, example=example)
    if len(turns) != 1 or turns[0].role != "assistant":
        raise BadRow("answers", key=key)
    return turns[0].content


def metadata_of(row: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Return what *row* says besides *keys*: what stands under "metadata", and every other key."""
    if len(row) == len(keys):  # nearly always
        return {}
    told = row.get(METADATA)
    besides = {key: value for key, value in row.items() if key not in keys and key != METADATA}
    if told is None or told == {}:
        return besides
    if not isinstance(told, dict):
        return {**besides, METADATA: told}
    if twice := next((key for key in besides if key in told and told[key] != besides[key]), None):
        raise BadRow("duplicate_key", key=repr(twice))
    return {**told, **besides}
