"""Days of the year in a text, however they are written: 05/03/2024, 2024-03-05, 5 de março, March 5, 5 to 20 March."""

import re
from collections.abc import Iterator
from typing import Final

from bot.calendar_words import SHORT_MONTHS
from bot.numerals import MONTHS

Date = tuple[int, int]  # day, month

_NAMES: Final = {name: number for number, names in enumerate(MONTHS, 1) for name in names} | SHORT_MONTHS
_NAME: Final = "|".join(sorted(_NAMES, key=len, reverse=True))
_YEAR_FIRST: Final = re.compile(r"(?<![\w./-])(?:19|20)\d\d([-/.])(\d\d)\1(\d\d)(?![\w/-])")
_YEAR_LAST: Final = re.compile(r"(?<![\w./,-])(\d{1,2})([-/.])(\d{1,2})\2(?:(?:19|20)\d\d|\d\d)(?![\w/-])")
# Without a year a stroke may be a fraction's; a date is written with two digits, or is none of the common fractions.
_NO_YEAR: Final = re.compile(r"(?<![\w./,-])(?!24/7\b|[1-3]/[2-4]\b)(\d{1,2})/(\d{1,2})(?![\w/-]|[.,]\d)")
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th|o)?"
_DAYS: Final = rf"(?<![\w./,-]){_DAY}(?:(?:, ?| ?[-–—] ?| (?:a|ao|ate|to|until|e|and|ou|or) )(?:dia )?(?:the )?{_DAY})*"
_DAYS_FIRST: Final = re.compile(rf"({_DAYS})(?: | de | of )({_NAME})\b")
_MONTH_FIRST: Final = re.compile(rf"\b({_NAME})\.? (?:the )?({_DAYS})(?![\w:]|[.,]?\d)")


def dates_of(folded: str) -> Iterator[tuple[str, frozenset[Date]]]:
    """
    Yield each date of a folded text as it stands there, with the days of the year that it may be.

    03/05 is a day in May and one in March; of several days of one month each is a date.
    """
    for found in _YEAR_FIRST.finditer(folded):
        yield found[0], _possible((found[3], found[2]))
    for found in _YEAR_LAST.finditer(folded):
        yield found[0], _possible((found[1], found[3]), (found[3], found[1]))
    for found in _NO_YEAR.finditer(folded):
        yield found[0], _possible((found[1], found[2]), (found[2], found[1]))
    for found in _DAYS_FIRST.finditer(folded):
        yield from _of_month(found[0], found[1], found[2])
    for found in _MONTH_FIRST.finditer(folded):
        yield from _of_month(found[0], found[2], found[1])


def _of_month(written: str, days: str, month: str) -> Iterator[tuple[str, frozenset[Date]]]:
    for day in re.findall(r"\d+", days):
        yield written, _possible((day, str(_NAMES[month])))


def _possible(*dates: tuple[str, str]) -> frozenset[Date]:
    return frozenset((int(day), int(month)) for day, month in dates if 1 <= int(day) <= 31 and 1 <= int(month) <= 12)
