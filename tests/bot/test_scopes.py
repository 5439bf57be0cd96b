"""How scopes are written, which ones a place has, and which is the narrowest."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from bot.messages import Place
from bot.scopes import group_in, is_scope, narrowest, own_scope, scopes_of
from bot.settings import GroupSettings, read_settings

PLACE = Place("slack", "mention", "slack:T1:C1:1.0", "T1", "C1")
THREAD = Place("discord", "thread", "discord:900", "9", "900", "88")
GROUPS = {
    "hr": GroupSettings(channels=("slack:C1", "discord:88")),
    "ops": GroupSettings(guilds=("slack:T1",)),
    "site": GroupSettings(platforms=("web",)),
    "nobody": GroupSettings(),
}


@pytest.mark.parametrize(
    "scope", ["channel:slack:C0123", "channel:discord:12", "guild:discord:999", "guild:slack:T1", "group:hr", "group:a-b_2"]
)
def test_scopes_are_written_so(scope: str) -> None:
    """What the documentation shows is taken."""
    assert is_scope(scope)


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "hr",
        "group:",
        "group:h r",
        "group:-x",
        "channel:C1",
        "channel:slack:",
        "channel:web:1",
        "guild:slack:T1:C1",
        "channel:slack:c0123",
        "guild:slack:t0123",
        "Group:hr",
        "group:hr\n",
    ],
)
def test_nothing_else_is_a_scope(scope: str) -> None:
    """A mistyped scope would hide a document from everybody, and nobody would know why."""
    assert not is_scope(scope)
    assert group_in(scope) == ""


def test_a_group_is_named_by_its_scope_alone() -> None:
    """A channel called group is none."""
    assert (group_in("group:hr"), group_in("channel:slack:group"), group_in("channel:slack:GROUP")) == ("hr", "", "")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (PLACE, ("channel:slack:C1", "group:hr", "group:ops", "guild:slack:T1")),
        (replace(PLACE, channel="C2"), ("channel:slack:C2", "group:ops", "guild:slack:T1")),
        (replace(PLACE, channel="C2", workspace="T2"), ("channel:slack:C2", "guild:slack:T2")),
        (replace(PLACE, platform="discord"), ("channel:discord:C1", "guild:discord:T1")),
        (THREAD, ("channel:discord:900", "channel:discord:88", "group:hr", "guild:discord:9")),
        (Place("web", "web", "web:7"), ("channel:web:web:7", "group:site")),
        (Place("cli", "cli", "cli:7"), ("channel:cli:cli:7",)),
    ],
)
def test_a_place_has_its_channels_groups_and_guild(place: Place, expected: tuple[str, ...]) -> None:
    """Nothing of another platform, however its ids are called."""
    assert scopes_of(place, GROUPS) == expected


def test_a_conversation_that_began_without_a_channel_sees_its_beginning() -> None:
    """Slack's /ask goes on in direct messages, where its thread is."""
    begun = Place("slack", "slash_command", "slack:T1:ask:1", "T1", private=True)
    going_on = replace(begun, surface="direct_message", channel="D1")

    assert own_scope(begun) == "channel:slack:slack:T1:ask:1"
    assert own_scope(begun) in scopes_of(going_on, GROUPS)
    assert own_scope(going_on) == "channel:slack:D1"


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ((), ""),
        (("", ""), ""),
        (("", "guild:slack:T1"), "guild:slack:T1"),
        (("group:hr", "group:hr", ""), "group:hr"),
        (("channel:slack:C9",), "channel:slack:C9"),
        (("group:hr", "guild:slack:T1"), "channel:slack:C1"),
        (("group:hr", "group:ops"), "channel:slack:C1"),
        (("channel:slack:C1", "group:hr"), "channel:slack:C1"),
    ],
)
def test_what_is_made_of_several_is_for_those_who_see_all(scopes: tuple[str, ...], expected: str) -> None:
    """Members of a group need not be in the guild: only the place itself is sure to see both."""
    assert narrowest(scopes, PLACE) == expected
    assert narrowest(scopes, replace(PLACE, private=True)) == "channel:slack:C1"


def test_only_a_threads_own_members_see_what_meets_in_it() -> None:
    """A private thread's parent has more people in it."""
    assert narrowest(("channel:discord:88", "guild:discord:9"), THREAD) == "channel:discord:900"


def test_groups_come_from_the_file_and_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both forms of the settings."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "aprendiz.toml").write_text('[groups.hr]\nchannels = ["slack:C0123"]\nguilds = ["discord:999"]\nplatforms = ["web"]\n')
    assert read_settings().groups == {"hr": GroupSettings(channels=("slack:C0123",), guilds=("discord:999",), platforms=("web",))}

    (tmp_path / "aprendiz.toml").unlink()
    monkeypatch.setenv("APRENDIZ_GROUPS__HR__CHANNELS", '["slack:C0123"]')
    assert read_settings().groups == {"hr": GroupSettings(channels=("slack:C0123",))}


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (
            {"hr": {"channels": ["C0123"]}},
            "groups.hr.channels: .*'C0123' names no place: write the platform and its id, such as slack:C0123",
        ),
        ({"hr": {"guilds": ["web:1"]}}, "groups.hr.guilds: .*'web:1' names no place"),
        ({"hr": {"platforms": ["mail"]}}, "groups.hr.platforms.0"),
        ({"h r": {}}, "groups: .*'h r' is no name of a group"),
        ({"hr": {"people": ["U1"]}}, "groups.hr.people"),
    ],
)
def test_a_wrong_group_is_named_in_one_sentence(groups: object, said: str) -> None:
    """The operator sees which table and what to write."""
    with pytest.raises(Misconfigured, match=said):
        read_settings(groups=groups)
