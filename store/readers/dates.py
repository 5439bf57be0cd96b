"""Days as people and programs write them, to ISO 8601."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_MONTHS = ("jan", "fev|feb", "mar", "abr|apr", "mai|may", "jun", "jul", "ago|aug", "set|sep", "out|oct|oto", "nov", "dez|dec|dic")
_MONTH = rf"({'|'.join(_MONTHS)})[a-zç]{{0,7}}\.?"
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:º|°|st|nd|rd|th)?[ -](?:de |of )?{_MONTH},?[ -](?:de |del )?(\d{{4}})\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)
_NUMBERS = re.compile(r"(?<![\d/.])(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?!\d)")
# Whoever writes these words writes 12/03/2026 on the twelfth of March.
_DAY_FIRST = re.compile(
    r"\b(?:data|dia|em|de|desde|fecha|atualiza\w*|actualiza\w*|modificad\w*|alterad\w*|posi[cç][aã]o|vers[aã]o|publicad\w*)\b",
    re.IGNORECASE,
)


def day_in(text: str, *, called: str = "") -> str:
    """
    Return the first day that *text* names, as YYYY-MM-DD; empty where it names none, or one that could be another (03/04/2026).

    Args:
        text: Such as 2026-03-01T10:00, 1º de março de 2026, March 1, 2026, 31/03/2026, 1.3.2026.
        called: What the place is called where it stands: "Atualizado em" says that the day comes first.
    """
    if found := _ISO.search(text):
        return _iso(*found.groups())
    if found := _DAY_MONTH.search(text):
        return _iso(found[3], _number_of(found[2]), found[1])
    if found := _MONTH_DAY.search(text):
        return _iso(found[3], _number_of(found[1]), found[2])
    if found := _NUMBERS.search(text):
        return _of_numbers(found, day_first=bool(_DAY_FIRST.search(f"{called} {text}".replace("_", " "))))
    return ""


def latest(days: Iterable[str]) -> str:
    """Return the latest of some ISO days, empty ones passed over."""
    return max(days, default="")


def day_before(moment: datetime | None, begun: datetime) -> str:
    """
    Return the day of a *moment* that a library found in a file; empty where it gave none, or one that is not before *begun* (aware).

    Libraries for Office files put the present moment where a file has none.
    """
    if moment is None:
        return ""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return aware.date().isoformat() if aware < begun else ""


def _of_numbers(found: re.Match[str], *, day_first: bool) -> str:
    first, second, year = found[1], found[3], found[4]
    if found[2] == "." or day_first or int(first) > 12 or int(first) == int(second):
        return _iso(year, second, first)
    return _iso(year, first, second) if int(second) > 12 else ""


def _number_of(month: str) -> str:
    return str(next(number for number, names in enumerate(_MONTHS, 1) if month.lower() in names.split("|")))


def _iso(year: str, month: str, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:  # the 31st of February is no day
        return ""
