"""The answer to a command, as discord.py's objects."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from adapters.discord.responses import CommandChannel, FirstResponse
from tests.adapters.discord.test_client import QUESTION
from tests.adapters.discord.world import Company, company


class Command:
    """A command as far as its answer looks at it; `calls` is what went by its token."""

    def __init__(self, *, expired: bool = False) -> None:
        self.expired = expired
        self.calls: list[str] = []
        self.followup = SimpleNamespace(send=self.send)

    def is_expired(self) -> bool:
        """Tell whether 15 minutes are over."""
        return self.expired

    async def edit_original_response(self, **fields: Any) -> None:
        """See discord.py."""
        self.calls.append(fields["content"])

    async def delete_original_response(self) -> None:
        """See discord.py."""
        self.calls.append("deleted")

    async def send(self, content: str, **_: Any) -> str:
        """See discord.py."""
        self.calls.append(content)
        return content


async def response(acme: Company, command: Command) -> FirstResponse:
    """Return a message of ours as a command's first response."""
    await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
    interaction: Any = command
    return FirstResponse(acme.answers()[-1].id, acme.client.get_partial_messageable(acme.channel.id), interaction)


def forbid(acme: Company, method: str) -> None:
    """Let Discord refuse us the channel from now on."""
    acme.env.inject_error(method, "/channels/*/messages*", status=403, code=50001, times=None)


async def test_only_the_first_edit_goes_by_the_token() -> None:
    """It ends "thinking"; the token lives 15 minutes only."""
    async with company() as acme:
        command = Command()
        first = await response(acme, command)
        await first.edit(content="one", view=None)
        await first.edit(content="two", view=None)

        assert command.calls == ["one"]
        assert acme.answers()[-1].content == "two"


async def test_a_channel_hidden_later_is_written_to_by_the_token() -> None:
    """Somebody may take a permission away in the middle of an answer."""
    async with company() as acme:
        command = Command()
        first = await response(acme, command)
        await first.edit(content="one", view=None)
        forbid(acme, "PATCH")
        before = len(acme.env.http_requests)
        await first.edit(content="two", view=None)
        await first.edit(content="three", view=None)

        assert command.calls == ["one", "two", "three"]
        assert len(acme.env.http_requests) == before + 1  # one refusal is enough


async def test_an_expired_token_is_not_used() -> None:
    """A question may wait in line for longer than the token lives."""
    async with company() as acme:
        command = Command(expired=True)
        first = await response(acme, command)
        await first.edit(content="late", view=None)
        assert acme.answers()[-1].content == "late"
        await first.delete()

        assert command.calls == []
        assert acme.answers() == []


async def test_without_token_and_permission_the_refusal_is_told() -> None:
    """The running answer ends, and the operator reads why."""
    async with company() as acme:
        first = await response(acme, Command(expired=True))
        forbid(acme, "PATCH")

        with pytest.raises(discord.Forbidden):
            await first.edit(content="late", view=None)


async def test_a_deleted_response_goes_by_the_token() -> None:
    """Taking an answer back works where we may not see the channel, too."""
    async with company() as acme:
        command = Command()
        await (await response(acme, command)).delete()

        assert command.calls == ["deleted"]


async def test_later_parts_are_follow_ups_where_we_may_not_post() -> None:
    """An answer of three messages must not lose two of them."""
    async with company() as acme:
        forbid(acme, "POST")
        command: Any = Command()
        channel = CommandChannel(acme.client.get_partial_messageable(acme.channel.id), command)
        await channel.typing()

        assert await channel.send("part", nonce="E1-1", reference=None) == "part"
        command.expired = True
        with pytest.raises(discord.Forbidden):
            await channel.send("part", nonce="E1-2", reference=None)
