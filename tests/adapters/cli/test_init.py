"""`aprendiz init`: a person answers, the platforms are asked, the file is written whole or not at all."""

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.discord_invite import invite_link
from adapters.cli.slack_manifest import creation_link, manifest
from bot.settings import read_settings
from tests.adapters.cli.conftest import Aprendiz
from tests.adapters.cli.init_world import APP_TOKEN, BOT_TOKEN, TOKEN, World, typing
from tests.adapters.cli.init_world import world as running_world
from tests.fakes.discord_server import ME

FILE = Path("aprendiz.toml")
# Language, time zone, company; and at the end rights on the web, export, host, port.
BEGIN = ("en", "America/Sao_Paulo", "Acme")
END = ("", "", "", "")
SLACK = ("slack", "socket", BOT_TOKEN, APP_TOKEN, "n", "", "", "")
DISCORD = ("discord", TOKEN, "n", "", "", "")


@pytest.fixture(scope="module")
def platforms() -> Iterator[World]:
    """Return both platforms, running."""
    with running_world() as world:
        yield world


@pytest.fixture
def world(platforms: World, home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Stand in an empty folder, at an English terminal, before both platforms."""
    for name, value in platforms.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return platforms


def written() -> dict[str, Any]:
    """Return the file's tables."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def test_without_a_platform_a_few_answers_are_enough(world: World) -> None:
    """Whoever only wants the browser answers eight questions, most of them with Enter."""
    ran = typing(*BEGIN, "neither", *END)

    assert ran.code == 0, ran.err
    assert written() == {
        "language": "en",
        "timezone": "America/Sao_Paulo",
        "assistant": {"company": "Acme"},
        "rights": {"web": "consent"},
        "export": {"cron": "0 3 * * *"},
        "web": {"host": "127.0.0.1", "port": 8642},
    }


def test_the_file_is_the_owners_alone(world: World) -> None:
    """Tokens stand in it."""
    ran = typing(*BEGIN, *SLACK, *END)

    assert ran.code == 0, ran.err + ran.out

    assert stat.S_IMODE(FILE.stat().st_mode) == 0o600
    assert [path.name for path in Path.cwd().iterdir()] == ["aprendiz.toml"]


def test_slack_over_its_socket(world: World) -> None:
    """The link that makes the app comes before the tokens, which are tried as soon as they are typed."""
    ran = typing(*BEGIN, *SLACK, *END)

    settings = read_settings()
    assert ran.code == 0, ran.err
    assert settings.slack.bot_token.get_secret_value() == BOT_TOKEN
    assert settings.slack.app_token.get_secret_value() == APP_TOKEN
    assert [(voice.platform, voice.audience) for voice in settings.assistant.voices] == [("slack", "employees")]
    assert settings.rights.slack == "consent"
    assert f"{creation_link(manifest('en'))}\n" in ran.out
    assert ran.out.index("new_app=1") < ran.out.index("Socket Mode is open.")
    assert "https://slack.com/terms-of-service/api" in ran.out


def test_discord_with_its_invite_link(world: World) -> None:
    """The link that invites the bot needs the application's id, which the token tells."""
    ran = typing(*BEGIN, *DISCORD, *END)

    settings = read_settings()
    assert ran.code == 0, ran.err
    assert settings.discord.token.get_secret_value() == TOKEN
    assert [(voice.platform, voice.audience) for voice in settings.assistant.voices] == [("discord", "customers")]
    assert f"{invite_link(str(ME))}\n" in ran.out
    assert "https://support-dev.discord.com" in ran.out


def test_both_platforms_with_channels_audiences_and_rights(world: World) -> None:
    """Everything that is asked, answered otherwise than by Enter."""
    slack = ("both", "1", BOT_TOKEN, APP_TOKEN, "n", "C01ABCDEF, C02ABCDEF", "all", "allow")
    discord = (TOKEN, "n", "123456789012345678", "employees", "refuse")
    ran = typing(*BEGIN, *slack, *discord, "allow", "22:45", "127.0.0.1", "0")

    settings = read_settings()
    assert ran.code == 0, ran.err
    assert settings.slack.access.allow_channels == ("C01ABCDEF", "C02ABCDEF")
    assert settings.discord.access.allow_channels == ("123456789012345678",)
    assert [(voice.platform, voice.audience) for voice in settings.assistant.voices] == [("slack", "all"), ("discord", "employees")]
    assert (settings.rights.slack, settings.rights.discord, settings.rights.web) == ("allow", "refuse", "allow")
    assert (settings.export.cron, settings.web.port) == ("45 22 * * *", 0)


def test_slack_over_http_for_several_workspaces(world: World) -> None:
    """The link's manifest names the public address; each workspace brings its token when it installs the app."""
    slack = ("slack", "http", "https://aprendiz.example/", "", "s1gning", "y", "11.22", "cl1ent", "", "", "")
    ran = typing(*BEGIN, *slack, *END)

    settings = read_settings()
    assert ran.code == 0, ran.err
    assert settings.web.public_url == "https://aprendiz.example"
    assert settings.slack.signing_secret.get_secret_value() == "s1gning"
    assert (settings.slack.client_id, settings.slack.client_secret.get_secret_value()) == ("11.22", "cl1ent")
    assert creation_link(manifest("en", public_url="https://aprendiz.example", socket_mode=False)) in ran.out
    assert "https://aprendiz.example/slack/oauth_redirect" in ran.out
    assert "https://aprendiz.example/slack/install" in ran.out


def test_several_workspaces_over_the_socket_need_the_address_too(world: World) -> None:
    """Slack sends those who install the app back to it."""
    slack = ("slack", "socket", BOT_TOKEN, APP_TOKEN, "y", "https://aprendiz.example", "11.22", "cl1ent", "", "", "")
    ran = typing(*BEGIN, *slack, *END)

    assert ran.code == 0, ran.err
    assert written()["web"]["public_url"] == "https://aprendiz.example"


def test_a_refused_token_is_asked_again(world: World) -> None:
    """One sentence of what Slack said, and another chance."""
    ran = typing(*BEGIN, "slack", "socket", "xoxb-wrong", BOT_TOKEN, APP_TOKEN, "n", "", "", "", *END)

    assert ran.code == 0, ran.err
    assert "Slack refuses it: invalid_auth." in ran.out
    assert read_settings().slack.bot_token.get_secret_value() == BOT_TOKEN


def test_a_refused_token_can_be_skipped(world: World) -> None:
    """It is written only where it works; the rest of the answers are not lost."""
    ran = typing(*BEGIN, "discord", "bad", "", "n", "", "", "", *END)

    assert ran.code == 0, ran.err
    assert "Discord refuses the token: HTTP 401." in ran.out
    assert written()["discord"] == {"message_content": False}


@pytest.mark.parametrize(("answer", "kept"), [("y", True), ("n", False)])
def test_where_the_platform_is_out_of_reach_the_person_decides(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, kept: bool
) -> None:
    """A proxy that is not up yet says nothing about the token."""
    monkeypatch.setenv("APRENDIZ_DISCORD__API_URL", "http://127.0.0.1:9")
    after = ("y",) if kept else ("n", "")
    ran = typing(*BEGIN, "discord", TOKEN, *after, "n", "", "", "", *END)

    assert ran.code == 0, ran.err
    assert "http://127.0.0.1:9 cannot be reached." in ran.out
    assert ("token" in written()["discord"]) is kept


def test_an_intent_that_the_portal_has_off_is_told(world: World) -> None:
    """With it asked for and off, Discord would close the connection."""
    ran = typing(*BEGIN, "discord", TOKEN, "y", "", "", "", *END)

    assert ran.code == 0, ran.err
    assert written()["discord"]["message_content"] is True
    assert "Switch on Message Content Intent" in ran.out


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("en", "Sao Paulo", *BEGIN[1:], "neither", *END), "There is no time zone Sao Paulo; did you mean America/Sao_Paulo?"),
        (("7", *BEGIN, "neither", *END), "Please write a number from 1 to 2."),
        ((*BEGIN, "neither", "", "25:00", "", "", ""), "25:00 is no time of day; write one such as 03:00, or - for never."),
        ((*BEGIN, "neither", "", "", "", "99999", ""), "99999 is no port; write a number from 0 to 65535."),
        ((*BEGIN, "discord", "", "perhaps", "n", "", "", "", *END), "Please answer y or n."),
        ((*BEGIN, "discord", "", "n", "general", "", "", "", *END), "general looks like no id"),
        ((*BEGIN, "slack", "http", "http://x", "https://x.example", "", "", "n", "", "", "", *END), "http://x is no https:// address"),
    ],
)
def test_wrong_input_is_asked_again_with_one_sentence(world: World, typed: tuple[str, ...], sentence: str) -> None:
    """Nobody has to begin again for a slip."""
    ran = typing(*typed)

    assert ran.code == 0, ran.err
    assert sum(sentence in line for line in ran.out.splitlines()) == 1


