"""Small corrections of grammar, each proposed for a person to accept; codes, numbers, names and placeholders are out of bounds."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from bot.numerals import fold, numerals
from store.accents import is_listed, with_accents

Kind = Literal["spacing", "doubled", "capital", "accents", "spelling", "grammar"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """In place of *before*, which stands at `start`, write *after*, or one of *others*, which are less likely."""

    kind: Kind
    start: int
    before: str
    after: str
    others: tuple[str, ...] = ()


Check = Callable[[str], Iterator[Proposal]]

# Nothing within these is touched: addresses, quoted code, what holds a digit or a sign (placeholders do), capitals, brands such as iPhone.
UNTOUCHED: Final = re.compile(
    r"https?://\S+|\S+@\S+|`[^`\n]*`|\S*[\d_/\\#&=<>{}|~^*+%$€£]\S*|\b[A-ZÀ-Þ]{2,}\b|\b\w+(?<=[^\W\dA-ZÀ-Þ_])[A-ZÀ-Þ]\w*"
)
_SPACING: Final = (
    (re.compile(r"(?<=\w)[ \t]+(?=[,;!?](?:\s|$))"), lambda _match: ""),
    (re.compile(r"(?<=\S)[ \t]{2,}(?=\S)"), lambda _match: " "),
    (re.compile(r"(?<=[a-zà-ÿ]{2})([,;])(?=[a-zà-ÿ]{2})"), lambda match: match[1] + " "),
)
# "que que", "nos nos" and the like may be meant.
_DOUBLED = re.compile(
    r"\b(de|da|do|das|dos|o|a|os|as|um|uma|em|no|na|para|com|por|e|the|of|to|in|and|is|for|with|an)[ \t]+\1\b", re.IGNORECASE
)
_BEGINNING = re.compile(r"(?:\A|(?<=[.!?]\s))([a-zà-ÿ])(?=[a-zà-ÿ]+[ ,])")
_WORD = re.compile(r"[^\W\d_]+")


def propose(text: str, check: Check | None = None) -> tuple[Proposal, ...]:
    """
    Return what may be corrected in *text*, in order and apart from each other; nothing in codes, numbers, addresses and names.

    A capitalised word that begins no sentence counts as a name, and so does one that begins one where it is merely unknown. Call it off
    the event loop: the language is told by a model.

    Args:
        text: What somebody wrote.
        check: Finds more, as `Grammar` does; what of it touches what is out of bounds is left out.
    """
    untouched = [match.span() for match in UNTOUCHED.finditer(text)]
    candidates = [*_own(text), *(check(text) if check else ())]
    found: list[Proposal] = []
    end = 0
    for proposal in sorted(candidates, key=lambda each: (each.start, each.kind)):
        if (proposal.start >= end or not found) and _may(proposal, text, untouched):
            others = (each for each in proposal.others if _may(replace(proposal, after=each), text, untouched))
            found.append(replace(proposal, others=tuple(others)))
            end = proposal.start + max(len(proposal.before), 1)
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


def begins_sentence(text: str, start: int) -> bool:
    """Tell whether the word at *start* begins a sentence."""
    before = text[:start].rstrip()
    return not before or before[-1] in ".!?\n" or "\n" in text[len(before) : start]


def _may(proposal: Proposal, text: str, untouched: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a proposal leaves codes, numbers and names as they are."""
    end = proposal.start + len(proposal.before)
    if any(start < end and proposal.start < stop for start, stop in untouched):
        return False
    if _numbers(proposal.before) != _numbers(proposal.after):
        return False
    kept = set(_WORD.findall(proposal.after))
    for match in _WORD.finditer(proposal.before):
        unknown = proposal.kind in ("spelling", "accents") and not is_listed(match[0])
        if match[0][0].isupper() and match[0] not in kept and (unknown or not begins_sentence(text, proposal.start + match.start())):
            return False
    return True


def _numbers(text: str) -> Counter[object]:
    words = [fold(word) for word in _WORD.findall(text)]
    return Counter([numerals()[word] for word in words if word in numerals()] + re.findall(r"\d+", text))


def _own(text: str) -> Iterator[Proposal]:
    for pattern, write in _SPACING:
        yield from _by(pattern, "spacing", write, text)
    yield from _by(_DOUBLED, "doubled", lambda match: match[1], text)
    yield from _by(_BEGINNING, "capital", lambda match: match[1].upper(), text)
    accented = with_accents(text)
    if len(accented) == len(text):  # each letter in its place
        for match in _WORD.finditer(text):
            word, start = match[0], match.start()
            is_name = word[0].isupper() and not is_listed(word)
            if accented[start : match.end()] != word and not is_name:
                yield Proposal("accents", start, word, accented[start : match.end()])


def _by(pattern: re.Pattern[str], kind: Kind, write: Callable[[re.Match[str]], str], text: str) -> Iterator[Proposal]:
    for match in pattern.finditer(text):
        yield Proposal(kind, match.start(), match[0], write(match))
