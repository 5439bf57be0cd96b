"""Texts for terminals and programs: nothing that a terminal would obey, and JSON that any reader takes."""

import ast
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cli.wording import one_line, printable, sentence, shortened
from bot.errors import QuestionTooLong, Refused
from bot.texts import N_
from store.readers.document import Unreadable
from tests.bot.catalogues import ROOT

_COMMANDS = ("approved", "ask", "classify", "distances", "gaps", "knowledge", "running", "running_server", "session", "similar", "unasked")
SPEAKING = (*(f"adapters/cli/{name}.py" for name in _COMMANDS), *(f"store/{name}.py" for name in ("approvals", "classes", "labelled")))
_ERRORS = {"BadRequest", "Misconfigured", "Refused", "TryAgainLater"}


def test_control_characters_never_reach_a_terminal() -> None:
    """A document or a model must not clear the screen, retitle the window or hide what stands before."""
    assert printable("a\x1b[2Jb\x07c\x9bd\re\tf\ng\x00\x7f") == "a[2Jbcde\tf\ng"


def test_lone_surrogates_are_printable() -> None:
    """A file name of bytes that are no UTF-8 would otherwise end the command with an encoding error."""
    printable("caf\udce9").encode()


def test_a_long_text_is_shown_by_its_beginning() -> None:
    """A pasted mail must not fill the screen, nor its line breaks break a list; a word without an end is cut as well."""
    assert shortened("Onde retiro\n  o crachá?", 40) == "Onde retiro o crachá?"
    assert shortened("Onde retiro o crachá de visitante?", 14) == "Onde retiro …"
    assert shortened("A" * 3000, 240) == "A" * 238 + " …"


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


def test_the_operator_reads_the_detail() -> None:
    """The person at the terminal is who can act: the detail is for them."""
    assert sentence(Refused("stop the server first"), "en") == "stop the server first"


def test_without_a_detail_the_common_sentence_is_shown() -> None:
    """An error that only says what the asker did wrong still says it, with its numbers."""
    assert sentence(QuestionTooLong(length=9000, limit=8000), "en").startswith("That question has 9000 characters")


def test_a_detail_is_read_in_the_operators_language() -> None:
    """Who reads everything else in Portuguese is not to meet English where something is wrong; logs stay English."""
    told = Refused.told(N_("answer {id} is for {whom} already"), id="A1", whom="all")

    assert str(told) == sentence(told, "en") == "answer A1 is for all already"
    assert sentence(told, "pt_BR") == "a resposta A1 já é para all"


def test_a_document_that_cannot_be_read_says_so_in_the_operators_language() -> None:
    """Its problem is a clause of its own."""
    problem = Unreadable("a.csv", N_("it is empty"))

    assert sentence(problem, "en") == str(problem) == "a.csv: it is empty"
    assert sentence(problem, "pt_BR") == "a.csv: está vazio"


@pytest.mark.parametrize("path", SPEAKING, ids=str)
def test_commands_refuse_in_the_operators_language(path: str) -> None:
    """A sentence that no catalogue knows reaches a Brazilian in English; `told` and `translate` are looked up."""
    calls = [each for each in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))) if isinstance(each, ast.Call)]
    refusals = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id in _ERRORS and each.args]

    assert [each.lineno for each in refusals if isinstance(each.args[0], ast.Constant | ast.JoinedStr)] == []
