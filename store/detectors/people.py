"""Names that the words around them tell: introductions, greetings, labels, signatures."""

import re
from collections.abc import Iterator

from store.detectors.first_names import FIRST_NAMES, SURNAMES
from store.personal_data import PARTICLES, Span, bare, mentions

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,30}"
_NAME = rf"{_CAPITAL}(?:[ ](?:(?:d[aeo]s?|e|von|van|de la)[ ])?{_CAPITAL}){{0,5}}"
_INTRODUCTION = re.compile(
    r"(?i:\b(?:meu nome (?:completo )?é|me chamo|chamo-me|aqui é [oa]|aqui quem fala é(?: [oa])?|quem fala é(?: [oa])?|my (?:full )?name is"
    rf"|my name['’]s|this is me,))\s{{1,3}}({_NAME})"
)
_PRESENTED = re.compile(
    rf"(?i:\b(?:sou(?: [oa])?|aqui é|eu sou(?: [oa])?|i['’]m|i am|this is|it['’]s|fala(?:ndo)? com(?: [oa])?))\s{{1,3}}({_NAME})"
    r"(?P<speaking>(?i:\s(?:speaking|calling|here|falando|from)\b))?"
)
_TITLED = re.compile(rf"[SsDdM](?<!\w.)(?:(?<=[Ss])r[ta]{{0,2}}|(?<=[Dd])ra?|(?<=M)(?:rs?|s|iss))\.?\s({_NAME})")
_LABEL = (
    r"(?:nome(?: completo| d[oa] (?:cliente|titular|solicitante|paciente|aluno|portador))?|(?:full |customer |first |last )?name|customer"
    r"|client|cliente|titular|solicitante|requester|paciente|patient|atendente|agente?|assignee|responsável|contato|contact|funcionári[oa]|employee"
    r"|de|para|from|to|cc)"
)
_LABELLED = re.compile(rf"(?im:(?:^|(?<=[\s\"'{{(\[|;,])){_LABEL}\s?[:=])[ ]{{0,2}}({_NAME})(?P<rest>[^\n]{{0,3}})")
_ROLE = re.compile(
    r"\b(?:[Pp]aciente|[Tt]itular|[Mm]otorista|[Pp]rocurador|[Dd]ependente|[Bb]enefici[áa]ri[oa]|[Bb]eneficiary(?: to)?"
    rf"|[Nn]ame on (?:the )?card|[Nn]ome no cartão|[Tt]itularidade para|[Cc]olaboradora?|[Ii]nquilin[oa]|[Aa]lun[oa]|[Ee]u,) ({_NAME})"
)
_SIGNED = re.compile(
    r"(?im:(?:^|(?<=[.!?,]\s))[ \t]*(?:att|atte|atenciosamente|cordialmente|grat[oa]|abs|abra[çc]os?|sauda[çc][õo]es|cumprimentos"
    r"|(?:best|kind|warm|many)?[ ]?regards|(?:yours )?(?:sincerely|truly|faithfully)|best(?: wishes)?|cheers))"
    rf"[ \t]*[.,!]{{0,2}}(?:[ \t]*\n){{0,2}}[ \t]*[-–—]?[ \t]*({_NAME})[ \t]*[.,]?[ \t]*(?=\n|\Z|\|)"
)
_GREETED = re.compile(
    rf"(?i:(?<!\w)(?:ol[áa]|oi|prezad[oa]|car[oa]|hi|hello|dear|hey)),? ({_CAPITAL})(?=[ ]?[,!?:]|\s(?:here|aqui)\b|[ ]?\n)"
)
_FOUND = re.compile(_NAME)
# Before a known first name: greetings, thanks, articles, what people are to each other.
_BEFORE = re.compile(
    r"(?:\b(?:ola|oi+e?|bom dia|boa tarde|boa noite|prezad[oa]|car[oa]|hi|hello|dear|hey|obrigad[oa]|valeu|thanks|thank you|grat[oa]"
    r"|att|abs|abracos?"
    r"|regards|sincerely|cheers|best)[\s,.!-]{1,3}(?:(?:dona|seu|senhora?)\s)?"
    r"|\b(?:[oa]|com|para|pra|pel[oa]|d[oa]|n[oa]|dona|seu|senhora?|with|from|to|by|for|ask|tell|cliente|atendente|colega|gerente"
    r"|tecnic[oa]|supervisora?|marido|esposa|filh[oa]"
    r"|mae|pai|irma|irmao|soci[oa]|agent|customer|colleague|manager|husband|wife|son|daughter|technician|named|chamad[oa]|nome de"
    r"|name of)\s)$"
)
_LOWER = re.compile(
    r"\b(?:meu nome é|me chamo|sou [oa]|aqui é [oa]|my name is|i['’]m|i am)\s([^\W\d_]{2,20}(?:\s[^\W\d_]{1,20}){0,5})", re.IGNORECASE
)
_INTRODUCING = ("nome", "chamo", "aqui", "quem fala", "name", "this is")
_PRESENTING = ("sou", "aqui é", "i'm", "i’m", "i am", "this is", "it's", "it’s", "fala")
_SIGNING = ("att", "atenciosamente", "cordialmente", "grat", "abs", "abra", "sauda", "cumprimentos", "regards", "sincerely", "truly")
_SIGNING_TOO = ("faithfully", "best", "cheers")
_OTHER_WORDS = """
equipe time suporte atendimento financeiro comercial vendas departamento setor central team support sales customer service department
pessoal todos todas gente galera all everyone team folks there sir madam senhor senhora senhores colegas amigos bot
the dear hello obrigado obrigada thanks bom boa oi ola sim nao yes no aguardo segue favor por please cliente atendente
"""
_NO_NAMES = frozenset(_OTHER_WORDS.split())


