"""Discord's messages and reactions, translated from plain payloads."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from adapters.discord.events import answered_ref, incoming, is_ignored, locale_of, mentions, plain_text, thumb

ME = 900


def person(user_id: int, name: str, *, bot: bool = False, system: bool = False) -> Any:
    """Return a user as far as it is looked at."""
    return SimpleNamespace(id=user_id, display_name=name, global_name=name, name=name.lower(), bot=bot, system=system)


def message(content: str = "", **changes: Any) -> Any:
    """Return a message in a server's channel."""
    fields: dict[str, Any] = {
        "id": 5,
        "content": content,
        "author": person(7, "Ana Lima"),
        "mentions": [],
        "role_mentions": [],
        "channel_mentions": [],
        "type": discord.MessageType.default,
        "webhook_id": None,
        "reference": None,
        "attachments": [],
        "guild": SimpleNamespace(
            id=1, preferred_locale=discord.Locale.brazil_portuguese, features=[], get_channel=lambda _: None, get_role=lambda _: None
        ),
        "channel": SimpleNamespace(id=2),
        "created_at": discord.utils.snowflake_time(5),
    }
    return SimpleNamespace(**{**fields, **changes})


def test_markup_becomes_what_people_read() -> None:
    """The model and the ledger must not see ids: they say nothing, and a person's is personal data."""
    said = message(
        "<@900> ask <@!8> or <@&3> in <#4>, not <@99> or <@&98> in <#97>; </ask:123> <:tool:55> <a:spin:56> a < b",
        mentions=[person(ME, "Aprendiz"), person(8, "Bia")],
        role_mentions=[SimpleNamespace(id=3, name="Support", tags=None)],
        channel_mentions=[SimpleNamespace(id=4, name="help")],
    )

    assert plain_text(said, ME) == "ask @Bia or @Support in #help, not @user or @role in #channel; /ask :tool: :spin: a < b"


def test_a_question_carries_everything_that_identifies_it() -> None:
    """Redaction needs the names, exactly-once the key, the answer its place and language."""
    said = incoming(message("<@900> hi <@8>", mentions=[person(ME, "Aprendiz"), person(8, "Bia")]), "discord:1:5", ME)

    assert said.text == "hi @Bia"
    assert (said.person, said.names) == ("7", ("Ana Lima", "ana lima", "Bia", "bia"))
    assert (said.keys, said.message_ref, said.locale) == (("discord:message:5",), "5", "pt-BR")
    assert (said.place.surface, said.place.conversation_id, said.place.workspace, said.place.channel) == (
        "mention",
        "discord:1:5",
        "1",
        "2",
    )
    assert said.audience is None


def test_a_name_too_short_to_be_told_from_words_is_not_redacted() -> None:
    """Somebody called "a" must not empty every text of its letters."""
    assert incoming(message("hi", author=person(7, "a")), "c", ME).names == ()


def test_a_direct_message_has_no_workspace() -> None:
    """Rights depend on the surface."""
    place = incoming(message("hi", guild=None), "discord:dm:2", ME).place

    assert (place.surface, place.workspace) == ("direct_message", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"author": person(8, "Other", bot=True)},
        {"author": person(8, "Discord", system=True)},
        {"webhook_id": 4},
        {"type": discord.MessageType.pins_add},
        {"type": discord.MessageType.thread_created},
    ],
    ids=["bot", "system", "webhook", "pin", "thread"],
)
def test_what_no_person_wrote_is_ignored(changes: dict[str, Any]) -> None:
    """Bots that answer bots never stop."""
    assert is_ignored(message("hi", **changes))
    assert not is_ignored(message("hi"))


def test_a_server_that_we_are_not_in_is_no_direct_message() -> None:
    """Its last events may come after it sent us away."""
    assert is_ignored(message("hi", guild=None, channel=SimpleNamespace(id=5, guild_id=6)))
    assert not is_ignored(message("hi", guild=None, channel=SimpleNamespace(id=5, guild_id=None)))


def test_only_a_reply_answers_a_message() -> None:
    """A forwarded message refers to another, too, but says nothing about it."""
    reference = SimpleNamespace(message_id=44)

    assert answered_ref(message(type=discord.MessageType.reply, reference=reference)) == "44"
    assert answered_ref(message(reference=reference)) == ""
    assert answered_ref(message(type=discord.MessageType.reply)) == ""


def test_everyone_does_not_name_us() -> None:
    """An announcement is not a question to us."""
    assert not mentions(message("@everyone", mentions=[person(8, "Bia")]), ME)
    assert mentions(message("<@900>", mentions=[person(ME, "Aprendiz")]), ME)


def test_the_role_of_our_name_names_us_where_we_can_read_it() -> None:
    """People pick it from the list as easily as the app; without its words a message cannot be answered."""
    ours = SimpleNamespace(id=3, name="Aprendiz", tags=SimpleNamespace(bot_id=ME))
    other = SimpleNamespace(id=4, name="Other", tags=SimpleNamespace(bot_id=8))
    said = message("<@&3> hi <@&4>", role_mentions=[ours, other])

    assert mentions(said, ME)
    assert plain_text(said, ME) == "hi @Other"
    assert not mentions(message("", role_mentions=[ours]), ME)
    assert not mentions(message("<@&4> hi", role_mentions=[other]), ME)


@pytest.mark.parametrize(
    ("locale", "features", "expected"),
    [("en-US", [], ""), ("en-US", ["COMMUNITY"], "en-US"), ("pt-BR", [], "pt-BR")],
)
def test_a_servers_default_language_says_nothing(locale: str, features: list[str], expected: str) -> None:
    """Most servers never chose a language; an American sentence in a Brazilian server would be our mistake."""
    guild: Any = SimpleNamespace(preferred_locale=discord.Locale(locale), features=features)

    assert locale_of(guild) == expected
    assert locale_of(None) == ""


@pytest.mark.parametrize(
    ("emoji", "value"), [("👍", "up"), ("👍🏿", "up"), ("👎🏻", "down"), ("👍️", "up"), ("🎉", None), ("✌🏽", None), ("", None)]
)
def test_thumbs_of_every_skin_tone_are_votes(emoji: str, value: str | None) -> None:
    """A vote must not depend on a skin tone."""
    assert thumb(emoji) == value
    assert thumb(discord.PartialEmoji(name=emoji)) == value


def test_a_custom_emoji_named_like_a_thumb_is_no_vote() -> None:
    """Servers draw their own; who knows what they mean."""
    assert thumb(discord.PartialEmoji(name="👍", id=5)) is None
    assert thumb(discord.PartialEmoji(name="")) is None