def test_never_exporting_is_an_answer(world: World) -> None:
    """An empty schedule, not the default one."""
    typing(*BEGIN, "neither", "", "-", "", "")

    assert read_settings().export.cron == ""


def test_an_address_for_others_gets_a_token(world: World) -> None:
    """`serve` refuses to listen there without one."""
    ran = typing(*BEGIN, "neither", "", "", "0.0.0.0", "")

    assert len(read_settings().web.admin_token.get_secret_value()) >= 16
    assert "web.admin_token in aprendiz.toml" in ran.out
    assert read_settings().web.admin_token.get_secret_value() not in ran.out


def test_leaving_half_way_writes_nothing(world: World) -> None:
    """Ctrl-C and a closed terminal look the same here; both are a change of mind."""
    ran = typing(*BEGIN, "slack", "socket", BOT_TOKEN)

    assert ran.code == 130
    assert ran.err.splitlines()[-1] == "Stopped; nothing was written."
    assert list(Path.cwd().iterdir()) == []


def test_a_file_that_is_there_is_not_touched(world: World) -> None:
    """Refused before the first question, with the way out."""
    FILE.write_text('language = "en"\n')
    ran = typing(*BEGIN, "neither", *END)

    assert ran.code == 1
    assert "aprendiz init --force" in ran.err
    assert FILE.read_text() == 'language = "en"\n'


