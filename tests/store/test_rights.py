"""The verdicts on training: every combination that a person, a platform or an operator can bring about."""

from datetime import timedelta
from typing import get_args

import pytest

from bot.messages import ConsentState, RightsPolicy, Surface
from bot.settings import RightsSettings
from bot.texts import translate
from store.rights import REFUSALS, Opinion, Refusal, Words, is_to_other_words, policy_of, refusal_of_answer, refusal_of_words
from tests.contracts.ledgers import NOW


@pytest.mark.parametrize(
    ("up", "down", "corrected", "refusal"),
    [
        (1, 0, False, None),
        (2, 1, False, None),
        (0, 0, False, "not_rated"),
        (1, 1, False, "votes_balanced"),
        (1, 2, False, "down_voted"),
        (0, 3, True, None),
        (0, 0, True, None),
    ],
)
def test_opinion_decides_on_the_answer(up: int, down: int, corrected: bool, refusal: Refusal | None) -> None:
    """Only what more people liked than disliked is worth learning, or what an expert wrote whatever the votes."""
    assert refusal_of_answer(Opinion(up, down, corrected=corrected)) == refusal


@pytest.mark.parametrize(("up", "down", "corrected"), [(3, 0, False), (0, 0, False), (0, 1, False), (1, 0, True)])
def test_an_answer_to_other_words_is_never_good_enough(up: int, down: int, corrected: bool) -> None:
    """Whatever people said, it was of another question."""
    assert refusal_of_answer(Opinion(up, down, corrected=corrected, revised=True)) == "revised"


@pytest.mark.parametrize(
    ("revised", "corrected", "outdated"),
    [(None, None, False), (None, 1, False), (1, None, True), (2, 1, True), (2, 2, True), (2, 3, False)],
)
def test_a_correction_is_to_the_words_that_stood_there(revised: int | None, corrected: int | None, outdated: bool) -> None:
    """An expert who wrote after the change answered the new words; at the very moment, nobody knows."""
    revised_at, corrected_at = (None if minute is None else NOW + timedelta(minutes=minute) for minute in (revised, corrected))

    assert is_to_other_words(revised_at, corrected_at) == outdated


@pytest.mark.parametrize("policy", ["refuse", "consent", "allow"])
@pytest.mark.parametrize("consent", ["unasked", "granted", "refused"])
def test_slack_words(policy: RightsPolicy, consent: ConsentState) -> None:
    """Refuse shuts, consent asks the person, allow needs nobody's yes but hears a no."""
    expected: dict[tuple[RightsPolicy, ConsentState], Refusal | None] = {
        ("consent", "unasked"): "awaits_consent",
        ("consent", "granted"): None,
        ("consent", "refused"): "consent_refused",
        ("allow", "unasked"): None,
        ("allow", "granted"): None,
        ("allow", "refused"): "consent_refused",
    }

    found = refusal_of_words(Words("slack", "thread", policy, consent), RightsSettings(slack=policy))
    assert found == expected.get((policy, consent), "platform_refused")


@pytest.mark.parametrize(
    ("then", "now", "refusal"),
    [
        ("allow", "refuse", "platform_refused"),
        ("refuse", "allow", "platform_refused"),
        ("allow", "consent", "awaits_consent"),
        ("consent", "allow", "awaits_consent"),
        ("allow", "allow", None),
    ],
)
def test_the_stricter_of_then_and_now_decides(then: RightsPolicy, now: RightsPolicy, refusal: Refusal | None) -> None:
    """A looser setting never reaches back to what people were told; a stricter one holds for everything at once."""
    assert refusal_of_words(Words("web", "web", then, "unasked"), RightsSettings(web=now)) == refusal


@pytest.mark.parametrize("surface", ["slash_command", "modal", "button"])
def test_discord_input_trains_with_consent(surface: Surface) -> None:
    """What is typed into a command or form was given to the app, so its author's yes suffices."""
    assert refusal_of_words(Words("discord", surface, "consent", "granted"), RightsSettings()) is None


@pytest.mark.parametrize("surface", ["mention", "direct_message", "thread", "shortcut"])
def test_discord_message_text_needs_allow(surface: Surface) -> None:
    """Discord forbids training on message content, whoever asks about it; no person's consent replaces its permission."""
    assert refusal_of_words(Words("discord", surface, "consent", "granted"), RightsSettings()) == "surface_needs_allow"
    assert refusal_of_words(Words("discord", surface, "allow", "unasked"), RightsSettings(discord="allow")) is None


@pytest.mark.parametrize("consent", ["unasked", "granted", "refused"])
def test_the_terminal_always_trains(consent: ConsentState) -> None:
    """The operator typed it."""
    assert refusal_of_words(Words("cli", "cli", "allow", consent), RightsSettings()) is None


def test_each_platform_has_its_own_setting() -> None:
    """A mistaken column here would train on the wrong platform's words."""
    settings = RightsSettings(slack="refuse", discord="allow", web="consent")

    assert (policy_of(settings, "slack"), policy_of(settings, "discord"), policy_of(settings, "web"), policy_of(settings, "cli")) == (
        "refuse",
        "allow",
        "consent",
        "allow",
    )


def test_every_refusal_has_a_sentence() -> None:
    """A reason that nobody can read explains nothing."""
    assert translate("en", REFUSALS["awaits_consent"], count=14) == "14 await consent"
    assert set(REFUSALS) == set(get_args(Refusal))
    assert all("{count}" in sentence for sentence in REFUSALS.values())
