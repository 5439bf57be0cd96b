"""Digits and words: numbers however they are written, in Portuguese and in English, and the names of days and months."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

GROUPED: Final = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_NUMBERS_OF_WORDS: Final = (
    "zero - two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "- - dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove",
)
_TENS: Final = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
)
_MORE: Final = {
    "duas": 2,
    "catorze": 14,
    "cem": 100,
    "cento": 100,
    "duzentos": 200,
    "duzentas": 200,
    "trezentos": 300,
    "quatrocentos": 400,
    "quinhentos": 500,
    "seiscentos": 600,
    "setecentos": 700,
    "oitocentos": 800,
    "novecentos": 900,
}
_ONES: Final = frozenset({"one", "um", "uma"})
_TIMES: Final = {"hundred": 100, "thousand": 1000, "mil": 1000, "million": 10**6, "milhao": 10**6, "milhoes": 10**6}
MONTHS: Final = (
    ("january", "janeiro"),
    ("february", "fevereiro"),
    ("march", "marco"),
    ("april", "abril"),
    ("may", "maio"),
    ("june", "junho"),
    ("july", "julho"),
    ("august", "agosto"),
    ("september", "setembro"),
    ("october", "outubro"),
    ("november", "novembro"),
    ("december", "dezembro"),
)
_DAYS: Final = (
    ("monday", "segunda-feira"),
    ("tuesday", "terca-feira"),
    ("wednesday", "quarta-feira"),
    ("thursday", "quinta-feira"),
    ("friday", "sexta-feira"),
    ("saturday", "sabado"),
    ("sunday", "domingo"),
)


def values_of(written: str) -> frozenset[str]:
    """Return what digits with points and commas may mean, in Portuguese and in English."""
    if written.isdigit():
        return frozenset({_number(written)})
    if GROUPED.fullmatch(written):
        digits, cents = written, ""
        if written[-4] not in ".,":  # what follows the last mark are no thousands
            mark = max(written.rfind("."), written.rfind(","))
            digits, cents = written[:mark], written[mark + 1 :]
        value = _number(re.sub(r"[.,]", "", digits))
        return frozenset({f"{value}.{cents.rstrip('0')}".rstrip(".")})
    digits, _, cents = written.replace(",", ".").partition(".")
    if "." in cents:  # a date or a version
        return frozenset({written})
    return frozenset({f"{_number(digits)}.{cents.rstrip('0')}".rstrip(".")})


def _number(digits: str) -> str:
    return digits.lstrip("0") or "0"


def spelt_numbers(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield the numbers of *text* that are written in words, each with where it begins and ends; one, um and uma are none."""
    total, part, said, joint, start, end = 0, 0, False, False, 0, 0
    before = word = ""
    for match in re.finditer(r"\w+|\n|[^\w\s-]", text):
        before, word = word, fold(match[0])
        value = numerals().get(word) if (before, word) != ("por", "cento") else None
        if word in _ONES and (joint or part % 100) and _joins(part, 1):  # twenty-one, cento e um
            value = 1
        if value is not None and (not said or _joins(part, value)):
            start = start if said else match.start()
            part, said, joint, end = part + value, True, False, match.end()
        elif word in _TIMES and (said or (word == "mil" and not before.isdigit()) or before in ("a", "an", *_ONES)):
            start = start if said else match.start()
            part, said, joint, end = max(part, 1) * _TIMES[word], True, False, match.end()
            if part >= 1000:
                total, part = total + part, 0
        elif word in ("and", "e") and said and not joint:
            joint = True
        else:
            if said:
                yield total + part, start, end
            total, part, said, joint = 0, value or 0, value is not None, False
            start, end = match.span()
    if said:
        yield total + part, start, end


def _joins(part: int, value: int) -> bool:
    """Tell whether a number goes on with *value*: twenty-five, two hundred and ten; not in two and three, or five, nine."""
    return part == 0 or (part % 100 == 0 and value < 100) or (part % 10 == 0 and part % 100 >= 20 and value < 10)


@cache
def numerals() -> dict[str, int]:
    """Return the folded words that are numbers below a thousand by themselves, with their values."""
    units = {word: value for line in _NUMBERS_OF_WORDS for value, word in enumerate(line.split()) if word != "-"}
    tens = {word: 20 + 10 * place for line in _TENS for place, word in enumerate(line.split())}
    return {**units, **tens, **_MORE}


def calendar_form(word: str) -> str:
    """Return which day or month a folded word is, as `day0` for Mondays and `month1` for January; empty where it is none."""
    return _calendar().get("-".join(map(singular, word.split("-"))), "")


@cache
def _calendar() -> dict[str, str]:
    days = {singular(word): f"day{number}" for number, words in enumerate(_DAYS) for word in words}
    months = {singular(word): f"month{number}" for number, words in enumerate(MONTHS, 1) for word in words}
    return days | {word: form for word, form in months.items() if word != "may"}


def singular(folded: str) -> str:
    """Return a folded word without the ending of a plural."""
    return folded.removesuffix("s") if len(folded) > 3 else folded


def fold(text: str) -> str:
    """Return *text* without case and accents."""
    if text.isascii():
        return text.lower()
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
