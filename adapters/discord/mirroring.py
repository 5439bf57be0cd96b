"""What authors do to their questions afterwards: an edit changes what we keep, a deletion ends it."""

from collections.abc import Iterable
from typing import cast

import discord

from adapters.chat import ChatServices
from adapters.discord import events
from adapters.discord.posts import Posts


class Mirroring:
    """
    Follows edits and deletions of questions.

    Discord names a deleted message by its id alone, and hides the new words of an edit that took our mention away (unless the app has the
    message-content intent): such an edit is passed over.
    """

    def __init__(self, services: ChatServices, posts: Posts) -> None:
        """Follow for the client whose *posts* these are."""
        self._engine = services.engine
        self._posts = posts

    async def edited(self, event: discord.RawMessageUpdateEvent, client: discord.Client) -> None:
        """Keep the author's new words; previews, pins and threads change a message, too, but not its words."""
        message = event.message
        if message.edited_at is None or not message.content or events.is_ignored(message):
            return
        asked = events.incoming(message, "", cast(discord.ClientUser, client.user).id)
        await self._engine.revise(
            events.PLATFORM, channel=asked.place.channel, message_ref=asked.message_ref, text=asked.text, names=asked.names
        )

    async def deleted(self, event: discord.RawMessageDeleteEvent | discord.RawBulkMessageDeleteEvent, client: discord.Client) -> None:
        """Forget the questions that were deleted, and stop answering those still being answered."""
        del client  # deletions name no author
        for message_id in _deleted(event):
            self._posts.forget(message_id)
            erased = await self._engine.erase(events.PLATFORM, channel=str(event.channel_id), message_ref=str(message_id))
            if erased:
                await self._posts.stop(erased)


def _deleted(event: discord.RawMessageDeleteEvent | discord.RawBulkMessageDeleteEvent) -> Iterable[int]:
    return (event.message_id,) if isinstance(event, discord.RawMessageDeleteEvent) else sorted(event.message_ids)
