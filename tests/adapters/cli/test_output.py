"""What reaches the terminal: sentences, tables and JSON, with nothing that a terminal would obey."""

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from adapters.cli.output import Output, one_line, printable, sentence
from bot.errors import QuestionTooLong, Refused


def recorded(output: Output, *, width: int = 60) -> io.StringIO:
    """Let *output* write to a terminal of *width* columns, and return what it wrote."""
    written = io.StringIO()
    output.__dict__["console"] = output.__dict__["error_console"] = Console(
        file=written, width=width, force_terminal=True, color_system=None, highlight=False
    )
    return written


def test_control_characters_never_reach_a_terminal() -> None:
    """A document or a model must not clear the screen, retitle the window or hide what stands before."""
    assert printable("a\x1b[2Jb\x07c\x9bd\re\tf\ng\x00\x7f") == "a[2Jbcde\tf\ng"


def test_lone_surrogates_are_printable() -> None:
    """A file name of bytes that are no UTF-8 would otherwise end the command with an encoding error."""
    printable("caf\udce9").encode()


@given(st.text(alphabet=st.characters()))
def test_json_is_one_line_that_reads_back(text: str) -> None:
    """Whatever was asked, a program that reads line by line finds one object a line."""
    line = one_line({"answer": text})

    assert "\n" not in line
    assert json.loads(line.encode()) == {"answer": text}


def test_json_keeps_surrogates_as_escapes() -> None:
    """A surrogate cannot be encoded; its escape means the same to every reader."""
    line = one_line("\ud800")

    assert json.loads(line.encode()) == "\ud800"


def test_json_is_ascii_where_the_terminal_is_not_utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe in another encoding would otherwise write bytes that are no JSON."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))

    assert one_line("ação") == '"a\\u00e7\\u00e3o"'


def test_in_json_mode_only_json_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """A program that parses standard output must meet nothing else there."""
    output = Output("en", as_json=True)
    output.say("Stopped.")
    output.piece("text")
    output.facts([("Model", "x")])
    output.emit({"a": 1})

    assert capsys.readouterr().out == '{"a": 1}\n'


def test_notes_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A skipped document is news for a person also while a program reads the report."""
    Output("en", as_json=True).note("{name}: {problem}", name="a.pdf", problem="damaged")

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "a.pdf: damaged\n")


def test_square_brackets_are_text_not_markup() -> None:
    """Redacted text is full of [EMAIL_1]: it must be shown, not taken for a style."""
    output = Output("en", as_json=False)
    written = recorded(output)
    output.piece("write to [EMAIL_1] [red]now[/red]")
    output.say("{name}", name="[bold]x")

    assert "write to [EMAIL_1] [red]now[/red]" in written.getvalue()
    assert "[bold]x" in written.getvalue()


def test_a_table_folds_in_a_narrow_terminal() -> None:
    """Nothing is cut off where a window is narrow: an id that cannot be copied is of no use."""
    output = Output("en", as_json=False)
    written = recorded(output, width=30)
    output.table(("Id", "Question"), [("0123456789ABCDEFGHJK", "How often do I change the filter?")])

    lines = written.getvalue().splitlines()
    assert all(len(line) <= 30 for line in lines)
    assert "filter?" in written.getvalue()


def test_findings_show_mark_detail_and_remedy() -> None:
    """A check without its remedy leaves the operator alone."""
    output = Output("en", as_json=False)
    written = recorded(output, width=120)
    output.findings([("✗", "red", "disk", "0.1 GB free.", "Free some space.")])

    assert "✗" in written.getvalue()
    assert "0.1 GB free." in written.getvalue()
    assert "→ Free some space." in written.getvalue()


def test_progress_is_a_bar_on_a_terminal() -> None:
    """Somebody who waits wants to see how far it is."""
    output = Output("en", as_json=False)
    written = recorded(output, width=80)
    with output.progress("Reading documents") as progress:
        progress(1, 4, "a.md")
        progress(4, 4, "")

    assert "Reading documents" in written.getvalue()


def test_progress_is_a_log_line_elsewhere(caplog: pytest.LogCaptureFixture) -> None:
    """A bar in a log file is garbage; that the job ended is worth a line."""
    caplog.set_level(logging.INFO, "adapters")
    with Output("en", as_json=False).progress("Reading documents") as progress:
        progress(1, 4, "a.md")

    assert [record.__dict__["job"] for record in caplog.records] == ["Reading documents"]


def test_the_operator_reads_the_detail() -> None:
    """The person at the terminal is who can act: the detail is for them."""
    assert sentence(Refused("stop the server first"), "en") == "stop the server first"


def test_without_a_detail_the_common_sentence_is_shown() -> None:
    """An error that only says what the asker did wrong still says it, with its numbers."""
    assert sentence(QuestionTooLong(length=9000, limit=8000), "en").startswith("That question has 9000 characters")
