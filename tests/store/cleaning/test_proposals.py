"""Corrections that a person accepts: what is proposed, and what never is."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.cleaning.proposals import Proposal, accept, propose


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("a maquina nao  liga , e o erro some. voce pode ajudar?", "a máquina não liga, e o erro some. você pode ajudar?"),
        ("ele veio de de manhã,depois saiu", "Ele veio de manhã, depois saiu"),
        ("abra o menu. depois salve", "Abra o menu. Depois salve"),
        ("this is the the manual", "This is the manual"),
    ],
)
def test_small_mistakes_are_proposed(text: str, corrected: str) -> None:
    """All accepted, the sentence is right."""
    assert accept(text, propose(text)) == corrected


@pytest.mark.parametrize(
    "text",
    [
        "Código LT-800,FH-300 e AB,CD em 1.234,56 às 10:30",
        "Veja https://a.example/x,y e a@b.example",
        "O [PERSON_1] e o [PERSON_2] chamam [PHONE_1]maquina",
        "Fale com Joao e Sebastiao, que sabem",
        "Que que eu faço?",
        "Use `a  b,c` assim",
    ],
)
def test_codes_numbers_and_names_are_left_alone(text: str) -> None:
    """A corrected code is a wrong one."""
    assert propose(text) == ()


def test_only_what_is_accepted_is_changed() -> None:
    """Row by row, one by one; a proposal for another text is refused."""
    text = "ele veio de de casa,sim"
    doubled, spacing = propose(text)[-2:]

    assert accept(text, [doubled]) == "ele veio de casa,sim"
    assert accept(text, [spacing]) == "ele veio de de casa, sim"
    with pytest.raises(ValueError, match="does not stand at"):
        accept("outro", [doubled])


_WORDS = st.sampled_from(
    ["de", "de ", ",", " ", "maquina", "nao", "voce", "LT-800", "1.234,56", "[PHONE_1]", "Joao", ". ", "a@b.c", "x", "É"]
)


@settings(deadline=None)
@example("LT-800de , 5 ,5 1 , 5")
@given(st.lists(_WORDS | st.text(max_size=2), max_size=14).map("".join))
def test_numbers_and_codes_survive_every_acceptance(text: str) -> None:
    """Digits, and what hangs on them, stay in their order; proposals never overlap."""
    proposals = propose(text)
    corrected = accept(text, proposals)

    assert _with_digits(corrected) == _with_digits(text)
    assert all(isinstance(each, Proposal) and each.before != each.after for each in proposals)


def _with_digits(text: str) -> list[str]:
    """Return what hangs on digits, without the signs that may move up to it."""
    return [found.rstrip(",;!?") for found in re.findall(r"\S*\d\S*", text)]
