"""Days and months in a folded text as people write them: na sexta, Mon–Fri, seg a sex, 5 Mar, every day."""

import re
from collections.abc import Iterator
from typing import Final

_SPOKEN: Final = {"segunda": 0, "terca": 1, "quarta": 2, "quinta": 3, "sexta": 4}  # without -feira they may be ordinals
_SPOKEN_DAY: Final = re.compile(
    r"(?:\b(?:n[ao]s?|as?|d[ae]s?|ate|tod[ao]s?(?: as?)?|cada|e|ou)|[,/–—-]) (segunda|terca|quarta|quinta|sexta)s?(?![-\w])"
    r"(?! (?:vias?|vez|vezes|parcelas?|chamadas?|opc|etapas?|fases?|doses?|mao|tentativas?|linhas?|semanas?|quinzenas?|pessoas?|unidades?|"
    r"vers|series?|turmas?|sala|porta|edic|parte|feira))"
)
_DAYS: Final = {
    name: number
    for number, names in enumerate(("mon seg", "tue tues ter", "wed qua", "thu thur thurs qui", "fri sex", "sat sab", "sun dom"))
    for name in names.split()
}
_DAY_NAME: Final = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b")
_DAY: Final = rf"\b(?:{'|'.join(_DAYS)})\b\.?"
_AND: Final = rf"\s?(?:[-–—/,]|to|a|ate|e|and)\s?{_DAY}"
# Alone they are other words, too ("sat", "sex", "qui"): an hour or another of them stands behind them.
_RUN: Final = re.compile(rf"{_DAY}(?:{_AND})*(?=\s?[-–—/,:(]?\s?(?:d?as )?\d)|{_DAY}(?:{_AND})+")
_MONTH_NAMES: Final = ("jan", "feb fev", "mar", "apr abr", "", "jun", "jul", "aug ago", "sep sept set", "oct out", "nov", "dec dez")
SHORT_MONTHS: Final = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH: Final = "|".join(SHORT_MONTHS)
_DATE: Final = re.compile(rf"\d(?:st|nd|rd|th|o)?[\s/.-](?:de )?({_MONTH})\b|\b({_MONTH})\.?[\s/-]\d")
_WEEKDAY: Final = (
    r"(?:(?:segunda|terca|quarta|quinta|sexta)(?:[- ]feira)?s?|sabados?|domingos?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
)
_TO: Final = r" ?(?:to|through|until|till|a|as|ate|-|–|—) ?(?:a )?"
_FROM_TO: Final = re.compile(rf"\b({_WEEKDAY}){_TO}({_WEEKDAY})\b|\b({'|'.join(_DAYS)})\b\.?{_TO}\b({'|'.join(_DAYS)})\b")
# "In 5 working days" says how long, and of no day that it is one of them.
_SETS_OF_DAYS: Final = {
    range(7): re.compile(r"\b(?:every ?day|any day|daily|tod[ao]s? (?:o |os )?dias?|qualquer dia|diariamente|24/7)\b"),
    range(5): re.compile(
        r"\b(?:weekdays?|dias? de semana|(?:on|only|every|all|during) (?:working|business) days?"
        r"|(?:em|nos|aos|apenas|somente|so|todos os) dias uteis)\b"
    ),
    range(5, 7): re.compile(r"\b(?:weekends?|(?:fim|fins|final|finais) de semana)\b"),
}


def spoken_days(folded: str) -> Iterator[tuple[str, str]]:
    """Yield each Portuguese weekday without its -feira, and which day it is: na sexta."""
    return ((found[1], f"day{_SPOKEN[found[1]]}") for found in _SPOKEN_DAY.finditer(folded))


def spoken_forms(words: set[str]) -> set[str]:
    """Return the days that *words* may be, ordinals among them."""
    return {f"day{number}" for word, number in _SPOKEN.items() if word in words}


def short_days(folded: str) -> set[str]:
    """Return the days that stand there in short: Sat 10–2."""
    return {f"day{_DAYS[name]}" for run in _RUN.finditer(folded) for name in _DAY_NAME.findall(run[0])}


def days_within(folded: str) -> set[str]:
    """Return the days that are told with others: those from Monday to Friday, on weekdays, aos fins de semana."""
    days = {day for some, told in _SETS_OF_DAYS.items() if told.search(folded) for day in some}
    for found in _FROM_TO.finditer(folded):
        first, last = (_DAYS[name[:3]] for name in found.groups() if name)
        days.update((first + day) % 7 for day in range((last - first) % 7 + 1))
    return {f"day{day}" for day in days}


def short_forms(folded: str) -> dict[str, str]:
    """Return the days and months that stand in short in a sentence, by how they stand there: 5 Mar, Sat 10–2."""
    days = {name: f"day{_DAYS[name]}" for run in _RUN.finditer(folded) for name in _DAY_NAME.findall(run[0])}
    return days | {(name := found[1] or found[2]): f"month{SHORT_MONTHS[name]}" for found in _DATE.finditer(folded)}


def short_months(folded: str) -> set[str]:
    """Return the months that stand beside a day or a year in short: 5 Mar, fev/2026."""
    return {f"month{SHORT_MONTHS[found[1] or found[2]]}" for found in _DATE.finditer(folded)}
