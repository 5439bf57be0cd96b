"""Personal data and secrets out of what people write, before anything else sees it. Free-text names are best effort."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import cycle
from operator import itemgetter

from bot.placeholders import MOST, Redacted
from store.detectors.every import detectors, warm_up
from store.own_patterns import Exceptions, OwnPatterns
from store.personal_data import KINDS, Detect, Span, bare, detect_names
from store.readers.people import People


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    value: str
    written: str = field(default="", compare=False)


_Part = _Found | str  # what stands in a hole: a find, or one of the operator's exceptions, which no detector reads on
_REPEATED = frozenset({"SECRET", "PHONE", "PIX", "PLATE", "RG", "ADDRESS"})  # kinds that their surroundings tell
_LEAST_TELLING = 6  # characters
_REMEMBERED = 2000  # names, and values, of a long text
_DASH = re.compile(r"[\u00ad\u2010-\u2013\u2212](?<=[\w)].)(?=[\w(])")
# Nobody sees them, and a number or an address with one inside is not found. Joiners are part of words elsewhere.
_UNSEEN = re.compile(r"[\u200b\u2060\ufeff]|(?<=\d)[\u200c\u200d]+(?=[\d.\-/ ])|(?<=[.\-/ ])[\u200c\u200d]+(?=\d)")
_HOLE = "\ue000"  # neither letter nor space; what a text itself has of it is no hole


@dataclass(slots=True)
class _Text:
    """
    A text with a hole for each thing found, so that detectors read what stands around a find, and nothing within.

    `plain` is `left` in compatibility form (wide digits and letters as usual ones, one hyphen), character by character.
    """

    left: str
    holes: list[tuple[int, _Part]]
    plain: str = ""

    def __post_init__(self) -> None:
        self.plain = _plain(self.left)

    def cut(self, finds: Sequence[tuple[int, int, _Part]]) -> None:
        """Make holes of the stretches *finds*, which hold no hole yet."""
        pieces, holes, end, length = [], [], 0, 0
        for start, stop, part in sorted([*finds, *((at, at + 1, part) for at, part in self.holes)], key=itemgetter(0)):
            pieces += [self.left[end:start], _HOLE]
            length += start - end
            holes.append((length, part))
            length, end = length + 1, stop
        self.left, self.holes = "".join((*pieces, self.left[end:])), holes
        self.plain = _plain(self.left)


@dataclass(slots=True)
class _Numbering:
    """The same value gets the same number within a conversation; numbers of placeholders already there are not used again."""

    highest: Counter[str] = field(default_factory=Counter)
    given: dict[_Found, int] = field(default_factory=dict)
    earlier: set[_Found] = field(default_factory=set)
    wholes: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    values: dict[str, str | None] = field(default_factory=dict)

    def placeholder(self, found: _Found) -> str:
        """Return the placeholder of *found*, and count it unless it is an earlier redaction's."""
        if found.kind == "PERSON" and found.value in self.wholes:
            found = _Found(found.kind, self.wholes[found.value])
        is_value = found not in self.earlier
        if is_value:
            self.counts[found.kind] += 1
        if found not in self.given:
            self.highest[found.kind] += 1
            self.given[found] = self.highest[found.kind]
        placeholder = f"[{found.kind}_{self.given[found]}]"
        if is_value or placeholder not in self.values:
            self.values[placeholder] = found.value if is_value else None
        return placeholder


class PatternRedactor:
    """
    Replaces personal data by `[EMAIL_1]`, `[PHONE_1]` and so on, by patterns, check digits, cue phrases and the names it is told.

    Redacting twice gives what redacting once gave.
    """

    def __init__(self, own: OwnPatterns | None = None, *, exceptions: Sequence[str] = (), more: Sequence[Detect] = ()) -> None:
        """
        Load the tables of the number formats (0.3 s, from disk: off the event loop).

        Args:
            own: The operator's patterns; they come first.
            exceptions: Contacts of the company, which stay as they are however they are written.
            more: Further detectors, which come last.
        """
        warm_up()
        self._own = own or OwnPatterns({})
        self._exceptions = Exceptions(exceptions)
        self._first, self._more = self._own.detectors, tuple(more)

    def redact(self, text: str, names: Sequence[str] = ()) -> str:
        """Return *text* with personal data, secrets and the known *names* replaced by typed placeholders."""
        return self.redact_together((text,), names).texts[0]

    def redact_together(self, texts: Sequence[str], names: Sequence[str] = (), *, also: Sequence[Detect] = ()) -> Redacted:
        """Return *texts*, turns of one conversation: the same value gets the same placeholder in all of them; *also* find some more."""
        return self._conversation(*also, detect_names(tuple(names))).redact(texts)

    def conversation(self, names: Sequence[str] = ()) -> "Conversation":
        """Return a conversation that is redacted piece by piece; it grows with the different values found."""
        return self._conversation(detect_names(tuple(names)))

    def redact_by(self, text: str, names: Detect) -> str:
        """Return *text* with personal data, secrets and what *names* finds replaced by typed placeholders."""
        return self._conversation(names).redact((text,)).texts[0]

    def _conversation(self, *told: Detect) -> "Conversation":
        return Conversation((*self._first, *detectors(), *self._more, *told), (*KINDS, *self._own.kinds), self._exceptions)


