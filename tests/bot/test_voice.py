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
