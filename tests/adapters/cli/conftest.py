"""What every test of the command line starts from: an empty home of its own, and nothing else set."""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.main import main


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Aprendiz = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home that commands work on; the current directory holds no settings file."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "home"
    monkeypatch.setenv("APRENDIZ_HOME", str(path))
    return path


@pytest.fixture
def aprendiz(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Aprendiz]:
    """Run a command in this process."""
    handlers = logging.getLogger().handlers[:]

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    yield run
    logging.getLogger().handlers[:] = handlers


QUESTION = "How often do I replace the air filter?"
GUIDE = "# Filters\n\nReplace the air filter of the compressor every six months. Washing it does not help.\n"


def process(home: Path, *arguments: str | Path) -> list[str]:
    """Return the command line that runs `aprendiz` on *home* in a process of its own."""
    return ["env", f"APRENDIZ_HOME={home}", sys.executable, "-m", "adapters.cli.main", *map(str, arguments)]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home that knows one document and was asked one question; made once, to be copied."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "docs").mkdir()
    (folder / "docs" / "filters.md").write_text(GUIDE)
    for arguments in (("knowledge", "add", "docs"), ("ask", QUESTION)):
        subprocess.run(process(folder / "home", *arguments), cwd=folder, check=True, capture_output=True, timeout=110)
    return folder


@pytest.fixture
def asked(template: Path, home: Path) -> Path:
    """Give this test's home one document and one answered question."""
    shutil.copytree(template / "home", home)
    return home
