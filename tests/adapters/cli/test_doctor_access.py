"""What `aprendiz doctor` says of access lists and channels."""

import pytest

from adapters.cli.doctor_access import access
from bot.chat_settings import Access, DiscordSettings, SlackSettings
from bot.settings import AssistantSettings, Settings, Voice

SERVER = "123456789012345678"


def test_without_lists_nothing_is_said() -> None:
    """Most homes have none."""
    assert access(Settings()) == []


def test_ids_of_the_right_form_are_well() -> None:
    """A star in Discord's thread channels stands for all of them."""
    slack = SlackSettings(access=Access(allow_workspaces=("T01ABCDEF",), allow_channels=("C01ABCDEF",), block_groups=("S01ABCDEF",)))
    discord = DiscordSettings(thread_channels=("*",), access=Access(block_workspaces=(SERVER,), allow_groups=(SERVER,)))
    findings = access(Settings(slack=slack, discord=discord))

    assert [(finding.check, finding.mark) for finding in findings] == [("access slack", "ok"), ("access discord", "ok")]
    assert "form: 3." in findings[0].detail


@pytest.mark.parametrize(
    ("settings", "odd"),
    [
        (Settings(slack=SlackSettings(access=Access(allow_channels=("#general", "C01ABCDEF")))), "#general"),
        (Settings(slack=SlackSettings(access=Access(block_groups=("C01ABCDEF",)))), "C01ABCDEF"),
        (Settings(discord=DiscordSettings(access=Access(allow_workspaces=("Acme",)))), "Acme"),
        (Settings(discord=DiscordSettings(thread_channels=("help",))), "help"),
        (Settings(assistant=AssistantSettings(voices=(Voice(platform="slack", channel="general"),))), "general"),
    ],
)
def test_what_looks_like_no_id_is_named(settings: Settings, odd: str) -> None:
    """A name instead of an id locks everybody out, or nobody, without a word."""
    (finding,) = access(settings)

    assert finding.mark == "warn"
    assert finding.detail == f"These look like no ids of their kind: {odd}."
    assert "Copy ID" in finding.remedy
