"""What answers in other words is found, and what only says it of another kind is not taken for it."""

from dataclasses import replace

import pytest

from bot.messages import Passage
from store.candidates import Candidate
from store.other_words import in_other_words, without_other_kinds
from store.scored import Scored


def scored(question: str, *texts: str) -> list[Scored]:
    """Return passages that were found for *question*, of falling score."""
    passages = [Passage(text, "rules.txt", "Rules", "", text, "all", "") for text in texts]
    return [Scored(Candidate("passages", each, ""), question, 0.5 - place / 10, 0.5, 0.5, None) for place, each in enumerate(passages)]


def best(question: str, *texts: str) -> str:
    """Return the text that comes first once other words count."""
    return max(in_other_words(scored(question, *texts), lambda _: 1.0, ""), key=lambda each: each.score).entry_id


@pytest.mark.parametrize(
    ("question", "near", "answer"),
    [
        ("cachorro na piscina", "A piscina abre às terças.", "Animais não entram na piscina."),
        ("Quantos dias de férias?", "Working abroad is limited to 20 days.", "Annual leave is 25 days."),
        ("dermatologist", "O atestado é do médico.", "Consulta dermatologista"),
        ("what are your opening hours?", "Rooms are booked in the app.", "The reception is staffed from 9 am to 6 pm."),
    ],
)
def test_what_answers_in_other_words_comes_before_what_is_only_near(question: str, near: str, answer: str) -> None:
    """The search by words cannot see it, and across languages little else can."""
    assert best(question, near, answer) == answer


@pytest.mark.parametrize(
    ("question", "answer", "near"),
    [
        ("cachorro", "O cachorro anda com guia.", "Animais são permitidos."),
        ("cat", "Visitors ring the bell.", "Dogs are welcome."),
        ("sauna", "The pool is open on Tuesdays.", "The gym is closed."),
    ],
)
def test_what_has_the_very_word_or_nothing_better_beside_it_stays_first(question: str, answer: str, near: str) -> None:
    """A rule about dogs is worth more than one about animals, and one about dogs nothing for a cat."""
    assert best(question, answer, near) == answer


@pytest.mark.parametrize(("language", "raised"), [("pt", True), ("en", False), ("", False)])
def test_what_answers_in_another_language_becomes_likelier(language: str, raised: bool) -> None:
    """Nothing else says how near it is: by shared words and by the second encoder a page in another language is far from any question."""
    best, *_ = scored("onde compro o uniforme?", "Uniforms are sold at the corner shop.")
    page = replace(best.candidate.passage, language="en", text="Clothing is sold at the corner shop.")
    (found,) = in_other_words([replace(best, candidate=replace(best.candidate, passage=page))], lambda _: 1.0, language)

    assert (found.score > 0.8, found.score == best.score) == (raised, not raised)


def test_nothing_found_stays_nothing() -> None:
    """And no error."""
    assert in_other_words([], lambda _: 1.0, "en") == []


def headed(*passages: tuple[str, str], row: str = "") -> list[Scored]:
    """Return passages (heading, text) of falling score."""
    made = [Passage(heading or text, "exams.md", "Exams", heading, text, "all", "", row) for heading, text in passages]
    return [Scored(Candidate("passages", each, ""), "?", 0.8 - place / 10, 0.5, 0.5, None) for place, each in enumerate(made)]


@pytest.mark.parametrize(
    ("question", "other", "meant"),
    [
        ("preciso de jejum pro ultrassom obstétrico?", "Ultrassom abdominal", "Ultrassom obstétrico"),
        ("Is fasting needed for the obstetric ultrasound?", "Abdominal ultrasound", "Obstetric ultrasound"),
        ("quanto custa a consulta com dermatologista", "Consulta com cardiologista", "Consulta com dermatologista"),
        ("Who may use the north car park?", "South car park", "North car park"),
    ],
)
def test_another_kind_than_the_one_named_is_put_far_behind(question: str, other: str, meant: str) -> None:
    """Beside the right row it would lend a small model its figures."""
    found = without_other_kinds(question, [*headed((other, "8 hours."), ("", f"Exam: {meant}; Price: R$ 210,00"))])
    rows = without_other_kinds(question, headed(("", f"Exam: {other}; Price: R$ 190,00"), ("", f"Exam: {meant}; Price: R$ 9"), row="1"))
    headings = without_other_kinds(question, headed((other, "8 hours."), (meant, "None.")))

    assert [each.score for each in found] == [0.8, pytest.approx(0.7)]  # that is in a text, and may be said of anything
    for other_kind, kind_meant in (rows, headings):
        assert other_kind.score < 0.05 < kind_meant.score == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("Is the abdominal ultrasound dearer than the obstetric ultrasound?", "Abdominal ultrasound", "Obstetric ultrasound"),
        ("How do I get a lost badge back?", "Lost property", "New badge"),
        ("When is the summer party?", "Party rules", "Summer party"),
        ("preço da BX-12 nova", "BX-13 nova", "BX-12 nova"),
    ],
)
def test_what_may_answer_stays_where_it_was(question: str, first: str, second: str) -> None:
    """Whoever compares two kinds asks about both; codes are looked at by themselves."""
    found = without_other_kinds(question, headed((first, "8 hours."), (second, "None.")))

    assert [each.score for each in found] == [0.8, pytest.approx(0.7)]


def test_an_entry_that_answers_a_question_names_no_kind() -> None:
    """Whether that is the question asked is told by its words."""
    one, other = headed(("How long is the spring term?", "12 weeks."), ("Autumn term", "14 weeks."))
    entry = Scored(Candidate("passages", one.candidate.passage, one.candidate.passage.heading), "?", 0.8, 0.5, 0.5, None)

    assert [each.score for each in without_other_kinds("How long is the autumn term?", [entry, other])] == [0.8, other.score]
