"""
docs/discord-screens.md shows the exact payloads that the code gives, and Discord takes each of them.

`python -m tests.adapters.discord.test_screens` writes the page anew.
"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import pytest

from adapters.chat import consent_question, consent_thanks, privacy_choice
from adapters.discord.commands import command_tree, payload_of
from adapters.discord.consent import consent_view, privacy_view
from adapters.discord.interactions import ALREADY, COMING, NOT_PEOPLE
from adapters.discord.parts import final_parts, rating_view, waiting_part
from adapters.discord.reasons import NOTHING_TO_ADD, THANKS, reason_form
from adapters.discord.votes import COUNTED
from bot.errors import AskedTooOften, CannotSee, EmptyQuestion, NotAllowedHere
from bot.messages import Answer, Source
from bot.texts import translate

PAGE = Path(__file__).parents[3] / "docs" / "discord-screens.md"
EXCHANGE = "01JB0000000000000000000000"
ANSWER = Answer(
    EXCHANGE,
    "Replace the filter every **six months**.",
    "verified",
    (Source("Filters", "https://example.com/filters", "p1", 0.9), Source("Upkeep", "upkeep.pdf", "p2", 0.7)),
    0.9,
    "",
    {},
    approved_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)

_INTRODUCTION = """# What Discord shows

Every surface with the exact payload, in English; people whose Discord speaks Portuguese get the same in Portuguese. Beneath messages in a
server it is the server's language where one was chosen. The page is written by `python -m tests.adapters.discord.test_screens` and a test
keeps it equal to the code. `01JB0000000000000000000000` stands for an exchange. Nothing of ours ever pings anybody: each payload also
carries `"allowed_mentions": {"parse": []}`.
"""

Screen = tuple[str, Any]


def messages(locale: str) -> dict[str, Screen]:
    """Return each message of ours: title -> what it is, its payload."""
    consent, privacy = consent_question(locale), privacy_choice(locale, "unasked", "consent")
    [part] = final_parts(ANSWER, locale)
    return {
        "An answer": (
            "A reply to the question, or the response to `/ask`; in a thread on the question where `thread_channels` names its channel. "
            "It is edited as it is written, typing is shown until its first words. Discord shows no tables: a narrow one stands in columns "
            "as code, a wider one as a list of its rows. Beneath the text stand what kind of answer it is, its sources and what to see "
            "also as small print, beneath the last part the two buttons; 👍 and 👎 reactions count as they do.",
            {"content": part.content, "components": rating_view(EXCHANGE, locale).to_components()},
        ),
        "While others are before": (
            "In the place of the answer, after a second of waiting.",
            {"content": waiting_part(3, locale).content},
        ),
        "The question about consent": (
            "Seen by the asker alone, beneath their first answer to `/ask`, once; mentions and direct messages ask for nothing, because on "
            f"Discord consent does not cover them. Either button puts “{consent_thanks(locale, granted=True)}” or "
            f"“{consent_thanks(locale, granted=False)}” in its place.",
            {"content": consent.text, "components": consent_view(locale).to_components(), "flags": 64},
        ),
        "/privacy": (
            "Seen by whoever gives the command. Either button puts the same thanks in its place.",
            {"content": privacy.text, "components": privacy_view(locale).to_components(), "flags": 64},
        ),
    }


def texts(locale: str) -> dict[str, str]:
    """Return what is said in plain sentences: when -> the words."""
    link = "https://discord.com/channels/1/2/3"
    return {
        "👍 pressed, seen by whoever pressed": translate(locale, COUNTED),
        "the form sent": translate(locale, THANKS),
        "the form sent after the vote was changed": translate(locale, NOTHING_TO_ADD),
        "“Answer this”, seen by whoever chose it; the answer is a reply to the message": translate(locale, COMING, link=link),
        "“Answer this” on a message that was answered": translate(locale, ALREADY),
        "“Answer this” on a bot's or Discord's own message": translate(locale, NOT_PEOPLE),
        "a question without words": translate(locale, EmptyQuestion.user_text),
        "asked where the operator does not allow it": translate(locale, NotAllowedHere.user_text),
        "asked too often": translate(locale, AskedTooOften.user_text, count=30, wait="40 s"),
        "a picture beside a question": translate(locale, CannotSee.user_text, name="error.png"),
    }


async def commands() -> list[dict[str, Any]]:
    """Return the commands as Discord is told of them."""
    return await payload_of(command_tree(discord.Client(intents=discord.Intents.none())))


def document(registered: list[dict[str, Any]]) -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    parts += [f"## {title}\n{text}\n\n{_code(payload)}" for title, (text, payload) in messages("en").items()]
    parts.append(
        "## Why was it bad?\nOpens after a press of 👎, when the vote is stored already: whoever closes it loses nothing. Where the ledger "
        f"takes longer than Discord waits for a form, the press is thanked like 👍.\n\n{_code(reason_form(EXCHANGE, 'en').to_dict())}"
    )
    rows = "\n".join(f"| {when} | {words} |" for when, words in texts("en").items())
    parts.append(
        "## In one sentence\nTo a command or button these are seen by that person alone. Beneath a message in a server a refusal is a "
        f"reply that goes away after 30 seconds, at most one a minute for each person.\n\n| when | words |\n|---|---|\n{rows}\n"
    )
    parts.append(f"## The commands\nRegistered whenever they differ from those registered last.\n\n{_code(registered)}")
    return "\n".join(parts)


def _code(shown: Any) -> str:
    return f"```json\n{json.dumps(shown, ensure_ascii=False, indent=2)}\n```\n"


async def test_the_page_shows_what_the_code_gives() -> None:
    """A description of screens that has drifted from them is worse than none."""
    wanted = document(await commands())
    page = await asyncio.to_thread(PAGE.read_text, encoding="utf-8")

    assert page == wanted, "write it anew: python -m tests.adapters.discord.test_screens"


@pytest.mark.parametrize("locale", ["en", "pt-BR"])
async def test_every_message_is_within_discords_limits(locale: str) -> None:
    """In both languages: content 2,000, labels 80, custom ids 100 characters."""
    for _, payload in messages(locale).values():
        assert 1 <= len(payload["content"]) <= 2000
        for button in (each for row in payload.get("components", []) for each in row["components"]):
            assert 1 <= len(button["label"]) <= 80
            assert 1 <= len(button["custom_id"]) <= 100
    assert all(1 <= len(words) <= 2000 for words in texts(locale).values())


if __name__ == "__main__":
    PAGE.write_text(document(asyncio.run(commands())), encoding="utf-8")
