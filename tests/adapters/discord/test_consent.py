"""Consent on Discord, through real discord.py."""

import pytest

from bot.errors import TryAgainLater
from bot.messages import ConsentState, Platform
from tests.adapters.discord.test_client import QUESTION
from tests.adapters.discord.world import Company, company
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger

ASKED = "May your questions be used to improve the answers?"


class Unreachable(MemoryLedger):
    """Cannot tell or keep consent."""

    async def consent_of(self, person: str) -> ConsentState:
        """See the port."""
        raise TryAgainLater

    async def set_consent(self, person: str, *, platform: Platform, granted: bool, at: object) -> None:
        """See the port."""
        raise TryAgainLater


async def state(acme: Company) -> ConsentState:
    """Return what Ana decided."""
    return await acme.ledger.consent_of(f"discord/{acme.ana.id}")


async def test_consent_is_asked_privately_after_the_first_answer_and_never_again() -> None:
    """Who is asked each time presses whatever makes it stop."""
    async with company() as acme:
        first = await acme.ana.slash(acme.channel, "ask", question=QUESTION)
        second = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        [asked] = first.followups
        assert asked.ephemeral
        assert asked.content.startswith(ASKED)
        assert [button["label"] for button in asked.components[0]["components"]] == ["Yes, use them", "No"]
        assert second.followups == []


@pytest.mark.parametrize(("decision", "expected"), [("yes", "granted"), ("no", "refused")])
async def test_a_decision_is_kept_and_takes_the_questions_place_after_a_restart_too(decision: str, expected: ConsentState) -> None:
    """People answer when they have time; the process may be another by then."""
    async with company() as acme:
        [asked] = (await acme.ana.slash(acme.channel, "ask", question=QUESTION)).followups
        await acme.restart()
        await acme.ana.click(asked, custom_id=f"aprendiz:consent:{decision}")
        assert await state(acme) == expected

        assert asked.content in (
            "Thank you! Your questions may help to improve the answers.",
            "Understood: your questions are not used.",
        )
        assert asked.components == []


async def test_a_mention_asks_for_nothing() -> None:
    """On Discord the words of messages do not train with consent; to ask for it would promise something else."""
    async with company() as acme:
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}")

        assert len(acme.answers()) == 1
        assert [request.path for request in acme.env.http_requests if request.path.startswith("/webhooks/")] == []


async def test_a_question_without_an_answer_asks_for_nothing() -> None:
    """After an error message nobody is in the mood."""
    async with company(ScriptedBackend(error=TryAgainLater("down"))) as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.followups == []


async def test_a_database_that_goes_away_after_the_answer_asks_for_nothing() -> None:
    """The answer stands; consent is asked for another time."""
    async with company() as acme:

        async def away(*_: object, **__: object) -> bool:
            raise TryAgainLater

        acme.ledger.note_consent_asked = away  # type: ignore[method-assign]
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION)

        assert result.response is not None
        assert result.response.content.startswith("Yes. Every six months.")
        assert result.followups == []


async def test_privacy_shows_the_state_and_changes_it() -> None:
    """Consent must be as easy to withdraw as to give."""
    async with company() as acme:
        shown = await acme.ana.slash(acme.channel, "privacy")
        assert shown.ephemeral
        assert shown.response is not None
        assert shown.response.content.startswith("You have not said whether")
        await acme.ana.click(shown.response, custom_id="aprendiz:privacy:allow")
        assert await state(acme) == "granted"
        again = await acme.ana.slash(acme.channel, "privacy")
        assert again.response is not None
        assert again.response.content.startswith("You allowed")
        await acme.ana.click(again.response, custom_id="aprendiz:privacy:withdraw")

        assert await state(acme) == "refused"


async def test_privacy_works_in_direct_messages() -> None:
    """It is the natural place to ask for it."""
    async with company() as acme:
        shown = await acme.ana.user.slash("privacy")

        assert shown.response is not None
        assert shown.response.content.startswith("You have not said whether")


async def test_a_button_delivered_twice_is_harmless() -> None:
    """After a resumed session Discord may send an event again."""
    async with company() as acme:
        shown = await acme.ana.slash(acme.channel, "privacy")
        assert shown.response is not None
        await acme.ana.click(shown.response, custom_id="aprendiz:privacy:allow")
        await acme.again("INTERACTION_CREATE")

        assert await state(acme) == "granted"


async def test_a_decision_counts_even_where_it_cannot_be_acknowledged() -> None:
    """A slow moment of ours must not cost a person's decision."""
    async with company() as acme:
        shown = await acme.ana.slash(acme.channel, "privacy")
        assert shown.response is not None
        acme.env.inject_error("POST", "/interactions/*", status=404, code=10062)
        acme.env.inject_error("PATCH", "/webhooks/*", status=404, code=10062)
        await acme.ana.click(shown.response, custom_id="aprendiz:privacy:allow")

        assert await state(acme) == "granted"


async def test_a_database_that_is_away_is_told_privately() -> None:
    """The person must not believe that their decision was kept."""
    async with company(ledger=Unreachable()) as acme:
        shown = await acme.ana.slash(acme.channel, "privacy")
        assert shown.response is not None
        assert (shown.response.content, shown.ephemeral) == (TryAgainLater.user_text, True)
    async with company() as acme:
        shown = await acme.ana.slash(acme.channel, "privacy")
        assert shown.response is not None
        acme.ledger.set_consent = Unreachable().set_consent  # type: ignore[method-assign]
        clicked = await acme.ana.click(shown.response, custom_id="aprendiz:privacy:allow")

        [told] = clicked.followups
        assert (told.content, told.ephemeral) == (TryAgainLater.user_text, True)
        assert shown.response.components
