"""The Slack app as Slack takes it: what `deploy/slack-manifest.yaml` holds, and the link that makes the app of it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from adapters.slack.blocks import ANSWER_SHORTCUT
from adapters.slack.oauth import REDIRECT_PATH
from bot.texts import translate

if TYPE_CHECKING:
    from bot.settings import Settings

Value = str | bool | int | Sequence["Value"] | Mapping[str, "Value"]

# Event -> the scope without which Slack does not send it: https://docs.slack.dev/reference/events
BOT_EVENTS: Final[Mapping[str, str]] = {
    "agent_session_stopped": "chat:write",
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "tokens_revoked": "",
}
# Beside the events': answers, the agent view, /ask and /privacy, direct messages for /ask, locales, access by user group, attachments,
# whether a channel is public.
BOT_SCOPES: Final = tuple(
    sorted(
        {scope for scope in BOT_EVENTS.values() if scope}
        | {"chat:write", "assistant:write", "channels:read", "commands", "im:write", "users:read", "usergroups:read", "files:read"}
    )
)
EVENTS_PATH: Final = "/slack/events"
_CREATE: Final = "https://api.slack.com/apps?new_app=1&manifest_yaml="
_PLAIN: Final = re.compile(r"[A-Za-z_][\w.:/-]*")  # needs no quotes, unless YAML takes it for something else
_NO_STRINGS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def manifest(language: str, *, public_url: str = "", socket_mode: bool = True) -> dict[str, Value]:
    """
    Return the manifest.

    Args:
        language: Of what people read in Slack: descriptions, hints, the shortcut's name.
        public_url: https://… of our web server; needed without Socket Mode, and for other workspaces to install the app.
        socket_mode: Whether events come over our own socket instead of to *public_url*.
    """
    url = "" if socket_mode else f"{public_url.rstrip('/')}{EVENTS_PATH}"
    return {
        "display_information": {
            "name": "Aprendiz",
            "description": translate(language, "Answers questions from the company's own documents."),
            "background_color": "#2b5b4f",
        },
        "features": _features(language, url),
        "oauth_config": {
            **({"redirect_urls": [f"{public_url.rstrip('/')}{REDIRECT_PATH}"]} if public_url else {}),
            "scopes": {"bot": list(BOT_SCOPES)},
        },
        "settings": {
            "event_subscriptions": {**_at(url, "request_url"), "bot_events": list(BOT_EVENTS)},
            "interactivity": {"is_enabled": True, **_at(url, "request_url")},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": False,
        },
    }


def manifest_for(settings: "Settings") -> dict[str, Value]:
    """Return the manifest of the app that *settings* describe: Socket Mode, unless only the signing secret of HTTP is there."""
    slack = settings.slack
    over_http = slack.signing_secret.get_secret_value() and not slack.app_token.get_secret_value() and settings.web.public_url
    return manifest(settings.language, public_url=settings.web.public_url, socket_mode=not over_http)


def _features(language: str, url: str) -> dict[str, Value]:
    return {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
        "bot_user": {"display_name": "aprendiz", "always_online": True},
        "agent_view": {
            "agent_description": translate(
                language, "Ask me anything that stands in the company's documents. I answer with my sources, and say so when I do not know."
            )
        },
        "shortcuts": [
            {
                "name": translate(language, "Answer this"),
                "type": "message",
                "callback_id": ANSWER_SHORTCUT,
                "description": translate(language, "Answer this message in its thread."),
            }
        ],
        "slash_commands": [
            {
                "command": "/ask",
                **_at(url, "url"),
                "description": translate(language, "Ask a question; the answer comes as a direct message."),
                "usage_hint": translate(language, "your question"),
                "should_escape": False,
            },
            {
                "command": "/privacy",
                **_at(url, "url"),
                "description": translate(language, "See and change what may be done with your questions."),
                "should_escape": False,
            },
        ],
    }


def _at(url: str, key: str) -> dict[str, Value]:
    """Return *url* under *key*; nothing over Socket Mode, which needs no address."""
    return {key: url} if url else {}


def creation_link(made: Mapping[str, Value]) -> str:
    """Return the link that opens "create an app" in Slack with this manifest: https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests."""
    return _CREATE + quote(as_yaml(made), safe="")


def as_yaml(value: Mapping[str, Value]) -> str:
    """Return *value* as YAML; anything beyond a plain word is quoted as in JSON, which YAML 1.2 reads too."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Mapping[str, Value] | Sequence[Value]) -> list[str]:
    if isinstance(value, Mapping):
        return [line for key, inner in value.items() for line in _entry(f"{key}:", inner)]
    lines = []
    for item in value:
        first, *rest = _lines(item) if isinstance(item, Mapping) else [_scalar(item)]
        lines += [f"- {first}", *(f"  {line}" for line in rest)]
    return lines


def _entry(key: str, value: Value) -> list[str]:
    if isinstance(value, str | bool | int):
        return [f"{key} {_scalar(value)}"]
    return [key, *(f"  {line}" for line in _lines(value))]


def _scalar(value: Value) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NO_STRINGS and not value.endswith(":"):
        return value
    return json.dumps(value, ensure_ascii=False)
