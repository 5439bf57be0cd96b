"""Both guides walk the same way, and everything that they name exists."""

import re
from pathlib import Path

import click
import pytest

from adapters.cli.discord_invite import PERMISSIONS
from adapters.cli.main import cli
from bot.settings import Settings
from tests.deploy.reading import DEPLOY
from tests.deploy.test_generated import names

ROOT = DEPLOY.parent
GUIDES = {language: (ROOT / "docs" / f"{language}.md").read_text(encoding="utf-8") for language in ("en", "pt-BR")}
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


@pytest.fixture(params=GUIDES)
def guide(request: pytest.FixtureRequest) -> str:
    """Return one of the guides."""
    return GUIDES[request.param]


def outline(text: str) -> list[tuple[str, str]]:
    """Return each heading's depth, and its number where it has one."""
    return [(depth, title.split()[0] if title[0].isdigit() else "") for depth, title in _HEADING.findall(text)]


def known(path: str) -> bool:
    """Tell whether *path* (`section.key`, or a section) is a setting."""
    kind: object = Settings
    for part in path.split("."):
        fields = getattr(kind, "model_fields", {})
        if part not in fields:
            return False
        kind = fields[part].annotation
    return True


def command_of(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that *words* (without `aprendiz`) name, and what stands after it."""
    found: click.Command = cli
    while isinstance(found, click.Group):
        inner = found.get_command(click.Context(found), words[0])
        assert inner, words
        found, words = inner, words[1:]
    return found, words


def test_both_have_the_same_outline() -> None:
    """Whoever reads one can be sent to a section of the other."""
    assert outline(GUIDES["en"]) == outline(GUIDES["pt-BR"])


def test_both_name_the_same_settings_commands_and_links() -> None:
    """What one says and the other does not is lost to half of the readers."""
    for pattern in (r"APRENDIZ_[A-Z_]+", r"`aprendiz [^`]+`", r"\]\((\.\./[^)]+|https[^)]+)\)", r"/slack/\w+", r"`[a-z_]+\.[a-z_]+`"):
        english, portuguese = (set(re.findall(pattern, text)) for text in GUIDES.values())
        assert english == portuguese, pattern


def test_they_are_short(guide: str) -> None:
    """A guide that is not read to its end helps nobody."""
    assert len(guide.splitlines()) <= 200


def test_every_command_exists_with_its_options(guide: str) -> None:
    """A renamed option would send the reader into an error."""
    said = [code.split()[1:] for code in _CODE.findall(guide) if code.startswith("aprendiz ")]

    assert said
    for words in said:
        command, rest = command_of(words)
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, words


def test_every_variable_is_a_setting(guide: str) -> None:
    """An unknown one is refused by name at the start."""
    variables = set(re.findall(r"APRENDIZ_[A-Z_]+[A-Z]", guide))

    assert variables
    assert variables <= names()


def test_every_dotted_name_is_a_setting(guide: str) -> None:
    """The same for aprendiz.toml."""
    dotted = {code for code in _CODE.findall(guide) if re.fullmatch(r"[a-z_]+\.[a-z_]+", code)} - {"aprendiz.toml", "manifest.json"}
    dotted -= {"answer.md", "applications.commands"}

    assert dotted
    assert {name for name in dotted if not known(name)} == set()


def test_every_link_leads_to_a_file(guide: str) -> None:
    """Relative to docs/."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", guide) if not link.startswith("http")]

    assert links
    assert all((ROOT / "docs" / link).resolve().is_file() for link in links)


def test_the_permissions_are_those_of_the_invite_link(guide: str) -> None:
    """Discord shows these names when the link is opened."""
    flat = " ".join(guide.split())

    assert all(name in flat for name in PERMISSIONS)


def test_defaults_are_told_as_they_are(guide: str) -> None:
    """Numbers in parentheses behind a setting."""
    told = re.findall(r"`(policy\.(\w+))` \((\d+)\)", guide)

    assert {name: value for _, name, value in told} == {name: str(getattr(Settings().policy, name)) for _, name, _ in told}
    assert len(told) == 5


def test_what_could_not_be_tried_is_said(guide: str) -> None:
    """Nobody shall rest a deployment on a file that never ran."""
    assert re.search(r"\*\*(Untried|Não testados)\*\*", guide)


def test_no_path_of_this_machine_is_in_them(guide: str) -> None:
    """Guides are read elsewhere."""
    assert str(Path.home()) not in guide
