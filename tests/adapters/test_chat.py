"""Our own words to people on the chat platforms."""

import pytest

from adapters.chat import consent_thanks, privacy_choice, reasons, sentence_of
from bot.errors import BadDocument, QuestionTooLong
from bot.messages import ConsentState, RightsPolicy
from bot.texts import load_catalogues

load_catalogues()


@pytest.mark.parametrize(
    ("state", "policy", "said"),
    [
        ("unasked", "consent", "Until you do, they are not."),
        ("granted", "consent", "You allowed your questions"),
        ("refused", "consent", "Your questions are not used"),
        ("unasked", "allow", "Whoever runs me uses questions"),
        ("granted", "allow", "Whoever runs me uses questions"),
        ("refused", "allow", "Your questions are not used"),
        ("granted", "refuse", "Nobody's questions are used"),
    ],
)
def test_what_a_decision_means_follows_the_policy(state: ConsentState, policy: RightsPolicy, said: str) -> None:
    """Under `allow` silence is no refusal, and under `refuse` a yes changes nothing: people must not be told otherwise."""
    assert said in privacy_choice("en", state, policy).text


def test_everything_is_said_in_portuguese() -> None:
    """A Brazilian's platform must not speak English in between."""
    portuguese = {privacy_choice("pt-BR", "unasked", "allow").text, consent_thanks("pt-BR", granted=True), *dict(reasons("pt-BR")).values()}
    english = {privacy_choice("en", "unasked", "allow").text, consent_thanks("en", granted=True), *dict(reasons("en")).values()}

    assert not portuguese & english


def test_what_is_wrong_with_a_file_is_said_in_portuguese() -> None:
    """The clause comes from a reader of documents, in English and with fields of its own."""
    error = BadDocument(name="a.csv", problem="a cell in the row that begins at line {line} is too long", line=2)

    assert sentence_of(error, "en") == "a.csv: a cell in the row that begins at line 2 is too long"
    assert sentence_of(error, "pt-BR", name="b") == "b: a linha da tabela que começa na linha 2 do arquivo tem uma célula longa demais"


def test_other_errors_say_their_sentence() -> None:
    """With their fields filled in."""
    assert sentence_of(QuestionTooLong(length=9, limit=8), "en") == "That question has 9 characters; I can read 8. Please shorten it."
