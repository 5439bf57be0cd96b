"""Why an answer was bad, asked on Discord through real discord.py."""

import asyncio
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Literal

import discord
import pytest

from adapters.chat import reasons
from adapters.discord.reasons import reason_form, sent_form
from bot.errors import TryAgainLater
from bot.messages import RatingValue
from bot.ratings import RatingVia, VoteReason
from tests.adapters.discord.test_client import custom_id
from tests.adapters.discord.test_votes import answered
from tests.adapters.discord.world import Company, company
from tests.fakes.ledger import MemoryLedger, Vote

THANKS = "Thank you! That helps to make the answers better."
VOTED = "Thank you! Your vote was counted."


class SlowVotes(MemoryLedger):
    """Takes its time to keep a vote."""

    async def rate(
        self,
        exchange_id: str,
        person: str,
        value: RatingValue | None,
        *,
        via: RatingVia,
        at: datetime,
        reason: VoteReason | Literal[""] = "",
        comment: str = "",
    ) -> None:
        """See the port."""
        await asyncio.sleep(2.5)
        await super().rate(exchange_id, person, value, via=via, at=at, reason=reason, comment=comment)


async def voted_down(acme: Company) -> Any:
    """Ask, vote the answer down, and return what that gave."""
    answer = await answered(acme)
    return await acme.ana.click(answer, custom_id=custom_id(answer, 1))


def vote(acme: Company) -> Vote:
    """Return the one vote."""
    [kept] = acme.ledger.kept.values()
    [only] = kept.votes.values()
    return only


async def test_a_vote_down_is_kept_and_then_its_reason_asked() -> None:
    """The vote counts whatever becomes of the form: dismissed, it loses nothing."""
    async with company() as acme:
        shown = await voted_down(acme)

        assert shown.modal is not None
        assert shown.modal["custom_id"] == f"aprendiz:reason:{next(iter(acme.ledger.kept))}"
        assert (vote(acme).value, vote(acme).reason, vote(acme).comment) == ("down", "", "")


async def test_a_reason_and_words_are_added_to_the_vote() -> None:
    """A wrong answer and an unfriendly one are mended in different ways."""
    async with company() as acme:
        shown = await voted_down(acme)
        sent = await acme.ana.submit_modal(shown, {"reason": ["outdated"], "comment": "It is every four months since May."})

        assert (vote(acme).reason, vote(acme).comment) == ("outdated", "It is every four months since May.")
        assert sent.response is not None
        assert (sent.response.content, sent.ephemeral) == (THANKS, True)


async def test_a_form_of_an_earlier_process_is_taken() -> None:
    """Deployments happen while people write."""
    async with company() as acme:
        shown = await voted_down(acme)
        await acme.restart()
        await acme.ana.submit_modal(shown, {"reason": ["tone"]})

        assert (vote(acme).reason, vote(acme).comment) == ("tone", "")


async def test_a_form_sent_twice_is_harmless() -> None:
    """After a resumed session Discord may send an event again."""
    async with company() as acme:
        shown = await voted_down(acme)
        await acme.ana.submit_modal(shown, {"reason": ["wrong"]})
        await acme.again("INTERACTION_CREATE")

        assert vote(acme).reason == "wrong"


async def test_a_reason_for_a_vote_that_changed_is_not_kept() -> None:
    """Who found the answer good after all must not be on record as its critic."""
    async with company() as acme:
        shown = await voted_down(acme)
        await acme.ana.click(acme.answers()[0], custom_id=custom_id(acme.answers()[0], 0))
        sent = await acme.ana.submit_modal(shown, {"reason": ["wrong"]})

        assert (vote(acme).value, vote(acme).reason) == ("up", "")
        assert sent.response is not None
        assert sent.response.content == "You changed your vote since, so there is nothing to add."


async def test_a_slow_vote_is_thanked_without_a_form() -> None:
    """A form must be the first response, within 3 s; the vote comes first."""
    ledger = SlowVotes()
    async with company(ledger=ledger) as acme:
        acme.ledger = ledger
        result = await voted_down(acme)

        assert result.modal is None
        assert result.response is not None
        assert (result.response.content, result.ephemeral) == (VOTED, True)
        assert vote(acme).value == "down"


