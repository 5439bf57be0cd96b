"""Measures of one answer, on the kinds of answers that models and people give."""

import pytest

from bot.draft import NOTHING_FOUND
from bot.texts import translate
from finetune.measures import contains, declined, facts_contained, good, holds, rouge_l, token_f1
from tests.finetune.evaluations import held


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        ("Verifique a VÁLVULA v7.", "válvula V7"),
        ("valvula v7", "Válvula V7"),
        ("It leaves at 21:40.", "21:40"),
        ("After 12 months.", "12 month"),
        ("It costs R$ 12,50, paid at once.", "R$12,50"),
        ("a tarifa é de 2 %", "2%"),
        ("troque o filtro FH‑300", "FH-300"),
        ("the ﬁlter", "filter"),
        ("two\n  words", "two words"),
        ("anything", ""),
    ],
)
def test_facts_are_found_whatever_their_dress(answer: str, fact: str) -> None:
    """Case, accents, width, dashes and spaces carry no fact."""
    assert contains(answer, fact)


@pytest.mark.parametrize(
    ("answer", "fact"),
    [
        ("112 metres", "12"),
        ("121 metres", "12"),
        ("R$ 12,50", "12"),
        ("R$ 3.120", "120"),
        ("error E1013", "E101"),
        ("at 17h30", "7h30"),
        ("valve V71", "V7"),
        ("at 21:40", "1:40"),
        ("filter FH-301", "FH-300"),
    ],
)
def test_a_number_or_code_must_stand_by_itself(answer: str, fact: str) -> None:
    """One digit more is another fact."""
    assert not contains(answer, fact)


def test_facts_are_counted() -> None:
    """Half an answer is worth half."""
    assert facts_contained("Reconecte o cabo azul.", ["sensor de temperatura", "cabo azul"]) == 0.5


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [("The filter!", "a filter", 1.0), ("blue filter", "filter", 2 / 3), ("", "filter", 0.0), ("", "", 1.0), ("pump", "filter", 0.0)],
)
def test_f1_ignores_articles_and_punctuation(answer: str, reference: str, value: float) -> None:
    """As SQuAD's script does."""
    assert token_f1(answer, reference) == pytest.approx(value)


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("police kill the gunman", "police killed the gunman", 0.75),
        ("the gunman kill police", "police killed the gunman", 0.5),
        ("", "x", 0.0),
    ],
)
def test_rouge_l_heeds_the_order(answer: str, reference: str, value: float) -> None:
    """The examples are the paper's (section 3.1)."""
    assert rouge_l(answer, reference) == pytest.approx(value)


@pytest.mark.parametrize(
    "answer",
    [
        translate("en", NOTHING_FOUND),
        translate("pt", NOTHING_FOUND),
        "I don't know.",
        "I’m not sure about that.",
        "Sorry, I do not know the answer. The office opens at 9.",
        "The passages do not say when.",
        "Não sei.",
        "Desculpe, não encontrei essa informação nos trechos.",
        "Os trechos não dizem isso.",
        "Não tenho essa informação.",
    ],
)
def test_declining_is_recognised(answer: str) -> None:
    """The product's words and a model's own, in both languages."""
    assert declined(answer)


@pytest.mark.parametrize(
    "answer", ["It opens at 9.", "It opens at 9. I do not know about Sundays.", "O prazo não muda.", "Do not know-how?", ""]
)
def test_an_answer_with_a_reservation_is_an_answer(answer: str) -> None:
    """Only what comes first declines."""
    assert not declined(answer)


FERRY = held(
    "When does the last ferry to Skerrow leave on a weekday?",
    reference="From Monday to Friday the last ferry to Skerrow leaves Elverport at 21:40.",
)
FILTER = held("Que filtro a HX-10 usa?", reference="Na HX-10, troque o filtro FH-300.")
PIER = held("Where does the Tolmay ferry wait?", reference="The Tolmay ferry waits at the old pier.")
WASH = held("Can I wash the filter?", reference="No, washing the filter does not help: replace it every six months.")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (FERRY, "It leaves at 21:40."),
        (FERRY, "At 21:40."),
        (
            FERRY,
            "The last ferry to Skerrow leaves Elverport at 21:40 from Monday to Friday. It is a fine boat with a bar and a deck.",
        ),
        (FILTER, "O filtro é o FH-300."),
        (PIER, "It waits at the pier."),
        (WASH, "Washing the filter does not help, replace it every six months."),
    ],
)
def test_answers_that_say_the_same_are_good(question: object, answer: str) -> None:
    """Short, long and reworded ones."""
    assert good(answer, question)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (FERRY, "The last ferry to Skerrow leaves Elverport at 18:15 from Monday to Friday."),
        (FERRY, "Tickets, snacks, blankets and umbrellas cost 21:40 pounds somewhere."),
        (FERRY, ""),
        (FERRY, "I do not know."),
        (FILTER, "Na HX-10, troque o filtro FH-301."),
        (WASH, "Yes, washing the filter does help: replace it every six months."),
        (WASH, "Wash it."),
        (PIER, "The Tolmay ferry waits at the market."),
    ],
)
def test_answers_that_say_something_else_are_not(question: object, answer: str) -> None:
    """Above all another number or code."""
    assert not good(answer, question)  # type: ignore[arg-type]


def test_with_facts_to_contain_only_they_count() -> None:
    """The words around them are free, and all of them are needed."""
    question = held(reference="quite other words", facts=["V7", "cabo azul"])

    assert good("A V7 e o cabo azul.", question)
    assert not good("A V7.", question)


WARRANTY = "The warranty of the HX is 24 months. To use the warranty, send us the receipt."


@pytest.mark.parametrize(
    ("answer", "is_good"),
    [
        ("To use the warranty, send us the receipt.", True),
        ("Send us the receipt to use the warranty.", True),
        ("Send us the receipt of the 36 months.", False),  # nobody liked that
        ("Send the receipt, the box, the manual, the cable, the charger and a photograph.", False),
        ("The warranty is a warranty.", False),  # which says nothing
        ("I do not know.", False),
        ("", False),
    ],
)
def test_a_sentence_of_what_was_liked_is_enough(answer: str, is_good: bool) -> None:
    """A small model tells people more than they asked; the next one need not."""
    assert good(answer, held("What does the warranty ask for?", reference=WARRANTY, kind="up")) is is_good


def test_an_experts_words_are_needed_whole() -> None:
    """Who corrects an answer means all of it."""
    assert not good("To use the warranty, send us the receipt.", held("What does the warranty ask for?", reference=WARRANTY, kind="down"))


def test_what_must_be_declined_is_good_when_declined() -> None:
    """And an answer is not."""
    assert good("I do not know.", held(decline=True))
    assert not good("Every six months.", held(decline=True))


def test_a_passage_holds_an_answer_among_much_else() -> None:
    """The retrieval ceiling asks only whether it could be found."""
    passage = "Harbour news. " * 20 + "From Monday to Friday the last ferry to Skerrow leaves Elverport at 21:40. " + "More news. " * 20

    assert holds(passage, FERRY)
    assert not holds(passage.replace("21:40", "21:45"), FERRY)
    assert holds("o cabo azul", held(facts=["cabo azul"]))
