"""`aprendiz conversations`: what was asked, and what is said of it."""

from pathlib import Path

import pytest
from filelock import FileLock

from tests.adapters.cli.conftest import QUESTION, Aprendiz
from tests.adapters.cli.versions import made, on
from tests.contracts.ledgers import NOW


def only_id(aprendiz: Aprendiz) -> str:
    """Return the id of the one exchange."""
    (listed,) = aprendiz("conversations", "list", "--json").lines
    return str(listed["exchange_id"])


def test_an_empty_ledger_says_so(aprendiz: Aprendiz) -> None:
    """The first look at a new home is no error."""
    assert aprendiz("conversations", "list").out == "Nothing was asked yet.\n"


def test_a_filter_that_leaves_nothing_says_so(asked: Path, aprendiz: Aprendiz) -> None:
    """That nothing was asked would be wrong."""
    said = "No question is of that rating and platform; without --rating and --platform all are listed.\n"

    assert aprendiz("conversations", "list", "--rating", "down").out == said
    assert aprendiz("conversations", "list", "--platform", "slack").out == said


def test_questions_are_listed_with_their_votes(asked: Path, aprendiz: Aprendiz) -> None:
    """The reviewer's first page."""
    exchange_id = only_id(aprendiz)
    aprendiz("conversations", "rate", exchange_id, "up")
    ran = aprendiz("conversations", "list")

    assert exchange_id in ran.out
    assert QUESTION in ran.out
    assert "👍1" in ran.out


def test_the_last_vote_counts(asked: Path, aprendiz: Aprendiz) -> None:
    """The same person changing their mind is one vote."""
    exchange_id = only_id(aprendiz)
    aprendiz("conversations", "rate", exchange_id, "up")
    rated = aprendiz("conversations", "rate", exchange_id, "down", "--reason", "too short", "--json")
    shown = aprendiz("conversations", "show", exchange_id, "--json").json

    assert rated.json == {"exchange_id": exchange_id, "value": "down", "reason": "other", "comment": "too short"}
    assert [(vote["value"], vote["reason"], vote["comment"]) for vote in shown["votes"]] == [("down", "other", "too short")]
    assert [line["exchange_id"] for line in aprendiz("conversations", "list", "--rating", "down", "--json").lines] == [exchange_id]
    assert aprendiz("conversations", "list", "--rating", "up", "--json").lines == []


@pytest.mark.parametrize(
    ("words", "reason", "comment"),
    [
        ("outdated", "outdated", ""),
        (" Not_Found ", "not_found", ""),
        ("other", "other", ""),
        ("wrong year", "other", "wrong year"),
        (" ", "", ""),
    ],
)
def test_a_reason_is_one_of_five_or_in_words(asked: Path, aprendiz: Aprendiz, words: str, reason: str, comment: str) -> None:
    """What can be counted is kept apart from what must be read."""
    exchange_id = only_id(aprendiz)
    aprendiz("conversations", "rate", exchange_id, "down", "--reason", words)
    (vote,) = aprendiz("conversations", "show", exchange_id, "--json").json["votes"]

    assert (vote["reason"], vote["comment"]) == (reason, comment)


def test_a_correction_answers_from_now_on(asked: Path, aprendiz: Aprendiz) -> None:
    """The expert's words are served to the next asker, word for word."""
    exchange_id = only_id(aprendiz)
    corrected = aprendiz("conversations", "correct", exchange_id, "--answer", "Every six months, sooner in dust.", "--json")
    answer = aprendiz("ask", QUESTION, "--json").json

    assert corrected.json["exchange_id"] == exchange_id
    assert (answer["answer"], answer["verified"]) == ("Every six months, sooner in dust.", True)


def test_who_corrects_anew_is_told_whose_words_go(asked: Path, aprendiz: Aprendiz) -> None:
    """Two experts who correct one answer, one after the other, would each believe that theirs is served."""
    exchange_id = only_id(aprendiz)
    aprendiz("conversations", "correct", exchange_id, "--answer", "Every six months.", "--by", "Rui Lopes")
    (first,) = aprendiz("approved", "list", "--json").lines
    again = aprendiz("conversations", "correct", exchange_id, "--answer", "Every four months.")
    third = aprendiz("conversations", "correct", exchange_id, "--answer", "Every five months.", "--json")

    assert f"It replaces Rui Lopes's approved answer {first['approved_id']}, which is not served any more: Every six months." in again.err
    assert "It replaces the approved answer" in third.err
    assert [(each["answer"], each["approved_by"]) for each in third.json["replaced"]] == [("Every four months.", "")]
    assert aprendiz("approved", "show", first["approved_id"], "--json").json["state"] == "revoked"


