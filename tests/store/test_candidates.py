"""How a row of the ledger is told of and found."""

import pytest

from store.candidates import passage_of


def row(heading: str, question: str) -> tuple[str, ...]:
    """Return a row of the ledger's passages."""
    return ("P", "S", "0", heading, "Until two hours before.", question, "1", "", "", "", "en", "all", "", "faq.json", "Faq")


@pytest.mark.parametrize(
    ("heading", "question", "path"),
    [("Tickets", "May I rebook?", "Tickets > May I rebook?"), ("", "May I rebook?", "May I rebook?"), ("Rules > Late", "", "Rules > Late")],
)
def test_an_entry_is_headed_by_its_question_below_its_category(heading: str, question: str, path: str) -> None:
    """A bare "yes, until two hours before" says nothing to whoever does not see what was asked; it is found by either once."""
    found = passage_of(row(heading, question))

    assert found.passage.heading == path
    assert found.searched == f"{question} {heading} Faq Until two hours before."
    assert found.embedded == ((question, found.passage.text) if question else (f"Faq / {heading} / {found.passage.text}",))
