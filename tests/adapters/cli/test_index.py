"""`aprendiz index`: the index can be thrown away."""

import shutil
from pathlib import Path

from tests.adapters.cli.conftest import Aprendiz


def test_ledger_and_index_are_equal(asked: Path, aprendiz: Aprendiz) -> None:
    """Proved entry by entry, for people and for programs."""
    ran = aprendiz("index", "check")
    checked = aprendiz("index", "check", "--json").json

    assert ran.code == 0
    assert "The index equals the ledger." in ran.out
    assert checked["equal"] is True
    assert [each for each in checked["collections"] if each["entries"]] == [
        {"collection": "passages · employees", "entries": 1, "missing": 0, "surplus": 0, "differing": 0}
    ]


def test_a_deleted_index_is_noticed_and_rebuilt(asked: Path, aprendiz: Aprendiz) -> None:
    """A lost folder costs a command, not data."""
    shutil.rmtree(asked / "chroma")

    missing = aprendiz("index", "check")
    rebuilt = aprendiz("index", "rebuild")
    checked = aprendiz("index", "check", "--json")

    assert missing.code == 1
    assert "aprendiz index rebuild" in missing.err
    assert rebuilt.code == 0
    assert checked.json["equal"] is True
