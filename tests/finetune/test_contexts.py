"""Which passage answers, and which stand beside it."""

import random

import pytest

from bot.messages import Passage
from finetune.contexts import Contexts, Shelf
from tests.finetune.exporting import passage

E101 = passage("O erro E101 indica sensor de temperatura desconectado: reconecte o cabo azul do sensor.", heading="Erros")
E102 = passage("O erro E102 indica filtro FH-300 entupido: troque o filtro FH-300.", heading="Erros")
IPE = passage("De segunda a sexta, a unidade Ipê atende das 8h10 às 20h40.", heading="Horários")
JATOBA = passage("A unidade Jatobá funciona de segunda a sexta, das 7h30 às 21h15, sem intervalo.", heading="Horários")
LEAVE = passage("Full-time staff have 23 days of paid leave a year; 5 of them can be carried over until 31 March.", heading="Leave")
PARENTAL = passage("Parents take up to 23 weeks of leave, 16 of them paid.", heading="Parental leave")
REFUND = passage("Tickets are refunded in full until 48 hours before departure.", heading="Refunds > Tickets")
BOOKS = passage("Library books come back within 30 days.", heading="Library")
SHELF = (E101, E102, IPE, JATOBA, LEAVE, PARENTAL, REFUND, BOOKS)


@pytest.mark.parametrize(
    ("question", "answer", "gold"),
    [
        ("A máquina parou mostrando E102. Qual é o problema?", "O filtro FH-300 está entupido; troque o filtro.", E102),
        ("O que faço quando aparece E101?", "Reconecte o cabo azul do sensor de temperatura.", E101),
        ("Que horas fecha a Ipê?", "A unidade Ipê atende até as 20h40, de segunda a sexta.", IPE),
        ("A Jatobá abre cedo?", "Sim, a unidade Jatobá funciona a partir das 7h30.", JATOBA),
        ("How many days of leave do I have?", "You have 23 days of paid leave a year.", LEAVE),
        ("My baby is due in May. How long can I stay at home?", "Parents can take up to 23 weeks of leave.", PARENTAL),
        ("Do I get my money back for a ticket?", "Yes: tickets are refunded in full until 48 hours before departure.", REFUND),
        ("When is my book due?", BOOKS.text, BOOKS),
    ],
)
def test_the_passage_that_holds_the_answer_is_gold(question: str, answer: str, gold: Passage) -> None:
    """Neighbours differ in a code, a number or a name; a wrong gold passage would teach to read the wrong one."""
    assert Shelf(SHELF).answering(question, answer, SHELF) == gold
    assert Shelf(SHELF).answering(question, answer, SHELF[::-1]) == gold


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("O que significa o erro E103?", "O erro E103 indica bomba sem pressão: verifique a válvula V7."),
        ("How many days of leave do I have?", "You have 25 days of paid leave a year."),
        ("Is the canteen open?", "Yes."),
        ("Who keeps the spare keys?", "Ask Marta at the reception desk."),
    ],
)
def test_where_no_passage_holds_the_answer_none_is_gold(question: str, answer: str) -> None:
    """An expert's correction may contradict all that was known."""
    assert Shelf(SHELF).answering(question, answer, SHELF) is None


def test_an_answer_that_repeats_the_question_is_found_by_it() -> None:
    """To "is X paid?", "X is paid" is no news, but a passage that says so is known by the question."""
    assert Shelf(SHELF).answering("Are tickets refunded in full?", "Tickets are refunded in full.", SHELF) == REFUND


def test_passages_served_keep_the_retrievers_order() -> None:
    """In service the right passage is not always the best one."""
    contexts = Contexts(Shelf(SHELF), distractors=2)

    assert contexts.served("When do you open?", IPE, (JATOBA, IPE, LEAVE, BOOKS)) == (JATOBA, IPE, LEAVE)


def test_gold_that_the_retriever_missed_stands_first() -> None:
    """A correction is an approved passage from now on, and found first."""
    contexts = Contexts(Shelf(SHELF), distractors=2)

    assert contexts.served("When do you open?", IPE, (JATOBA, LEAVE, BOOKS, IPE)) == (IPE, JATOBA, LEAVE)


def test_missing_distractors_are_those_most_like_the_question() -> None:
    """Near neighbours are what a small model confuses."""
    contexts = Contexts(Shelf(SHELF), distractors=1)

    assert contexts.served("O que significa o erro E101?", E101, (E101,)) == (E101, E102)


def test_where_nothing_is_alike_any_passage_is_a_distractor() -> None:
    """A small pool must still give full rows; one that is too small gives what it has."""
    contexts = Contexts(Shelf(SHELF), distractors=3)

    assert len(set(contexts.served("xyz?", BOOKS, ()))) == 4
    assert Contexts(Shelf([BOOKS]), distractors=3).served("xyz?", BOOKS, ()) == (BOOKS,)


def test_shuffled_rows_put_gold_anywhere() -> None:
    """A model that learns the place instead of the words fails where the retriever errs."""
    contexts = Contexts(Shelf(SHELF), distractors=2)
    places = {contexts.shuffled(IPE, SHELF, random.Random(seed)).index(IPE) for seed in range(40)}

    assert places == {0, 1, 2}
    assert contexts.shuffled(IPE, SHELF, random.Random(1)) == contexts.shuffled(IPE, SHELF, random.Random(1))


def test_no_text_stands_twice_in_a_row() -> None:
    """The same words under another id are no distractor."""
    twin = passage(IPE.text, passage_id="twin")
    contexts = Contexts(Shelf([IPE, twin, JATOBA]), distractors=2)

    assert contexts.served("When?", IPE, (twin, JATOBA)) == (IPE, JATOBA)
    assert len(contexts.shuffled(IPE, (twin, JATOBA), random.Random(0))) == 2


def test_passages_of_a_declining_row_do_not_answer() -> None:
    """Otherwise the row would teach to withhold what is known."""
    other = passage("From Monday to Friday the Ipê branch is open: atende das 8h10 às 20h40.", heading="Ipê")
    contexts = Contexts(Shelf([*SHELF, other]), distractors=2)
    shown = contexts.silent("Que horas abre a Ipê?", "A unidade Ipê atende das 8h10 às 20h40.", IPE, (IPE, other, JATOBA), random.Random(0))

    assert len(shown) == 3
    assert not {IPE, other} & set(shown)
    assert shown[0] == JATOBA
