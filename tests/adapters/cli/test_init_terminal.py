"""`aprendiz init` at a real terminal: what is hidden stays hidden, and Ctrl-C writes nothing."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.adapters.cli.init_world import BOT_TOKEN, World
from tests.adapters.cli.init_world import world as running_world

ROOT = Path(__file__).parents[3]
_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(slots=True)
class Terminal:
    """A terminal with the command in it, and what it has shown."""

    descriptor: int
    process: "subprocess.Popen[bytes]"
    shown: str = ""

    def until(self, text: str) -> None:
        """Read until *text* is shown."""
        deadline = time.monotonic() + 60
        while text not in self.shown:
            ready, _, _ = select.select([self.descriptor], [], [], deadline - time.monotonic())
            assert ready, self.shown
            self.shown += _STYLE.sub("", os.read(self.descriptor, 65536).decode())

    def type(self, text: str) -> None:
        """Press the keys of *text*."""
        os.write(self.descriptor, text.encode())


@pytest.fixture(scope="module")
def platforms() -> Iterator[World]:
    """Return both platforms, running."""
    with running_world() as world:
        yield world


@contextmanager
def terminal(folder: Path, environment: dict[str, str]) -> Iterator[Terminal]:
    """Run `aprendiz init` in *folder*, a terminal of its own around it."""
    outer, inner = pty.openpty()
    variables = [f"{name}={value}" for name, value in environment.items()]
    command = ["env", "-u", "LC_ALL", "LANG=C.UTF-8", f"PYTHONPATH={ROOT}", *variables, sys.executable, "-m", "adapters.cli.main", "init"]
    # A session of its own makes the terminal the process's controlling one, through which Ctrl-C comes.
    login = [
        sys.executable,
        "-c",
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])",
    ]
    process = subprocess.Popen([*login, *command], cwd=folder, stdin=inner, stdout=inner, stderr=inner, start_new_session=True)
    os.close(inner)
    try:
        yield Terminal(outer, process)
    finally:
        process.kill()
        process.wait()
        os.close(outer)


def test_a_token_is_never_shown_and_ctrl_c_writes_nothing(platforms: World, tmp_path: Path) -> None:
    """Screens are shared and recorded; and whoever stops half-way finds everything as it was."""
    with terminal(tmp_path, platforms.environment) as screen:
        for question, answer in (("Idioma", "1"), ("Time zone", "UTC"), ("Company", "Acme"), ("answer, beside", "1"), ("events come", "1")):
            screen.until(question)
            screen.type(f"{answer}\n")
        screen.until("Bot token")
        screen.type(f"{BOT_TOKEN}\n")
        screen.until("all scopes granted.")
        screen.until("App-level token")
        screen.type("\x03")
        screen.until("nothing was written.")
        code = screen.process.wait(20)

    assert code == 130
    assert BOT_TOKEN not in screen.shown
    assert "Traceback" not in screen.shown
    assert list(tmp_path.iterdir()) == []
