"""Whom the operator named to be asked where the bot does not know."""

import pytest

from bot.errors import Misconfigured
from bot.hand_off import hand_off_of
from bot.messages import Place
from bot.settings import AnswersSettings, HandOff, KnowledgeSettings, read_settings

ALL = (
    HandOff(to="help@example.org"),
    HandOff(platform="slack", to="C0HELP"),
    HandOff(platform="slack", channel="C1", to="https://example.org/desk"),
    HandOff(platform="discord", channel="7", to="123456"),
)


@pytest.mark.parametrize(
    ("place", "to"),
    [
        (Place("web", "web", "w"), "help@example.org"),
        (Place("slack", "thread", "s", "T", "C9"), "C0HELP"),
        (Place("slack", "thread", "s", "T", "C1"), "https://example.org/desk"),
        (Place("discord", "thread", "d", "G", "8", parent="7"), "123456"),
        (Place("discord", "thread", "d", "G", "8"), "help@example.org"),
    ],
)
def test_what_names_more_of_the_place_wins(place: Place, to: str) -> None:
    """A channel before its platform, its platform before all; a thread is its channel's."""
    assert hand_off_of(ALL, place) == to


def test_nobody_named_is_nobody() -> None:
    """Most installations begin so."""
    assert hand_off_of((), Place("web", "web", "w")) == ""


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"to": "C0HELP"}, "'C0HELP' is no web address, no e-mail address and no channel's id on a platform that is named"),
        ({"platform": "web", "to": "C0HELP"}, "no channel's id on web"),
        ({"platform": "discord", "to": "C0HELP"}, "no channel's id on discord"),
        ({"platform": "slack", "to": "<!here>"}, "'<!here>' is no web address"),
        ({"to": "javascript:alert(1)"}, "is no web address"),
    ],
)
def test_what_cannot_be_reached_is_refused(table: dict[str, str], said: str) -> None:
    """It is shown as the operator wrote it, so it must be nothing else."""
    with pytest.raises(Misconfigured) as refused:
        read_settings(answers={"hand_off": [table]})

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ({"answers": {"hand_off": [{"platform": "teams", "to": "C0HELP"}]}}, "answers.hand_off.0.platform"),
        ({"assistant": {"voices": [{"platform": "teams"}]}}, "assistant.voices.0.platform"),
    ],
)
def test_a_platform_that_there_is_not_is_one_mistake(settings: dict[str, object], where: str) -> None:
    """Whoever reads three clauses looks for three mistakes."""
    with pytest.raises(Misconfigured) as refused:
        read_settings(**settings)

    platforms = "Input should be 'slack', 'discord', 'web', 'cli' or ''"
    assert str(refused.value) == f"settings: {where}: {platforms} (in aprendiz.toml or the environment)"


def test_a_folder_s_link_must_be_an_address() -> None:
    """A path would be shown as a link that opens nothing."""
    with pytest.raises(Misconfigured) as refused:
        read_settings(knowledge={"links": {"docs/": "wiki/docs"}})

    assert "'wiki/docs' is no web address; write https://…" in str(refused.value)
    assert KnowledgeSettings(links={"docs/": "https://x.org/"}).links == {"docs/": "https://x.org/"}
    assert AnswersSettings().minimum_confidence is None
