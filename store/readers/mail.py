"""What the writer of a mail wrote: without the history beneath it and without the signature. Portuguese and English."""

import re
from collections.abc import Sequence

from bs4 import BeautifulSoup

from store.personal_data import mentions
from store.readers.encoding import clean
from store.readers.html_file import read_html

_TAG = re.compile(r"<(?:p|div|br|span|a|table|ul|ol|blockquote|body|html|b|strong|img)(?:\s[^<>]{0,2000})?/?>", re.IGNORECASE)
# As Gmail, Outlook, Apple Mail, Freshdesk and Zendesk mark what is quoted and signed.
_NOT_OWN = (
    "blockquote, .gmail_quote, .gmail_signature, .freshdesk_quote, .zmail_extra, .moz-cite-prefix, #divRplyFwdMsg, #appendonsend, "
    "#Signature, .signature, .fw-signature"
)
_MARKER = re.compile(r"^[ \t>]*##-.{0,200}-##[ \t]*$", re.MULTILINE)
_HISTORY = re.compile(
    r"^[ \t>*]*(?:(?:on|em|no dia)\b(?=[^\n]{0,80}\d)[^\n]{3,250}(?:\n[^\n]{0,100})?\b(?:wrote|escreveu):"
    r"|-{2,}[ ]*(?:original message|mensagem original|forwarded message|mensagem encaminhada)[ ]*-{2,}"
    r"|_{20,}[ \t]*$"
    # A step may say "De: …" and "Para: …" beneath it: mail has a date or a subject, too.
    r"|\**(?:from|de):[^\n]{1,250}\n[ \t>*]*(?:(?:to|para):[^\n]{1,250}\n[ \t>*]*)?"
    r"(?:sent|date|enviad[oa](?: em)?|data|subject|assunto|cc):)"
    # In mail whose line breaks were lost:
    r"|(?<=\s)(?:On|Em)\s(?=[^\n]{0,40}\b20\d\d\b)[^\n]{5,200}\b(?:wrote|escreveu):"
    r"|(?<=\s)-{2,}[ ]*(?:original message|mensagem original)[ ]*-{2,}",
    re.IGNORECASE | re.MULTILINE,
)
_CUT = re.compile(
    r"^[ \t]*(?:--[ \t]*$|(?:enviad[oa] (?:d[oe]|pelo) (?:meu|minha|iphone|android|samsung|celular)"
    r"|sent from (?:my|mail for)|get outlook for|obter (?:o )?outlook)\b.*$)",
    re.IGNORECASE | re.MULTILINE,
)
_SIGN_OFF = re.compile(
    r"^[ \t]*(?:atenciosamente|att|atte|cordialmente|abra[çc]os?|abs|um abra[çc]o|grat[oa]|(?:muito )?obrigad[oa]|sauda[çc][õo]es"
    r"|(?:best|kind|warm|many)? ?(?:regards|wishes|thanks)|best(?=,)|sincerely|cheers|thank you|yours (?:truly|sincerely|faithfully))"
    r"[ \t]*[,.!]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FLAT_SIGN_OFF = re.compile(
    r"(?<=[.!?])\s+(?:Atenciosamente|Cordialmente|Abraços|Att|Best regards|Kind regards|Regards|Sincerely),?\s+[A-ZÀ-Þ].{0,200}\Z"
)
# One of these stands in all that the patterns above find; without it they need not be tried at every character.
_OF_HISTORY = ("wrote:", "escreveu:", "--", "____", "from:", "de:")
_OF_CUTS = ("--", "enviad", "sent from", "outlook")
_OF_FLAT_SIGN_OFFS = ("Atenciosamente", "Cordialmente", "Abraços", "Att", "egards", "Sincerely")
_LONGEST = 50_000  # what is beyond is history, or no mail
_STEP = re.compile(r"[\w ]{1,30}: \S")  # beneath "Obrigado" as an answer's first word
_SIGNATURE_LINES = 8
_SIGNATURE_CHARACTERS = 1500
_NAME_CHARACTERS = 60


def own_words(text: str) -> str:
    """Return what the writer of *text* (plain, or HTML) wrote; empty where that is nothing."""
    text = text[:_LONGEST]
    plain = _from_html(text) if "<" in text and _TAG.search(text) else text
    plain = _MARKER.sub("", plain) if "##-" in plain else plain
    return _without_signature(_without_history(plain)).strip()


def _from_html(text: str) -> str:
    soup = BeautifulSoup(text, "html.parser")
    for tag in soup.select(_NOT_OWN):
        tag.decompose()
    lines = (line for block in read_html(str(soup)).blocks for line in (*block.lines, block.tail))
    return clean("\n".join(line for line in lines if line))


def _without_history(text: str) -> str:
    found = _HISTORY.search(text) if mentions(text.lower(), _OF_HISTORY) else None
    before, after = (text[: found.start()], text[found.end() :]) if found else (text, "")
    own = _unquoted(before.splitlines())
    if own.strip() or ">" not in after:
        return own
    return _unquoted(after.splitlines())  # some write beneath what they quote


def _unquoted(lines: Sequence[str]) -> str:
    return "\n".join(line for line in lines if not line.lstrip().startswith(">"))


def _without_signature(text: str) -> str:
    cut = _CUT.search(text) if mentions(text.lower(), _OF_CUTS) else None
    text = text[: cut.start()] if cut else text
    for found in _SIGN_OFF.finditer(text) if "\n" in text else ():
        if text[: found.start()].strip() and _is_signature(text[found.end() :]):
            return text[: found.start()]
    return _FLAT_SIGN_OFF.sub("", text) if mentions(text, _OF_FLAT_SIGN_OFFS) else text


def _is_signature(rest: str) -> bool:
    """Tell the lines beneath "Regards," from those beneath a "Thank you!" amid a mail: few, the first one no sentence."""
    if len(rest) > _SIGNATURE_CHARACTERS:
        return False
    lines = [line.strip() for line in rest.splitlines() if line.strip()]
    if not lines or _STEP.match(lines[0]):
        return not lines
    return len(lines) <= _SIGNATURE_LINES and len(lines[0]) <= _NAME_CHARACTERS and lines[0][-1] not in ".?!:;"
