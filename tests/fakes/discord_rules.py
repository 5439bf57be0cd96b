"""What Discord refuses: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal(Exception):  # it is an answer of Discord's, not a failure of ours
    """An HTTP status with Discord's own code and words."""

    status: int
    code: int
    message: str


UNKNOWN_CHANNEL = Refusal(404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = Refusal(404, 10008, "Unknown Message")
UNKNOWN_WEBHOOK = Refusal(404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = Refusal(404, 10062, "Unknown interaction")
ACKNOWLEDGED = Refusal(400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = Refusal(403, 50001, "Missing Access")
NOT_OURS = Refusal(403, 50005, "Cannot edit a message authored by another user")
EMPTY = Refusal(400, 50006, "Cannot send an empty message")
MISSING_PERMISSIONS = Refusal(403, 50013, "Missing Permissions")
EXPIRED = Refusal(401, 50027, "Invalid Webhook Token")
HAS_A_THREAD = Refusal(400, 160004, "A thread has already been created for this message")
UNAUTHORIZED = Refusal(401, 0, "401: Unauthorized")

_CONTENT, _NONCE, _CUSTOM_ID, _LABEL, _TITLE, _THREAD_NAME = 2000, 25, 100, 80, 45, 100
_ROWS, _BUTTONS, _FIELDS = 5, 5, 5
_ROW, _BUTTON = 1, 2  # component types


def invalid(what: str) -> Refusal:
    """Return what Discord says of a field that it does not take."""
    return Refusal(400, 50035, f"Invalid Form Body: {what}")


def check_message(body: dict[str, Any], *, files: int = 0, new: bool = True) -> None:
    """Refuse a message that Discord would refuse; a change (*new* is false) may leave fields out."""
    content = body.get("content")
    if content is not None and len(content) > _CONTENT:
        raise invalid("content: Must be 2000 or fewer in length.")
    blank = not (content or "").strip() and not files and not body.get("embeds") and not body.get("components")
    if blank and (new or "content" in body):
        raise EMPTY
    nonce = body.get("nonce")
    if nonce is not None and len(str(nonce)) > _NONCE:
        raise invalid("nonce: Must be 25 or fewer in length.")
    check_components(body.get("components") or [])


def check_components(rows: list[dict[str, Any]]) -> None:
    """Refuse rows of buttons that Discord would refuse."""
    if len(rows) > _ROWS:
        raise invalid("components: Must be 5 or fewer in length.")
    ids = [_check_button(button) for row in rows for button in _buttons(row)]
    if len(set(ids)) < len(ids):
        raise invalid("components: Component custom id cannot be duplicated")


def check_modal(modal: dict[str, Any]) -> None:
    """Refuse a form that Discord would refuse."""
    if not 1 <= len(modal.get("title", "")) <= _TITLE:
        raise invalid("data.title: Must be between 1 and 45 in length.")
    if not 1 <= len(modal.get("custom_id", "")) <= _CUSTOM_ID:
        raise invalid("data.custom_id: Must be between 1 and 100 in length.")
    if not 1 <= len(modal.get("components", [])) <= _FIELDS:
        raise invalid("data.components: Must be between 1 and 5 in length.")


def check_thread_name(name: object) -> None:
    """Refuse a thread's name that Discord would refuse."""
    if not isinstance(name, str) or not 1 <= len(name) <= _THREAD_NAME:
        raise invalid("name: Must be between 1 and 100 in length.")


def _buttons(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if row.get("type") != _ROW or not 1 <= len(row.get("components", [])) <= _BUTTONS:
        raise invalid("components: Must be an action row of 1 to 5")
    yield from row["components"]


def _check_button(button: dict[str, Any]) -> str:
    custom_id = button.get("custom_id", "")
    if button.get("type") == _BUTTON and len(button.get("label") or "") > _LABEL:
        raise invalid("label: Must be 80 or fewer in length.")
    if not isinstance(custom_id, str) or not 1 <= len(custom_id) <= _CUSTOM_ID:
        raise invalid("custom_id: Must be between 1 and 100 in length.")
    return custom_id
