"""Small corrections of grammar, each proposed for a person to accept: spacing, doubled words, capitals, accents."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from store.accents import with_accents

Kind = Literal["spacing", "doubled", "capital", "accents"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """In place of *before*, which stands at `start`, write *after*."""

    kind: Kind
    start: int
    before: str
    after: str


# Nothing within these is touched: addresses, placeholders, what holds a digit or a sign, names in capitals, quoted code.
_UNTOUCHED = re.compile(r"https?://\S+|\S+@\S+|\[[A-Z]+_\d+\]|`[^`\n]*`|\S*[\d_/\\#&=<>{}|~^*+%$]\S*|\b[A-ZÀ-Þ]{2,}\b")
_SPACING: Final = (
    (re.compile(r"(?<=\S)[ \t]{2,}(?=\S)"), lambda _match: " "),
    (re.compile(r"(?<=\w)[ \t]+(?=[,;!?](?:\s|$))"), lambda _match: ""),
    (re.compile(r"(?<=[a-zà-ÿ]{2})([,;])(?=[a-zà-ÿ]{2})"), lambda match: match[1] + " "),
)
# "que que", "nos nos" and the like may be meant.
_DOUBLED = re.compile(
    r"\b(de|da|do|das|dos|o|a|os|as|um|uma|em|no|na|para|com|por|e|the|of|to|in|and|is|for|with|an)[ \t]+\1\b", re.IGNORECASE
)
_BEGINNING = re.compile(r"(?:\A|(?<=[.!?]\s))([a-zà-ÿ])(?=[a-zà-ÿ]+[ ,])")
_WORD = re.compile(r"[^\W\d_]+")


def propose(text: str) -> tuple[Proposal, ...]:
    """
    Return what may be corrected in *text*, in order and apart from each other; nothing in codes, numbers, addresses and names.

    A capitalised word that begins no sentence counts as a name. Call it off the event loop: the language is told by a model.
    """
    untouched = [match.span() for match in _UNTOUCHED.finditer(text)]
    found: list[Proposal] = []
    for proposal in sorted(_all(text), key=lambda each: (each.start, each.kind)):
        end = proposal.start + len(proposal.before)
        clear = all(end <= start or stop <= proposal.start for start, stop in untouched)
        if clear and (not found or found[-1].start + len(found[-1].before) <= proposal.start):
            found.append(proposal)
    return tuple(found)


def accept(text: str, proposals: Sequence[Proposal]) -> str:
    """
    Return *text* with the accepted *proposals*, any of those that `propose` gave for it.

    Raises:
        ValueError: One of them does not fit the text.
    """
    for each in sorted(proposals, key=lambda each: each.start, reverse=True):
        end = each.start + len(each.before)
        if text[each.start : end] != each.before:
            raise ValueError(f"{each.before!r} does not stand at {each.start}")
        text = text[: each.start] + each.after + text[end:]
    return text


def _all(text: str) -> Iterator[Proposal]:
    for pattern, write in _SPACING:
        yield from _by(pattern, "spacing", write, text)
    yield from _by(_DOUBLED, "doubled", lambda match: match[1], text)
    yield from _by(_BEGINNING, "capital", lambda match: match[1].upper(), text)
    accented = with_accents(text)
    if len(accented) == len(text):  # each letter in its place
        for match in _WORD.finditer(text):
            word, start = match[0], match.start()
            is_name = word[0].isupper() and bool(text[:start].strip()) and text[:start].rstrip()[-1] not in ".!?"
            if accented[start : match.end()] != word and not is_name:
                yield Proposal("accents", start, word, accented[start : match.end()])


def _by(pattern: re.Pattern[str], kind: Kind, write: Callable[[re.Match[str]], str], text: str) -> Iterator[Proposal]:
    for match in pattern.finditer(text):
        yield Proposal(kind, match.start(), match[0], write(match))
