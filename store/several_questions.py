"""The questions of a message that asks several things, in Portuguese and English."""

import re
from itertools import pairwise
from typing import Final

from bot.several import Asked
from store.courtesies import COURTESIES
from store.follow_ups import subject_of
from store.lexical import family_of, fold, is_code, terms_of

_MOST: Final = 4  # of more, the message is read as one
_SENTENCE: Final = re.compile(r"(?<=\?)[\s?!.]+")
_ENDED: Final = re.compile(r"[.!;:]\s+|\n+")
# "Or only if I pay?" is the other half of the question before it, "right?" none.
_OTHER_HALF: Final = re.compile(r"\W*(?:ou|or|nem|nor|otherwise|senao|caso contrario)\b")
_GOES_ON: Final = re.compile(r"\W*(?:e|and|also|tambem|mas|but|(?:what|how) about)\b")
_AND: Final = re.compile(r"\W*(?:e|and|also|também|mas|but)\b[\s,]*", re.IGNORECASE)
# What is said to somebody before one asks.
_ASKED_FOR_HELP: Final = frozenset(
    terms_of(
        "help ajuda ajudar ajudam alguém someone anyone anybody know sabe sabem saberia question dúvida pergunta possível possible tirar"
    )
)
_ASKS: Final = (
    r"(?:(?:a |até |em |de |com |por |at |until |by |from |for |to )?"
    r"(?:qual|quais|quanto|quanta|quantos|quantas|quando|onde|como|quem|que (?:horas|dia|documentos)|what|how|when|where|who|which|why)"
    r"|posso|podemos|voc[eê]s|vcs|preciso|can (?:i|we|you)|may (?:i|we)|do (?:i|we|you)|is (?:it|there)|are (?:there|you))\b"
)
_JOINED: Final = re.compile(rf"\s*,?\s+(?:e|and)\s+(?:também\s+|also\s+)?(?={_ASKS})", re.IGNORECASE)
_ASKS_AT_ONCE: Final = re.compile(rf"\W*{_ASKS}", re.IGNORECASE)
_NAMED: Final = 2  # terms, without which "how and when do I …" is one question
_COMPARES: Final = re.compile(r"\b(?:diferenca|entre|compar\w+|versus|vs|x|difference|between|from|ate|substitui\w*|replace\w*)\b")
_CODE: Final = re.compile(r"\w+(?:[-./]\w+)*")
_LEADING_LETTER: Final = re.compile(r"[a-z]")


def questions_of(message: str) -> Asked:
    """
    Return the questions of *message* (redacted), each as it can be looked up after those before it; the message where it asks one thing.

    What is told before a question belongs to it; greetings, thanks and calls for help ask nothing.
    """
    for questions, surely in ((_sentences(message), True), (_codes(message), True), (_joined(message), False)):
        if 1 < len(questions) <= _MOST:
            return Asked(tuple(questions), surely)
    return Asked((message,))


def _sentences(message: str) -> list[str]:
    """Return what ends in a question mark, with what is told before it; what follows the last belongs to that."""
    found: list[str] = []
    told = ""
    for piece in _SENTENCE.split(message.strip()):
        asked = f"{told} {piece}".strip()
        if not piece.endswith("?") or not _says_something(piece):
            told = asked if _says_something(asked) else ""
        elif found and (_OTHER_HALF.match(fold(piece)) or not _stands_alone(piece)):
            found[-1] = f"{found[-1]} {asked}"
        else:
            found.append(asked)
            told = ""
    whole = [*found[:-1], f"{found[-1]} {told}".strip()] if found else []
    return [*whole[:1], *map(_by_itself, whole[1:])]


def _by_itself(question: str) -> str:
    """Return *question* without the "and" before it, which would have it lean on the one before, where it names what it is about."""
    found = _AND.match(question)
    rest = question[found.end() :] if found else ""
    return rest if len(set(terms_of(rest))) >= _NAMED else question


def _says_something(text: str) -> bool:
    terms = set(terms_of(_plain(text)))
    return bool(terms - _ASKED_FOR_HELP) or (not terms and bool(_ASKS_AT_ONCE.match(_plain(text))))


def _stands_alone(question: str) -> bool:
    """Tell whether *question* says what is asked: "png?" behind another only goes on."""
    plain = _plain(question)
    return len(set(terms_of(plain))) >= _NAMED or bool(_ASKS_AT_ONCE.match(plain) or _GOES_ON.match(plain))


def _plain(text: str) -> str:
    return COURTESIES.sub(" ", fold(text))


def _codes(message: str) -> list[str]:
    """Return the message once for each of several codes of one kind, without the others, unless it compares them."""
    spans = [found.span() for found in _CODE.finditer(message) if _is_named(fold(found[0]))]
    codes = dict.fromkeys(fold(message[start:end]) for start, end in spans)
    if len(codes) < 2 or len({*map(family_of, codes)}) > 1 or _COMPARES.search(fold(message)):
        return []
    return [_without(message, [span for span in spans if fold(message[slice(*span)]) != code]) for code in codes]


def _is_named(word: str) -> bool:
    return is_code(word) and bool(_LEADING_LETTER.match(word))  # 10kg is none


def _without(message: str, spans: list[tuple[int, int]]) -> str:
    kept = pairwise([0, *(edge for span in spans for edge in span), len(message)])
    return " ".join("".join(message[start:end] for at, (start, end) in enumerate(kept) if at % 2 == 0).split())


def _joined(message: str) -> list[str]:
    """Return the questions that "and" joins, where the first names what it is about."""
    found = _JOINED.split(message)
    first = _ENDED.split(found[0])[-1]
    if len(found) < 2 or not _ASKS_AT_ONCE.match(_plain(first).strip()) or len(set(terms_of(first))) < _NAMED:
        return []
    return found if all(map(subject_of, found)) else []  # "and how much is it?" asks of the same
