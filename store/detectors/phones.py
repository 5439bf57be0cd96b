"""Telephone numbers: written as in Brazil or North America, international, or said to be one. Firms' service numbers are none."""

import re
from collections.abc import Iterator

from phonenumbers import NumberParseException, PhoneMetadata, is_possible_number, parse

from store.personal_data import Span, digits_in, has_digits, is_part, is_thing, phone_value

# Area codes in use: https://www.gov.br/anatel/pt-br/regulado/numeracao
_AREA = r"(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])"
_CARRIER = r"(?:[xX]{2}|\*\*)?"  # 0xx11: any carrier's code
# Area code and number, a mobile's without any mark too; a mobile's alone.
_BRAZIL = re.compile(
    rf"(?<![\w.,/-])(?:(?:\+?55[ .-]?)?(?:\((?:0{_CARRIER})?{_AREA}\)[ .-]?|(?:0{_CARRIER})?{_AREA}[ .-])(?:9[ .]?\d{{4}}[ .-]?\d{{4}}"
    rf"|[2-5]\d{{3}}[ .-]?\d{{4}})"
    rf"|(?:\+?55)?{_AREA}9\d{{4}}-?\d{{4}}|\+55{_AREA}[2-5]\d{{7}}|9[ .]?\d{{4}}[- .]\d{{4}})(?![\w/-]|[.,]\d)"
)
_AMERICA = re.compile(r"(?<![\w.,/-])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?[2-9]\d{2}[ .-]|[2-9]\d{2}([.-])[2-9]\d{2}\1)\d{4}(?![\w/-]|[.,]\d)")
_RUN = re.compile(r"\d(?:[ ().-]{0,3}\d){7,}")
_BRITISH_MOBILE = re.compile(r"(?<![\w.,/-])07\d{3}[ -]\d{3}[ -]?\d{3}(?![\w/-]|[.,]\d)")
_ABROAD = re.compile(r"(?<![\w+])\+\(?[1-9][\d ().-]{6,20}\d(?![\w-])")
_SAID_BEFORE = re.compile(
    r"\b(?:tel|telefone|fone|celular|cel|whats|whatsapp|wpp|zap|zapp|ligue|ligar|liga|liguem|retornar|retorne|recado|fixo|phone|landline|mobile"
    r"|cell|call"
    r"|ring|text me|reach me|contato|contact number|meu número|my number|ramal direto)\b[^\d\n]{0,25}$",
    re.IGNORECASE,
)
_SAID = re.compile(r"\+?\(?\d[\d ().-]{6,18}\d(?![\w-])")
_SAID_CHARACTERS = 30
_LEAST_DIGITS, _MOST_DIGITS = 8, 15
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_DATED = re.compile(
    r"(?:19|20)\d{2}[ .-](?:0[1-9]|1[0-2])[ .-](?:0[1-9]|[12]\d|3[01])(?!\d)|(?:0?[1-9]|[12]\d|3[01])[.-](?:0[1-9]|1[0-2])[.-](?:19"
    r"|20)\d{2}(?!\d)"
)
_SERVICE = re.compile(r"0[3589]00|(?:300|400)\d[ -]?\d{4}$|1?[ .(-]{0,2}8(?:00|33|44|55|66|77|88)\)?[ .-]")  # they belong to firms


def load_number_formats() -> None:
    """Load the formats of all countries (0.3 s, from disk)."""
    PhoneMetadata.load_all()


def detect_phones(text: str) -> Iterator[Span]:
    """Yield telephone numbers."""
    if not has_digits(text, _LEAST_DIGITS):
        return
    runs = [(max(0, match.start() - 5), match.end() + 3) for match in _RUN.finditer(text)]
    if not runs:
        return
    found = [
        (*each.span(), each[0]) for run in runs for pattern in (_BRAZIL, _AMERICA, _BRITISH_MOBILE) for each in pattern.finditer(text, *run)
    ]
    if "+" in text:
        found += [(*match.span(), match[0]) for match in _ABROAD.finditer(text) if _is_possible(match[0])]
    found += [(*match.span(), match[0]) for start, _ in runs if (match := _said(text, start))]
    for start, end, raw in found:
        of_a_person = not _SERVICE.match(raw.lstrip("(+")) and not _THOUSANDS.fullmatch(raw)
        if _LEAST_DIGITS <= digits_in(raw) <= _MOST_DIGITS and of_a_person and not is_part(text, start, end) and not is_thing(text, start):
            yield Span(start, end, "PHONE", phone_value(raw))


def _said(text: str, start: int) -> re.Match[str] | None:
    """Return the number at or soon after *start* where the words before it say that it is a telephone's."""
    match = _SAID.search(text, start, start + _SAID_CHARACTERS)
    if match is None or _DATED.match(match[0]) or not _SAID_BEFORE.search(text, max(0, match.start() - 45), match.start()):
        return None
    return match


def _is_possible(number: str) -> bool:
    try:
        return is_possible_number(parse(number, None))
    except NumberParseException:
        return False
