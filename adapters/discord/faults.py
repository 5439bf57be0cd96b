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
_PERMISSIONS = (
    "Discord refuses the app a channel; give its role View Channel, Send Messages, Send Messages in Threads and Read Message History"
)


def as_ours(error: BaseException) -> ChatbotError:
    """Return our error for one of discord.py's; the detail is for operators."""
    if problem := _operators_problem(error):
        return Misconfigured(problem)
    if isinstance(error, discord.HTTPException) and not is_passing(error):
        return BadRequest(f"Discord refuses the request (HTTP {error.status}, code {error.code})")
    return TryAgainLater(f"Discord cannot be reached ({type(error).__name__})")


def is_passing(error: BaseException) -> bool:
    """Tell whether the same request may succeed later."""
    return not isinstance(error, discord.HTTPException) or error.status >= 500


def _operators_problem(error: BaseException) -> str:
    match error:
        case (
            discord.LoginFailure() | discord.ConnectionClosed(code=4004) | discord.HTTPException(status=401)
        ):  # 4004: authentication failed
            return _TOKEN
        case discord.PrivilegedIntentsRequired():
            return _INTENT
        case discord.Forbidden():
            return _PERMISSIONS
        case _:
            return ""
