"""What is known of hosted models by name, and what services tell in forms of their own."""

from datetime import date

import pytest

from bot.backends.model_facts import ModelFacts, known_facts, told_facts, warning_of

END = date(2027, 1, 14)


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("gpt-4o-mini-2024-07-18", 128_000),
        ("gpt-4.1-nano", 1_047_576),
        ("ft:gpt-4.1-mini-2025-04-14:acme::abc", 1_047_576),
        ("gpt-4", 8_192),
        ("gpt-4-turbo-2024-04-09", 128_000),
        ("gpt-45", 0),
        ("o365-assistant", 0),
        ("our-own", 0),
    ],
)
def test_documented_windows_go_by_the_whole_name(name: str, window: int) -> None:
    """A name that merely begins alike is another model."""
    assert known_facts(name).window == window


def test_trained_models_end_with_their_base() -> None:
    """Announced for all of them; a base model's own date is its service's to tell."""
    assert known_facts("ft:gpt-4o-mini-2024-07-18:acme::1").ends == END
    assert known_facts("gpt-4o-mini").ends is None


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ({"shutdown_date": "2027-01-14"}, END),
        ({"shutdown_date": "2027-01-14T00:00:00Z"}, END),
        ({"deprecation": {"inference": 1_799_884_800}}, END),
        ({"deprecation": 1_799_884_800}, END),
        ({"shutdown_date": None}, None),
        ({"shutdown_date": "soon"}, None),
        ({"shutdown_date": "2027-99-99"}, None),
        ({"deprecation": {"inference": 10**30}}, None),
        ({"deprecation": {"inference": True}}, None),
    ],
)
def test_an_end_is_read_in_each_service_s_form(told: dict[str, object], ends: date | None) -> None:
    """OpenAI gives a day, Azure seconds; nonsense counts as not said."""
    assert told_facts(told).ends == ends


@pytest.mark.parametrize("window", [None, 0, -1, True, "8192", 1.5, {}])
def test_what_is_no_window_is_none(window: object) -> None:
    """A guess would be worse."""
    assert told_facts({"max_model_len": window, "meta": window}).window == 0


def test_what_the_service_says_goes_before_what_is_documented() -> None:
    """It knows."""
    assert told_facts({"context_length": 10}).filled(ModelFacts(20, END)) == ModelFacts(10, END)


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (date(2026, 11, 1), ""),
        (date(2026, 11, 15), "will be shut down on 2027-01-14 (in 60 days)"),
        (date(2027, 1, 13), "(in 1 days)"),
        (END, "was shut down on 2027-01-14"),
    ],
)
def test_a_warning_comes_weeks_ahead(today: date, words: str) -> None:
    """Sixty days: time to train another and prove it."""
    warning = warning_of("m", ModelFacts(0, END), today)

    assert (words in warning) if words else not warning
