"""Prices and amounts: what a call costs by the operator's price list, and how it is told."""

import pytest

from bot.errors import Misconfigured
from bot.settings import Settings, read_settings
from bot.spending import UNIT, Price, Standing, Usage, budget_of, checked_price, price_of, price_settings_of, told_amount
from bot.spending_settings import BudgetSettings, PriceSettings

LARGE = PriceSettings(input_per_million=2.0, cached_input_per_million=0.5, output_per_million=8.0)
TUNED = PriceSettings(input_per_million=3.0, output_per_million=12.0, training_per_million=25.0)
PRICES = {"large": LARGE, "ft:large": TUNED, "ft:large:acme:desk:1": LARGE, "trained": PriceSettings(training_per_million=3.0)}


def test_what_the_provider_had_cached_has_a_price_of_its_own() -> None:
    """It is most of a long thread, and often a tenth as dear."""
    price = price_of(PRICES, "large")
    assert price is not None

    assert price.of(Usage(1_000_000)) == 2 * UNIT
    assert price.of(Usage(1_000_000, 1_000_000)) == UNIT // 2
    assert price.of(Usage(1000, 400, 200)) == (600 * 2000 + 400 * 500 + 200 * 8000)
    assert price.of(Usage(10, 1000)) == 10 * 500  # more cached than there was: a service that counts otherwise


def test_cached_tokens_without_a_price_of_their_own_cost_as_the_others() -> None:
    """Not nothing."""
    assert price_of(PRICES, "ft:large:acme::2") == Price(3.0, 3.0, 12.0, "USD")


@pytest.mark.parametrize(("model", "expected"), [("ft:large:acme:desk:1", LARGE), ("ft:large:acme:desk:2", TUNED), ("ft:small:a::1", None)])
def test_every_tuned_model_need_not_be_listed(model: str, expected: PriceSettings | None) -> None:
    """Each training makes a new name; its base says what it costs, and its own entry wins."""
    assert price_settings_of(PRICES, model) is expected


def test_a_price_of_training_is_none_of_answers() -> None:
    """The older form of the table has nothing else."""
    assert price_of(PRICES, "trained") is None
    assert price_of(PRICES, "unknown") is None


def test_a_budget_wants_to_know_every_price() -> None:
    """One that could not be kept must not be believed in."""
    budget = BudgetSettings(per_month=20)

    assert checked_price(PRICES, BudgetSettings(), "unknown") is None
    assert checked_price(PRICES, budget, "large") == Price(2.0, 0.5, 8.0, "USD")
    with pytest.raises(Misconfigured, match=r'nobody knows what unknown costs: write a \[prices\."unknown"\] table'):
        checked_price(PRICES, budget, "unknown")
    with pytest.raises(Misconfigured, match="the budget is in BRL, and large costs USD"):
        checked_price(PRICES, BudgetSettings(per_day=1, currency="BRL"), "large")
    own = PriceSettings(input_per_million=0, output_per_million=0)
    assert checked_price({"own": own}, BudgetSettings(per_day=1, currency="BRL"), "own") == Price(0, 0, 0, "USD")


def test_money_is_exact() -> None:
    """Ten cents are not .1 in binary."""
    assert budget_of(BudgetSettings(per_day=0.1, per_month=2.35)).per_month == 2_350_000_000


@pytest.mark.parametrize(
    ("billionths", "told"),
    [
        (0, "0.00 USD"),
        (2 * UNIT, "2.00 USD"),
        (1_234_567_890_000, "1,234.57 USD"),
        (UNIT // 2, "0.50 USD"),
        (91_000, "0.000091 USD"),
        (700_000, "0.0007 USD"),
    ],
)
def test_amounts_are_told_as_finely_as_they_are_small(billionths: int, told: str) -> None:
    """An answer costs a fraction of a cent: 0.00 would say nothing."""
    assert told_amount(billionths, "USD") == told


def test_a_budget_of_nothing_is_spent() -> None:
    """It stops hosted models from the start, and divides by nothing."""
    assert Standing("2026-05", 0, 0, 0, "USD").share == 1.0


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"prices": {"m": {"input_per_million": 1}}}, r"prices\.m.*go together"),
        ({"prices": {"m": {"cached_input_per_million": 1}}}, r"prices\.m.*beside it"),
        ({"prices": {"m": {"training_per_million": -1}}}, r"prices\.m\.training_per_million"),
        ({"prices": {"m": {"training_per_million": 1, "currency": "usd"}}}, r"prices\.m\.currency.*three capital letters"),
        ({"budget": {"per_day": float("nan")}}, r"budget\.per_day"),
        ({"budget": {"warn_at": 0}}, r"budget\.warn_at"),
        ({"budget": {"currency": "$"}}, r"budget\.currency.*'\$' is no currency"),
        ({"cache": {"hours": 1000}}, r"cache\.hours"),
        ({"cache": {"models": "some"}}, r"cache\.models"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(section: dict[str, object], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Money must not hang on a typing mistake."""
    with pytest.raises(Misconfigured, match=problem):
        read_settings(**section)


def test_prices_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As every setting."""
    monkeypatch.setenv("APRENDIZ_PRICES__LARGE__INPUT_PER_MILLION", "2")
    monkeypatch.setenv("APRENDIZ_PRICES__LARGE__OUTPUT_PER_MILLION", "8")
    monkeypatch.setenv("APRENDIZ_BUDGET__PER_DAY", "5")
    settings = Settings()

    assert settings.prices["large"].output_per_million == 8
    assert budget_of(settings.budget).per_day == 5 * UNIT
