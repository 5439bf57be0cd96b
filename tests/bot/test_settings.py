"""Settings come from the file, then the environment; mistakes are named."""

from pathlib import Path

import pytest

from bot.errors import Misconfigured
from bot.settings import read_settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers override the file that is in the image."""
    (tmp_path / "aprendiz.toml").write_text('language = "pt_BR"\n[model]\nmax_tokens = 100\ntemperature = 0.5\n')
    monkeypatch.setenv("APRENDIZ_MODEL__MAX_TOKENS", "200")

    settings = read_settings()

    assert settings.language == "pt_BR"
    assert (settings.model.max_tokens, settings.model.temperature) == (200, 0.5)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass on variables that nobody set."""
    monkeypatch.setenv("APRENDIZ_WEB__PORT", "")

    assert read_settings().web.port == 8642


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[slack]\nbot_tokn = 'x'\n", "slack.bot_tokn"),
        ("[model]\nmax_tokens = 'many'\n", "model.max_tokens"),
        ("timezone = 'Mars/Olympus'\n", "timezone"),
        ("[model\n", "aprendiz.toml"),
    ],
)
def test_a_mistake_is_named_in_one_sentence(tmp_path: Path, text: str, named: str) -> None:
    """A mistyped key that is silently ignored costs an operator an afternoon."""
    (tmp_path / "aprendiz.toml").write_text(text)

    with pytest.raises(Misconfigured, match=named):
        read_settings()


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings end up in logs and bug reports."""
    monkeypatch.setenv("APRENDIZ_SLACK__BOT_TOKEN", "xoxb-very-secret")

    assert "very-secret" not in repr(read_settings())


def test_a_wrong_secret_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message about a wrong value must not carry a value."""
    monkeypatch.setenv("APRENDIZ_WEB__PORT", "hunter2")

    with pytest.raises(Misconfigured) as caught:
        read_settings()

    assert "hunter2" not in str(caught.value)


MODELS = "[models.large]\nmax_tokens = 20\n[models.small]\nmax_tokens = 20\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[assistant.voices]]\nmodel = "big"\n' + MODELS, r"no model is called big \(known: large, small\)"),
        ('[[assistant.voices]]\nmodel = "big"\n', r"no model is called big \(known: none: write a \[models.NAME\] table\)"),
        ('[[assistant.voices]]\nmodel = "big"\n[models.big]\nmax_tokens = "many"\n', "models.big.max_tokens"),
        ('[[assistant.voices]]\nlanguage = "fr"\n', "'fr' is none of the languages en, pt_BR"),
        ("[slack.access]\nallow_chanels = []\n", "slack.access.allow_chanels"),
        ("[discord.access]\nblock_groups = [12]\n", "discord.access.block_groups"),
        ("[policy]\nper_person_per_minute = -1\n", "policy.per_person_per_minute"),
    ],
)
def test_a_wrong_rule_stops_the_start(tmp_path: Path, text: str, told: str) -> None:
    """A list or voice that is quietly ignored would answer whom it must not, or with the wrong model."""
    (tmp_path / "aprendiz.toml").write_text(text)

    with pytest.raises(Misconfigured, match=told):
        read_settings()


def test_channels_choose_their_model_and_language(tmp_path: Path) -> None:
    """What is right is read as it stands."""
    (tmp_path / "aprendiz.toml").write_text('[[assistant.voices]]\nchannel = "C1"\nmodel = "large"\nlanguage = "pt_BR"\n' + MODELS)

    settings = read_settings()

    assert (settings.assistant.voices[0].model, settings.assistant.voices[0].language) == ("large", "pt_BR")
    assert settings.models["large"].max_tokens == 20
