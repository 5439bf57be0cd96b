"""`aprendiz approved`: what experts do with approved answers."""

from pathlib import Path

import pytest

from tests.adapters.cli.conftest import Aprendiz


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, worded: Aprendiz) -> Aprendiz:
    """Run a command with an encoder that knows words; no index is opened."""

    async def kept(*_: object) -> None:
        """Leave the index for later, as where another process owns it."""

    # In this order: it is imported here, and would else take the other's stand-in for good.
    monkeypatch.setattr("adapters.cli.conversations.follow", kept)
    monkeypatch.setattr("adapters.cli.assistant.follow", kept)
    return worded


def added(run: Aprendiz, question: str = "How do I book the room?", answer: str = "In the calendar.", *options: str) -> str:
    """Approve, and return the id."""
    return str(run("approved", "add", "--question", question, "--answer", answer, *options, "--json").json["approved_id"])


def test_an_answer_is_written_listed_and_shown(quiet: Aprendiz) -> None:
    """The whole of what an expert put in."""
    approved_id = added(
        quiet,
        "How do I reach ana@example.com?",
        "Write to help@example.com.",
        "--audience",
        "all",
        "--scope",
        "channel:slack:C1",
        "--by",
        "Ana Prado",
    )
    (listed,) = quiet("approved", "list", "--json").lines
    shown = quiet("approved", "show", approved_id, "--json").json

    assert listed == shown
    assert (shown["audience"], shown["scope"], shown["approved_by"], shown["state"]) == ("all", "channel:slack:C1", "Ana Prado", "served")
    assert "ana@example.com" not in shown["question"]
    assert shown["answer"] == "Write to help@example.com."
    assert (shown["language"], shown["expires_at"], shown["revoked_at"], shown["exchange_id"]) == ("en", None, None, "")
    assert approved_id in quiet("approved", "list").out
    assert "Ana Prado" in quiet("approved", "show", approved_id).out


def test_an_empty_list_says_so(quiet: Aprendiz) -> None:
    """And how to fill it."""
    assert "aprendiz approved add" in quiet("approved", "list").out


def test_an_answer_has_a_last_day(quiet: Aprendiz) -> None:
    """It is served to the end of it, where the operator is."""
    approved_id = added(quiet, "How do I book the room?", "In the calendar.", "--expires", "2999-12-31")
    assert "2999-12-31" in quiet("approved", "show", approved_id).out

    moved = quiet("approved", "expire", approved_id, "--on", "2998-06-30", "--json").json
    assert moved["expires_at"].startswith("2998-0")
    assert "2998-06-30" in quiet("approved", "show", approved_id).out
    assert "2997-01-01" in quiet("approved", "expire", approved_id, "--on", "2997-01-01").out
    assert quiet("approved", "expire", approved_id, "--never", "--json").json["expires_at"] is None


def test_an_answer_is_widened_and_revoked(quiet: Aprendiz) -> None:
    """The operator is told whom it is for then."""
    approved_id = added(quiet, "How do I book the room?", "In the calendar.", "--scope", "channel:slack:C1")

    assert "all · channel:slack:C1" in quiet("approved", "widen", approved_id, "--audience", "all").out
    assert quiet("approved", "widen", approved_id, "--any-scope", "--json").json["scope"] == ""
    assert "not served any more" in quiet("approved", "revoke", approved_id).out
    assert quiet("approved", "list", "--json").lines == []
    assert [each["state"] for each in quiet("approved", "list", "--state", "all", "--json").lines] == ["revoked"]


def test_a_contradiction_is_told_at_once_and_found_later(quiet: Aprendiz) -> None:
    """One of the two should go."""
    first = added(quiet, "How many days of holiday do I get?", "You get 25 days.")
    second = quiet(
        "approved", "add", "--question", "How many days of holiday do I get?", "--answer", "You get 30 days.", "--audience", "all", "--json"
    )
    (found,) = quiet("approved", "conflicts", "--json").lines

    assert second.json["conflicts"] == [first]
    assert f"contradicts the approved answer {first}" in second.err
    assert (found["one"]["answer"], found["other"]["answer"]) == ("You get 30 days.", "You get 25 days.")
    assert "You get 25 days." in quiet("approved", "conflicts").out
    quiet("approved", "revoke", first)
    assert quiet("approved", "conflicts", "--json").lines == []
    assert "No approved answers contradict" in quiet("approved", "conflicts").out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("add", "--question", " ", "--answer", "In the calendar."), 1, "--question says nothing"),
        (("add", "--question", "?!", "--answer", "In the calendar."), 1, "--question says nothing"),
        (("add", "--question", "👍 …", "--answer", "In the calendar."), 1, "--question says nothing"),
        (("add", "--question", "Onde? " * 4000, "--answer", "Aqui."), 1, "--question has 23999 characters; people may ask at most 8000"),
        (("add", "--question", "Where?", "--answer", " "), 1, "--answer says nothing"),
        (("add", "--question", "Where?", "--answer", "Here.", "--expires", "9999-12-31"), 1, "9999-12-31 is too far ahead"),
        (("expire", "A9", "--on", "9999-12-31"), 1, "9999-12-31 is too far ahead"),
        (("add", "--question", "Where?", "--answer", "Here.", "--expires", "2020-01-01"), 1, "--expires is a day that has passed"),
        (("add", "--question", "Where?", "--answer", "Here.", "--expires", "soon"), 2, "soon"),
        (("add", "--question", "Where?", "--answer", "Here.", "--by", "A" * 65), 1, "at most 64"),
        (("add", "--question", "Where?", "--answer", "Here.", "--scope", "slack:C1"), 1, "is no scope"),
        (("add", "--question", "Where?", "--answer", "Here.", "--scope", "group:hr"), 1, "No group is called hr"),
        (("show", "A9"), 1, "there is no approved answer A9"),
        (("revoke", "A9"), 1, "there is no approved answer A9"),
        (("expire", "A9"), 2, "--on DATE or --never"),
        (("widen", "A9"), 2, "--audience, --any-scope"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line(aprendiz: Aprendiz, arguments: tuple[str, ...], code: int, told: str) -> None:
    """What, where, and what to do."""
    ran = aprendiz("approved", *arguments)

    assert ran.code == code
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_a_correction_tells_what_it_contradicts(shelf: Path, quiet: Aprendiz) -> None:
    """It is served all the same: which of the two should go, the expert says."""
    written = added(quiet, "How much discount may Finance grant?", "Forty percent.")
    corrected = quiet("conversations", "correct", "employees-0", "--answer", "Thirty percent.", "--by", "Ana Prado", "--json").json

    assert corrected["conflicts"] == [written]
    assert quiet("approved", "show", corrected["approved_id"], "--json").json["approved_by"] == "Ana Prado"


def test_a_long_question_takes_one_line_of_a_list(quiet: Aprendiz) -> None:
    """Whoever pasted a whole letter would otherwise see nothing else."""
    question = "Como faço para devolver o ar-condicionado portátil? " + "Já liguei para a loja e ninguém soube dizer. " * 60
    approved_id = added(quiet, question, "Leve à assistência.")
    added(quiet, question, "Não leve à assistência.", "--audience", "all")
    listed = quiet("approved", "list").out

    assert approved_id in listed
    assert listed.count("ninguém") == 2
    assert quiet("approved", "conflicts").out.count("ninguém") == 2
    assert question.strip() in quiet("approved", "show", approved_id, "--json").json["question"]
