"""What every test of the command line starts from: an empty home of its own, and nothing else set."""

import asyncio
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.cli.main import cli, main
from adapters.cli.session import Session
from adapters.compose import Indexed, Records, open_records
from bot.messages import Audience
from bot.settings import read_settings
from tests.fakes.encoder import WordEncoder
from tests.store.ledger_rows import answer


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


class WordSession(Session):
    """A run of the command line whose encoder knows words, not meanings, and is there at once; the index is not opened."""

    def records(self) -> AbstractAsyncContextManager[Records]:
        """Open the ledger."""
        return _with_words(open_records(self.settings))

    def indexed(self) -> AbstractAsyncContextManager[Indexed]:
        """Open the ledger alone, as beside a running server."""
        return cast("AbstractAsyncContextManager[Indexed]", self.records())


@asynccontextmanager
async def _with_words(opening: AbstractAsyncContextManager[Records]) -> AsyncIterator[Records]:
    async with opening as records:
        yield replace(records, encoder=WordEncoder(512))


@pytest.fixture
def worded(home: Path, capsys: pytest.CaptureFixture[str]) -> Aprendiz:
    """Run a command that is not refused, in this process, with an encoder that knows words."""

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = cli.main([str(argument) for argument in arguments], prog_name="aprendiz", standalone_mode=False, obj=WordSession())
        captured = capsys.readouterr()
        return Ran(code or 0, captured.out, captured.err)

    return run


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


SECRET = "Finance may grant a discount of forty percent on every yearly contract."
SHELF: dict[Audience, dict[str, str]] = {
    "employees": {
        "discounts.md": f"# Discounts\n\n{SECRET}\n\n## Travel\n\nBook trains and flights four weeks ahead through the travel desk.\n",
        "discounts-old.md": f"# Old\n\n{SECRET.replace('every', 'each')}\n",
    },
    "customers": {"prices.md": "# Prices\n\nA yearly contract costs ninety dollars a month, and there is no discount.\n"},
    "all": {"hours.md": "# Hours\n\nThe shop is open from nine to six on weekdays.\n"},
}
ASKED: dict[Audience, tuple[str, ...]] = {
    "employees": ("How much discount may Finance grant?", "How much of a discount may Finance grant?"),
    "customers": ("When does the shop open?", "When does your shop open?", "Is there a discount?"),
}


@pytest.fixture(scope="session")
def full_shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home that knows documents for each audience, and what each asked; made once, without an index, to be copied."""
    folder = tmp_path_factory.mktemp("shelf")
    asyncio.run(_fill(folder))
    return folder / "home"


async def _fill(folder: Path) -> None:
    async with open_records(read_settings(home=folder / "home")) as records:
        for audience, documents in SHELF.items():
            for name, text in documents.items():
                (folder / name).write_text(text)
                await records.knowledge.add([folder / name], audience=audience, max_file_mb=1)
        for audience, questions in ASKED.items():
            for number, question in enumerate(questions):
                await answer(records.database, f"{audience}-{number}", text=question, audience=audience)


@pytest.fixture
def shelf(full_shelf: Path, home: Path) -> Path:
    """Give this test's home documents for each audience, and questions."""
    shutil.copytree(full_shelf, home)
    return home
