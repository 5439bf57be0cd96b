"""System text, tone, format and audience by place."""

from bot.messages import Place
from bot.settings import AssistantSettings, Voice
from bot.voice import audience_of, system_text, voice_of

SUPPORT = Place("slack", "mention", "slack:T:C1:1", "T", "C1")
DISCORD = Place("discord", "mention", "discord:G:1", "G", "D1")


def test_a_channels_voice_is_laid_over_its_platforms() -> None:
    """An operator sets a tone once per platform and changes only what differs in one channel."""
    assistant = AssistantSettings(
        company="Hidrex",
        system="General.",
        format="Short.",
        voices=(Voice(platform="slack", channel="C1", tone="Formal."), Voice(platform="slack", system="For staff.", tone="Warm.")),
    )

    assert system_text(assistant, SUPPORT) == "Company: Hidrex. For staff. Formal. Short."
    assert system_text(assistant, DISCORD) == "Company: Hidrex. General. Short."


def test_slack_asks_as_employees_and_discord_as_customers_unless_set() -> None:
    """Employees' material must not reach customers by default."""
    assistant = AssistantSettings(voices=(Voice(platform="discord", channel="D1", audience="employees"),))

    assert audience_of(assistant, SUPPORT) == "employees"
    assert audience_of(assistant, DISCORD) == "employees"
    assert audience_of(AssistantSettings(), DISCORD) == "customers"


def test_a_channels_voice_holds_for_its_threads() -> None:
    """A thread in Discord is a channel of its own; nobody sets one up, but somebody may."""
    thread = Place("discord", "thread", "discord:G:9", "G", "T9", parent="D1")
    assistant = AssistantSettings(
        system="General.",
        format="",
        voices=(
            Voice(channel="T9", tone="Of the thread."),
            Voice(channel="D1", tone="Of the channel.", system="Its own.", language="pt_BR"),
        ),
    )

    assert system_text(assistant, thread) == (
        "Its own. Of the thread. Always answer in Brazilian Portuguese, whatever the language of the question."
    )
    assert system_text(assistant, DISCORD) == (
        "Its own. Of the channel. Always answer in Brazilian Portuguese, whatever the language of the question."
    )
    assert voice_of(assistant, SUPPORT).language == ""


def test_a_guild_s_voice_stands_between_its_platform_s_and_its_channels() -> None:
    """One server is answered by the hosted model, the others by the file; one of its channels by another again."""
    assistant = AssistantSettings(
        voices=(
            Voice(channel="D1", model="of the channel"),
            Voice(guild="G", model="of the guild", tone="Warm."),
            Voice(platform="discord", model="of the platform"),
        )
    )
    elsewhere, beside = (Place("discord", "mention", "discord:X:1", guild, "D2") for guild in ("X", "G"))

    assert (voice_of(assistant, DISCORD).model, voice_of(assistant, DISCORD).tone) == ("of the channel", "Warm.")
    assert voice_of(assistant, beside).model == "of the guild"
    assert voice_of(assistant, elsewhere).model == "of the platform"
    assert voice_of(assistant, Place("web", "web", "web:1")).model == ""
