"""Our commands and their registration, through real discord.py."""

import logging
from typing import Any

import discord
import pytest
from discord.app_commands import TranslationContext, TranslationContextLocation, locale_str

from adapters.discord.commands import Words
from bot.errors import BadRequest
from tests.adapters.discord.wire import app_with, running
from tests.adapters.discord.world import Company, company
from tests.fakes.discord_server import DiscordServer
from tests.fakes.ledger import MemoryLedger


def registered(acme: Company) -> list[list[dict[str, Any]]]:
    """Return what was registered, each time."""
    sent = [request for request in acme.env.http_requests if request.method == "PUT" and request.path.endswith("/commands")]
    return [request.json for request in sent if isinstance(request.json, list)]


async def test_commands_are_registered_for_servers_and_direct_messages_in_both_languages() -> None:
    """People find commands by typing; in a direct message, too, and in their own language."""
    async with company() as acme:
        [commands] = registered(acme)
        by_name = {command["name"]: command for command in commands}

        assert set(by_name) == {"ask", "privacy", "Answer this"}
        assert all(command["contexts"] == [0, 1] and command["integration_types"] == [0] for command in commands)
        assert [(option["name"], option["required"]) for option in by_name["ask"]["options"]] == [("question", True), ("file", False)]
        named = [*commands, *by_name["ask"]["options"]]
        assert all(set(each["name_localizations"]) == {"pt-BR"} for each in named)
        assert all(set(each["description_localizations"]) == {"pt-BR"} for each in named if each["name"] != "Answer this")


async def test_names_are_valid_in_both_languages() -> None:
    """Discord refuses the whole set where one translated name has a capital or a space."""
    async with company() as acme:
        [commands] = registered(acme)
        *slash, menu = commands

        for each in (*slash, *slash[0]["options"]):
            for name in (each["name"], *each["name_localizations"].values()):
                assert name == name.lower()
                assert 1 <= len(name) <= 32
                assert all(character.isalnum() or character in "-_" for character in name)
            for text in (each["description"], *each["description_localizations"].values()):
                assert 1 <= len(text) <= 100
        assert len(menu["name_localizations"]["pt-BR"]) <= 32


async def test_an_unchanged_set_is_not_registered_again() -> None:
    """Discord limits registrations, and shows people an old set for a moment after each."""
    async with company() as acme:
        await acme.restart()

        assert len(registered(acme)) == 1
        assert [name for name in acme.vault.values if name.startswith("discord:commands:")] == [
            f"discord:commands:{acme.client.application_id}"
        ]


async def test_a_changed_set_is_registered_at_the_next_start() -> None:
    """A new release may bring a command, or a better translation of one."""
    async with company() as acme:
        acme.vault.values[f"discord:commands:{acme.client.application_id}"] = "an older set"
        await acme.restart()

        assert len(registered(acme)) == 2


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (400, 50035)], ids=["forbidden", "invalid"])
async def test_a_refused_set_is_logged_and_tried_again(status: int, code: int, caplog: pytest.LogCaptureFixture) -> None:
    """Mentions must be answered all the same, and the next start mends it."""
    async with company() as acme:
        acme.vault.values.clear()
        acme.env.inject_error("PUT", "/applications/*/commands", status=status, code=code)
        with caplog.at_level(logging.WARNING):
            await acme.restart()
        assert [record.message for record in caplog.records] == ["commands not registered, trying again at the next start"]
        assert acme.vault.values == {}
        await acme.restart()

        assert len(acme.vault.values) == 1


async def test_only_languages_that_we_speak_are_translated() -> None:
    """Thirty times the English words would be said to be thirty languages."""
    context: Any = TranslationContext(TranslationContextLocation.other, None)

    assert await Words().translate(locale_str("ask"), discord.Locale.french, context) is None
    assert await Words().translate(locale_str("ask"), discord.Locale.brazil_portuguese, context)


async def test_a_command_that_we_no_longer_know_gets_a_sentence(discord_wire: DiscordServer) -> None:
    """Discord may show an older set for a while; "did not respond" tells nobody anything."""
    async with running(app_with(MemoryLedger())):
        for name in ("removed", "ask"):  # one is gone, the other lacks what it demands
            used = await discord_wire.command(name)
            assert await discord_wire.acknowledged(used)
            assert [each["content"] for each in used.private.values()] == [BadRequest.user_text]
