"""An answer as Discord's messages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.parts import LIMIT, Part, failed_parts, final_parts, footnote, nonce, running_parts
from bot.identifiers import new_id
from bot.messages import Answer, AnswerKind, Source


def answer(text: str = "Six months.", *, kind: AnswerKind = "generated", sources: tuple[Source, ...] = ()) -> Answer:
    """Return an answer."""
    return Answer(
        "01ABC", text, kind, sources, 1.0, "model", {}, approved_at=datetime(2026, 5, 1, tzinfo=UTC) if kind == "verified" else None
    )


def test_small_print_tells_kind_and_sources() -> None:
    """People judge an answer by where it comes from."""
    sources = (Source("Filters_and_pumps", "filters.md", "p1", 0.9), Source("Site @everyone", "https://example.com/a", "p2", 0.8))

    assert footnote(answer(kind="quoted", sources=sources), "en").splitlines() == [
        "-# Quoted word for word from the source",
        "-# Sources",
        r"-# Filters\_and\_pumps (filters.md)",
        "-# [Site @\u200beveryone](<https://example.com/a>)",
    ]
    assert footnote(answer(), "en") == ""


def test_the_day_of_a_source_stands_behind_its_link() -> None:
    """It is no part of the name that is opened."""
    source = Source("Rates", "https://example.com/a", "p1", 0.9, dated="2024-02-10")

    assert (
        footnote(answer(sources=(source,)), "pt-BR").splitlines()[-1] == "-# [Rates](<https://example.com/a>) (dados de 10 de fev. de 2024)"
    )


def test_what_to_see_also_follows_the_sources() -> None:
    """Small print like them."""
    source, other = Source("Filters", "filters.md", "p1", 0.9), Source("Pumps", "https://example.com/p", "p2", 0.8)
    shown = footnote(replace(answer(sources=(source,)), see_also=(other,)), "en")

    assert shown.splitlines()[-3:] == ["-# Filters (filters.md)", "-# See also", "-# [Pumps](<https://example.com/p>)"]


def test_an_approved_answer_says_so() -> None:
    """An expert's word weighs more than a model's."""
    [part] = final_parts(answer(kind="verified"), "en")

    assert part == Part("Six months.\n-# Approved by an expert on May 1, 2026", rated=True)


def test_nobody_rates_a_courtesy() -> None:
    """It says nothing that could be wrong."""
    assert final_parts(answer("You are welcome!", kind="courtesy"), "en") == (Part("You are welcome!"),)


def test_the_question_that_is_answered_is_harmless() -> None:
    """An expert corrects what anybody asked: their words are a stranger's."""
    asked = replace(answer(kind="verified"), answered_question="@everyone **when** is it due?")

    assert footnote(asked, "en").splitlines()[1] == "-# Written for the question: @\u200beveryone \\*\\*when\\*\\* is it due?"


def test_small_print_without_room_becomes_a_message_of_its_own() -> None:
    """Nothing of a full last part may be cut for its note."""
    text = "w" * LIMIT
    parts = final_parts(answer(text, sources=(Source("Guide", "guide.md", "p", 1),)), "en")

    assert [part.content for part in parts] == [text, "-# Sources\n-# Guide (guide.md)"]
    assert [part.rated for part in parts] == [False, True]


def test_endless_sources_fit_one_message() -> None:
    """A document may have any name; Discord refuses the whole message for one character too many."""
    sources = tuple(Source("t_" * 400, f"{'s' * 200}{number}", str(number), 1) for number in range(40))

    assert len(footnote(answer(sources=sources), "en")) <= LIMIT


def test_a_failure_comes_below_what_was_said() -> None:
    """And alone where nothing was."""
    assert failed_parts("Half an", "Sorry.", "en") == (Part("Half an\n\nSorry."),)
    assert failed_parts(" \n", "Sorry.", "en") == (Part("Sorry."),)


def test_a_blank_beginning_is_not_shown() -> None:
    """Discord refuses blank messages."""
    assert running_parts(" \n") == ()


@given(st.text(alphabet="aé `\n@everyone<>123", max_size=6000))
def test_parts_always_fit_and_never_ping(text: str) -> None:
    """Whatever a model writes, Discord must take it, and nobody be notified."""
    parts = final_parts(answer(text), "en") if text.strip() else running_parts(text)

    assert all(0 < len(part.content) <= LIMIT and part.content.strip() for part in parts)
    assert not any("@everyone" in part.content for part in parts)


def test_a_nonce_fits() -> None:
    """Discord takes 25 characters."""
    assert len(nonce(new_id(datetime(2026, 5, 1, tzinfo=UTC)), 9999)) == 25


def test_an_answer_of_too_many_messages_is_its_beginning_and_a_file() -> None:
    """Nothing is cut, and what stands beneath an answer stands there, too."""
    text = "".join(f"{number}-{'x' * 120}\n\n" for number in range(150))
    *beginning, last = final_parts(answer(text, sources=(Source("Guide", "guide.md", "p", 1),)), "en")

    assert len(beginning) == 7
    assert text.startswith("".join(part.content for part in beginning))
    assert (last.file, last.rated) == (text, True)
    assert last.attachment().filename == "answer.md"
    assert "-# Sources" in last.content
    assert running_parts(text) == tuple(beginning)


def test_a_note_too_long_beside_the_file_follows_it() -> None:
    """It is a message of its own then, with the buttons."""
    sources = tuple(Source("t" * 150, f"https://example.com/{'s' * 68}{number}", str(number), 1) for number in range(9))
    text = "".join(f"{number}-{'x' * 120}\n\n" for number in range(150))
    *_, file, note = final_parts(answer(text, sources=sources), "en")

    assert (file.file, file.rated) == (text, False)
    assert note.rated
    assert note.content.startswith("-# Sources")


def test_a_hostile_title_makes_no_link_of_its_own() -> None:
    """A page that was read may be called anything; its name must not lead elsewhere."""
    source = Source("x](https://evil.example) [y\\", "https://example.com/a", "p1", 0.9)

    assert footnote(answer(sources=(source,)), "en").splitlines()[1] == r"-# [x)(https://evil.example) (y\\](<https://example.com/a>)"


@pytest.mark.parametrize(
    ("to", "shown"), [("123456", "<#123456>"), ("https://example.com/a", "<https://example.com/a>"), ("a_b@x.org", r"a\_b@x.org")]
)
def test_a_declined_answer_names_a_person_and_what_comes_closest(to: str, shown: str) -> None:
    """The operator's channel is a mention that notifies nobody; what a model writes never is one."""
    declined = replace(answer("I do not know.", kind="declined", sources=(Source("Leave", "leave.md", "p", 0.1),)), hand_off=to)

    assert footnote(declined, "en").splitlines() == [f"-# A person can help: {shown}", "-# Closest sources", "-# Leave (leave.md)"]
