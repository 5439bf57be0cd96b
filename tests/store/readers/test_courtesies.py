"""Greetings and thanks, which answer nothing."""

import pytest

from store.readers.courtesies import is_courtesy, without_greeting
from store.readers.people import People


@pytest.mark.parametrize(
    "text",
    [
        "Obrigado!",
        "valeu 🙏",
        "Bom dia, tudo bem?",
        "De nada, [PERSON_1]!",
        "Valeu, Rui!",
        "tenha um ótimo dia",
        "Thanks a lot!",
        "You’re welcome",
        "+1",
        "👍",
        "",
    ],
)
def test_courtesies_are_known(text: str) -> None:
    """They end most threads, and the last turn would pass for the answer."""
    assert is_courtesy(text, People(["Rui Tavares"]))


@pytest.mark.parametrize("text", ["Sim", "Não", "Yes", "No", "R$ 5", "42", "ok, pode ligar", "It works", "Bom, depende", "All", "Help?"])
def test_short_answers_are_none(text: str) -> None:
    """‘No’ is a whole answer."""
    assert not is_courtesy(text, People(["Rui Tavares"]))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Olá, Maria! Tudo bem? Reinicie.", "Reinicie."),
        ("Bom dia pessoal, onde fica?", "onde fica?"),
        ("Prezada Sra. Ana Lima,\n\nsegue a nota.", "segue a nota."),
        ("Hi - press F5", "press F5"),
        ("Hello everyone\nPress F5", "Press F5"),
        ("Hi Filter FH-300 is here", "Hi Filter FH-300 is here"),
        ("Carolina disse que sim", "Carolina disse que sim"),
        ("Oi, Sim.", "Oi, Sim."),
        ("Bom dia!", "Bom dia!"),
    ],
)
def test_greetings_go_with_the_name(text: str, rest: str) -> None:
    """The name is mostly a customer's, and no list knows it."""
    assert without_greeting(text) == rest