async def test_a_form_that_cannot_be_shown_costs_nothing() -> None:
    """Discord may have given the interaction up."""
    async with company() as acme:
        answer = await answered(acme)
        acme.env.inject_error("POST", "/interactions/*", status=404, code=10062)
        await acme.ana.click(answer, custom_id=custom_id(answer, 1))

        assert vote(acme).value == "down"


async def test_a_vote_down_on_a_forgotten_answer_asks_for_no_reason() -> None:
    """There is nothing to add a reason to."""
    async with company() as acme:
        answer = await answered(acme)
        acme.ledger.kept.clear()
        result = await acme.ana.click(answer, custom_id=custom_id(answer, 1))

        assert result.response is not None
        assert (result.response.content, result.ephemeral) == ("I no longer know that answer.", True)


async def test_a_reason_that_cannot_be_kept_is_told_so() -> None:
    """Nobody should believe that their words were read."""
    async with company() as acme:
        shown = await voted_down(acme)

        async def away(*_: Any, **__: Any) -> bool:
            raise TryAgainLater

        acme.ledger.explain_vote = away  # type: ignore[method-assign]
        sent = await acme.ana.submit_modal(shown, {"reason": ["wrong"]})

        assert sent.response is not None
        assert (sent.response.content, sent.ephemeral) == (TryAgainLater.user_text, True)


async def test_a_reason_counts_even_where_its_thanks_are_refused() -> None:
    """A slow moment of ours must not cost what a person wrote."""
    async with company() as acme:
        shown = await voted_down(acme)
        acme.env.inject_error("POST", "/interactions/*", status=404, code=10062, times=2)
        await acme.ana.submit_modal(shown, {"reason": ["wrong"]})

        assert vote(acme).reason == "wrong"


@pytest.mark.parametrize("locale", ["en-US", "pt-BR"])
async def test_the_form_is_within_discords_limits(locale: str) -> None:
    """Discord refuses a whole form for one label too long: https://docs.discord.com/developers/components/reference#label."""
    form = reason_form("E1", locale).to_dict()

    assert len(form["title"]) <= 45
    assert all(len(each["label"]) <= 45 for each in form["components"])
    options = form["components"][0]["component"]["options"]
    assert [(each["value"], each["label"]) for each in options] == list(reasons(locale))
    assert all(len(each["label"]) <= 100 for each in options)


def interaction(data: dict[str, Any], kind: discord.InteractionType = discord.InteractionType.modal_submit) -> Any:
    """Return an interaction as far as it is looked at."""
    return SimpleNamespace(type=kind, data=data)


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([], ("E1", "other", "")),
        ([{"type": 18, "component": {"custom_id": "reason", "values": []}}], ("E1", "other", "")),
        ([{"type": 18, "component": {"custom_id": "reason", "values": ["'; drop"]}}], ("E1", "other", "")),
        ([{"type": 1, "components": [{"custom_id": "comment", "value": "w" * 3000}]}], ("E1", "other", "w" * 2000)),
        ([{"type": 10}, {"type": 18, "component": {"custom_id": "reason", "values": ["tone"]}}], ("E1", "tone", "")),
    ],
    ids=["empty", "nothing chosen", "unknown reason", "too long", "other parts"],
)
def test_whatever_a_form_says_becomes_a_reason(components: list[Any], expected: tuple[str, str, str]) -> None:
    """A modified client may send anything."""
    assert sent_form(interaction({"custom_id": "aprendiz:reason:E1", "components": components})) == expected


@pytest.mark.parametrize(
    "other",
    [
        interaction({"custom_id": "something"}),
        interaction({"custom_id": "aprendiz:reason:"}),
        interaction({"custom_id": "aprendiz:reason:E1"}, discord.InteractionType.component),
        interaction({}),
    ],
)
def test_other_interactions_are_no_forms_of_ours(other: Any) -> None:
    """Every button press and command comes past here, too."""
    assert sent_form(other) is None
