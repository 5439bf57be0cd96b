"""An address or telephone number is said letter by letter as a passage has it, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.addresses import is_address
from bot.invented import Grounds
from bot.support import SupportGate

OFFICE = (
    "Achados e perdidos\nEscreva para achados@padariasabia.example ou veja https://www.padariasabia.example/achados?loja=2. "
    "Loja do Centro: (81) 3555-0142. Loja da Várzea: (87) 3555-0177. Cardápio: cardapio.example/hoje; e-mail:oi@sabia-pao.example."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Escreva para achados@padariasabia.example.",
        "Escreva para Achados@PadariaSabia.Example!",
        "Escreva para **achados@padariasabia.example** ou “oi@sabia-pao.example”.",
        "Escreva para [achados@padariasabia.example](mailto:achados@padariasabia.example).",
        "Veja www.padariasabia.example/achados?loja=2.",
        "Veja padariasabia.example/achados e padariasabia.example.",
        "Veja https://cardapio.example/hoje/, padariasabia.example.Ou PadariaSabia.Example.",
        "Ligue (81) 3555-0142.",
        "Ligue 81 3555 0142, ou 3555-0177, ou 35550142.",
        "Fica p.ex. na Av.Central às 3 p.m. de 2024-2025.",
    ],
)
def test_an_address_of_the_passage_is_shown_however_it_is_framed(sentence: str) -> None:
    """Capitals, marks around it and what a browser adds by itself lead nobody astray."""
    assert not Grounds([OFFICE, "Na Av. Central às 3 p.m. de 2024 a 2025."]).invented(sentence)


@pytest.mark.parametrize(
    "written",
    [
        "achados@padariasabiá.example",
        "achádos@padariasabia.example",
        "achados@padariasabiaexample",
        "achados@padariasabia",
        "achados@padariassabia.example",
        "achado@padariasabia.example",
        "achados@padariasabia.example.br",
        "achados@padariasabia.com",
        "achados@padaria-sabia.example",
        "achados@@padariasabia.example",
        "achados @padariasabia.example",
        "achados@ padariasabia.example",
        "achados @ padariasabia.example",
        "achados@padariasabia .example",
        "achados@padariasabia. example",
        "achadospadariasabia.example",
        "oi@padariasabia.example",
        "www.padariasabiá.example",
        "padariasabiá.example/achados",
        "padariasabia.com",
        "padariasabiáexample",
        "padariasabiá.example.Ligue",
        "a Padariasabiá.Example",
        "padariasabia.example/achado",
        "https://cardapio.example/amanha",
        "sabia-pao.example",
        "(87) 3555-0142",
        "81 3555 0177",
        "555-0142",
        "(81) 3555-014",
    ],
)
def test_an_address_that_differs_in_a_letter_is_withheld(written: str) -> None:
    """Whoever writes or calls there reaches nobody, or a stranger who waits for that."""
    assert Grounds([OFFICE]).invented(f"O contato é {written}.")


@pytest.mark.parametrize("minimum", [0, 0.85])
def test_no_model_says_an_altered_address(minimum: float) -> None:
    """The passage is quoted instead, where it stands rightly."""
    gate = SupportGate([OFFICE], minimum=minimum, question="Para onde escrevo sobre achados?", passages=[OFFICE])

    assert gate.add("Escreva para achados@padáriasabia.example.") + gate.finish() == ""
    assert gate.withheld == 1


def test_the_system_text_lends_its_addresses() -> None:
    """The company may be called by one: Pousada.example."""
    assert not Grounds(["Abre às 9h."], named=["You work for pousada.example."]).invented("A pousada.example abre às 9h.")


PIECES = ("ana", "@", ".", "example", "www.", "https://", "/", ":", "-", "'", "é", "_", "(81) ", "3555", "0142", " ", "+55 ", "X", "com")


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_stands_in_a_passage_may_be_said(text: str) -> None:
    """Also what only looks like an address."""
    assert not Grounds([text]).invented(text)


@pytest.mark.parametrize(
    "word", ["a@" + "a" * 60 + "!", "a@" + "a." * 400 + "!", "x." * 400 + "!", "1 " * 400 + "!"], ids=["run", "host", "dots", "digits"]
)
def test_what_is_nearly_an_address_is_told_at_once(word: str) -> None:
    """Divided in every way that it can be, a word of thirty letters behind an @ would take minutes."""
    assert not is_address(word)
    assert Grounds([OFFICE]).invented(word) or word[0] in "x1"