def test_force_changes_what_is_asked_and_keeps_the_rest(world: World) -> None:
    """Enter alone keeps each present value, secrets too; what nobody asks about stays; the old file stands beside it."""
    old = '[model]\nmax_tokens = 99\n[slack]\nbot_token = "xoxb-kept"\napp_token = "xapp-kept"\n'
    old += '[slack.access]\nallow_channels = ["C01ABCDEF"]\n'
    FILE.write_text(old + '[export]\ncron = "15 4 * * 1"\n[[assistant.voices]]\nplatform = "slack"\naudience = "all"\ntone = "warm"\n')
    ran = typing("", "", "", "", "", "", "", "", "", "", "", *END, arguments=("--force",))

    tables = written()
    assert ran.code == 0, ran.err
    assert tables["model"] == {"max_tokens": 99}
    assert tables["slack"]["bot_token"] == "xoxb-kept"
    assert tables["slack"]["access"] == {"allow_channels": ["C01ABCDEF"]}
    assert tables["export"] == {"cron": "15 4 * * 1"}
    assert tables["assistant"]["voices"] == [{"platform": "slack", "audience": "all", "tone": "warm"}]
    assert Path("aprendiz.toml.bak").read_text().startswith(old)
    assert stat.S_IMODE(Path("aprendiz.toml.bak").stat().st_mode) == 0o600
    assert "xoxb-kept" not in ran.out


def test_a_present_file_that_is_wrong_is_named_before_anything_is_asked(world: World) -> None:
    """Else every answer would be for nothing."""
    FILE.write_text('slack = "xoxb"\n')
    ran = typing(*BEGIN, "neither", *END, arguments=("--force",))

    assert (ran.code, ran.out) == (1, "")
    assert "settings: slack" in ran.err


def test_a_dash_clears_what_was_there(world: World) -> None:
    """Enter keeps it."""
    FILE.write_text('[assistant]\ncompany = "Acme"\n[slack]\nbot_token = "x"\n[slack.access]\nallow_channels = ["C01ABCDEF"]\n')
    ran = typing("PT_br", "UTC", "-", "", "", "", "", "n", "-", "", "", *END, arguments=("--force",))

    assert ran.code == 0, ran.err
    assert "company" not in written()["assistant"]
    assert written()["slack"]["access"] == {}


def test_a_platform_that_is_chosen_no_more_loses_its_tokens(world: World) -> None:
    """Else it would go on connecting; its other settings wait for its return."""
    FILE.write_text(f'[discord]\ntoken = "{TOKEN}"\nthread_channels = ["*"]\n')
    ran = typing(*BEGIN, "neither", *END, arguments=("--force",))

    assert ran.code == 0, ran.err
    assert written()["discord"] == {"thread_channels": ["*"]}


def test_it_speaks_the_terminals_language(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first question offers both, with the terminal's as the answer to Enter."""
    monkeypatch.setenv("LANG", "pt_BR.UTF-8")
    ran = typing("", *BEGIN[1:], "neither", *END)

    assert ran.code == 0, ran.err
    assert "Language / Idioma [2]:" in ran.out
    assert read_settings().language == "pt_BR"


def test_the_doctor_passes_what_was_written(world: World, aprendiz: Aprendiz) -> None:
    """Whoever answered every question is done: a warning at most, where the fakes do not tell."""
    typing(*BEGIN, "both", *SLACK[1:], *DISCORD[1:], *END)
    ran = aprendiz("doctor", "--json")

    assert ran.code == 0
    assert {check["check"]: check["mark"] for check in ran.json["checks"]}["slack app token"] == "ok"
