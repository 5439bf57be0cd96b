"""What personal data and secrets look like. Every detector is linear in the text's length and knows nothing of placeholders."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from typing import NamedTuple

from phonenumbers import Leniency, PhoneMetadata, PhoneNumberMatcher
from stdnum import iban, luhn, numdb
from stdnum.br import cnpj, cpf

KINDS = ("SECRET", "EMAIL", "IBAN", "CARD", "CNPJ", "CPF", "IP", "PHONE", "PERSON")


class Span(NamedTuple):
    """A find: where in the text, what kind, and its value in a form that is equal for equal data."""

    start: int
    end: int
    kind: str
    value: str


Detect = Callable[[str], Iterator[Span]]


@cache
def detectors() -> tuple[Detect, ...]:
    """Return the detectors in their order: an earlier one keeps a later one from reading its find as something else."""
    return (
        _detect_markup,
        _detect_secrets,
        _detect_emails,
        _detect_ibans,
        _detect_cards,
        partial(_detect_registered, pattern=_CNPJ, kind="CNPJ", is_valid=cnpj.is_valid),
        partial(_detect_registered, pattern=_CPF, kind="CPF", is_valid=cpf.is_valid),
        _detect_addresses,
        _detect_phones,
        _detect_introductions,
    )


def warm_up() -> None:
    """Load from disk what the detectors would otherwise load in the middle of a question."""
    PhoneMetadata.load_all()
    _iban_length("BR")


# Chat markup. Slack: https://docs.slack.dev/messaging/formatting-message-text ; Discord: https://docs.discord.com/developers/reference
_MARKUP = re.compile(r"<(?:(mailto|tel):([^<>|\s]{1,320})(?:\|[^<>]{0,320})?|(@)[!&]?([A-Z0-9]{2,24})(?:\|[^<>]{0,100})?)>")


def _detect_markup(text: str) -> Iterator[Span]:
    for match in _MARKUP.finditer(text):
        scheme, address, _, person = match.groups()
        if person:
            yield Span(*match.span(), "PERSON", person)
        elif scheme == "mailto":
            yield Span(*match.span(), "EMAIL", address.lower())
        else:
            yield Span(*match.span(), "PHONE", _phone_value(address))


# Prefixes as the services document them: OpenAI, Slack, GitHub, GitLab, AWS, Google, Hugging Face, Stripe; JWT; Discord bot tokens.
_KEY = re.compile(
    r"(?<![\w-])(?:(?:sk|pk|rk)[-_][\w-]{16,}|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|hf_\w{20,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45})(?![\w-])"
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.DOTALL)
_LOGIN = re.compile(r"://[^\s/:@]{1,64}:([^\s/@]{1,128})@")
_BEARER = re.compile(r"\bbearer\s{1,3}([\w.~+/=-]{16,})", re.IGNORECASE)
_PASSWORD = re.compile(
    r"\b(?:senha|password|passwd|passcode|pwd|contraseña)\b(?P<of>(?:\s(?:d[aeo]s?|del?|for|of|to)\s\w{1,20}){0,2})[^\S\n]{0,3}(?P<sign>[:=]|é\b|is\b|es\b|\s)[^\S\n]{0,3}['\"“`]?(?P<value>[^\s'\"”`]{3,128})",
    re.IGNORECASE,
)
_API_KEY = re.compile(
    r"\b(?:token(?: de acesso)?|access token|api[ _-]?key|secret|segredo|chave (?:de api|secreta))\b"
    r"[^\S\n]{0,3}(?:[:=]|é\b|is\b)?[^\S\n]{0,3}['\"“`]?([\w.~+/=-]{12,})",
    re.IGNORECASE,
)
_PIN = re.compile(
    r"\b(?:pin|cvv|cvc|código de segurança|security code)\b[^\S\n]{0,3}(?:[:=]|é\b|is\b)?[^\S\n]{0,3}(\d{3,8})(?![\w.,%-]*\w)",
    re.IGNORECASE,
)


def _detect_secrets(text: str) -> Iterator[Span]:
    for pattern in (_KEY, _PRIVATE_KEY):
        for match in pattern.finditer(text):
            yield Span(*match.span(), "SECRET", match[0])
    for pattern in (_LOGIN, _BEARER, _PIN):
        for match in pattern.finditer(text):
            yield Span(*match.span(1), "SECRET", match[1])
    for match in _API_KEY.finditer(text):
        if re.search(r"\d", match[1]) and re.search("[A-Za-z]", match[1]):
            yield Span(*match.span(1), "SECRET", match[1])
    for match in _PASSWORD.finditer(text):
        value = match["value"].rstrip(".,;!?)")
        end = match.start("value") + len(value)
        said = match["sign"] if not match["of"] else "is"  # "a senha do app: obrigatória" gives none away
        if len(value) >= 3 and _is_password(value, sign=said, rest=text[end : end + 40]):
            yield Span(match.start("value"), end, "SECRET", value)


def _is_password(value: str, *, sign: str, rest: str) -> bool:
    """Tell "senha: azul" and "password is Blue42" from "a senha: esqueci onde mudo" and "password is required"."""
    odd = any(character.isdigit() for character in value) or not value.isalnum()
    if sign in (":", "="):
        return odd or not re.match(r"\s*\w", rest.split("\n", 1)[0])
    if sign.isspace():  # "senha Rio2026$"
        return odd and len(value) >= 6 and any(character.isalpha() for character in value) and not value.replace("-", "").isalpha()
    return odd and len(value) >= 4


_EMAIL = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]{1,128}(?:@|\s?(?:\(at\)|\[at\]|\(arroba\)|\barroba\b)\s?)"
    r"(?:[\w-]{1,63}(?:\.|\sponto\s|\s?\(dot\)\s?|\s?\[dot\]\s?)){1,6}[^\W\d_]{2,24}(?![\w@])"
)


def _detect_emails(text: str) -> Iterator[Span]:
    if "@" not in text and "at" not in text.lower() and "arroba" not in text.lower():
        return
    for match in _EMAIL.finditer(text):
        yield Span(*match.span(), "EMAIL", match[0].lower())


_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9]{4})")
_IBAN_CHARACTER = re.compile(r"[ -]?([A-Za-z0-9])")


def _detect_ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        length, end, number = _iban_length(match[0][:2].upper()), match.end(), match[0]
        while len(number) < length and (character := _IBAN_CHARACTER.match(text, end)):
            number, end = number + character[1], character.end()
        if len(number) == length and not text[end : end + 1].isalnum() and iban.is_valid(number):
            yield Span(match.start(), end, "IBAN", number.upper())


@cache
def _iban_length(country: str) -> int:
    """Return how many characters an IBAN of *country* has (two letters); 0 where there are none."""
    structure = numdb.get("iban").info(country)[0][1].get("bban", "")
    parts = re.findall(r"(\d+)!", structure)
    return 4 + sum(map(int, parts)) if parts else 0


# Visa, Mastercard, Elo, Hipercard, Discover: 16 digits; American Express 15; Diners 14. A phone number has at most 13.
_CARD = re.compile(
    r"(?<![\d.,])(?=((?:[2-6]\d{3}[ .-]?\d{4}[ .-]?\d{4}[ .-]?\d{4}"
    r"|3[47]\d{2}[ .-]?\d{6}[ .-]?\d{5}|3[068]\d{2}[ .-]?\d{6}[ .-]?\d{4})(?!\d)))"
)


def _detect_cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[1])
        if luhn.is_valid(digits) and not _is_part(text, match.start(1), match.end(1)):
            yield Span(*match.span(1), "CARD", digits)


# `written`: with all its marks it is one, even with a slip in a digit. `named`: the word before it says so.
_CPF = re.compile(
    r"(?<![\d.,-])(?:(?P<written>\d{3}\.\d{3}\.\d{3}-\d{2})|(?<=[cC][pP][fF]\s)(?P<named>\d{11})"
    r"|(?P<bare>\d{3}[. ]?\d{3}[. ]?\d{3}[-./ ]?\d{2}))(?!\d)"
)
_CNPJ = re.compile(
    r"(?<![\w.,-])(?:(?P<written>[\dA-Za-z]{2}\.[\dA-Za-z]{3}\.[\dA-Za-z]{3}/[\dA-Za-z]{4}-\d{2})|(?<=[cC][nN][pP][jJ]\s)(?P<named>\d{14})"
    r"|(?P<bare>\d[\dA-Z][. ]?[\dA-Z]{3}[. ]?[\dA-Z]{3}[/ ]?[\dA-Z]{4}[- ]?\d{2}))(?!\w)"
)


def _detect_registered(text: str, *, pattern: re.Pattern[str], kind: str, is_valid: Callable[[str], bool]) -> Iterator[Span]:
    for match in pattern.finditer(text):
        value = re.sub(r"[^\dA-Z]", "", match[0].upper())
        if (match["bare"] is None or is_valid(value)) and not _is_part(text, *match.span()):
            yield Span(*match.span(), kind, value)


_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_VERSION = re.compile(r"(?:\bv|version|versão|firmware|release|build|clause|item|seção|section|§)[\s.:]{0,3}$", re.IGNORECASE)


def _detect_addresses(text: str) -> Iterator[Span]:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            here = address.is_loopback or address.is_unspecified  # names no machine of anybody
            if not here and not _VERSION.search(text, max(0, match.start() - 20), match.start()):
                yield Span(*match.span(), "IP", str(address))


# A Brazilian mobile number with or without area code; a North American number as it is written there.
_MOBILE = re.compile(r"(?<![\w.,/-])(?:(?:\(?\d{2}\)?[ -]?)?9[ .]?\d{4}[- .]\d{4}|[2-9]\d{2}([.-])[2-9]\d{2}\1\d{4})(?![\w/-]|[.,]\d)")
_SAID_TO_BE_PHONE = re.compile(
    r"\b(?:tel|telefone|fone|celular|cel|whats|whatsapp|zap|zapp|ligue|ligar|liga|phone|mobile|call|contato|ramal direto)\b"
    r"[^\d\n]{0,25}(\+?\(?\d[\d ().-]{6,18}\d)(?![\w-])",
    re.IGNORECASE,
)
# Numbers that name a thing, not a person; `ref` and the like stand right before them.
_THING = re.compile(
    r"(?:pedido|order|protocolo|protocol|ticket|chamado|nota|nota fiscal|nf-?e?|boleto|contrato|contract|código|code|serial|série|processo|"
    r"case|part|peça|ref|id|lote|batch|invoice|fatura|model|modelo|sku|ean|cep|zip)\b[\s:.#nºo°]{0,6}$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_SERVICE = re.compile(r"0[3589]00|(?:300|400)\d[ -]?\d{4}$")  # toll-free and shared-cost numbers belong to firms


def _detect_phones(text: str) -> Iterator[Span]:
    if len(_DIGIT.findall(text)) < 8:
        return
    spans = [(match.start, match.end, match.raw_string) for match in PhoneNumberMatcher(text, "BR", leniency=Leniency.VALID)]
    spans += [(match.start(), match.end(), match[0]) for match in _MOBILE.finditer(text)]
    spans += [(match.start(1), match.end(1), match[1]) for match in _SAID_TO_BE_PHONE.finditer(text)]
    for start, end, raw in spans:
        count = sum(character.isdigit() for character in raw)
        of_a_person = not _SERVICE.match(raw.lstrip("(+")) and not _THOUSANDS.fullmatch(raw)
        if 8 <= count <= 15 and of_a_person and not _is_part(text, start, end) and not _is_thing(text, start):
            yield Span(start, end, "PHONE", _phone_value(raw))


def _phone_value(number: str) -> str:
    return re.sub(r"\D", "", number)[-11:]


def _is_part(text: str, start: int, end: int) -> bool:
    """Tell whether a number goes on as a longer code, such as a UUID or a part number."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return bool(re.search(r"[^\W_]$|[^\W_][-_.]$|_$", before) or re.match(r"[^\W]|[-_][^\W_]", after))


