"""Our own words to people on the chat platforms."""

import pytest

from adapters.chat import consent_thanks, privacy_choice, reasons
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