class Conversation:
    """What was found so far: the same value gets the same placeholder in every piece."""

    def __init__(self, detect: Sequence[Detect], kinds: Sequence[str], exceptions: Exceptions) -> None:
        """Begin with nothing found; *kinds* are all that *detect* may find."""
        self._detect = tuple(detect)
        self._placeholder = _placeholders(tuple(kinds))
        self._exceptions = exceptions
        self._numbering = _Numbering()
        self._told: tuple[str, ...] = ()
        self._people = People(())
        self._values: dict[str, _Found] = {}

    def reserve(self, text: str) -> None:
        """Give no number that a placeholder in *text*, a piece that comes later, has already."""
        _split_placeholders(text, self._placeholder, self._numbering)

    def redact(self, texts: Sequence[str]) -> Redacted:
        """Return the next pieces, redacted, with how often each kind was found in them."""
        numbering = self._numbering
        numbering.counts, numbering.values = Counter(), {}
        seen = [text if text.isascii() else _UNSEEN.sub("", text) for text in texts]
        cut = [_split_placeholders(text, self._placeholder, numbering) for text in seen]  # all first: no number is given twice
        for text in cut:
            if text.left:
                _find(text, self._detect, self._exceptions)
        self._remember(cut)
        again = [detect for known, detect in ((self._told, self._people.detect), (self._values, self._detect_values)) if known]
        for text in cut:  # what was told once, or said to be a password, is found wherever else it stands
            if any(_find_once(text, detect, self._exceptions) for detect in again):
                _find(text, (*self._detect, *again), self._exceptions)
        return Redacted(tuple(_written(text, numbering) for text in cut), numbering.counts, numbering.values)

    def _remember(self, texts: Sequence[_Text]) -> None:
        found = [part for text in texts for _, part in text.holes if isinstance(part, _Found) and part.written]
        told = tuple(dict.fromkeys((*self._told, *(part.value for part in found if part.kind == "PERSON" and part.value.islower()))))
        if told != self._told:
            self._told = told[-_REMEMBERED:]
            self._people = People(self._told)
            self._numbering.wholes = _wholes(self._told)
        self._values |= {part.written: part for part in found if part.kind in _REPEATED and _is_telling(part.written)}
        while len(self._values) > _REMEMBERED:
            self._values.pop(next(iter(self._values)))

    def _detect_values(self, text: str) -> Iterator[Span]:
        for written, part in self._values.items():
            at = text.find(written)
            while at >= 0:
                end = at + len(written)
                if not text[end : end + 1].isalnum() and not (at and text[at - 1].isalnum()):
                    yield Span(at, end, part.kind, part.value)
                at = text.find(written, end)


def _is_telling(written: str) -> bool:
    """Tell what is hardly ever written by chance from a password such as "azul"."""
    return len(written) >= _LEAST_TELLING and not written.isalpha()


@lru_cache(maxsize=64)
def _placeholders(kinds: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\[(?P<kind>{'|'.join(kinds)})_(?P<number>\d{{1,9}})\]")


def _split_placeholders(text: str, placeholder: re.Pattern[str], numbering: _Numbering) -> _Text:
    whole, finds = _Text(text, []), []
    for match in placeholder.finditer(text) if "[" in text else ():
        found = _Found(match["kind"], match[0])
        numbering.given[found] = int(match["number"])
        numbering.earlier.add(found)
        if int(match["number"]) < MOST:
            numbering.highest[found.kind] = max(numbering.highest[found.kind], int(match["number"]))
        finds.append((*match.span(), found))
    if finds:
        whole.cut(finds)
    return whole


def _find(text: _Text, todo: Sequence[Detect], exceptions: Exceptions) -> None:
    """Run the detectors until nothing more is found: what is found late may have hidden something from an earlier one."""
    idle = 0  # detectors in a row that found nothing: once all did, none would find anything
    for detect in cycle(todo):
        idle = 0 if _find_once(text, detect, exceptions) else idle + 1
        if idle >= len(todo):
            return


def _find_once(text: _Text, detect: Detect, exceptions: Exceptions) -> bool:
    spans = [*detect(text.plain)]
    if not spans:
        return False
    finds = []
    for span in _disjoint(spans):
        for start, end in _between_holes(text.holes, span):
            found = text.left[start:end]
            value = span.value if end - start == span.end - span.start else bare(found)
            finds.append((start, end, found if exceptions.hold(found) else _Found(span.kind, value, found)))
    if finds:
        text.cut(finds)
    return bool(finds)


def _between_holes(holes: Sequence[tuple[int, _Part]], span: Span) -> Iterator[tuple[int, int]]:
    start = span.start
    first = bisect_left(holes, start, key=itemgetter(0))
    for at, _part in holes[first : bisect_left(holes, span.end, key=itemgetter(0))]:
        if at > start:
            yield start, at
        start = at + 1
    if span.end > start:
        yield start, span.end


def _disjoint(spans: list[Span]) -> Iterator[Span]:
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            yield span
            end = span.end


def _wholes(names: Sequence[str]) -> dict[str, str]:
    """Return the longest name that each part of *names* belongs to."""
    wholes: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        for part in (name, *name.split()):
            wholes.setdefault(part, name)
    return wholes


def _written(text: _Text, numbering: _Numbering) -> str:
    pieces, end = [], 0
    for at, part in text.holes:
        pieces += [text.left[end:at], part if isinstance(part, str) else numbering.placeholder(part)]
        end = at + 1
    return "".join((*pieces, text.left[end:]))


def _plain(text: str) -> str:
    """
    Return *text* in compatibility form (wide digits and letters as usual ones) where that keeps each character's place.

    Dashes within a word or number are hyphens, too: phones and word processors write 98765\u20114321.
    """
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFKC", text):
        text = "".join(map(_plain_character, text))
    return _DASH.sub("-", text)


def _plain_character(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character
