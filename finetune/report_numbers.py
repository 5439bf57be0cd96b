"""Numbers as a reader's language writes them."""

from babel.numbers import format_decimal, format_percent

from bot.spending import UNIT
from bot.texts import language_of
from finetune.bootstrap import Interval

NOTHING = "–"


class Numbers:
    """Writes figures in one language; those that were not measured as a dash."""

    def __init__(self, language: str) -> None:
        self._locale = language_of(language)

    def decimal(self, value: float | None, digits: int = 2) -> str:
        """Write *value* with so many digits behind the point; without any, thousands are grouped."""
        if value is None:
            return NOTHING
        return str(format_decimal(value, format="#,##0." + "0" * digits if digits else "#,##0", locale=self._locale))

    def percent(self, share: float | None) -> str:
        """Write a share as whole percent."""
        return NOTHING if share is None else str(format_percent(share, locale=self._locale))

    def cost(self, billionths: float | None, currency: str) -> str:
        """Write a mean of money with as many digits as tell it."""
        if billionths is None:
            return NOTHING
        return f"{format_decimal(billionths / UNIT, format='#,##0.00####', locale=self._locale)} {currency}".strip() if billionths else "0"

    def points(self, difference: float) -> str:
        """Write a difference of shares as signed percentage points."""
        points = self.decimal(abs(difference) * 100, 0)
        sign = "±" if points == "0" else "−" if difference < 0 else "+"
        return sign + points

    def span(self, interval: Interval) -> str:
        """Write an interval of shares."""
        return f"{self.percent(interval.low)} – {self.percent(interval.high)}"
