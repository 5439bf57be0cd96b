"""What Slack refuses, as our errors."""

from typing import Final

from bot.errors import BadRequest, ChatbotError, Misconfigured, TryAgainLater
from bot.texts import N_

# Without these no question is heard or answered; without the others private channels, group messages, locales or a status are missing.
NEEDED_SCOPES: Final = ("app_mentions:read", "channels:history", "chat:write", "im:history", "reactions:read")
USEFUL_SCOPES: Final = ("assistant:write", "groups:history", "mpim:history", "users:read")

# Codes after which no other message of this workspace can be streamed either.
NEVER_STREAMS: Final = frozenset(
    {"unknown_method", "method_deprecated", "feature_not_enabled", "missing_scope", "not_allowed_token_type", "no_permission"}
)

# https://docs.slack.dev/reference/methods/auth.test#errors, https://docs.slack.dev/reference/methods/apps.connections.open#errors
_TOKEN_PROBLEMS: Final = {
    "invalid_auth": "Slack does not know this token",
    "not_authed": "Slack does not know this token",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
    "account_inactive": "the app was removed from the workspace",
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


class SlackSilent(TryAgainLater):
    """No usable answer came: the call may have been carried out, or not."""


class SlackBusy(TryAgainLater):
    """Slack asks to wait `retry_after_s` seconds: the call was not carried out."""

    def __init__(self, code: str, *, retry_after_s: float) -> None:
        super().__init__(code)
        self.retry_after_s = retry_after_s


class UnreadableAttachment(BadRequest):
    """The message carries a file."""

    user_text = N_("I cannot read attachments. Please write what matters in words.")


def as_misconfigured(error: SlackRefused, *, setting: str, variable: str) -> Misconfigured:
    """Return the operator's sentence for a refused token: which setting, what is wrong, what to do."""
    if error.code == "missing_scope":
        return Misconfigured(
            f"{setting} lacks the scope {error.needed or 'that it needs'}: add it in the Slack app's settings and reinstall it"
        )
    kind = "bot token, xoxb-…" if setting.endswith("bot_token") else "app-level token, xapp-…"
    problem = _TOKEN_PROBLEMS.get(error.code, "Slack refuses it")
    return Misconfigured(f"{setting}: {problem} ({error.code}); set {variable} to the current {kind}, of the Slack app")
