"""What a text says of the words of a question: which other words count, and which do not."""

import pytest

from store.said import asked_words, said


def tells(text: str, question: str) -> dict[str, float]:
    """Return how much *text* tells of each word of *question*."""
    return said(text).tells(asked_words(question))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How much vacation?", "Everybody has 25 days of annual leave."),
        ("Qual o preço?", "A taxa de limpeza é de R$ 80,00."),
        ("When do you close?", "A loja recebe clientes das 8h às 18h30."),
        ("qual o prazo?", "Devolvemos o valor em até 5 dias."),
        ("telefone", "Recepção: (11) 4002-8922"),
        ("Open on Saturday?", "Aos sábados abrimos às 9h."),
    ],
)
def test_other_words_and_the_figures_asked_for_tell_almost_as_much(question: str, text: str) -> None:
    """People ask in their own words; of a price, hours or a deadline the documents mostly have the figure alone."""
    assert min(tells(text, question).values()) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("cachorro", "Animais de pequeno porte são permitidos."),
        ("Where do I park?", "Each flat may use one space in the garage."),
        ("sofá", "Móveis não são recolhidos."),
        ("animals", "Dogs are welcome."),
    ],
)
def test_the_kind_of_a_thing_tells_of_it_and_it_of_its_kind(question: str, text: str) -> None:
    """A rule about animals answers for a dog."""
    assert max(tells(text, question).values()) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("cat", "Dogs are welcome."),
        ("breakfast", "Dinner is paid up to 35 euros."),
        ("sofá", "As mesas ficam no pátio."),
        ("dentist", "A doctor is in on Mondays."),
        ("Monday", "The nurse is in on Tuesday."),
    ],
)
def test_another_thing_of_the_same_kind_tells_nothing(question: str, text: str) -> None:
    """What is said of dogs says nothing of cats."""
    assert tells(text, question) == {question.lower().replace("á", "a"): 0.0}


def test_words_around_a_subject_weigh_less() -> None:
    """No rule about animals says "can I bring": the smaller the company, the more such words it lacks."""
    weights = {word.term: word.weight for word in asked_words("vcs deixam levar meu cachorro?")}

    assert weights["vcs"] == weights["levar"] < weights["cachorro"] == 1.0
    assert [word.weight < 1.0 for word in asked_words("precisa de preparo?")] == [True, False]


def test_the_very_words_tell_all() -> None:
    """However common they are."""
    assert set(tells("Can I bring my dog to work?", "Can I bring my dog to work?").values()) == {1.0}


@pytest.mark.parametrize(("heading", "share"), [("Portaria", 0.8), ("", 0.8), ("Mudanças", 0.0)])
def test_a_figure_is_about_what_the_heading_says(heading: str, share: float) -> None:
    """The hours of removals, which are booked at the porter's, are not the porter's."""
    text = said("Das 8h às 17h, com agendamento na portaria.", heading)

    assert text.tells(asked_words("horário da portaria")) == {"horario": share, "portaria": 1.0}


def test_a_word_of_two_languages_is_said_otherwise_in_the_other() -> None:
    """Words that no list has are much alike in both; a short beginning in common is not enough for it."""
    asked = asked_words("laparoscopia parafina")

    assert said("The laparoscopy takes place beside the parking.").says_otherwise(asked, {"laparoscopia", "parafina"}) == {
        "laparoscopia": 0.8,
        "parafina": 0.0,
    }
