"""`aprendiz gaps` and `aprendiz confidence`: what is not answered, and how far the numbers can be trusted."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.cli.answered_since import look_up
from adapters.compose import open_records
from bot.errors import BadRequest
from bot.messages import Passage, Viewer
from bot.settings import read_settings
from store.asked_again import AskedAgain
from tests.adapters.cli.conftest import Aprendiz
from tests.store.test_gaps import Asking


def test_a_new_home_has_no_gaps_and_the_shipped_confidence(home: Path, aprendiz: Aprendiz) -> None:
    """Both say so in plain words, and as JSON."""
    assert aprendiz("gaps").out.strip() == "Nothing was left unanswered."
    assert aprendiz("gaps", "--json").out == ""
    shown = aprendiz("confidence", "show", "--json").json

    assert (shown["method"], shown["fitted_at"], shown["ratings"]) == ("shipped", None, 0)
    assert (shown["expected_calibration_error"], shown["coverage"]) == (None, {"0.9": None, "0.95": None})
    assert 0 < shown["threshold"] < 1
    assert "too few ratings to tell" in aprendiz("confidence", "show").out


def test_fitting_keeps_what_came_of_it(home: Path, aprendiz: Aprendiz) -> None:
    """Also where there was nothing to learn from: the operator sees when it was tried."""
    fitted = aprendiz("confidence", "fit", "--json").json

    assert (fitted["method"], fitted["ratings"]) == ("shipped", 0)
    assert aprendiz("confidence", "show", "--json").json["fitted_at"] == fitted["fitted_at"]


def test_a_wrong_day_is_wrong_usage(aprendiz: Aprendiz) -> None:
    """With what was expected."""
    ran = aprendiz("gaps", "--since", "yesterday")

    assert ran.code == 2
    assert "%Y-%m-%d" in ran.err


def test_a_declined_question_shows_with_the_material_that_comes_closest(shelf: Path, worded: Aprendiz) -> None:
    """Whoever writes the missing page sees where it belongs."""
    settings = read_settings()

    async def ask() -> None:
        async with open_records(settings) as records:
            await Asking(records.database)("Which discounts may the shop grant to pets?")

    asyncio.run(ask())
    (gap,) = worded("gaps", "--json").lines

    assert (gap["count"], gap["declined"], gap["examples"]) == (1, 1, ["Which discounts may the shop grant to pets?"])
    assert len(gap["closest"]) == 3
    assert gap["closest"][0].keys() == {"title", "source", "score"}
    assert "Questions: 1 (1 without an answer, 0 with a bad one); too few to tell a trend" in worded("gaps").out
    assert worded("gaps", "--audience", "customers").out.strip() == "Nothing was left unanswered."


def test_an_approved_answer_is_named_by_its_question(shelf: Path, worded: Aprendiz) -> None:
    """Of several, "Approved answer" alone would tell none from the others."""
    settings = read_settings()
    worded("approved", "add", "--question", "Which discounts may the shop grant to cats?", "--answer", "None.", "--audience", "all")

    async def ask() -> None:
        async with open_records(settings) as records:
            await Asking(records.database)("Which discounts may the shop grant to pets?")

    asyncio.run(ask())

    assert "Approved answer: Which discounts may the shop grant to cats? (" in worded("gaps").out


def _ask(*questions: str) -> None:
    settings = read_settings()

    async def ask() -> None:
        async with open_records(settings) as records:
            asking = Asking(records.database)
            for question in questions:
                await asking(question)

    asyncio.run(ask())


def test_a_topic_names_the_place_that_comes_closest_to_any_of_its_questions(shelf: Path, worded: Aprendiz) -> None:
    """Whoever writes the page needs the heading, and each place once."""
    closest = "Are trains and flights booked four weeks ahead by the travel desk?"
    _ask("Are trains booked?", "Are trains booked by whom?", closest)
    (gap,) = worded("gaps", "--json").lines
    shown = worded("gaps").out
    titles = [line for line in shown.splitlines() if line.startswith("Closest material: ")]

    assert "Discounts › Travel (" in titles[0]
    assert titles[0].count("Discounts › Travel") == 1
    best = worded("knowledge", "search", closest, "--json").json["hits"][0]
    assert gap["closest"][0]["score"] == pytest.approx(best["score"], abs=0.001)


def test_a_pasted_text_does_not_break_the_list(shelf: Path, worded: Aprendiz) -> None:
    """Line breaks would look like further questions, and a whole mail hides those below."""
    _ask("Preciso saber uma coisa.\nÉ sobre o crachá:\nonde retiro?", "A" * 3000)
    shown = worded("gaps").out

    assert "  · Preciso saber uma coisa. É sobre o crachá: onde retiro?\n" in shown
    assert max(map(len, shown.splitlines())) < 300


def test_more_topics_than_shown_are_counted(shelf: Path, worded: Aprendiz) -> None:
    """A list that ends by itself looks complete."""
    _ask("Which discounts may the shop grant to pets?", "Onde retiro o crachá?", "Who repairs the printer?")

    assert "Topics shown: 2 of 3; --limit shows more." in worded("gaps", "--limit", "2").out
    assert "--limit" not in worded("gaps", "--limit", "3").out


def test_what_is_no_scope_is_refused(worded: Aprendiz) -> None:
    """A typing mistake would otherwise look like a place without gaps."""
    with pytest.raises(BadRequest, match="'foo' is no scope"):
        worded("gaps", "--scope", "foo")


def test_nobody_asks_as_all(shelf: Path, worded: Aprendiz) -> None:
    """That nothing is open would be wrong: employees have a question."""
    _ask("Which discounts may the shop grant to pets?")
    shown = worded("gaps", "--audience", "all").out

    assert shown == "Nothing that was asked as all was left unanswered: name --audience employees or --audience customers.\n"


DOG = "Posso levar meu cachorro ao escritório?"
DOGS = "# Cachorros\n\nVocê pode levar o seu cachorro ao escritório às sextas-feiras, com coleira e carteira de vacinação.\n"


def test_a_topic_that_was_answered_since_is_marked_and_comes_last(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """A list that never shrinks is not read: whoever wrote the missing page sees that it did its work."""
    (tmp_path / "cachorros.md").write_text(DOGS)
    _ask(DOG, "Posso levar o cachorro ao escritório, por favor?", "Who repairs the printer?")
    before = worded("gaps", "--json").lines
    worded("knowledge", "add", tmp_path / "cachorros.md", "--audience", "employees")
    still, answered = worded("gaps", "--json").lines
    shown = worded("gaps").out

    assert [(each["count"], each["answered_since"], each["answered_by"]) for each in before] == [(2, False, []), (1, False, [])]
    assert (still["count"], still["looked_up"], still["answered_now"], still["answered_since"]) == (1, 1, 0, False)
    assert (answered["count"], answered["looked_up"], answered["answered_now"], answered["answered_since"]) == (2, 2, 2, True)
    assert answered["answered_by"] == [{"title": "Cachorros", "source": "cachorros.md"}]
    assert shown.index("printer") < shown.index("cachorro")
    assert shown.count("Answered since: ") == 1
    assert "\nAnswered since: Cachorros\n" in shown


def test_what_answers_where_it_was_asked_is_named_only_to_those_who_see_it(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """A document of one channel answers that channel's question; its name is not for all."""
    (tmp_path / "cachorros.md").write_text(DOGS)
    _ask(DOG)
    worded("knowledge", "add", tmp_path / "cachorros.md", "--audience", "employees", "--scope", "channel:slack:C1")
    hidden, named = worded("gaps", "--json").json, worded("gaps", "--scope", "channel:slack:C1", "--json").json

    assert (hidden["answered_since"], hidden["answered_by"]) == (True, [])
    assert "Answered since, by what is limited to a channel, server or group." in worded("gaps").out
    assert named["answered_by"] == [{"title": "Cachorros", "source": "cachorros.md"}]


