"""Numbers with check digits: IBAN, cards, CNPJ, CPF."""

import re
from collections.abc import Callable, Iterator
from functools import cache

from stdnum import iban, luhn, numdb
from stdnum.br import cnpj, cpf

from store.personal_data import Span, has_digits, is_part, is_thing

_IBAN = re.compile(r"[A-Za-z](?<![^\W_].)[A-Za-z]\d{2}(?=[ -]?[A-Za-z0-9]{4})")
_IBAN_CHARACTER = re.compile(r"[ -]?([A-Za-z0-9])")


def detect_ibans(text: str) -> Iterator[Span]:
    """Yield IBANs of any country, grouped or not, in capitals or not."""
    if not has_digits(text, 8):
        return
    for match in _IBAN.finditer(text):
        length, end, number = iban_length(match[0][:2].upper()), match.end(), match[0]
        while len(number) < length and (character := _IBAN_CHARACTER.match(text, end)):
            number, end = number + character[1], character.end()
        if len(number) == length and not text[end : end + 1].isalnum() and iban.is_valid(number):
            yield Span(match.start(), end, "IBAN", number.upper())


@cache
def iban_length(country: str) -> int:
    """Return how many characters an IBAN of *country* has (two letters); 0 where there are none."""
    structure = numdb.get("iban").info(country)[0][1].get("bban", "")
    parts = re.findall(r"(\d+)!", structure)
    return 4 + sum(map(int, parts)) if parts else 0


# Visa, Mastercard, Elo, Hipercard, Discover: 16 digits; American Express 15; Diners 14. A phone number has at most 13.
# Here and below the first character is read before what precedes it: so the search skips to it.
_CARD = re.compile(
    r"[2-6](?<![\d.,].)(?:(?:\d{3}[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d{4}"
    r"|(?<=3)[47]\d{2}[ .-]?\d{6}[ .-]?\d{5}|(?<=3)[068]\d{2}[ .-]?\d{6}[ .-]?\d{4})(?!\d))"
)


def detect_cards(text: str) -> Iterator[Span]:
    """Yield numbers of payment cards; a number without a space that is said to be an order's or the like is none."""
    if not has_digits(text, 14):
        return
    for match in _CARD.finditer(text):
        start, end = match.span()
        digits = re.sub(r"\D", "", match[0])
        if luhn.is_valid(digits) and not is_part(text, start, end) and not _is_code(text, start, end):
            yield Span(start, end, "CARD", digits)


_GROUP_BEFORE, _GROUP_AFTER = re.compile(r"\d{4}[ .-]$"), re.compile(r"[ .-]\d{4}(?!\d)")


def _is_code(text: str, start: int, end: int) -> bool:
    """Tell part of a longer row of groups (an invoice's 44 digits), and a number without a space that is said to be an order's."""
    grouped = _GROUP_BEFORE.search(text, max(0, start - 5), start) or _GROUP_AFTER.match(text, end)
    return bool(grouped) or (text[start:end].isdigit() and is_thing(text, start))


# `written`: with all its marks it is one, even with a slip in a digit. `named`: the word before it says so.
_CPF = re.compile(
    r"\d(?<![\d.,-].)(?:(?P<written>\d{2}\.\d{3}\.\d{3}-\d{2})"
    r"|(?:(?<=[cC][pP][fF]\s.)|(?<=[cC][pP][fF]:.)|(?<=[cC][pP][fF]:\s.)|(?<=[cC][pP][fF]\sé\s.))(?P<named>\d{10}|\d{8}-\d{2})"
    r"|(?P<bare>\d{2}[. ]?\d{3}[. ]?\d{3}[-./ ]?\d{2}))(?!\d)"
)
_CNPJ = re.compile(
    r"[\dA-Za-z](?<![\w.,-].)(?:(?P<written>[\dA-Za-z]\.[\dA-Za-z]{3}\.[\dA-Za-z]{3}/[\dA-Za-z]{4}-\d{2})"
    r"|(?:(?<=[cC][nN][pP][jJ]\s.)|(?<=[cC][nN][pP][jJ]:.)|(?<=[cC][nN][pP][jJ]:\s.))(?P<named>\d{13})"
    r"|(?P<bare>(?<=\d)[\dA-Z][. ]?[\dA-Z]{3}[. ]?[\dA-Z]{3}[/ ]?[\dA-Z]{4}[- ]?\d{2}))(?!\w)"
)


def detect_cnpjs(text: str) -> Iterator[Span]:
    """Yield numbers of companies, those with letters too."""
    if has_digits(text, 3):
        yield from _registered(text, pattern=_CNPJ, kind="CNPJ", is_valid=cnpj.is_valid)


def detect_cpfs(text: str) -> Iterator[Span]:
    """Yield numbers of persons."""
    if has_digits(text, 11):
        yield from _registered(text, pattern=_CPF, kind="CPF", is_valid=cpf.is_valid)


def _registered(text: str, *, pattern: re.Pattern[str], kind: str, is_valid: Callable[[str], bool]) -> Iterator[Span]:
    for match in pattern.finditer(text):
        value = re.sub(r"[^\dA-Z]", "", match[0].upper())
        if len(set(value)) == 1:  # 000.000.000-00 is a form to fill in
            continue
        sure = match["bare"] is None or (is_valid(value) and not is_thing(text, match.start()))
        if sure and not is_part(text, *match.span()):
            yield Span(*match.span(), kind, value)
