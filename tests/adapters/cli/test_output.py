"""What reaches the terminal: sentences, tables and JSON, each where it belongs."""

import io
import logging

import pytest
from rich.console import Console

from adapters.cli.output import Output


def recorded(output: Output, *, width: int = 60) -> io.StringIO:
    """Let *output* write to a terminal of *width* columns, and return what it wrote."""
    written = io.StringIO()
    output.console = output.error_console = Console(file=written, width=width, force_terminal=True, color_system=None, highlight=False)
    return written


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


QUESTION = "Preciso de acesso ao sistema de vendas porque entrei ontem na equipe e ainda não recebi o usuário"


def test_a_long_question_leaves_room_for_its_answer() -> None:
    """What a question was sorted into is what the table is for."""
    output = Output("en", as_json=False)
    written = recorded(output, width=80)
    output.table(("Question", "Category", "Confidence"), [(QUESTION, "Tecnologia, acessos e senhas", "0.91"), ("Oi?", "Outros", "0.31")])

    lines = written.getvalue().splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "Confidence" in lines[0]
    assert "Tecnologia, acessos e senhas" in written.getvalue()
    assert "0.91" in written.getvalue()
    assert QUESTION.rsplit(maxsplit=1)[-1] in written.getvalue()


@pytest.mark.parametrize("path", ["rh/politicas/ferias-e-licencas-colaboradores.md", "rh/Manual do colaborador 2026.docx"])
def test_a_path_that_fits_stays_in_one_piece(path: str) -> None:
    """It is copied into the next command."""
    output = Output("en", as_json=False)
    written = recorded(output, width=80)
    output.table(("Document", "Title", "Audience", "Passages"), [(path, "Férias e licenças: o que todos precisam saber", "employees", 12)])

    assert path in written.getvalue()
    assert "Passages" in written.getvalue()


def test_a_table_is_told_to_fit_before_it_is_written() -> None:
    """A matrix whose columns fold says nothing."""
    output = Output("en", as_json=False)
    recorded(output, width=80)
    numbers = [str(number) for number in range(1, 25)]

    assert output.fits(("Expected", *numbers[:8], "Unsure"), [("1 Benefícios e convênio médico", *numbers[:8], "·")])
    assert not output.fits(("Expected", *numbers, "Unsure"), [("1 Benefícios e convênio médico", *numbers, "·")])


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
