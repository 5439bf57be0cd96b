"""What Slack refuses, as our errors."""

from typing import Final

from bot.errors import BadRequest, ChatbotError, Misconfigured, TryAgainLater
from bot.texts import N_

# Without these no question is heard or answered; without the others private channels, group messages, locales or a status are missing.
NEEDED_SCOPES: Final = ("app_mentions:read", "channels:history", "chat:write", "im:history", "reactions:read")
USEFUL_SCOPES: Final = (
    "assistant:write",
    "channels:read",
    "commands",
    "files:read",
    "groups:history",
    "im:write",
    "mpim:history",
    "users:read",
)
GROUPS_SCOPE: Final = "usergroups:read"  # asked for where a list of those who may ask names a user group

# Codes after which no other message of this workspace can be streamed either.
NEVER_STREAMS: Final = frozenset(
    {"unknown_method", "method_deprecated", "feature_not_enabled", "missing_scope", "not_allowed_token_type", "no_permission"}
)
# https://docs.slack.dev/reference/methods/chat.postMessage#errors: nothing can be written there (any more).
_GONE: Final = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "thread_not_found",
        "cannot_reply_to_message",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
    }
)
# https://docs.slack.dev/reference/methods/auth.test#errors: after these no call of the workspace succeeds.
_REVOKED: Final = frozenset({"invalid_auth", "token_revoked", "token_expired", "account_inactive", "app_uninstalled"})
_NO_ANSWER: Final = frozenset({"", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})

# https://docs.slack.dev/reference/methods/auth.test#errors, https://docs.slack.dev/reference/methods/apps.connections.open#errors
_TOKEN_PROBLEMS: Final = {
    "invalid_auth": "Slack does not know this token",
    "not_authed": "Slack does not know this token",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
    "account_inactive": "the app was removed from the workspace",
    "app_uninstalled": "the app was removed from the workspace",
    "not_allowed_token_type": "the token is of the wrong kind",
    "app_missing_action_url": "the app is not set up for Socket Mode",
    "forbidden_team": "the workspace may not use the app",
    "team_access_not_granted": "the workspace has not granted the app access",
    "org_login_required": "the workspace is moving to an organisation",
    "ekm_access_denied": "an administrator has suspended access",
    "access_denied": "access is denied",
    "no_permission": "the token may not do this",
}


class SlackRefused(ChatbotError):
    """Slack answered with an error: `code` is its name; `needed` the scope that a `missing_scope` asks for."""

    def __init__(self, code: str, *, needed: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.needed = needed


class SlackGone(SlackRefused):
    """The channel or thread takes no messages of ours: deleted, archived, locked, or we were removed from it."""


class SlackRevoked(SlackRefused):
    """The workspace's token is no longer good for anything."""


class SlackSilent(TryAgainLater):
    """No usable answer came: the call may have been carried out, or not."""


class SlackBusy(TryAgainLater):
    """Slack asks to wait `retry_after_s` seconds: the call was not carried out."""

    def __init__(self, code: str, *, retry_after_s: float) -> None:
        super().__init__(code)
        self.retry_after_s = retry_after_s


class NotPosted(BadRequest):
    """The answer is there, and the place for it is not."""

    user_text = N_("I could not post my answer there: the channel or thread takes no messages from me any more.")


def as_refusal(code: str, *, status: int, needed: str = "") -> ChatbotError:
    """Return the error for a refusal called *code* with that HTTP status."""
    if code in _NO_ANSWER:
        return SlackSilent(f"{status} {code}".strip())
    kind = SlackGone if code in _GONE else SlackRevoked if code in _REVOKED else SlackRefused
    return kind(code, needed=needed)


def as_misconfigured(error: SlackRefused, *, setting: str, variable: str) -> Misconfigured:
    """Return the operator's sentence for a refused token: which setting, what is wrong, what to do."""
    if error.code == "missing_scope":
        return Misconfigured(
            f"{setting} lacks the scope {error.needed or 'that it needs'}: add it in the Slack app's settings and reinstall it"
        )
    kind = "bot token, xoxb-…" if setting.endswith("bot_token") else "app-level token, xapp-…"
    problem = _TOKEN_PROBLEMS.get(error.code, "Slack refuses it")
    return Misconfigured(f"{setting}: {problem} ({error.code}); set {variable} to the current {kind}, of the Slack app")


def removed(error: SlackRefused, team: str) -> Misconfigured:
    """Return the operator's sentence for an installation that ended in workspace *team*."""
    problem = _TOKEN_PROBLEMS.get(error.code, "Slack refuses its token")
    return Misconfigured(f"slack: workspace {team}: {problem} ({error.code}); it is left alone until the app is installed there anew")


def manifest_line(*scopes: str) -> str:
    """Return where *scopes* are to be added in the app's manifest (https://docs.slack.dev/reference/app-manifest)."""
    return f"oauth_config.scopes.bot: {', '.join(f'- {scope}' for scope in scopes)}"
