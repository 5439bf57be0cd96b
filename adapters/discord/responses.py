"""The answer to a command: Discord's first response to it is its first message, edited like any other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import discord

from adapters.discord.faults import FAULTS

if TYPE_CHECKING:
    from discord.abc import MessageableChannel

logger = logging.getLogger(__name__)

# What Discord says of a token whose 15 minutes are over; our clock may be wrong: it is asked, not us.
_SPENT: Final = (401, 404)


class FirstResponse(discord.PartialMessage):
    """
    The message that a command was answered with.

    The first edit goes by the interaction's token, which ends "thinking"; later ones are those of an ordinary message, because the token
    lives 15 minutes only. Where we may not see the channel, edits go by the token as long as it lives.
    """

    def __init__(self, message_id: int, channel: discord.PartialMessageable, token: discord.Webhook) -> None:
        """*token* is the command's, as the webhook that it opens."""
        super().__init__(channel=channel, id=message_id)
        self._token = token
        self._thinking = True
        self._refused: discord.Forbidden | None = None  # set in a channel that we may not see

    async def edit(self, **fields: Any) -> Any:
        """See discord.py."""
        if self._thinking:
            edited = await self._edit_thinking(**fields)
            self._thinking = False
            return edited
        if self._refused is None:
            try:
                return await super().edit(**fields)
            except discord.Forbidden as refused:
                self._refused = refused
        with _else(self._refused):
            return await self._token.edit_message(self.id, **fields)

    async def delete(self, *, delay: float | None = None) -> None:
        """See discord.py."""
        try:
            await super().delete(delay=delay)
        except discord.Forbidden as refused:
            with _else(refused):
                await self._token.delete_message(self.id)

    async def _edit_thinking(self, **fields: Any) -> Any:
        try:
            return await self._token.edit_message(self.id, **fields)
        except discord.HTTPException as error:
            if error.status not in _SPENT:
                raise
        return await super().edit(**fields)


class CommandChannel:
    """The channel of a command whose answer goes on in it: parts that we may not post there come as follow-ups of the command."""

    def __init__(self, channel: discord.PartialMessageable, token: discord.Webhook) -> None:
        self.id = channel.id
        self._channel = channel
        self._token = token

    async def typing(self) -> None:
        """Do nothing: the command already says that we are thinking."""

    async def send(self, content: str | None = None, *, nonce: str, reference: Any, **fields: Any) -> discord.Message:
        """See discord.py; *nonce* and *reference* are of no use to a follow-up."""
        try:
            return await self._channel.send(content, nonce=nonce, reference=reference, **fields)
        except discord.Forbidden as refused:
            with _else(refused):
                return await self._token.send(content or "", wait=True, **fields)


def as_channel(channel: CommandChannel) -> "MessageableChannel":
    """Return *channel* as what a running answer writes to; it has all that one uses."""
    return cast("MessageableChannel", channel)


async def first_response(interaction: discord.Interaction[Any], channel: discord.PartialMessageable) -> FirstResponse | None:
    """Return the deferred response to a command, None where there is none."""
    try:
        return FirstResponse((await interaction.original_response()).id, channel, interaction.followup)
    except FAULTS as error:
        logger.warning("response not found", extra={"error": type(error).__name__})
        return None


@contextmanager
def _else(refused: discord.Forbidden) -> Iterator[None]:
    """Raise *refused* where the token is spent: what the operator can mend is the permission."""
    try:
        yield
    except discord.HTTPException as error:
        if error.status in _SPENT:
            raise refused from error
        raise