def _is_thing(text: str, start: int) -> bool:
    return bool(_THING.search(text[max(0, start - 30) : start]))


_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,30}"
_FURTHER = rf"\s(?:(?:d[aeo]s?|e|von|van|de la)\s)?{_CAPITAL}"
_INTRODUCTION = re.compile(
    r"(?i:\b(?:meu nome (?:completo )?é|me chamo|chamo-me|aqui é [oa]|quem fala é [oa]?|my (?:full )?name is|this is me,))\s{1,3}"
    rf"({_CAPITAL}(?:{_FURTHER}){{0,5}})"
    rf"|(?i:\b(?:sou [oa]|i'm|i am))\s{{1,3}}({_CAPITAL}(?:{_FURTHER}){{1,5}})"
)


def _detect_introductions(text: str) -> Iterator[Span]:
    for match in _INTRODUCTION.finditer(text):
        group = match.lastindex or 0
        yield Span(*match.span(group), "PERSON", bare(match[group]))


PARTICLES = frozenset({"da", "de", "do", "das", "dos", "von", "van", "the", "bot", "admin"})


@lru_cache(maxsize=1024)  # the same people ask again, and a pattern takes as long to make as all others take to search
def detect_names(names: tuple[str, ...]) -> Detect:
    """Return a detector of people's *names*: whole in any case and with or without accents, their parts where capitalised."""
    people = {bare(name.strip()): name.strip() for name in names if len(name.strip()) >= 3}
    parts: dict[str, str] = {}
    for whole in people:
        for part in re.findall(r"[^\W\d_]{3,}", whole):
            if part not in PARTICLES:
                parts.setdefault(part, whole)
    words = sorted({*people, *parts}, key=len, reverse=True)
    if not words:
        return _detect_nothing
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")

    def detect(text: str) -> Iterator[Span]:
        for match in pattern.finditer(bare(text)):
            if match[0] in people or text[match.start()].isupper():
                yield Span(*match.span(), "PERSON", parts.get(match[0], match[0]))

    return detect


def _detect_nothing(_text: str) -> Iterator[Span]:
    yield from ()


def bare(text: str) -> str:
    """Return *text* in lower case without accents, each character in its place."""
    if text.isascii():
        return text.lower()
    return "".join(map(_bare_character, text))


@lru_cache(maxsize=4096)
def _bare_character(character: str) -> str:
    letter = unicodedata.normalize("NFD", character)[0].lower()
    return letter if len(letter) == 1 else character
