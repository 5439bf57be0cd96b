"""Which questions need those before them."""

import pytest

from store.follow_ups import is_follow_up, leans_back


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
