"""Votes on Discord, through real discord.py."""

import discord
import pytest

from adapters.discord.parts import RatingButton
from bot.errors import TryAgainLater
from tests.adapters.discord.test_client import QUESTION, buttons, custom_id
from tests.adapters.discord.world import BRIEF_S, Company, company
from tests.fakes.backend import ScriptedBackend


async def answered(acme: Company) -> discord.Message:
    """Ask, and return the answer."""
    await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
    return acme.answers()[-1]


async def test_a_click_is_thanked_privately_and_the_last_one_counts() -> None:
    """A vote must be felt by the voter, seen by nobody else, and may be changed."""
    async with company() as acme:
        answer = await answered(acme)
        up = await acme.ana.click(answer, custom_id=custom_id(answer, 0))
        assert up.ephemeral
        assert up.response is not None
        assert up.response.content == "Thank you! Your vote was counted."
        assert acme.votes() == [{f"discord/{acme.ana.id}": "up"}]
        await acme.ana.click(answer, custom_id=custom_id(answer, 1))

        assert acme.votes() == [{f"discord/{acme.ana.id}": "down"}]


async def test_buttons_work_after_a_restart() -> None:
    """People rate yesterday's answers, and deployments happen in between."""
    async with company() as acme:
        answer = await answered(acme)
        await acme.restart()
        result = await acme.member("bia").click(answer, custom_id=custom_id(answer, 0))

        assert result.ephemeral
        assert [list(votes.values()) for votes in acme.votes()] == [["up"]]


async def test_a_vote_on_a_forgotten_answer_says_so() -> None:
    """After an erasure the old buttons are still in the channel."""
    async with company() as acme:
        answer = await answered(acme)
        acme.ledger.kept.clear()
        result = await acme.ana.click(answer, custom_id=custom_id(answer, 0))

        assert result.response is not None
        assert result.response.content == "I no longer know that answer."


async def test_a_vote_counts_even_where_its_thanks_are_refused() -> None:
    """Discord gives 3 s; a slow moment of ours must not cost a vote."""
    async with company() as acme:
        answer = await answered(acme)
        acme.env.inject_error("POST", "/interactions/*", status=404, code=10062)
        await acme.ana.click(answer, custom_id=custom_id(answer, 0))

        assert acme.votes() == [{f"discord/{acme.ana.id}": "up"}]


@pytest.mark.parametrize(("emoji", "value"), [("👍", "up"), ("👎", "down"), ("👍🏽", "up"), ("👎🏿", "down")])
async def test_a_thumb_votes_until_it_is_taken_away(emoji: str, value: str) -> None:
    """Many people react rather than press a button, in their own skin tone, also on messages of an earlier process."""
    async with company() as acme:
        answer = await answered(acme)
        await acme.restart()
        await acme.ana.react(answer, emoji)
        assert acme.votes() == [{f"discord/{acme.ana.id}": value}]
        await acme.ana.unreact(answer, emoji)

        assert acme.votes() == [{}]


async def test_a_thumb_in_a_direct_message_is_a_vote() -> None:
    """Direct messages have no member behind the reaction."""
    async with company() as acme:
        await acme.ana.send_dm(QUESTION)
        answer = acme.answers(acme.ana.user.dm_channel)[0]
        await acme.ana.user.set_reaction(answer, "👎", reacted=True)
        assert acme.votes() == [{f"discord/{acme.ana.id}": "down"}]
        await acme.ana.user.set_reaction(answer, "👎", reacted=False)

        assert acme.votes() == [{}]


async def test_the_other_thumb_counts_where_one_is_taken_away() -> None:
    """Who changes their mind often adds the new thumb before removing the old one."""
    async with company() as acme:
        answer = await answered(acme)
        await acme.member("bia").react(answer, "👍")
        await acme.ana.react(answer, "👍")
        await acme.ana.react(answer, "👎")
        await acme.ana.unreact(answer, "👍")
        assert acme.votes()[0][f"discord/{acme.ana.id}"] == "down"
        await acme.ana.unreact(answer, "👎")

        assert list(acme.votes()[0].values()) == ["up"]
        assert f"discord/{acme.ana.id}" not in acme.votes()[0]


async def test_a_thumb_that_cannot_be_looked_up_is_taken_back() -> None:
    """Without the permission to read a channel's history only the removal itself is known."""
    async with company() as acme:
        answer = await answered(acme)
        await acme.ana.react(answer, "👍")
        acme.env.inject_error("GET", "/channels/*/messages/*", status=403, code=50013)
        await acme.ana.unreact(answer, "👍")

        assert acme.votes() == [{}]


async def test_other_reactions_and_other_messages_are_no_votes() -> None:
    """People react to each other all day."""
    async with company() as acme:
        answer = await answered(acme)
        talk = await acme.ana.send(acme.channel, "lunch?")
        bot = acme.guild.add_member(acme.env.create_user("other", bot=True))
        await acme.ana.react(answer, "🎉")
        await acme.ana.react(talk, "👍")
        await bot.react(answer, "👍")
        await answer.add_reaction("👎")
        await acme.env.settle()

        assert acme.votes() == [{}]


async def test_a_thumb_on_a_running_answer_counts_once_it_is_whole() -> None:
    """Impatient people vote while the answer is still being written."""
    backend = ScriptedBackend(("Every six months. ", "Really, ", "truly."), delay_s=2)
    async with company(backend, settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")
        acme.env.settle_timeout = 10
        await acme.env.advance_time(3)
        acme.env.settle_timeout = BRIEF_S
        await acme.ana.react(acme.answers()[0], "👍")
        assert acme.votes() == [{}]
        acme.env.settle_timeout = 10
        await acme.env.advance_time(5)

        assert acme.votes() == [{f"discord/{acme.ana.id}": "up"}]


async def test_a_thumb_on_a_failed_answer_is_no_vote() -> None:
    """There is nothing to learn from an error message."""
    async with company(ScriptedBackend(error=TryAgainLater("down"))) as acme:
        answer = await answered(acme)
        await acme.ana.react(answer, "👎")

        assert acme.votes() == [{}]
        assert buttons(answer) == []


async def test_a_button_says_what_it_is_without_any_memory() -> None:
    """What a click means must be in the button itself: the process that posted it may be gone."""
    match = RatingButton("down", "01ABC").template.fullmatch("aprendiz:down:01ABC")

    assert match is not None
    assert match.groupdict() == {"value": "down", "exchange_id": "01ABC"}
