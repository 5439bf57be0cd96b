"""Which questions need those before them."""

import pytest

from store.follow_ups import has_no_subject, is_follow_up, leans_back, named_anew


@pytest.mark.parametrize(
    ("question", "leaning"),
    [
        ("And on Saturdays?", True),
        ("E no sábado?", True),
        ("What about the north?", True),
        ("How much does it cost?", True),
        ("Quanto isso custa?", True),
        ("Who approved that?", True),
        ("É possível parcelar a compra do equipamento?", False),
        ("How do I call the IT service desk in Lisbon?", False),
        ("Does that machine need a filter change every month?", False),
        ("", False),
        ("Ok, e aos sábados?", True),
        ("Thanks. How about the north?", True),
        ("Sim, mas quem aprova?", True),
        ("And?", True),
        ("No e-mail da empresa, como mudo a assinatura?", False),
        ("E possivel parcelar a compra do equipamento?", False),
        ("Is it possible to pay for the equipment in instalments?", False),
        ("How long does it take to approve a purchase?", False),
        ("Is the equipment replaced if it is damaged?", False),
        ("What time is it in the Lisbon office?", False),
        ("Does it work with Android, iOS and the web?", True),
        ("Is it replaced if it is damaged?", True),
    ],
)
def test_what_leans_on_the_question_before(question: str, leaning: bool) -> None:
    """É is no E, IT no it; a wrong guess costs a second search, a missed one the answer."""
    assert leans_back(question) is leaning


def test_short_questions_may_be_follow_ups() -> None:
    """The price, after a question about a product, is that product's price."""
    assert is_follow_up("The price?")
    assert not is_follow_up("Which filter does the machine HX-10 need in winter?")


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("e com dermatologista?", {"dermatologista"}),
        ("Ok, e o clínico geral?", {"clinico", "geral"}),
        ("and the nurse?", {"nurse"}),
        ("What about the spring term?", {"spring", "term"}),
        ("and Year 2?", {"year", "2"}),
        ("e a de 12 mm?", {"12"}),
        ("e aos sábados?", set()),
        ("and on Saturdays?", set()),
        ("e quanto custa?", set()),
        ("and how much does it cost?", set()),
        ("e se eu perder a chave do armário da academia?", set()),
        ("dermatologista?", set()),
    ],
)
def test_a_follow_up_may_put_another_subject_in_place(question: str, terms: set[str]) -> None:
    """Then what was found for the one before does not answer it; another day is no other subject."""
    assert named_anew(question) == terms


def test_what_asks_for_an_aspect_alone_has_no_subject() -> None:
    """Searched by itself it finds anything that has a price."""
    assert all(map(has_no_subject, ("quanto custa?", "É de graça?", "How much is it?", "até quando?")))
    assert not any(map(has_no_subject, ("quanto custa a entrega?", "Is parking free?", "precisa de preparo?")))