def detect_introductions(text: str) -> Iterator[Span]:
    """Yield names of people who introduce themselves, are addressed or talked of by name, or sign."""
    low = text.lower()
    if mentions(low, _INTRODUCING):
        yield from (_span(match) for match in _INTRODUCTION.finditer(text) if _may_be_name(match[1]))
    if mentions(low, _PRESENTING):
        yield from _presented(text)
    if mentions(low, (*_INTRODUCING, *_PRESENTING)):
        yield from _in_lower_case(text)
    for pattern in (_TITLED, _ROLE, _GREETED):
        yield from (_span(match) for match in pattern.finditer(text) if _may_be_name(match[1]))
    if ":" in text or "=" in text:
        yield from _labelled(text)
    if mentions(low, (*_SIGNING, *_SIGNING_TOO)):
        yield from (_span(match) for match in _SIGNED.finditer(text) if _may_be_name(match[1]))
    yield from _known(text)


def _presented(text: str) -> Iterator[Span]:
    for match in _PRESENTED.finditer(text):
        first = _first_word(match[1])
        if first in FIRST_NAMES or (_may_be_name(match[1]) and (" " in match[1] or match["speaking"]) and not match[1].isupper()):
            yield _span(match)


def _in_lower_case(text: str) -> Iterator[Span]:
    for match in _LOWER.finditer(text):
        if length := _lower_name(match[1]):
            yield Span(match.start(1), match.start(1) + length, "PERSON", bare(match[1][:length]))


def _labelled(text: str) -> Iterator[Span]:
    for match in _LABELLED.finditer(text):
        ends = not match["rest"] or match["rest"][0] in ",;.|(\"'-\n" or match["rest"][:2] in (" |", " -", " (", " –", " <")
        if _first_word(match[1]) in FIRST_NAMES or (" " in match[1] and ends and _may_be_name(match[1])):
            yield _span(match)


def _known(text: str) -> Iterator[Span]:
    for match in _FOUND.finditer(text):
        words = bare(match[0]).split(" ")
        if words[0] not in FIRST_NAMES or (len(match[0]) < 5 and match[0].isupper()):  # an abbreviation
            continue
        whole = len(words) > 1 and words[-1] in SURNAMES
        if whole or _BEFORE.search(bare(text[max(0, match.start() - 30) : match.start()])):
            yield Span(*match.span(), "PERSON", bare(match[0]))


def _first_word(name: str) -> str:
    return bare(name.split(" ", 1)[0])


def _may_be_name(name: str) -> bool:
    words = set(bare(name).split())
    return not words & _NO_NAMES and not any(character.isdigit() for character in name)


def _lower_name(words: str) -> int:
    """Return how many characters of *words* are a name written in lower case: a known first name and what belongs to it."""
    end = 0
    for number, match in enumerate(re.finditer(r"\S+", words)):
        word = bare(match[0])
        if not (word in FIRST_NAMES if number == 0 else word in FIRST_NAMES or word in SURNAMES or word in PARTICLES):
            break
        if word not in PARTICLES:
            end = match.end()
    return end


def _span(match: re.Match[str]) -> Span:
    return Span(*match.span(1), "PERSON", bare(match[1]))
