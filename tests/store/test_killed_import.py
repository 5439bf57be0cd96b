"""An import killed at any moment and begun again: the same index as one clean run."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from tests.store.import_child import random_moments

# Before and between files, between ledger and index, between the index's own writes and what is noted of them.
CHOSEN = [("file", 1), ("file", 2), ("encode", 1), ("deleted", 1), ("upsert", 1), ("upserted", 1)]
LEAVE = "# Leave\n\nYou have 30 days of leave a year.\n\n## How to ask\n\nWrite to the people desk before the leave begins.\n"
PARTS = "code,name,stock\nFH-300,filter,4\nFH-301,filter,0\nFH-302,belt,7\n"


def _versions(root: Path) -> list[Path]:
    """Return a folder before and after an ordinary week: something new at the top, a cell changed, one file gone, one come."""
    before, after = root / "before", root / "after"
    for folder in (before, after):
        folder.mkdir(parents=True)
        (folder / "leave.md").write_text(LEAVE)
        (folder / "parts.csv").write_text(PARTS)
    (before / "old.md").write_text("# Fax\n\nThe fax number is 1234.\n")
    (after / "leave.md").write_text(LEAVE.replace("# Leave\n", "# Leave\n\nNew: leave is asked for in the portal.\n"))
    (after / "parts.csv").write_text(PARTS.replace("belt,7", "belt,9"))
    (after / "invoice.md").write_text("# Invoices\n\nThe invoice address is Rua Um, 1.\n")
    return [before, after]


def _run(home: Path, versions: Sequence[Path], moments: Sequence[tuple[str, int]], *, timeout_s: float) -> dict[str, Any]:
    asked = {"home": str(home), "versions": list(map(str, versions)), "moments": moments}
    command = [sys.executable, "-W", "ignore", "-m", "tests.store.import_child", json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return dict(json.loads(done.stdout))


def test_an_import_killed_anywhere_ends_as_a_clean_one(tmp_path: Path) -> None:
    """Power goes, machines are restarted, operators lose patience: nothing may be missing afterwards, nor stand twice."""
    moments = [*CHOSEN, *random_moments(2, seed=1)]

    came = _run(tmp_path / "home", _versions(tmp_path), moments, timeout_s=110)

    assert came["ends"].count(-9) > len(CHOSEN)  # a first version has nothing to delete
    assert came["killed"] == came["clean"]
    documents = [entry[1] for entry in came["clean"]["entries"]]
    assert "New: leave is asked for in the portal." in "".join(documents)
    assert not any("fax" in document for document in documents)
    assert any(came["clean"]["found"])


@pytest.mark.heavy
@pytest.mark.timeout(1800)
def test_a_larger_import_killed_at_many_moments_ends_as_a_clean_one(tmp_path: Path) -> None:
    """The same for a company's folder, at moments that nobody chose."""
    versions = [tmp_path / "one", tmp_path / "two"]
    with as_file(files("store") / "sample_company") as company:
        for version in versions:
            shutil.copytree(company, version)
    for number in range(60):
        text = "\n\n".join(
            f"## Part {number}-{part}\n\nPart FH-{number}{part:02} is kept in room {part} of house {number}." for part in range(12)
        )
        (versions[1] / f"parts-{number}.md").write_text(f"# Parts of house {number}\n\n{text}\n")
    moments = [*CHOSEN, *[(name, number) for name, _ in CHOSEN for number in (3, 5, 9)], *random_moments(40, seed=2)]

    came = _run(tmp_path / "home", versions, moments, timeout_s=1700)

    assert came["ends"].count(-9) > 60
    assert came["killed"] == came["clean"]
