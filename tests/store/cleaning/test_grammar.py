"""LanguageTool's rules, where the extra is installed: what they add, and what of them is left out."""

from collections.abc import Iterator

import pytest

from store.cleaning.grammar import Grammar, has_grammar
from store.cleaning.proposals import accept, propose

pytestmark = pytest.mark.skipif(not has_grammar(), reason="needs the extra [proofread]")


@pytest.fixture(scope="module")
def grammar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grammar]:
    """Give the rules, of which each language's are loaded once; in a folder with a `data`, as the home is called by default."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield Grammar()


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("Fazem dois anos que eu comprei.", "Faz dois anos que eu comprei."),
        ("é ó ã nao sei se ela liga", "É ó ã não sei se ela liga"),  # offsets are the engine's in bytes
        ("Comprei um mesa e dois cadeira no site de voces", "Comprei uma mesa e duas cadeiras no site de vocês"),
        pytest.param(
            "I can heard you, but the parcel is not recieved.", "I can hear you, but the parcel is not received.", marks=pytest.mark.heavy
        ),
    ],
)
def test_grammar_and_spelling_are_proposed(grammar: Grammar, text: str, corrected: str) -> None:
    """In both languages, each told by the text; what the rules propose stands where it belongs."""
    assert accept(text, propose(text, grammar)) == corrected


@pytest.mark.parametrize(
    "text",
    [
        "Sebastiao chegou ontem com a encomenda do cliente.",
        "Fale com o Joao Wanderlei da Tauarim sobre a entrega.",
        "O código é AB,CD e o preço 1.234,56 para o LT-800,FH-300.",
        "O [PERSON_1] ligou para [PHONE_1] e o boleto venceu.",
        "Use o eSocial no iPhone para ver o DAS do mês.",
        "Obrigado pela ajuda. Vou verificar com o financeiro e te retorno até amanhã.",
    ],
)
def test_names_codes_numbers_and_placeholders_are_left_alone(grammar: Grammar, text: str) -> None:
    """Nor is what is right, or a matter of style."""
    assert propose(text, grammar) == ()


def test_other_corrections_are_named(grammar: Grammar) -> None:
    """The rules guess; a person knows."""
    (proposal,) = propose("Sim, nós atende a empresa de vocês.", grammar)

    assert (proposal.before, "atendemos" in (proposal.after, *proposal.others)) == ("atende", True)
