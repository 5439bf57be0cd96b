"""Which of two that tell other figures of one thing goes first."""

from dataclasses import replace
from math import exp

import pytest

from bot.messages import Passage
from store.candidates import Candidate
from store.newer import newer_first
from store.scored import Scored

ASKED = "Quanto custa o aluguel de um caiaque duplo?"
LEAFLET = "Alugar um caiaque duplo custa R$ 45,00 por hora. O colete vai junto."
ROW = "Código: CX-2; Aluguel: Caiaque duplo; Preço: R$ 58,00; Observação: colete incluído; Preços em 02/11/2026"


def scored(text: str, dated: str, *, behind: float = 0.0, title: str = "Aluguel", question: str = "", asked: str = ASKED) -> Scored:
    """Return a passage that is so far behind 3.0, in log-odds; what has a code is a row."""
    row = "7" if text.startswith("Código") or question else ""
    passage = Passage(f"{dated} {text}", title, title, "", text, "all", "pt", row, dated=dated)
    return Scored(Candidate("passages", passage, question), asked, 1 / (1 + exp(behind - 3.0)), 0.5, 0.5, None)


def days(ranked: list[Scored]) -> list[str]:
    """Return the days of *ranked*, in their order."""
    return [each.passage.dated for each in ranked]


@pytest.mark.parametrize(
    ("asked", "old", "new"),
    [
        (ASKED, LEAFLET, ROW),
        (
            "How much is a day in the sauna?",
            "A day in the sauna costs $22.",
            "We have new rates: a day in the sauna is $27, an evening $15.",
        ),
        ("Quantos dias dura a devolução?", "A devolução dura 7 dias.", "Desde maio a devolução dura até 10 dias."),
        (
            "When does the library open on Saturdays?",
            "On Saturdays the library opens at 9 am.",
            "On Saturdays the library opens at 10:30 am.",
        ),
        ("Qual é o ramal da portaria?", "O ramal da portaria é 310.", "O ramal da portaria passou a ser 455."),
    ],
)
def test_newer_figures_of_the_same_thing_go_first(asked: str, old: str, new: str) -> None:
    """Nobody takes an old leaflet back, and its sentence is nearer the question than the row of today's prices."""
    ranked = [scored(old, "2024-03-01", asked=asked), scored(new, "2026-11-02", behind=2.0, asked=asked)]
    first, second = newer_first(ranked)

    assert days([first, second]) == ["2026-11-02", "2024-03-01"]
    assert first.score == second.score == ranked[0].score


def test_of_several_newer_ones_the_newest_goes_first() -> None:
    """Every year has its price list."""
    years = ["2022-01-01", "2024-01-01", "2026-01-01", "2025-01-01"]
    ranked = [scored(LEAFLET.replace("45", str(40 + at)), year, behind=at / 10) for at, year in enumerate(years)]

    assert days(newer_first(ranked)) == ["2026-01-01", "2022-01-01", "2024-01-01", "2025-01-01"]


@pytest.mark.parametrize(
    ("reason", "old", "new"),
    [
        ("another thing", LEAFLET, "Código: CX-1; Aluguel: Caiaque simples; Preço: R$ 41,00; Observação: colete incluído"),
        ("another thing in the next sentence", LEAFLET, "O caiaque duplo é azul. O aluguel do colete custa R$ 9,00."),
        ("the same figure", LEAFLET, "Código: CX-2; Aluguel: Caiaque duplo; Preço: R$ 45,00; Observação: por hora"),
        ("a figure of something else", LEAFLET, "O aluguel do caiaque duplo vale por 24 meses."),
        ("no figure", LEAFLET, "O aluguel do caiaque duplo é só para quem sabe nadar."),
        ("hardly what was asked", "O colete custa R$ 8,00 em qualquer aluguel.", ROW),
        ("no words at all", "☎", ROW),
    ],
)
def test_newer_words_on_something_else_stay_behind(reason: str, old: str, new: str) -> None:
    """What is newer is not therefore the answer."""
    assert days(newer_first([scored(old, "2024-03-01"), scored(new, "2026-11-02", behind=0.5)])) == ["2024-03-01", "2026-11-02"], reason


@pytest.mark.parametrize(("old", "new", "behind"), [("", "2026-11-02", 0.5), ("2024-03-01", "", 0.5), ("2024-03-01", "2026-11-02", 2.7)])
def test_what_has_no_day_or_is_worse_keeps_its_place(old: str, new: str, behind: float) -> None:
    """Where nobody knows which is newer, the nearer one is the better guess."""
    assert days(newer_first([scored(LEAFLET, old), scored(ROW, new, behind=behind)])) == [old, new]
    assert newer_first([]) == []


def test_who_asks_for_a_year_gets_the_figures_of_it() -> None:
    """An auditor who asks what it cost in 2024 does not want today's price."""
    asked = "Quanto custava alugar o caiaque duplo em 2024?"

    assert days(newer_first([scored(LEAFLET, "2024-03-01", asked=asked), scored(ROW, "2026-11-02", asked=asked)])) == [
        "2024-03-01",
        "2026-11-02",
    ]


def test_the_question_of_an_entry_says_what_its_answer_is_about() -> None:
    """“R$ 50,00 por hora” names nothing by itself."""
    entry = scored("R$ 50,00 por hora.", "2025-05-05", question="Quanto custa o aluguel do caiaque duplo?")

    assert days(newer_first([entry, scored(ROW, "2026-11-02", behind=1.0)])) == ["2026-11-02", "2025-05-05"]
    assert days(newer_first([scored(LEAFLET, "2024-03-01"), replace(entry)])) == ["2025-05-05", "2024-03-01"]
