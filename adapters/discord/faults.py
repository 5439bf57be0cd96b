"""What discord.py raises, as our errors: who can act, and one sentence for them."""

from typing import Final

import aiohttp
import discord

from bot.errors import BadRequest, ChatbotError, Misconfigured, TryAgainLater

# What one request may raise: discord.py lets the connection's own errors through (`OSError` includes time-outs).
FAULTS: Final = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)

_PORTAL = "https://discord.com/developers/applications"
_TOKEN = f"APRENDIZ_DISCORD__TOKEN: Discord refuses this token; copy it again from {_PORTAL} (Bot, Reset Token)"
_INTENT = f"APRENDIZ_DISCORD__MESSAGE_CONTENT asks for an intent that is off; switch on Message Content Intent at {_PORTAL} (Bot)"
# By Discord's code: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
_PERMISSIONS: Final = {50001: "View Channel", 50013: "Send Messages (in threads: Send Messages in Threads)", 160002: "Read Message History"}
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_CANNOT_WRITE_TO_THEM: Final = 50007  # a person who takes no direct messages from apps


def as_ours(error: BaseException) -> ChatbotError:
    """Return our error for one of discord.py's; the detail is for operators. One that is ours already stays as it is."""
    if isinstance(error, ChatbotError):
        return error
    if problem := _operators_problem(error):
        return Misconfigured(problem)
    if isinstance(error, discord.HTTPException) and not is_passing(error):
        return BadRequest(f"Discord refuses the request (HTTP {error.status}, code {error.code})")
    return TryAgainLater(f"Discord cannot be reached ({type(error).__name__})")


def is_passing(error: BaseException) -> bool:
    """
    Tell whether the same request may succeed later.

    discord.py gives a 429 up after five tries, and at once where Cloudflare answers in Discord's place.
    """
    return not isinstance(error, discord.HTTPException) or error.status >= 500 or error.status == _TOO_MANY


def is_token_refused(error: BaseException) -> bool:
    """Tell whether Discord refuses our token: the operator can give us another, and what was asked waits for it."""
    return isinstance(error, discord.HTTPException) and error.status == _UNAUTHORIZED


def _operators_problem(error: BaseException) -> str:
    match error:
        case (
            discord.LoginFailure() | discord.ConnectionClosed(code=4004) | discord.HTTPException(status=401)
        ):  # 4004: authentication failed
            return _TOKEN
        case discord.PrivilegedIntentsRequired():
            return _INTENT
        case discord.Forbidden(code=code) if code != _CANNOT_WRITE_TO_THEM:
            lacking = _PERMISSIONS.get(code, "View Channel, Send Messages, Send Messages in Threads and Read Message History")
            return f"Discord refuses the app a channel (code {code}); give its role {lacking}"
        case _:
            return ""
