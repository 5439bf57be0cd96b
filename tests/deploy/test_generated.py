"""Files that the program makes of itself: they say what it says now."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from adapters.cli.init_env import env_example
from adapters.cli.slack_manifest import as_yaml, manifest_for
from bot.settings import Settings
from tests.deploy.reading import DEPLOY

_LINE = re.compile(r"#(APRENDIZ_[A-Z0-9_]+)=(.*)")


@pytest.fixture(autouse=True)
def _without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file in the current directory changes what is the default."""
    monkeypatch.chdir(tmp_path)


def names(section: type[BaseModel] = Settings, prefix: str = "APRENDIZ_") -> set[str]:
    """Return every setting's variable."""
    found: set[str] = set()
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= names(kind, f"{prefix}{name.upper()}__")
        else:
            found.add(f"{prefix}{name.upper()}")
    return found


def variables() -> dict[str, str]:
    """Return what the example would set if every line were uncommented."""
    return {found[1]: found[2] for line in env_example().splitlines() if (found := _LINE.fullmatch(line))}


def test_the_manifest_is_the_codes() -> None:
    """After a change: aprendiz init --print manifest > deploy/slack-manifest.yaml."""
    assert (DEPLOY / "slack-manifest.yaml").read_text(encoding="utf-8") == as_yaml(manifest_for(Settings()))


def test_the_example_of_the_environment_is_the_settings() -> None:
    """After a change: aprendiz init --print env > deploy/env.example."""
    assert (DEPLOY / "env.example").read_text(encoding="utf-8") == env_example()


def test_every_setting_is_in_the_example_with_a_meaning() -> None:
    """A setting that is not told is one that nobody finds."""
    assert variables().keys() == names()
    assert "# None\n" not in env_example()


def test_the_example_sets_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uncommenting a line changes nothing until its value is changed."""
    defaults = Settings()
    for name, value in variables().items():
        monkeypatch.setenv(name, value)

    assert Settings() == defaults


def test_no_default_means_something_to_compose_or_systemd() -> None:
    """Compose reads a $ or a # after a space, systemd a backslash; the values must arrive as they are written."""
    assert {name: value for name, value in variables().items() if re.search(r"\$| #|\\|^['\"]", value)} == {}
