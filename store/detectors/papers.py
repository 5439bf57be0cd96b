"""What only a word beside it, or its form, tells from a product's code: identity cards (RG), Pix keys, licence plates."""

import re
from collections.abc import Iterator

from stdnum.br import cpf

from store.personal_data import Span, bare, has_digits, is_part, is_thing, mentions

_STATE = r"(?:A[CLMP]|BA|CE|DF|ES|GO|M[AGST]|P[ABEIR]|R[JNORS]|S[CEP]|TO)"
_RG_NUMBER = r"(?:[A-Z]{2}[- ]?)?\d{1,3}[. ]?\d{3}[. ]?\d{3}(?:[- ]?[\dXx](?![\w]))?"
_RG_SAID = re.compile(
    r"\b(?:rg|r\.g\.|registro geral|(?:carteira|cédula|documento) de identidade|identidade(?: n[º°o.]{1,2})?)"
    r"(?:\s(?:é|n[º°o.]{1,2}|número|d[eoa]\s\w{1,20})){0,3}[\s:=#.-]{0,4}"
    rf"((?i:{_RG_NUMBER}))(?![\d/]|[.,-]\d)",
    re.IGNORECASE,
)
_RG_ISSUED = re.compile(rf"(?<![\w.,/-])({_RG_NUMBER})[\s,-]{{0,3}}(?:SSP|SDS|PC|IFP|DETRAN|IIRGD)[\s/-]{{0,3}}[A-Z]{{2}}\b")
_RG_SAYING, _ISSUERS = ("rg", "r.g.", "registro geral", "identidade"), ("ssp", "sds", "pc", "ifp", "detran", "iirgd")
_RG_WRITTEN = re.compile(
    rf"(?:\d(?<![\w.,/-].)\d?\.\d{{3}}\.\d{{3}}-[\dXx]|{_STATE}(?<![\w-]..)-?\d{{1,2}}\.\d{{3}}\.\d{{3}})(?![\w/]|[.,-]\d)"
)


def detect_rgs(text: str) -> Iterator[Span]:
    """Yield numbers of identity cards: named, followed by who issued them, or written with all their marks."""
    if not has_digits(text, 7):
        return
    low = text.lower()
    sorts = ((_RG_SAID, 1, _RG_SAYING), (_RG_ISSUED, 1, _ISSUERS), (_RG_WRITTEN, 0, (".",)))
    for pattern, number in ((pattern, number) for pattern, number, words in sorts if mentions(low, words)):
        for match in pattern.finditer(text):
            if number or not is_thing(text, match.start()):
                yield Span(*match.span(number), "RG", re.sub(r"[\W_]", "", match[number]).upper())


_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PIX_SAID = re.compile(
    rf"\b(?:pix|chave aleatória|chave aleatoria)\b[^\d\n]{{0,40}}?(?<![\w-])({_UUID}|\+?\(?\d[\d ().-]{{8,16}}\d)(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)
_PIX_AFTER = re.compile(rf"(?<![\w-])({_UUID})(?![\w-])[^\d\n]{{0,25}}\bpix\b", re.IGNORECASE)
# "Copy and paste" codes: https://www.bcb.gov.br/estabilidadefinanceira/pix (EMV QRCPS: payload format 000201 first, CRC 6304 last).
_PIX_CODE = re.compile(r"(?<!\w)000201[^\n]{0,100}?br\.gov\.bcb\.pix[^\n]{0,400}?6304[0-9A-F]{4}(?!\w)", re.IGNORECASE)


def detect_pix_keys(text: str) -> Iterator[Span]:
    """Yield Pix keys that a word tells, and whole payment codes; keys that are another kind of number are left to their detectors."""
    low = text.lower()
    if not mentions(low, ("pix", "aleatória", "aleatoria")):
        return
    for match in _PIX_CODE.finditer(text):
        yield Span(*match.span(), "PIX", match[0])
    for pattern in (_PIX_SAID, _PIX_AFTER):
        for match in pattern.finditer(text):
            value = match[1].lower()
            if "-" in value and re.fullmatch(_UUID, value):
                yield Span(*match.span(1), "PIX", value)
            elif not _is_another_kind(text, match):
                yield Span(*match.span(1), "PIX", re.sub(r"\D", "", value))


def _is_another_kind(text: str, match: re.Match[str]) -> bool:
    """Tell keys that are CPF, CNPJ or phone by their form, numbers that name a thing, and amounts."""
    digits = re.sub(r"\D", "", match[1])
    written = not match[1].isdigit() or len(digits) not in (10, 11) or is_part(text, *match.span(1))
    return written or cpf.is_valid(digits) or (len(digits) == 11 and digits[2] == "9") or is_thing(text, match.start(1))


_ANOTHER = 6  # characters between two plates: "AAA1B23 e CCC4D56"
_PLATE = re.compile(r"[A-Za-z](?<![\w-].)[A-Za-z]{2}[- ]?\d[A-Za-z\d]\d{2}(?![\w-])")
_VEHICLE = (
    r"(?:carro|veiculo|moto(?:cicleta)?|caminhao|caminhonete|van|automovel|onibus|carreta|utilitario"
    r"|car|vehicle|truck|bike|motorcycle|lorry)"
)
_NAMED_PLATE = re.compile(
    rf"\b(?:placas?(?: d[eoa]s?(?: meu| minha| nosso| nossa)? {_VEHICLE}(?: \w{{1,12}})?)?|(?:licen[cs]e|number|registration) plates?"
    rf"|plate (?:number|no\.?)"
    rf"|{_VEHICLE}(?:,? (?:(?:de|com) )?(?:placas?|plates?))|car registration|vehicle registration|reg)(?: numero| number| atual| final)?"
    rf"(?: e| is| of)?[\s:=#,(]{{0,4}}$"
)
_VEHICLE_BEFORE = re.compile(rf"\b{_VEHICLE}(?: e| is)?[\s:=#,(]{{0,3}}$")
_PLATE_AFTER = re.compile(r"[\s,)]{0,3}(?:(?:e|is) (?:a|the|my|minha) )?(?:placa(?! d[eao])|plate|license plate)\b")


def detect_plates(text: str) -> Iterator[Span]:
    """Yield licence plates of Brazil, old and Mercosul, where a word beside them says so: a product's code may look like one."""
    if not has_digits(text, 3):
        return
    plain, last = "", -_ANOTHER
    for match in _PLATE.finditer(text):
        plain = plain or bare(text)
        before = plain[max(0, match.start() - 50) : match.start()]
        named = _NAMED_PLATE.search(before) or _PLATE_AFTER.match(plain, match.end())
        another = match.start() - last <= _ANOTHER and re.fullmatch(r"(?:\s?[,/;]\s?|\s(?:e|and|ou|or)\s)", text[last : match.start()])
        if named or another or (match[0].isupper() and _VEHICLE_BEFORE.search(before)):
            last = match.end()
            yield Span(*match.span(), "PLATE", re.sub("[- ]", "", match[0]).upper())
