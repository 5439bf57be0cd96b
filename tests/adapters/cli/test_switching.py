"""The settings that let another model answer, written into a file that people wrote."""

import tomllib
from pathlib import Path
from typing import Final

import pytest

from adapters.cli.switching import apply, lines_of, switched
from bot.errors import Misconfigured, Refused

SWITCH: Final = {"backend": "openai", "name": "ft:new", "provider": "nebius"}
FILE: Final = """# Ours
home = "data"

[model]  # who answers
name = "ft:old"  # since May
languages = ["en", "pt"]
backend = "openai"

[models.big]
name = "gpt"
"""


def test_only_what_chooses_the_model_changes() -> None:
    """Comments, order and every other setting stay."""
    found = switched(FILE, ("model",), SWITCH)

    assert found.startswith('# Ours\nhome = "data"\n\n[model]  # who answers\n')
    assert tomllib.loads(found) == {
        "home": "data",
        "model": {"backend": "openai", "name": "ft:new", "provider": "nebius", "languages": ["en", "pt"]},
        "models": {"big": {"name": "gpt"}},
    }
    assert switched(found, ("model",), SWITCH) == found


def test_a_table_of_models_is_found_however_it_is_written() -> None:
    """With quotes and blanks, say."""
    found = switched(FILE.replace("[models.big]", '[ models . "big" ]'), ("models", "big"), SWITCH)

    assert tomllib.loads(found)["models"]["big"] == SWITCH
    assert tomllib.loads(found)["model"]["name"] == "ft:old"


@pytest.mark.parametrize("text", ["", 'home = "data"\n', "[budget]\nper_day = 2"])
def test_a_table_that_is_missing_is_added(text: str) -> None:
    """At the end."""
    found = switched(text, ("model",), SWITCH)

    assert tomllib.loads(found) == {**tomllib.loads(text), "model": SWITCH}


@pytest.mark.parametrize("text", ['model = {name = "ft:old"}\n', 'model.name = "ft:old"\n', '[model]\nservers = [\n  "http://a",\n]\n'])
def test_what_cannot_be_changed_line_by_line_is_left_to_a_person(text: str) -> None:
    """With the lines to write; a guess could cost the company its settings."""
    with pytest.raises(Refused, match="only a person can change") as refused:
        switched(text, ("model",), SWITCH)
    assert 'name = "ft:new"' in str(refused.value)


def test_the_file_before_is_kept(tmp_path: Path) -> None:
    """Beside the new one; a broken one is told and stays."""
    path = tmp_path / "aprendiz.toml"
    path.write_text(FILE)
    kept = apply(path, ("model",), SWITCH)
    path.with_name("broken.toml").write_text("[model\n")

    assert kept is not None
    assert kept.read_text() == FILE
    assert tomllib.loads(path.read_text())["model"]["name"] == "ft:new"
    with pytest.raises(Misconfigured, match=r"broken\.toml cannot be read"):
        apply(path.with_name("broken.toml"), ("model",), SWITCH)


def test_lines_are_told_as_they_are_pasted() -> None:
    """With their table."""
    assert lines_of(("models", "big"), {"backend": "llama_cpp"}) == '[models.big]\nbackend = "llama_cpp"\n'


def test_a_setting_that_must_not_be_set_goes_out(tmp_path: Path) -> None:
    """And who does it by hand is told so."""
    switch = {"backend": "llama_cpp", "support": None}
    text = '[model]\nbackend = "openai"\nsupport = 0\nmax_tokens = 9\n'

    assert switched(text, ("model",), switch) == '[model]\nbackend = "llama_cpp"\nmax_tokens = 9\n'
    assert switched("", ("model",), switch) == '[model]\nbackend = "llama_cpp"\n'
    assert lines_of(("model",), switch) == '[model]\nbackend = "llama_cpp"\n# take out: support\n'
