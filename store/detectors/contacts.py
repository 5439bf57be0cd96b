"""Addresses on networks: chat markup, e-mail, IP."""

import ipaddress
import re
from collections.abc import Iterator

from store.personal_data import Span, phone_value

# Chat markup. Slack: https://docs.slack.dev/messaging/formatting-message-text ; Discord: https://docs.discord.com/developers/reference
_MARKUP = re.compile(r"<(?:(mailto|tel):([^<>|\s]{1,320})(?:\|[^<>]{0,320})?|(@)[!&]?([A-Z0-9]{2,24})(?:\|[^<>]{0,100})?)>")


def detect_markup(text: str) -> Iterator[Span]:
    """Yield mentions of people, and addresses and numbers in their wrapping."""
    if "<" not in text:
        return
    for match in _MARKUP.finditer(text):
        scheme, address, _, person = match.groups()
        if person:
            yield Span(*match.span(), "PERSON", person)
        elif scheme == "mailto":
            yield Span(*match.span(), "EMAIL", address.lower())
        else:
            yield Span(*match.span(), "PHONE", phone_value(address))


_EMAIL = re.compile(
    r"(?<![\w.+%'-])[\w.+%'-]{1,128}(?:@|\s?(?:\(at\)|\[at\]|\(arroba\)|\barroba\b)\s?)"
    r"(?:[\w-]{1,63}(?:\.|\sponto\s|\s?\(dot\)\s?|\s?\[dot\]\s?)){1,6}[^\W\d_]{2,24}(?![\w@])"
)
_SAID_EMAIL = re.compile(  # "ana at firm dot com", as call transcripts have it
    r"(?<![\w.+%'-])[\w.+%'-]{1,64}(?:\s(?:dot|ponto|underline|underscore)\s[\w-]{1,64}){0,3}\s(?:at|arroba)\s(?:[\w-]{1,63}\s(?:dot|ponto)\s){1,5}(?:com|org|net|br|io|uk|us|co|pt|info|example)"
    r"(?:\s(?:dot|ponto)\s(?:br|uk|pt))?(?!\w)",
    re.IGNORECASE,
)


def detect_emails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses, spelled out ones too."""
    low = text.lower()
    if "@" in text or "arroba" in low or "(at)" in low or "[at]" in low:
        for match in _EMAIL.finditer(text):
            yield Span(*match.span(), "EMAIL", match[0].lower())
    if " dot " in low or " ponto " in low:
        for match in _SAID_EMAIL.finditer(text):
            yield Span(*match.span(), "EMAIL", match[0].lower())


_IPV4 = re.compile(r"\d(?<![\w.-].)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w-]|\.\d)")
_IPV6 = re.compile(r"[0-9A-Fa-f:](?<![\w:.].)[0-9A-Fa-f]{0,3}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_VERSION = re.compile(
    r"(?:\bv|vers(?:ion|ão|\.)|firmware|software|driver|release|build|bios|\bec|\brev(?:is(?:ion|ão))?\.?|manual|clause|cláusula|item|seção|section|§)[\s.:nº]{0,4}$",
    re.IGNORECASE,
)


def detect_ips(text: str) -> Iterator[Span]:
    """Yield addresses of machines; no version numbers, and not the machine's own address."""
    for pattern, least, mark in ((_IPV4, 3, "."), (_IPV6, 2, ":")):
        if text.count(mark) < least:
            continue
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            here = address.is_loopback or address.is_unspecified or match[0].startswith(("0.", "255."))  # names no machine of anybody
            if not here and not _VERSION.search(text, max(0, match.start() - 20), match.start()):
                yield Span(*match.span(), "IP", str(address))
