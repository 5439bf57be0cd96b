"""
The numbers of a text: what they may mean however they are written, and what they count.

9 days, 9 hours, 9 am, 9 March, step 9 and 9 % are six things; a 9 of which nothing says what it counts may be any of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Final

from bot.numerals import GROUPED, MONTHS, calendar_form, fold, numerals, spelt_numbers, values_of

# What a number may count, in Portuguese and English, folded: units are another thing wherever they differ, a working day is a day.
_UNITS: Final = {
    "second": "seconds segundos sec secs",
    "minute": "minute minuto min m",
    "hour": "hour hora hr h",
    "day": "day dia workday weekday",
    "night": "night noite",
    "week": "week semana",
    "month": "month mes meses",
    "year": "year ano",
    "percent": "% percent pct",
    "reais": "reais brl r$",
    "dollars": "dollar dolar dolares usd $",
    "euros": "euro eur €",
    "pounds": "pound libra gbp £",
    "cents": "cent centavo",
    "kilogram": "kg kilo quilo kilogram quilograma",
    "gram": "g gram grama",
    "ton": "ton tonne tonelada",
    "pound": "pound libra lb",
    "kilometre": "km kilometre kilometer quilometro",
    "metre": "m m2 m3 metre meter metro",
    "centimetre": "cm centimetre centimeter centimetro",
    "millimetre": "mm millimetre millimeter milimetro",
    "mile": "mile milha",
    "foot": "feet ft",
    "litre": "l litre liter litro",
    "millilitre": "ml millilitre milliliter mililitro",
    "degree": "° °c °f oc degree grau",
    "megabyte": "mb megabyte",
    "gigabyte": "gb gigabyte",
}
# What says a unit without a number before it.
_RHYTHMS: Final = {
    "day": "daily diario diaria diariamente",
    "night": "nightly",
    "week": "weekly semanal semanais semanalmente",
    "month": "monthly mensal mensais mensalmente mensalidade",
    "year": "yearly annual annually anual anuais anualmente",
    "hour": "hourly",
    "percent": "percentage percentual porcentagem",
}
UNITS: Final = frozenset(_UNITS)
_CURRENCIES: Final = {
    "reais": re.compile(r"r\$|\b(?:reais|brl)\b"),
    "dollars": re.compile(r"us\$|(?<![a-z])\$|\b(?:dollars?|dolar(?:es)?|usd)\b"),
    "euros": re.compile(r"€|\b(?:euros?|eur)\b"),
    "pounds": re.compile(r"£|\b(?:gbp|libras? esterlinas?)\b"),
}
# What says it stands on the same line: [^\S\n] is white space there.
_PAID: Final = re.compile(r"(?:(r\$|brl)|((?<![a-z])(?:us)?\$|usd)|(€|eur)|(£|gbp))[^\S\n]*\Z")
_PER_CENT: Final = re.compile(r"[^\S\n]*(?:per cent|por cento|pontos? percentua(?:l|is)|percentage points?)\b")

_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_SUFFIX: Final = re.compile(r"(?:[a-zµ]{1,5}|°[cf]?|m[23])?")  # 30kg, 15h, 2nd
_TIME: Final = re.compile(
    r"(?P<hour>[01]?\d|2[0-4])(?:(?P<joint>[:.h])(?P<minute>[0-5]\d)(?:min|m)?)?(?![.,]?\d)"
    r"(?:[^\S\n]?(?P<mark>[ap]\.?[^\S\n]?m\b|o.clock\b|h(?:oras?|rs?)?\b))?"
    r"(?:[^\S\n]*(?:d[ae]|in the)[^\S\n](?P<part>madrugada|manha|tarde|noite|morning|afternoon|evening)\b)?"
)
_AT: Final = re.compile(r"(?:\bat|\bàs|\bdas)[^\S\n]\Z")
_MORNING: Final = ("a", "madrugada", "manha", "morning")

_MONTH: Final = "|".join(word for words in MONTHS for word in words if word != "may")  # a verb, mostly
_DATED_AFTER: Final = re.compile(rf"(?:st|nd|rd|th|o)?[^\S\n]*(?:of|de)?[^\S\n]*(?:{_MONTH})\b")
_DATED_BEFORE: Final = re.compile(rf"\b(?:{_MONTH}|dias?)[^\S\n]+(?:the[^\S\n]+|de[^\S\n]+)?\Z")
_LABEL: Final = re.compile(
    r"\b(?:passage|trecho|step|passo|etapa|item|page|pagina|section|secao|chapter|capitulo|version|versao|room|sala|floor|andar|gate|portao|line|linha"
    r"|article|artigo|annex|anexo|appendix|rule|regra|clause|clausula|table|tabela|form|formulario|level|nivel|zone|zona|terminal|platform"
    r"|plataforma|route|rota|extension|ramal|number|numero|error|erro)[^\S\n]+(?:n[.o]*[^\S\n]*)?\Z"
)
_CAPITALS: Final = re.compile(r"\b[A-ZÀ-Ý]{2,5}[^\S\n]\Z")  # with the number behind it one code: FH 300
_LISTED: Final = re.compile(r"(?:^|\n)[ \t]*$")
_TIMES: Final = re.compile(r"[^\S\n]?(mil|milhao|milhoes|thousand|millions?|k)\b(?:[^\S\n]de\b)?")  # R$ 5 mil, 5k
_FACTORS: Final = {"mil": 1000, "thousand": 1000, "k": 1000, **dict.fromkeys(("milhao", "milhoes", "million", "millions"), 10**6)}
_LIST_NUMBER: Final = re.compile(r"[.)][ \t]+\S")
_ORDINALS: Final = frozenset({"st", "nd", "rd", "th", "o", "a"})  # º and ª folded
_RANGE: Final = re.compile(
    r"[^\S\n]*(?:[-–—]|\(|(?:to|and|or|a|e|ou|ate|as|until|through)\b)[^\S\n]*(?:r\$|us\$|[$€£])?[^\S\n]*(?P<next>\d+(?:[.,]\d+)*|[a-z]+)\)?"
)
_NEXT_WORD: Final = re.compile(r"(?:[^\S\n]|[()-])*([a-z]+[23]?|%|°[cf]?|r?\$|€|£)")
_LOOKED_AT: Final = 4  # words behind a number, among which its unit is: 9 full working days
_SHORT: Final = 3  # letters; such words are no adjectives
_STOPS: Final = (
    " para from with after before each every cada antes apos depois sobre entre until than within dentro durante during when quando that "
    "which como only over into this these those unless across always perhaps besides sometimes less mais menos apenas todos todas plus "
    "thus does pelo pela nesta neste "
)
_MANY: Final = frozenset({"people", "children", "men", "women"})
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_SPAN: Final = re.compile(r"\d{1,3}(?:[.,]\d+)?-\d{1,3}(?:[.,]\d+)?")
_ONE: Final = re.compile(r"\b(?:one|um|uma|single|once)\b", re.IGNORECASE)
_FULL_TIME: Final = "24/7"
_NAMED_HOURS: Final = re.compile(r"\b(?:(noon|midday|meio-dia)|(midnight|meia-noite))\b( e meia\b)?")
_UNIT_OF_TIME: Final = {
    "ano": "year",
    "mes": "month",
    "semana": "week",
    "hora": "hour",
    "year": "year",
    "month": "month",
    "week": "week",
    "hour": "hour",
}
_ONE_UNIT: Final = re.compile(rf"(?<!\ba )\b(?:one|uma?)[ -]({'|'.join(_UNIT_OF_TIME)})\b")
_SINGLE_UNIT: Final = re.compile(rf"\b(?:{'|'.join(_UNIT_OF_TIME)})\b")
_AS_LONG: Final = {"year": ("12", "month"), "month": ("30", "day"), "week": ("7", "day"), "hour": ("60", "minute")}
_BEFORE, _BEHIND = 24, 64  # characters that are looked at around a number
_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """
    A number, with what it may mean.

    `values` are in digits, with a point before decimals; `kinds` say what it counts or marks (one of `UNITS`, `count`, `clock`, `date`,
    `label`), none where nothing says so; `clocks` are the times of day that it may be.
    """

    values: frozenset[str]
    kinds: frozenset[str] = _NOTHING
    clocks: frozenset[str] = _NOTHING


def parts_of(text: str, start: int, end: int) -> list[tuple[str, Figure | None]]:
    """
    Return what is joined in the token *text[start:end]*, which holds a digit: each part folded, with its number (None: a word or a code).

    A stroke joins, and behind a digit a hyphen or the points of a date (FD-40 is one code); where nothing does, the token is its one part.
    """
    token = fold(text[start:end])
    cuts = _joints(token)
    if not cuts or len(token) != end - start:  # what a letter became several in folding has no places to be read at
        return [(token, _figure(text, start, end))]
    spans = [match.span() for match in re.finditer(cuts, text[start:end])]
    parts = [(fold(text[start + first : start + last]), _figure(text, start + first, start + last)) for first, last in spans]
    if token == _FULL_TIME:
        return [(part, Figure(frozenset({part}), frozenset({unit}))) for (part, _), unit in zip(parts, ("hour", "day"), strict=True)]
    if not _marks(token):
        return parts
    return [
        (part, replace(figure, kinds=frozenset({"date", "label"})) if figure and not figure.kinds else figure) for part, figure in parts
    ]


def whole(text: str, start: int, end: int) -> Figure | None:
    """Return the number that the token *text[start:end]* is; None where it is a code, or several numbers."""
    return None if _joints(fold(text[start:end])) else _figure(text, start, end)


def is_span(token: str) -> bool:
    """Tell whether *token* goes from one number to another: 9-12."""
    return bool(_SPAN.fullmatch(token))


def _joints(token: str) -> str:
    """Return the expression of the parts of a folded token; empty where it is one."""
    if token[0].isdigit() and token.count(".") > 1:
        return "" if GROUPED.fullmatch(token) else r"[^.]+"
    joints = "-/" if token[0].isdigit() else "/"
    return rf"[^{joints}]+" if any(joint in token for joint in joints) else ""


def _marks(token: str) -> bool:
    """Tell whether the numbers in a folded token are parts of a date, a version or a telephone number, and count nothing."""
    numbers = re.split(r"[-/.]", token)
    if not all(map(str.isdigit, numbers)):
        return False
    return len(numbers) > 2 or "/" in token or any(len(number) > 3 and not _YEAR.fullmatch(number) for number in numbers)


def _figure(text: str, start: int, end: int) -> Figure | None:
    part = fold(text[start:end])
    number = _NUMBER.match(part)
    if not number:
        return None
    before, behind = text[max(0, start - _BEFORE) : start], fold(text[end : end + _BEHIND])
    if (time := _time(part + behind, before)) and time[0] >= len(part):
        return time[1]
    suffix = part[number.end() :]
    if not _SUFFIX.fullmatch(suffix):
        return None
    values, behind = values_of(number[0]), suffix + behind
    if times := _TIMES.match(behind):
        values, behind = frozenset(_multiplied(value, _FACTORS[times[1]]) for value in values), behind[times.end() :]
    return _read(values, before, behind)


def _multiplied(value: str, factor: int) -> str:
    if value.count(".") > 1:  # a date or a version
        return value
    return f"{(Decimal(value) * factor).normalize():f}"


def _read(values: frozenset[str], before: str, behind: str) -> Figure:
    """Return a number that means *values*, between what stands *before* it and, folded, *behind* it."""
    kinds = _kinds(before, behind)
    if kinds:
        return Figure(values, kinds)
    joined = _following(behind)
    if joined is None:
        return Figure(values, _count(before, behind))
    hours = {int(value) for value in values if value.isdigit() and int(value) <= 24} if joined.clocks else set()
    if joined.clocks and not hours:  # 200 to 9 am
        return Figure(values, _count(before, behind))
    halves = (0,) if "hour" in joined.kinds else (0, 12)  # 9 to 5 pm, but das 9 às 17h
    clocks = frozenset(_clock(hour + half, 0) for hour in hours for half in halves)
    return Figure(values, joined.kinds - {"count"} or _count(before, behind), clocks)


def _following(behind: str) -> Figure | None:
    """Return the number to which another one leads: 9 to 12 days, 9 and 12 days, nine (9) days."""
    joint = _RANGE.match(behind)
    if not joint:
        return None
    if not joint["next"].isdigit() and joint["next"].isalpha():
        value = numerals().get(joint["next"])
        return None if value is None else _read(frozenset({str(value)}), "", behind[joint.end() :])
    at = joint.start("next")
    if time := _time(behind[at:], ""):
        return time[1]
    return _read(values_of(joint["next"]), behind[:at], behind[joint.end() :])


def _time(head: str, before: str) -> tuple[int, Figure] | None:
    """Return the time of day at the beginning of a folded text and how many characters it takes; None where there is none."""
    found = _TIME.match(head)
    if not found:
        return None
    mark, part, joint = (found["mark"] or "")[:1], found["part"] or "", found["joint"] or ""
    if not (mark or part or joint) or (joint == "." and mark in ("", "h") and not part):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if mark in ("a", "p") or part:
        hours = {hour % 12 if (part or mark) in _MORNING else hour % 12 + 12}
    else:  # 9:00 is also said of the evening, 09:00 and 9h are not
        hours = {hour, hour + 12} if mark == "o" or (joint == ":" and 0 < hour <= 12 and found["hour"][0] != "0") else {hour}
    lasts = mark == "h" and not joint and not part and not _AT.search(before.lower())
    kinds = frozenset({"clock", "hour"} if lasts else {"clock"})
    return found.end(), Figure(_NOTHING if minute else frozenset({str(hour)}), kinds, frozenset(_clock(each, minute) for each in hours))


def ones(text: str) -> Iterator[Figure]:
    """Yield what *text* has one of. Mostly that is an article: where a thing follows, nothing else is meant."""
    for match in _ONE.finditer(text):
        behind = fold(text[match.end() : match.end() + _BEHIND])
        figure = _read(frozenset({"1"}), "", behind)
        yield figure if figure.kinds or not any(_words_behind(behind)) else replace(figure, kinds=frozenset({"count"}))


def _kinds(before: str, behind: str) -> frozenset[str]:
    """Return what stands beside a number that says what it counts or marks."""
    plain = fold(before)
    if paid := _PAID.search(plain):
        return frozenset({("reais", "dollars", "euros", "pounds")[(paid.lastindex or 1) - 1]})
    if _PER_CENT.match(behind):
        return frozenset({"percent"})
    kinds = _unit(behind)
    if re.split(r"[^a-z]", behind, maxsplit=1)[0] in _ORDINALS:
        kinds |= {"date", "label"}
    if kinds:
        return kinds
    if _DATED_AFTER.match(behind) or _DATED_BEFORE.search(plain):
        return frozenset({"date"})
    if _LABEL.search(plain):
        return frozenset({"label"}) | _count("", behind)
    listed = _LISTED.search(before) and _LIST_NUMBER.match(behind)
    code = _CAPITALS.search(before) and any(map(str.islower, before))
    return frozenset({"label"}) if listed or code else _NOTHING


def _unit(behind: str) -> frozenset[str]:
    for word in _words_behind(behind):
        if kinds := units_of(word):
            return kinds
    return _NOTHING


def _words_behind(behind: str) -> Iterator[str]:
    at = 0
    for _ in range(_LOOKED_AT):
        found = _NEXT_WORD.match(behind, at)
        if not found or f" {found[1]} " in _STOPS or (len(found[1]) <= _SHORT and found[1] != "mil" and not units_of(found[1])):
            return
        yield found[1]
        at = found.end()


def _count(before: str, behind: str) -> frozenset[str]:
    """Return `count` where a number is followed by what it counts: a word in the plural, and no time leads to it."""
    found = re.match(r"[^\S\n]([a-z]{4,})\b", behind)
    if not found or f" {found[1]} " in _STOPS or not (found[1] in _MANY or found[1].endswith("s")) or calendar_form(found[1]):
        return _NOTHING
    if re.search(r"\b(?:at|from|until|till|by|since|to|as|às|das|desde|até|a)[^\S\n]\Z", before.lower()):
        return _NOTHING
    return frozenset({"count"})


def named_hours(folded: str) -> Iterator[tuple[str, Figure]]:
    """Yield what a folded text calls noon or midnight, each as it stands there."""
    for found in _NAMED_HOURS.finditer(folded):
        hour, minute = 12 if found[1] else 0, 30 if found[3] else 0
        values = _NOTHING if minute else frozenset({str(hour)})
        yield found[0], Figure(values, frozenset({"clock"}), frozenset({_clock(hour, minute)}))


def one_of_time(folded: str) -> Iterator[tuple[str, tuple[Figure, ...]]]:
    """Yield each `um ano`, `one week` of a folded text, with the figures that say as much: 1 year, 12 months."""
    for found in _ONE_UNIT.finditer(folded):
        unit = _UNIT_OF_TIME[found[1]]
        value, other = _AS_LONG[unit]
        yield found[0], (Figure(frozenset({"1"}), frozenset({unit})), Figure(frozenset({value}), frozenset({other})))


def single_units(folded: str) -> frozenset[str]:
    """Return the units of time that a folded text has in the singular, or as a rhythm: per year, por semana, anual."""
    rhythms = frozenset(unit for word in re.findall(r"[a-z]+", folded) for unit in _rhythms().get(word, ()))
    return rhythms | frozenset(_UNIT_OF_TIME[word] for word in _SINGLE_UNIT.findall(folded))


def units_of(word: str) -> frozenset[str]:
    """Return the units that a folded word names."""
    return _unit_words().get(word) or _unit_words().get(word.removesuffix("s"), _NOTHING)


def units_said(words: frozenset[str]) -> frozenset[str]:
    """Return the units of which folded words speak, with a number or without: daily, mensal."""
    return frozenset(unit for word in words for unit in (*units_of(word), *_rhythms().get(word, ())))


@cache
def _unit_words() -> dict[str, frozenset[str]]:
    words = {word for line in _UNITS.values() for word in line.split()}
    return {word: frozenset(unit for unit, line in _UNITS.items() if word in line.split()) for word in words}


@cache
def _rhythms() -> dict[str, frozenset[str]]:
    return {word: frozenset({unit}) for unit, line in _RHYTHMS.items() for word in line.split()}


def currencies(text: str) -> frozenset[str]:
    """Return the currencies of *text*."""
    folded = fold(text)
    return frozenset(name for name, written in _CURRENCIES.items() if written.search(folded))


def _clock(hour: int, minute: int) -> str:
    return f"{hour % 24}:{minute:02}"


def spelt(text: str) -> Iterator[tuple[str, Figure]]:
    """Yield the numbers of *text* that are written in words, in digits and with what they may mean; one, um and uma are none."""
    for value, start, end in spelt_numbers(text):
        before, behind = text[max(0, start - _BEFORE) : start], fold(text[end : end + _BEHIND])
        time = _time(f"{value}{behind}", before)
        yield str(value), time[1] if time else _read(frozenset({str(value)}), before, behind)
