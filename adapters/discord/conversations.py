"""Which conversation a message or command belongs to, and whether a message is for us at all."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import discord

from adapters.discord.events import answered_ref, mentions
from adapters.discord.posts import Posts
from bot.ports import Ledger


@dataclass(frozen=True, slots=True)
class Conversations:
    """Finds conversations by what the ledger knows; in the channels `forums` each new post is a question to us."""

    ledger: Ledger
    posts: Posts
    forums: Collection[str] = ()

    async def for_us(self, message: discord.Message, *, me: int) -> str | None:
        """
        Return the id of the conversation that *message* belongs to, None where it is not for us.

        Direct messages always are. In a server a message is for us that names us, replies to an answer of ours, is written in a thread
        that we take part in, or opens a post in one of our forums; without the message-content intent Discord hides the text of all
        but the first, and nothing can be answered.
        """
        if message.guild is None:
            return await self.around(message)
        named = mentions(message, me)
        if not named and not message.content:
            return None
        if isinstance(message.channel, discord.Thread):
            conversation_id, opened_on = await self._thread(message.channel)
            ours = named or opened_on or self._is_post(message, message.channel) or await self.ledger.takes_part(conversation_id)
            return conversation_id if ours else None
        continued = await self._continued(message.channel.id, answered_ref(message))
        # A thread opened on the question later has the question's id, and so continues its conversation.
        return continued or (_beginning(message.guild.id, message.id) if named else None)

    async def around(self, message: discord.Message) -> str:
        """Return the id of the conversation that *message* belongs to, or begins."""
        if message.guild is None:
            return f"discord:dm:{message.channel.id}"
        if isinstance(message.channel, discord.Thread):
            return (await self._thread(message.channel))[0]
        continued = await self._continued(message.channel.id, answered_ref(message))
        return continued or _beginning(message.guild.id, message.id)

    async def of_command(self, interaction: discord.Interaction[Any]) -> str:
        """Return the id of the conversation that a command goes on with, or begins."""
        if interaction.guild_id is None:
            return f"discord:dm:{interaction.channel_id}"
        if isinstance(interaction.channel, discord.Thread):
            return (await self._thread(interaction.channel))[0]
        return _beginning(interaction.guild_id, interaction.id)

    async def _thread(self, thread: discord.Thread) -> tuple[str, bool]:
        """Return a thread's conversation, and whether it was opened on an answer of ours."""
        # A public thread's id is that of the message it was opened on.
        opened_on = await self._continued(thread.parent_id, str(thread.id))
        return opened_on or _beginning(thread.guild.id, thread.id), opened_on is not None

    async def _continued(self, channel_id: int, message_ref: str) -> str | None:
        """Return the conversation of the answer that *message_ref* is."""
        exchange_id = message_ref and await self.posts.exchange_of(channel_id, message_ref)
        place = await self.ledger.place_of(exchange_id) if exchange_id else None
        return place.conversation_id if place else None

    def _is_post(self, message: discord.Message, thread: discord.Thread) -> bool:
        """Tell whether *message* opens a post of a forum of ours: only there is a thread's first message inside it."""
        return message.id == thread.id and str(thread.parent_id) in self.forums


def _beginning(guild_id: int, message_id: int) -> str:
    return f"discord:{guild_id}:{message_id}"
