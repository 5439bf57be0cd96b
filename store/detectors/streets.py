"""Postal addresses: a street with its number, with what belongs to it up to the postal code. A postal code alone stays."""

import re
from collections.abc import Iterator

from store.personal_data import PARTICLES, Span, bare, has_digits, mentions

_WORD = r"[\w.'’ºª-]{1,30}"
_STREET = re.compile(
    r"\b(?:(?P<kind>(?i:rua|avenida|av\.?|travessa|tv\.|alameda|al\.|praça|pça\.?|estrada|rodovia|rod\.|largo|viela|ladeira|quadra|servidão))|R\.)"
    rf"\s(?P<name>{_WORD}(?:\s{_WORD}){{0,6}}?)(?P<comma>,?)\s{{0,2}}(?P<sign>n[º°o.]{{0,2}}|número|num\.?)?\s{{0,2}}(?P<number>\d{{1,5}})[A-Za-z]?"
    r"(?![\w%]|[.,:/-]\d|\sd[eo]s?\s)"
)
_LIVING = re.compile(
    r"(?:mor[oa]|mora(?:mos|ndo)|resid\w{1,6}|endereco|entreg\w{1,6}|fica|ficamos|enviar|envie|mandar?|visita|retirar|domicili\w{1,5})"
    r"[^\n.]{0,25}$"
)
_STREETS = (
    *("rua ", "avenida ", "av. ", "av ", "travessa ", "tv. ", "alameda ", "al. ", "praça ", "pça", "estrada ", "rodovia ", "rod. "),
    *("largo ", "viela ", "ladeira ", "quadra ", "servidão ", "r. "),
)
_OTHER_WORDS = "até ate que com para por não nao é tem mais fica sem ou quando onde está esta"
_NO_STREET = frozenset(_OTHER_WORDS.split())
_CEP = r"\d{5}-?\d{3}(?![\w-])"
_TO_CEP = re.compile(rf"(?:(?![.!?]\s[A-ZÀ-Þ]\w+\s[a-zà-ÿ]{{2,}}\s[a-zà-ÿ]{{2,}})[^\d\n;]|\d{{1,4}}(?!\d)|\n(?!\n)){{0,140}}?(?<!\d){_CEP}")
_FURTHER = re.compile(
    r"(?:\s?[,;–-]?\s?(?i:apto?|apartamento|ap|bloco|bl|casa|sala|conj(?:unto)?|cj|torre|fundos|andar|lote|quadra|sobrado|cobertura)\b\.?\s?[\w]{0,5}){1,4}"
)
_DISTRICT = re.compile(
    r"\s?[,–-]\s?(?:(?i:bairro)\s)?(?:(?:Jd|Vl|Pq|Sta|Sto|Cj)\.\s)?[A-ZÀ-Þ][\w']{1,20}(?:\s(?:d[aeo]s?\s)?[A-ZÀ-Þ][\w']{1,20}){0,3}(?:\s?[,/–-]\s?[A-Z]{2}\b)?"
)
_CEP_BEFORE = re.compile(r"(?i:\bcep)?[\s:]{0,3}(?<!\d)\d{5}-?\d{3}[\s,;–-]{1,4}$")
_ENGLISH = re.compile(
    r"\d(?<![\w.,/-].)\d{0,4}[A-Za-z]?\s(?:[NSEW]\.?\s)?(?:[A-Z][\w'’.]{0,20}\s|\d{1,3}(?:st|nd|rd|th)\s){1,4}?"
    r"(?:(?P<sure>Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Terrace|Crescent|Lane)|Drive|Dr|Ln|Court|Ct|Way|Place|Pl|Square|Sq|Close|Gardens|Parkway|Pkwy"
    r"|Highway|Hwy)\b\.?(?:,?\s(?:(?:[Aa]pt|[Ss]uite|[Uu]nit|[Ff]lat|[Ff]loor|Ste)\b\.?\s?|#)[\w-]{1,6})?"
)
_TO_POSTCODE = re.compile(
    r"(?:[^\d\n.!?]|\.(?!\s[A-Z][a-z]+\s[a-z])|\n(?!\n)){0,80}?\b(?:[A-Z]{2}\s\d{5}(?:-\d{4})?|(?<=\s)\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})(?![\w-])"
)
_POSTCODE_BEFORE = 40


def detect_addresses(text: str) -> Iterator[Span]:
    """Yield streets with their number, whole up to the postal code where that follows."""
    if not has_digits(text, 1):
        return
    if mentions(text.lower(), _STREETS):
        yield from _brazilian(text)
    for match in _ENGLISH.finditer(text):
        code = _TO_POSTCODE.match(text, match.end())
        if code or match["sure"]:
            yield _span(text, match.start(), code.end() if code else match.end())


def _brazilian(text: str) -> Iterator[Span]:
    for match in _STREET.finditer(text):
        if not _NO_STREET.isdisjoint(match["name"].lower().split()):
            continue
        code = _TO_CEP.match(text, match.end())
        start = match.start()
        before = _CEP_BEFORE.search(text, max(0, start - _POSTCODE_BEFORE), start)
        named = _is_named(match)
        lives = _LIVING.search(bare(text[max(0, start - _POSTCODE_BEFORE) : start]))
        if code or before or (named and _is_house(match)) or lives:
            yield _span(text, before.start() if before else start, code.end() if code else _end(text, match.end()))


def _is_named(match: re.Match[str]) -> bool:
    """Tell "Rua Barão de Itu 45" from "Rua Augusta fecha às 22": without a comma every word is part of a name."""
    words = match["name"].split()
    if match["comma"] and match["sign"]:
        return True
    if match["comma"] or match["sign"]:
        return any(word[:1].isupper() for word in words)
    return all(word[:1].isupper() or word[:1].isdigit() or word in PARTICLES or word == "e" for word in words)


def _is_house(match: re.Match[str]) -> bool:
    """Tell "Rua Augusta, 500" from a highway's kilometre and from a line of a warehouse such as "Rua B 3"."""
    is_road = (match["kind"] or "").lower().startswith(("rod", "estr", "quadra"))
    return not is_road and len(match["name"]) > 2


def _end(text: str, end: int) -> int:
    for pattern in (_FURTHER, _DISTRICT):
        if further := pattern.match(text, end):
            end = further.end()
    return end


def _span(text: str, start: int, end: int) -> Span:
    while text[start].isspace():
        start += 1
    return Span(start, end, "ADDRESS", " ".join(bare(text[start:end]).replace(",", " ").split()))
