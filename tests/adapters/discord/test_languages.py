"""Commands in a person's own language, through real discord.py."""

from collections.abc import Mapping
from typing import Any

import pytest

from adapters.chat import consent_question, privacy_choice
from bot.errors import EmptyQuestion
from bot.texts import translate
from tests.adapters.discord.test_client import QUESTION, custom_id
from tests.adapters.discord.world import Company, company

PT = "pt-BR"


def speaks(acme: Company, locale: str) -> None:
    """Let everybody's Discord be in another language; the simulated one is American."""
    emit = acme.env.backend.emit

    def translated(event: str, payload: Mapping[str, Any]) -> None:
        emit(event, {**payload, "locale": locale} if event == "INTERACTION_CREATE" else payload)

    acme.env.backend.emit = translated  # type: ignore[method-assign]


async def test_a_brazilian_is_spoken_to_in_portuguese() -> None:
    """Whatever the server's language: these are seen by that person alone."""
    async with company() as acme:
        speaks(acme, PT)
        asked = await acme.ana.slash(acme.channel, "ask", question=QUESTION)
        privacy = await acme.ana.slash(acme.channel, "privacy")
        refused = await acme.ana.slash(acme.channel, "ask", question="🙂")
        answer = acme.answers()[0]
        form = await acme.ana.click(answer, custom_id=custom_id(answer, 1))

        [consent] = asked.followups
        assert consent.content == consent_question(PT).text != consent_question("en").text
        assert privacy.response is not None
        assert privacy.response.content == privacy_choice(PT, "unasked", "consent").text
        assert refused.response is not None
        assert refused.response.content == translate(PT, EmptyQuestion.user_text)
        assert form.modal is not None
        assert form.modal["title"] == translate(PT, "What is wrong with this answer?") != "What is wrong with this answer?"
        assert [kept.question.locale for kept in acme.ledger.kept.values()] == [PT]


@pytest.mark.parametrize("locale", ["fr", "zh-CN"])
async def test_other_languages_get_english(locale: str) -> None:
    """An unknown language must not be an error."""
    async with company() as acme:
        speaks(acme, locale)
        privacy = await acme.ana.slash(acme.channel, "privacy")

        assert privacy.response is not None
        assert privacy.response.content == privacy_choice("en", "unasked", "consent").text
