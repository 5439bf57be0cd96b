"""Settings of what hosted models cost, what may be spent on them, and which of their answers are given again."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from bot.sections import Section

_CURRENCY = "Three capital letters (ISO 4217)"


def _currency(value: str) -> str:
    if len(value) == 3 and value.isascii() and value.isalpha() and value.isupper():
        return value
    raise ValueError(f"{value!r} is no currency: write its three capital letters, such as USD or BRL")


class PriceSettings(Section):
    """What a hosted model costs, as its provider's price list has it, for a million tokens each; what is left out is unknown."""

    input_per_million: float | None = Field(None, ge=0, le=1_000_000, description="Tokens of the prompt")
    cached_input_per_million: float | None = Field(
        None, ge=0, le=1_000_000, description="Tokens of the prompt that the provider had cached; empty: as the others"
    )
    output_per_million: float | None = Field(None, ge=0, le=1_000_000, description="Tokens of the answer")
    training_per_million: float | None = Field(None, ge=0, le=1_000_000, description="Tokens trained on, for each epoch")
    currency: str = Field("USD", description=_CURRENCY)

    _known_currency = field_validator("currency")(_currency)

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.input_per_million is None) != (self.output_per_million is None):
            raise ValueError("input_per_million and output_per_million go together: give both (0 where it costs nothing)")
        if self.cached_input_per_million is not None and self.input_per_million is None:
            raise ValueError("cached_input_per_million needs input_per_million and output_per_million beside it")
        return self


class BudgetSettings(Section):
    """What answers of hosted models may cost, by the days and months of `timezone`; then they are no longer asked."""

    per_day: float | None = Field(None, ge=0, le=1_000_000_000, description="Most to spend in a day; empty: no limit")
    per_month: float | None = Field(None, ge=0, le=1_000_000_000, description="Most to spend in a month; empty: no limit")
    warn_at: float = Field(0.8, gt=0, le=1, description="Share of either at which a warning is logged, once")
    currency: str = Field("USD", description=f"{_CURRENCY}, that of the prices")

    _known_currency = field_validator("currency")(_currency)


class CacheSettings(Section):
    """Answers that are given again to the same question in the same context, without asking the model."""

    models: Literal["none", "hosted", "all"] = Field("hosted", description="Of which models: none, hosted (backend openai) or all")
    entries: int = Field(10_000, ge=0, le=1_000_000, description="Most answers to keep for that; 0: none")
    hours: float = Field(24, ge=0, le=168, description="For how long an answer is given again; 0: not at all")
