"""What Slack refuses, by its documentation: arguments, lengths, blocks, scopes and rates, for the methods that the product uses."""

import re
from typing import Any

from tests.fakes.slack_blocks import ALL_BLOCKS_CHARACTERS, MARKDOWN_CHARACTERS, are_blocks, texts_of

TEXT_CHARACTERS = 40_000

Args = dict[str, Any]

# Method -> (arguments that must be there, scope, calls a minute).
METHODS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "auth.test": ((), "", 600),
    "auth.revoke": ((), "", 50),
    "apps.connections.open": ((), "connections:write", 20),
    "chat.postMessage": (("channel",), "chat:write", 60),
    "chat.postEphemeral": (("channel", "user"), "chat:write", 100),
    "chat.update": (("channel", "ts"), "chat:write", 50),
    "chat.startStream": (("channel", "thread_ts"), "chat:write", 20),
    "chat.appendStream": (("channel", "ts"), "chat:write", 100),
    "chat.stopStream": (("channel", "ts"), "chat:write", 20),
    "conversations.replies": (("channel", "ts"), "channels:history", 50),
    "chat.delete": (("channel", "ts"), "chat:write", 50),
    "chat.getPermalink": (("channel", "message_ts"), "", 600),
    "conversations.info": (("channel",), "channels:read", 50),
    "conversations.open": (("users",), "im:write", 50),
    "reactions.get": (("channel", "timestamp"), "reactions:read", 50),
    "users.info": (("user",), "users:read", 100),
    "usergroups.users.list": (("usergroup",), "usergroups:read", 20),
    "views.open": (("trigger_id", "view"), "", 100),
    "views.update": (("view",), "", 100),
    "views.publish": (("user_id", "view"), "", 100),
    "assistant.threads.setStatus": (("channel_id", "thread_ts", "status"), "assistant:write", 600),
    "assistant.threads.setSuggestedPrompts": (("channel_id", "prompts"), "assistant:write", 100),
    "agents.sessions.setStatus": (("status",), "chat:write", 50),
    "agents.sessions.rename": (("channel_id", "title"), "chat:write", 50),
}
_HEARING = "app_mentions:read,channels:history,groups:history,im:history,mpim:history"
_DOING = "chat:write,channels:read,commands,im:write,assistant:write,users:read,usergroups:read,reactions:read,files:read"
ALL_SCOPES = f"{_HEARING},{_DOING}"

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
    if not are_blocks(blocks):
        raise Refusal("invalid_blocks")
    if sum(len(text) for block in blocks for text in texts_of(block)) > ALL_BLOCKS_CHARACTERS:
        raise Refusal("msg_blocks_too_long")


def pings_in(*texts: str) -> list[str]:
    """Return what would notify someone, or link to a person or channel, in mrkdwn or Markdown."""
    return [found[0] for text in texts for found in _PING.finditer(text)]
