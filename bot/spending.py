"""
What answers of hosted models cost, and what may be spent on them.

Money is counted in billionths of a currency: a token of the cheapest models costs some dozens of them, and sums of whole numbers are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from bot.errors import Misconfigured
from bot.messages import Audience
from bot.spending_settings import BudgetSettings, PriceSettings

UNIT: Final = 10**9
_PER_TOKEN: Final = UNIT / 10**6  # prices are told for a million tokens
_TUNED: Final = "ft:"  # ft:BASE:ORGANISATION:SUFFIX:ID, https://platform.openai.com/docs/guides/supervised-fine-tuning


@dataclass(frozen=True, slots=True)
class Usage:
    """
    The tokens of a call: `cached_tokens` of the input are charged at a price of their own; the output holds what a model thinks, too.

    `estimated` says that the service did not tell them: the call broke off, or nobody waited for its end.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's answers cost, by the operator's price list, for a million tokens each."""

    input_per_million: float
    cached_input_per_million: float
    output_per_million: float
    currency: str

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing: a server of the company's own."""
        return not (self.input_per_million or self.cached_input_per_million or self.output_per_million)

    def of(self, usage: Usage) -> int:
        """Return what *usage* costs, in billionths, rounded to the nearest."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        fresh = usage.input_tokens - cached
        told = fresh * self.input_per_million + cached * self.cached_input_per_million + usage.output_tokens * self.output_per_million
        return round(told * _PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Call:
    """
    A call to a hosted model: what it is for, and what it may use at most.

    `exchange_id` and `audience` are empty where it answers no exchange; after `lasts_s` seconds nobody is at it any more.
    """

    model: str
    price: Price | None
    at_most: Usage
    lasts_s: float
    exchange_id: str = ""
    audience: Audience | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in a day and in a month of the operator's calendar, in billionths of `currency`; None: without limit."""

    per_day: int | None = None
    per_month: int | None = None
    warn_at: float = 0.8
    currency: str = "USD"

    @property
    def limits(self) -> bool:
        """Whether it limits anything."""
        return self.per_day is not None or self.per_month is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a day ("2026-05-31") or a month ("2026-05") stands, in billionths; `reserved` is for answers under way, `limit` None for none."""

    period: str
    spent: int
    reserved: int
    limit: int | None
    currency: str
    warned_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def share(self) -> float:
        """What is spent of the limit: 1 is all of it; 0 where there is none."""
        return 0.0 if self.limit is None else self.spent / self.limit if self.limit else 1.0


def budget_of(settings: BudgetSettings) -> Budget:
    """Return the operator's budget."""

    def billionths(amount: float | None) -> int | None:
        return None if amount is None else round(amount * UNIT)

    return Budget(billionths(settings.per_day), billionths(settings.per_month), settings.warn_at, settings.currency)


def price_settings_of(prices: Mapping[str, PriceSettings], model: str) -> PriceSettings | None:
    """Return what the price list says of *model*; an `ft:` model that it does not name costs what it says of `ft:BASE`."""
    found = prices.get(model)
    if found is None and model.startswith(_TUNED):
        found = prices.get(_TUNED + model.removeprefix(_TUNED).partition(":")[0])
    return found


def price_of(prices: Mapping[str, PriceSettings], model: str) -> Price | None:
    """Return what answers of *model* cost, None where the price list does not say."""
    found = price_settings_of(prices, model)
    if found is None or found.input_per_million is None or found.output_per_million is None:
        return None
    cached = found.cached_input_per_million
    return Price(found.input_per_million, found.input_per_million if cached is None else cached, found.output_per_million, found.currency)


def checked_price(prices: Mapping[str, PriceSettings], budget: BudgetSettings, model: str) -> Price | None:
    """
    Return what answers of *model* cost, None where the price list does not say and no budget has to know.

    Raises:
        Misconfigured: There is a budget that could not be kept.
    """
    price = price_of(prices, model)
    if budget.per_day is None and budget.per_month is None:
        return price
    if price is None:
        raise Misconfigured(
            f'there is a budget, and nobody knows what {model} costs: write a [prices."{model}"] table with input_per_million and '
            "output_per_million (0 where it costs nothing)"
        )
    if price.currency != budget.currency and not price.is_free:
        raise Misconfigured(
            f"the budget is in {budget.currency}, and {model} costs {price.currency}: write the currency of [budget] and of "
            f'[prices."{model}"] alike'
        )
    return price


def told_amount(billionths: int, currency: str) -> str:
    """Return an amount as people read it: two digits after the point, up to six where it is below 1."""
    amount = billionths / UNIT
    whole, _, digits = f"{amount:,.{2 if abs(amount) >= 1 else 6}f}".partition(".")
    return f"{whole}.{digits.rstrip('0'):0<2} {currency}"
