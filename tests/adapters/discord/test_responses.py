"""The answer to a command, as discord.py's objects."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from adapters.discord.responses import CommandChannel, FirstResponse
from tests.adapters.discord.test_client import QUESTION
from tests.adapters.discord.world import Company, company


class Command:
    """What a command's token opens, as far as an answer uses it; `calls` is what went by it, refused with *status* once it is spent."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.calls: list[str] = []

    async def edit_message(self, _: int, **fields: Any) -> None:
        """See discord.py."""
        self._call(fields["content"])

    async def delete_message(self, _: int) -> None:
        """See discord.py."""
        self._call("deleted")

    async def send(self, content: str, **_: Any) -> str:
        """See discord.py."""
        self._call(content)
        return content

    def _call(self, what: str) -> None:
        if self.status:
            response: Any = SimpleNamespace(status=self.status, reason="")
            raise discord.HTTPException(response, {"code": 50027, "message": "Invalid Webhook Token"})
        self.calls.append(what)


async def response(acme: Company, command: Command) -> FirstResponse:
    """Return a message of ours as a command's first response."""
    await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
    token: Any = command
    return FirstResponse(acme.answers()[-1].id, acme.client.get_partial_messageable(acme.channel.id), token)


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


@pytest.mark.parametrize("status", [401, 404])
async def test_a_spent_token_is_not_needed(status: int) -> None:
    """A question may wait in line for longer than the token lives."""
    async with company() as acme:
        first = await response(acme, Command(status))
        await first.edit(content="late", view=None)

        assert acme.answers()[-1].content == "late"


async def test_a_failing_discord_is_no_spent_token() -> None:
    """The running answer tries again."""
    async with company() as acme:
        first = await response(acme, Command(503))

        with pytest.raises(discord.HTTPException, match="503"):
            await first.edit(content="late", view=None)


async def test_without_token_and_permission_the_refusal_is_told() -> None:
    """The running answer ends, and the operator reads which permission to give, not that the app's own token is wrong."""
    async with company() as acme:
        command = Command()
        first = await response(acme, command)
        await first.edit(content="one", view=None)
        command.status = 401
        forbid(acme, "PATCH")
        forbid(acme, "DELETE")

        with pytest.raises(discord.Forbidden):
            await first.edit(content="late", view=None)
        with pytest.raises(discord.Forbidden):
            await first.delete()
        command.status = 503
        with pytest.raises(discord.HTTPException, match="503"):
            await first.edit(content="late", view=None)


async def test_a_response_is_taken_away_by_token_or_permission() -> None:
    """An answer to a deleted question goes in either kind of channel."""
    async with company() as acme:
        command = Command()
        first = await response(acme, command)
        forbid(acme, "DELETE")
        await first.delete()
        assert command.calls == ["deleted"]
        acme.env.backend.faults.clear()
        await first.delete()

        assert acme.answers() == []


async def test_later_parts_are_follow_ups_where_we_may_not_post() -> None:
    """An answer of three messages must not lose two of them."""
    async with company() as acme:
        forbid(acme, "POST")
        command: Any = Command()
        channel = CommandChannel(acme.client.get_partial_messageable(acme.channel.id), command)
        await channel.typing()

        sent: Any = await channel.send("part", nonce="E1-1", reference=None)
        assert sent == "part"
        command.status = 401
        with pytest.raises(discord.Forbidden):
            await channel.send("part", nonce="E1-2", reference=None)