def test_what_is_for_others_answers_nothing(shelf: Path, worded: Aprendiz, tmp_path: Path) -> None:
    """Who asked would still be declined."""
    (tmp_path / "cachorros.md").write_text(DOGS)
    _ask(DOG)
    worded("knowledge", "add", tmp_path / "cachorros.md", "--audience", "customers")

    assert worded("gaps", "--json").json["answered_since"] is False


def test_only_the_newest_questions_are_looked_up_again(shelf: Path, worded: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking up two thousand would take minutes; that some were left out is said."""
    monkeypatch.setattr("adapters.cli.answered_since.MOST", 2)
    monkeypatch.setattr("adapters.cli.gaps.MOST", 2)
    _ask(DOG, DOG, "Onde retiro o crachá?")

    assert sorted(each["looked_up"] for each in worded("gaps", "--json").lines) == [1, 1]
    assert "Of 3 questions the 2 newest were looked up again in today's material." in worded("gaps").out


async def test_a_bad_answer_is_mended_by_new_words_alone() -> None:
    """What was voted down is still found; the same passage would be the same bad answer."""
    old, new = (Passage(text, f"{text}.md", text, "", text, "employees") for text in ("old", "new"))
    viewer = Viewer("employees")
    asked = [
        AskedAgain("1", "Price?", viewer, (), frozenset({"old"})),
        AskedAgain("2", "Fee?", viewer, (), frozenset({"old"})),
        AskedAgain("3", "Fee?", viewer, (), frozenset()),
        AskedAgain("4", "Else?", viewer, (), frozenset()),
    ]
    foreseer = Foretelling({"Price?": old, "Fee?": new})
    bases = await look_up(asked, foreseer, lambda *_: None)

    assert bases == {"1": None, "2": new, "3": new, "4": None}
    assert foreseer.asked == ["Price?", "Fee?", "Else?"]


class Foretelling:
    """Tells what it was given."""

    def __init__(self, bases: dict[str, Passage]) -> None:
        self.bases = bases
        self.asked: list[str] = []

    async def search(self, query: str, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Find nothing."""
        raise NotImplementedError

    async def basis(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Passage | None:
        """Note the question."""
        self.asked.append(question)
        return self.bases.get(question)
