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
    ],
)
def test_what_leans_on_the_question_before(question: str, leaning: bool) -> None:
    """É is no E, IT no it; a wrong guess costs a second search, a missed one the answer."""
    assert leans_back(question) is leaning


def test_short_questions_may_be_follow_ups() -> None:
    """The price, after a question about a product, is that product's price."""
    assert is_follow_up("The price?")
    assert not is_follow_up("Which filter does the machine HX-10 need in winter?")
