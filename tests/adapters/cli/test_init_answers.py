"""`aprendiz init --answers`: the same set-up without a person, for scripts and images."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.cli.discord_invite import invite_link
from bot.settings import read_settings
from tests.adapters.cli.conftest import Aprendiz
from tests.adapters.cli.init_world import APP_TOKEN, BOT_TOKEN, TOKEN, World, typing
from tests.adapters.cli.init_world import world as running_world
from tests.fakes.discord_server import ME

FILE, GIVEN = Path("aprendiz.toml"), Path("answers.toml")
SLACK = f'[slack]\nbot_token = "{BOT_TOKEN}"\napp_token = "{APP_TOKEN}"\n'
DISCORD = f'[discord]\ntoken = "{TOKEN}"\n'


@pytest.fixture(scope="module")
def platforms() -> Iterator[World]:
    """Return both platforms, running."""
    with running_world() as world:
        yield world


@pytest.fixture
def world(platforms: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Stand in an empty folder before both platforms."""
    for name, value in platforms.environment.items():
        monkeypatch.setenv(name, value)
    return platforms


def test_answers_are_tried_and_written(world: World, aprendiz: Aprendiz) -> None:
    """They are laid out as aprendiz.toml is: there is no second vocabulary."""
    GIVEN.write_text(f'timezone = "America/Sao_Paulo"\n{SLACK}{DISCORD}[policy]\nper_person_per_minute = 3\n')
    ran = aprendiz("init", "--answers", GIVEN)

    settings = read_settings()
    assert ran.code == 0, ran.err
    assert (settings.timezone, settings.policy.per_person_per_minute) == ("America/Sao_Paulo", 3)
    assert settings.slack.app_token.get_secret_value() == APP_TOKEN
    assert "https://api.slack.com/apps?new_app=1&manifest_yaml=" in ran.out
    assert invite_link(str(ME)) in ran.out


def test_without_discord_no_invite_is_shown(world: World, aprendiz: Aprendiz) -> None:
    """The link needs the bot's own application."""
    GIVEN.write_text(SLACK)

    assert "discord.com/oauth2" not in aprendiz("init", "--answers", GIVEN).out


def test_answers_may_come_over_standard_input(world: World) -> None:
    """A secret store pipes them, and no file holds them."""
    ran = typing("timezone = 'UTC'", arguments=("--answers", "-"))

    assert ran.code == 0, ran.err
    assert tomllib.loads(FILE.read_text()) == {"timezone": "UTC"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (SLACK.replace(BOT_TOKEN, "xoxb-old"), "slack bot token: Slack refuses it: invalid_auth."),
        ('[discord]\ntoken = "bad"\n', "discord: Discord refuses the token: HTTP 401."),
        (f"{DISCORD}message_content = true\n", "discord intent: Message content is asked for, but off."),
        ('timezone = "Mars/Olympus"\n', "'Mars/Olympus' is no IANA time zone"),
        ("[web]\nports = 1\n", "web.ports"),
        ("what = ", "the answers in answers.toml cannot be read"),
    ],
)
def test_wrong_answers_write_nothing(world: World, aprendiz: Aprendiz, given: str, said: str) -> None:
    """A deployment stops here, where the reason is still in sight."""
    GIVEN.write_text(given)
    ran = aprendiz("init", "--answers", GIVEN)

    assert ran.code == 1
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not FILE.exists()


def test_a_platform_out_of_reach_is_told_and_no_obstacle(world: World, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are built where no network is."""
    monkeypatch.setenv("APRENDIZ_SLACK__API_URL", "http://127.0.0.1:9/api/")
    GIVEN.write_text(SLACK)
    ran = aprendiz("init", "--answers", GIVEN)

    assert ran.code == 0
    assert "http://127.0.0.1:9/api/ cannot be reached." in ran.err
    assert read_settings().slack.bot_token.get_secret_value() == BOT_TOKEN


def test_with_force_answers_are_laid_over_the_present_file(world: World, aprendiz: Aprendiz) -> None:
    """Key by key: what they do not name stays."""
    FILE.write_text('language = "pt_BR"\n[slack.access]\nallow_channels = ["C01ABCDEF"]\n')
    GIVEN.write_text('[slack.access]\nblock_channels = ["C02ABCDEF"]\n')
    ran = aprendiz("init", "--force", "--answers", GIVEN)

    assert ran.code == 0, ran.err
    assert tomllib.loads(FILE.read_text()) == {
        "language": "pt_BR",
        "slack": {"access": {"allow_channels": ["C01ABCDEF"], "block_channels": ["C02ABCDEF"]}},
    }


def test_the_manifest_is_printed_for_the_present_settings(home: Path, aprendiz: Aprendiz) -> None:
    """Over HTTP it names the addresses; nothing is asked and nothing written."""
    FILE.write_text('[slack]\nsigning_secret = "s"\n[web]\npublic_url = "https://aprendiz.example"\n')
    ran = aprendiz("init", "--print", "manifest")

    assert ran.code == 0
    assert "request_url: https://aprendiz.example/slack/events\n" in ran.out
    assert "socket_mode_enabled: false\n" in ran.out
