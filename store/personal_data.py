"""What personal data is to the detectors: kinds, spans, known names, and what a number's surroundings say of it."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

KINDS = ("SECRET", "EMAIL", "IBAN", "CARD", "CNPJ", "CPF", "RG", "PIX", "ADDRESS", "IP", "PLATE", "PHONE", "PERSON")


class Span(NamedTuple):
    """A find: where in the text, what kind, and its value in a form that is equal for equal data."""

    start: int
    end: int
    kind: str
    value: str


Detect = Callable[[str], Iterator[Span]]  # linear in the text's length; knows nothing of placeholders

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


def mentions(low: str, words: Sequence[str]) -> bool:
    """Tell whether a text in lower case holds one of *words*, far faster than a pattern would find that it does not."""
    for word in words:  # noqa: SIM110  # a generator takes three times as long
        if word in low:
            return True
    return False


_DIGIT = re.compile(r"\d")


def digits_in(text: str) -> int:
    """Return how many digits *text* has."""
    return len(_DIGIT.findall(text))


def has_digits(text: str, least: int) -> bool:
    """Tell whether *text* has *least* digits or more."""
    return _digits_in_last(text) >= least


_digits_in_last = lru_cache(maxsize=1)(digits_in)  # one detector after the other asks it of the same text


def phone_value(number: str) -> str:
    """Return what is equal for a number with and without its country's code."""
    return re.sub(r"\D", "", number)[-11:]


# Numbers that name a thing, not a person: the word stands right before them.
_THING = re.compile(
    r"\b(?:pedido|order|protocolo|protocol|ticket|chamado|nota|nota fiscal|nf-?e?|danfe|chave de acesso|boleto|linha digitavel"
    r"|codigo de barras|barcode|contrato|contract"
    r"|codigo|code|serial|serie|s/n|sn|imei|chassi|processo|case|part|part number|pn|peca|ref|referencia|reference|id|lote|batch|lot"
    r"|invoice|fatura|model|modelo|sku|ean"
    r"|gtin|ncm|cep|zip|rastreio|rastreamento|tracking|remessa|shipment|registro|registration|apolice|policy|proposta|orcamento|quote"
    r"|po|item|versao|version"
    r"|patrimonio|asset|ordem(?: de servico| de compra)?|os|oc|transacao|transaction|nsu|autorizacao|authorization)"
    r"(?: (?:de (?:serie|produto|rastreio|rastreamento|compra|venda|atendimento|acesso)|do (?:produto|pedido)|da (?:compra|nota)|number"
    r"|no|num|numero|nr|n|e|is|was|foi|era|code|id))*"
    r"[\s:.,#nºo°=(\"'-]{0,6}$"
)


def is_part(text: str, start: int, end: int) -> bool:
    """Tell whether a number goes on as a longer code, such as a UUID or a part number."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return bool(re.search(r"[^\W_]\Z|[^\W_][-_.]\Z|_\Z", before) or re.match(r"[^\W]|[-_][^\W_]", after))


def is_thing(text: str, start: int) -> bool:
    """Tell whether the words before a number say that it names a thing: an order, an invoice, a part."""
    return bool(_THING.search(bare(text[max(0, start - 45) : start])))
