"""The entry point: exit codes, one line for every error, and a quick start."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from adapters.cli import main as entry
from adapters.cli.session import Session
from bot.errors import EmptyQuestion, Misconfigured
from tests.adapters.cli.conftest import Aprendiz

# Loading any of these takes longer than a person waits for a help text.
SLOW = ("chromadb", "llama_cpp", "discord", "slack_sdk", "sqlalchemy", "fastapi", "pydantic", "numpy", "rich")


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let a command `fail` raise *error*."""

    @click.command("fail")
    def fail() -> None:
        raise error

    monkeypatch.setitem(entry.cli.commands, "fail", fail)


def test_help_names_every_command(aprendiz: Aprendiz) -> None:
    """Whoever starts reads this first."""
    ran = aprendiz("--help")

    assert ran.code == 0
    for name in ("serve", "ask", "doctor", "knowledge", "similar", "classify", "conversations", "export", "index", "models", "bench"):
        assert f"\n  {name} " in ran.out


def test_every_command_has_help(aprendiz: Aprendiz) -> None:
    """A command or option without a word of help is one that nobody finds."""
    pending: list[tuple[tuple[str, ...], click.Command]] = [((), entry.cli)]
    while pending:
        path, command = pending.pop()
        assert command.help, path
        assert all(option.help for option in command.params if isinstance(option, click.Option)), path
        assert aprendiz(*path, "--help").code == 0
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None, name
                pending.append(((*path, name), inner))


def test_wrong_usage_exits_with_2(aprendiz: Aprendiz) -> None:
    """Scripts tell a typing mistake from a refusal."""
    ran = aprendiz("ask", "--no-such-option")

    assert ran.code == 2
    assert "No such option" in ran.err


def test_a_refusal_is_one_line_and_exits_with_1(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator reads what is wrong and what to do, and nothing else."""
    failing(monkeypatch, Misconfigured("store.database_url: not an address; correct it"))
    ran = aprendiz("fail")

    assert (ran.code, ran.out, ran.err) == (1, "", "store.database_url: not an address; correct it\n")


def test_an_error_without_detail_is_still_a_sentence(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty line would be no explanation."""
    failing(monkeypatch, EmptyQuestion())

    assert aprendiz("fail").err == "Please write your question in words.\n"


def test_an_error_in_a_task_group_is_found(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Task groups wrap what fails inside them, once for each level."""
    wrapped = ExceptionGroup("tasks", [ExceptionGroup("more", [OSError("other"), Misconfigured("the port is taken")])])
    failing(monkeypatch, wrapped)

    assert aprendiz("fail").err == "the port is taken\n"


def test_a_bug_is_one_line_without_a_trace(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack trace helps nobody at the terminal and may quote what people wrote."""
    failing(monkeypatch, ValueError("somebody's words"))
    ran = aprendiz("fail")

    assert ran.code == 1
    assert ran.err == "Something unexpected went wrong (ValueError). Run again with APRENDIZ_LOG_LEVEL=DEBUG for details.\n"


def test_at_level_debug_a_bug_tells_where_it_is(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """The advice in that line must lead somewhere."""
    monkeypatch.setenv("APRENDIZ_LOG_LEVEL", "DEBUG")

    @click.command("fail")
    @click.pass_obj
    def fail(session: Session) -> None:
        session.output(as_json=False)
        raise ValueError("somebody's words")

    monkeypatch.setitem(entry.cli.commands, "fail", fail)
    ran = aprendiz("fail")

    assert "test_main.py" in ran.err
    assert "somebody's words" not in ran.err


def test_an_interrupt_ends_without_a_trace(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is a wish, not an error; 130 is what shells expect of it."""
    failing(monkeypatch, KeyboardInterrupt())
    ran = aprendiz("fail")

    assert ran.code == 130
    assert "Traceback" not in ran.err


def test_a_wrong_setting_is_named(aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which setting, and that it comes from the environment or the file."""
    monkeypatch.setenv("APRENDIZ_WEB__PORT", "many")
    ran = aprendiz("conversations", "list")

    assert ran.code == 1
    assert "web.port" in ran.err
    assert "Traceback" not in ran.err


def test_a_reader_that_leaves_is_no_error(home: Path) -> None:
    """`aprendiz … | head -1` must not end in a complaint."""
    command = f'{sys.executable} -c \'import sys, click; from adapters.cli import main as m; \
m.cli.add_command(click.Command("much", callback=lambda: [click.echo("x" * 100) for _ in range(100000)] and None)); \
sys.exit(m.main(["much"]))\' | head -1'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)

    assert done.stdout.startswith("xxx")
    assert done.stderr == ""


def test_help_loads_nothing_slow() -> None:
    """Half a second for a help text, on a laptop under load, only works where the SDKs stay on disk."""
    code = f"import sys, adapters.cli.main; print([name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_interrupting_a_real_process_exits_with_130(home: Path) -> None:
    """The same through the installed entry point and a real signal."""
    command = [sys.executable, "-m", "adapters.cli.main", "ask", "--batch", "-"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with process:
        while not (home / "ledger.db").exists() and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "Traceback" not in errors