def test_what_a_version_fixed_is_told(asked: Path, aprendiz: Aprendiz) -> None:
    """Whoever voted an answer down, and whoever reviews it, sees that it was heard."""
    exchange_id, version = only_id(aprendiz), made()
    aprendiz("models", "promote", str(version))
    on(lambda records: records.receipts.mark([exchange_id], version=version, at=NOW))

    assert "fixed in version 1" in aprendiz("conversations", "list").out
    assert "fixed in version 1" in aprendiz("conversations", "show", exchange_id).out
    assert aprendiz("conversations", "list", "--json").json["fixed_in"] == version
    assert aprendiz("conversations", "show", exchange_id, "--json").json["fixed_in"] == version


def test_an_exchange_is_shown_whole(asked: Path, aprendiz: Aprendiz) -> None:
    """Whoever reviews an answer wants to see what it rested on, and what was said of it."""
    exchange_id = only_id(aprendiz)
    aprendiz("conversations", "rate", exchange_id, "down", "--reason", "unclear")
    aprendiz("conversations", "correct", exchange_id, "--answer", "Twice a year.")
    ran = aprendiz("conversations", "show", exchange_id)

    for expected in (QUESTION, "filters.md", "down · cli · other · unclear", "Twice a year."):
        assert expected in ran.out


def test_a_kept_vote_is_said_in_words(asked: Path, aprendiz: Aprendiz) -> None:
    """A command that prints nothing leaves its user wondering."""
    exchange_id = only_id(aprendiz)

    assert aprendiz("conversations", "rate", exchange_id, "up").out == "The vote is kept.\n"
    assert "from now on" in aprendiz("conversations", "correct", exchange_id, "--answer", "Yes.").out


def test_unknown_ids_are_refused(aprendiz: Aprendiz) -> None:
    """An id from another home, or mistyped."""
    shown = aprendiz("conversations", "show", "0000")
    rated = aprendiz("conversations", "rate", "0000", "up")
    corrected = aprendiz("conversations", "correct", "0000", "--answer", "x")

    assert (shown.code, rated.code, corrected.code) == (1, 1, 1)
    assert shown.err == rated.err == corrected.err == "There is no exchange 0000; aprendiz conversations list names them.\n"


def test_an_empty_correction_is_refused(asked: Path, aprendiz: Aprendiz) -> None:
    """An empty answer would be served word for word."""
    ran = aprendiz("conversations", "correct", only_id(aprendiz), "--answer", " ")

    assert (ran.code, ran.err) == (1, "--answer says nothing; write what people are told\n")


@pytest.mark.parametrize("question", ["?!", "Onde fica a chave? " * 500])
def test_what_nobody_may_ask_is_not_corrected(shelf: Path, aprendiz: Aprendiz, question: str) -> None:
    """An edit may leave a question without a word, or too long: the expert would work in vain, and be told otherwise."""
    on(lambda records: records.ledger.revise("employees-0", question, at=NOW))
    ran = aprendiz("conversations", "correct", "employees-0", "--answer", "Na portaria.")

    assert (ran.code, "aprendiz approved add" in ran.err) == (1, True)
    assert aprendiz("approved", "list", "--state", "all", "--json").lines == []


def test_a_vote_is_kept_while_the_index_is_in_use(asked: Path, aprendiz: Aprendiz) -> None:
    """Another command may own the index just then: the vote must not be lost for that, and the operator is told."""
    exchange_id = only_id(aprendiz)
    with FileLock(asked / "chroma.lock"):
        ran = aprendiz("conversations", "rate", exchange_id, "up")
    (listed,) = aprendiz("conversations", "list", "--json").lines

    assert ran.code == 0
    assert ran.err.startswith("Kept; the index will follow later (")
    assert listed["up"] == 1
