"""What Slack refuses, by its documentation: arguments, lengths, blocks, scopes and rates, for the methods that the product uses."""

import re
from collections.abc import Callable
from typing import Any

TEXT_CHARACTERS = 40_000
MARKDOWN_CHARACTERS = 12_000
ALL_BLOCKS_CHARACTERS = 13_200
BLOCKS = 50

Args = dict[str, Any]

# Method -> (arguments that must be there, scope, calls a minute).
METHODS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "auth.test": ((), "", 600),
    "apps.connections.open": ((), "connections:write", 20),
    "chat.postMessage": (("channel",), "chat:write", 60),
    "chat.postEphemeral": (("channel", "user"), "chat:write", 100),
    "chat.update": (("channel", "ts"), "chat:write", 50),
    "chat.startStream": (("channel", "thread_ts"), "chat:write", 20),
    "chat.appendStream": (("channel", "ts"), "chat:write", 100),
    "chat.stopStream": (("channel", "ts"), "chat:write", 20),
    "conversations.replies": (("channel", "ts"), "channels:history", 50),
    "reactions.get": (("channel", "timestamp"), "reactions:read", 50),
    "users.info": (("user",), "users:read", 100),
    "assistant.threads.setStatus": (("channel_id", "thread_ts", "status"), "assistant:write", 600),
}
_HEARING = "app_mentions:read,channels:history,groups:history,im:history,mpim:history"
ALL_SCOPES = f"{_HEARING},chat:write,users:read,reactions:read,assistant:write"

_PING = re.compile(r"<(!(channel|here|everyone|subteam)|@[UW]\w+|#C\w+)", re.IGNORECASE)


class Refusal(Exception):
    """An error that Slack answers with, and its extra fields."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


def check_text(args: Args) -> None:
    """Refuse a message that is empty, too long or says its text twice."""
    text, markdown, blocks = args.get("text") or "", args.get("markdown_text") or "", args.get("blocks")
    if not (text.strip() or markdown.strip() or blocks):
        raise Refusal("no_text")
    if markdown and (text or blocks):
        raise Refusal("markdown_text_conflict")
    if len(text) > TEXT_CHARACTERS or len(markdown) > MARKDOWN_CHARACTERS:
        raise Refusal("msg_too_long")
    check_blocks(blocks or [])
    check_metadata(args.get("metadata"))


def check_chunks(args: Args) -> str:
    """Return the Markdown of a streaming call."""
    chunks = args.get("chunks") or []
    if not isinstance(chunks, list) or any(chunk.get("type") != "markdown_text" or not chunk.get("text") for chunk in chunks):
        raise Refusal("invalid_chunks")
    text = (args.get("markdown_text") or "") + "".join(chunk["text"] for chunk in chunks)
    if len(text) > MARKDOWN_CHARACTERS:
        raise Refusal("msg_too_long")
    return text


def check_metadata(metadata: Any) -> None:
    """Refuse metadata that is no event."""
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not metadata.get("event_type") or not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")


def check_blocks(blocks: Any) -> None:
    """Refuse blocks that Block Kit does not know or that are too long."""
    if not isinstance(blocks, list) or len(blocks) > BLOCKS:
        raise Refusal("invalid_blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)) or not all(_is_block(block) for block in blocks):
        raise Refusal("invalid_blocks")
    if sum(len(text) for block in blocks for text in texts_of(block)) > ALL_BLOCKS_CHARACTERS:
        raise Refusal("msg_blocks_too_long")


def texts_of(block: dict[str, Any]) -> list[str]:
    """Return what people read in a block, buttons left out."""
    match block.get("type"):
        case "markdown":
            return [block["text"]]
        case "context":
            return [element["text"] for element in block["elements"]]
        case "section":
            return [block["text"]["text"]]
    return []


def pings_in(*texts: str) -> list[str]:
    """Return what would notify someone, or link to a person or channel, in mrkdwn or Markdown."""
    return [found[0] for text in texts for found in _PING.finditer(text)]


def _is_block(block: Any) -> bool:
    checks: dict[str, Callable[[dict[str, Any]], bool]] = {
        "markdown": lambda block: _is_string(block.get("text"), MARKDOWN_CHARACTERS),
        "context": lambda block: _all(block.get("elements"), 10, lambda element: _is_text(element, 2_000)),
        "context_actions": lambda block: _all(block.get("elements"), 5, _is_feedback),
        "actions": lambda block: _all(block.get("elements"), 25, _is_button),
        "section": lambda block: _is_text(block.get("text"), 3_000),
    }
    check = checks.get(str(block.get("type"))) if isinstance(block, dict) else None
    return check is not None and check(block)


def _all(elements: Any, most: int, check: Callable[[Any], bool]) -> bool:
    return isinstance(elements, list) and 0 < len(elements) <= most and all(isinstance(each, dict) and check(each) for each in elements)


def _is_feedback(element: dict[str, Any]) -> bool:
    buttons = element.get("positive_button"), element.get("negative_button")
    return (
        element.get("type") == "feedback_buttons"
        and _is_string(element.get("action_id"), 255)
        and all(
            isinstance(button, dict) and _is_plain(button.get("text"), 75) and _is_string(button.get("value"), 2_000) for button in buttons
        )
    )


def _is_button(element: dict[str, Any]) -> bool:
    return element.get("type") == "button" and _is_plain(element.get("text"), 75) and _is_string(element.get("action_id"), 255)


def _is_plain(text: Any, most: int) -> bool:
    return _is_text(text, most) and text["type"] == "plain_text"


def _is_text(text: Any, most: int) -> bool:
    return isinstance(text, dict) and text.get("type") in ("mrkdwn", "plain_text") and _is_string(text.get("text"), most)


def _is_string(value: Any, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most
