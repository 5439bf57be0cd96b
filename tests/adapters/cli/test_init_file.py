"""How `aprendiz init` writes: TOML that reads back, files that are whole, and nobody else's to read."""

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cli.init_file import as_toml, read, write
from bot.errors import Misconfigured

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = TEXT | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TABLES = st.recursive(
    st.dictionaries(TEXT, SCALARS | st.lists(SCALARS, max_size=3), max_size=4),
    lambda inner: st.dictionaries(TEXT, inner | st.lists(inner, min_size=1, max_size=3) | SCALARS, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(TABLES)
def test_what_is_written_reads_back(tables: dict[str, Any]) -> None:
    """Tokens, names and system texts hold anything: quotes, line ends, control characters, keys with dots."""
    assert tomllib.loads(as_toml(tables)) == tables


def test_it_reads_like_a_file_of_a_persons() -> None:
    """Bare keys, a line between tables."""
    text = as_toml({"language": "en", "web": {"port": 1}, "assistant": {"voices": [{"platform": "slack"}]}})

    assert text == 'language = "en"\n\n[web]\nport = 1\n\n[assistant]\n\n[[assistant.voices]]\nplatform = "slack"\n'


def test_a_file_that_is_not_there_reads_as_empty(tmp_path: Path) -> None:
    """The first set-up starts from nothing."""
    assert read(tmp_path / "aprendiz.toml") == {}


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """Overwriting it would lose what somebody typed."""
    path = tmp_path / "aprendiz.toml"
    path.write_text("[web")

    with pytest.raises(Misconfigured, match=r"aprendiz\.toml cannot be read"):
        read(path)


def test_the_old_file_is_kept_and_both_are_private(tmp_path: Path) -> None:
    """A first file that everybody could read leaves no readable copy."""
    path = tmp_path / "aprendiz.toml"
    path.write_text("old")
    path.chmod(0o644)
    kept = write(path, "new")

    assert kept == tmp_path / "aprendiz.toml.bak"
    assert (path.read_text(), kept.read_text()) == ("new", "old")
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}


def test_a_folder_that_refuses_is_one_sentence() -> None:
    """Started in somebody else's folder."""
    with pytest.raises(Misconfigured, match="cannot be written"):
        write(Path("/proc/aprendiz.toml"), "text")


def test_a_failure_half_way_leaves_no_remains(tmp_path: Path) -> None:
    """The copy's name is taken by a folder: the file stays as it was, and no temporary one stays behind."""
    path = tmp_path / "aprendiz.toml"
    path.write_text("old")
    (tmp_path / "aprendiz.toml.bak").mkdir()

    with pytest.raises(Misconfigured, match="cannot be written"):
        write(path, "new")
    assert path.read_text() == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["aprendiz.toml", "aprendiz.toml.bak"]
