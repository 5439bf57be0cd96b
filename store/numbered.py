"""Numbers that say which one is meant, by their unit or by what they count: a drill of 12 mm, year 6, sala 3."""

import re
from collections.abc import Sequence

Numbered = tuple[str, str]  # what is counted, and the number: ("year", "6")

_SIZED = re.compile(
    r"(?<![\w.,/])(\d+(?:[.,/]\d+)?)\s?(mm|cm|km|m|kg|mg|g|ml|l|kv|v|w|hp|cv|pol|polegadas?|inch(?:es)?|litros?|lit(?:er|re)s?)\b",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"\b(year|grade|class|room|floor|step|phase|level|ano|s[eé]rie|turma|sala|andar|bloco|torre|fase|n[ií]vel|etapa|m[oó]dulo|cp)"
    r"\s(\d{1,4}|[ivx]{1,4})\b(?![-./]?\w)",
    re.IGNORECASE,
)
# Behind these a number is one end of a span, and what lies between is meant as well: years 3 to 6, salas 1 a 4.
_SPAN = re.compile(r"\s*(?:to|a|at[eé]|-|–|and|e|or|ou|,)\s*(?:\d|[ivx]+\b)", re.IGNORECASE)
_WHICH = frozenset({"mm", "pol", "poleg", "inch"})  # units in which only things are told apart; 12 kg may be asked where 10 are allowed


def numbers_meant(text: str) -> frozenset[Numbered]:
    """Return the numbers that say which one is meant, each with what it counts."""
    sized = ((_unit(found[2]), found[1].replace(",", ".")) for found in _SIZED.finditer(text))
    return frozenset((*sized, *_labelled(text)))


def other_number(question: str, texts: Sequence[str]) -> bool:
    """Tell whether none of *texts* tells of a number that *question* means, and one tells of another in its place: of year 5, not of 6."""
    asked = frozenset(each for each in numbers_meant(question) if each[0] in _WHICH) | frozenset(_labelled(question))
    held = [numbers_meant(text) for text in texts] if asked else []
    return any(
        all(each not in numbers for numbers in held) and any(each[0] == counted for numbers in held for counted, _ in numbers)
        for each in asked
    ) and not any(_spans(text, each[0]) for text in texts for each in asked)


def _labelled(text: str) -> list[Numbered]:
    return [(found[1].casefold(), found[2].casefold()) for found in _LABELLED.finditer(text)]


def _spans(text: str, counted: str) -> bool:
    """Tell whether *text* counts by spans or lists: what lies within need not be said."""
    return any(found[1].casefold() == counted and _SPAN.match(text, found.end()) for found in _LABELLED.finditer(text)) or bool(
        re.search(rf"\b{re.escape(counted)}e?s\b", text, re.IGNORECASE)
    )


def _unit(written: str) -> str:
    return written.casefold()[:5].rstrip("s") if len(written) > 2 else written.casefold()
