"""What every chat platform needs to deliver an answer: splitting long texts, one pace for all edits, and the note beneath an answer."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from adapters.json_fields import expert_name, names_itself, shortened, source_name
from bot.messages import Answer, Source
from bot.texts import N_, language_of, translate

SMALLEST_LIMIT: Final = 200  # a fence line, its repair and some text fit
_QUESTION_CHARACTERS: Final = 200  # of a question that is shown to be compared with one's own

# An opening or closing code fence, as CommonMark has it (https://spec.commonmark.org/0.31.2/#fenced-code-blocks) but for the deeper
# indentation that models use inside lists. Longer lines are no fences: a repair must fit any message.
_FENCE = re.compile(r"[ \t]{0,12}(?P<marker>`{3,8}|~{3,8})(?P<info>[^`\n]{0,40})")
_WORD_END = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A source as shown: `url` is empty unless it is a web address that may be opened, `as_of` unless it has a day."""

    title: str
    url: str
    as_of: str = ""

    @property
    def day(self) -> str:
        """What is said behind its name: " (as of Feb 10, 2024)"; empty where it has no day."""
        return f" ({self.as_of})" if self.as_of else ""


@dataclass(frozen=True, slots=True)
class Footnote:
    """
    What stands beneath an answer: `label` says what kind of answer it is (may be empty), `heading` introduces the sources.

    `person` is where a person can be asked, as `Answer.hand_off` has it; `question` is a line that names the question it was written for,
    where that is not the one asked. `also` are other documents, introduced by `also_heading`.
    """

    label: str
    heading: str
    sources: tuple[SourceLink, ...]
    person: str = ""
    question: str = ""
    also_heading: str = ""
    also: tuple[SourceLink, ...] = ()


def sources_line(locale: str, answer: Answer) -> Footnote:
    """Return the note beneath *answer* in the language of *locale*; a platform renders and escapes it."""
    links, also = _links(locale, answer.sources), _links(locale, answer.see_also)
    return Footnote(
        label=_label(locale, answer),
        heading=translate(locale, N_("Closest sources") if answer.kind == "declined" else N_("Sources")) if links else "",
        sources=links,
        person=answer.hand_off,
        question=_question(locale, answer),
        also_heading=translate(locale, N_("See also")) if also else "",
        also=also,
    )


def person_line(locale: str, where: str) -> str:
    """Return the sentence that names whom to ask; *where* is already as the platform shows it."""
    return translate(locale, "A person can help: {where}", where=where)


def is_address(to: str) -> bool:
    """Tell whether a hand-off is an address (the web's or an e-mail's), not a platform's channel."""
    return "://" in to or "@" in to


def rating_labels(locale: str) -> tuple[str, str]:
    """Return the texts of the two rating buttons: good, bad."""
    return translate(locale, "Good answer"), translate(locale, "Bad answer")


def _links(locale: str, sources: Sequence[Source]) -> tuple[SourceLink, ...]:
    links: dict[SourceLink, None] = {}
    for source in sources:
        url = next((address for address in (source.link, source.source) if _is_web(address)), "")
        title = source.title or source.source
        links[SourceLink(shortened(title) if url else _named(title, source.source), url, _as_of(locale, source.dated))] = None
    return tuple(links)


def _as_of(locale: str, dated: str) -> str:
    try:
        return translate(locale, "as of {date}", date=_day(locale, date.fromisoformat(dated))) if dated else ""
    except ValueError:  # the 31st of February, of an export that was read before such days were refused
        return ""


def _day(locale: str, day: date) -> str:
    from babel.dates import format_date

    return format_date(day, format="medium", locale=language_of(locale))


def _label(locale: str, answer: Answer) -> str:
    if answer.kind == "quoted":
        return translate(locale, "Quoted word for word from the source")
    if answer.kind == "generated" and answer.instead_of:
        return translate(locale, "{model} answered in place of {other}", model=answer.model, other=answer.instead_of)
    if answer.kind != "verified":
        return ""
    if answer.approved_at is None:
        return translate(locale, "Approved by an expert")
    day = _day(locale, answer.approved_at)
    name = expert_name(answer.approved_by)
    if name:
        return translate(locale, "Approved by {name} on {date}", name=name, date=day)
    return translate(locale, "Approved by an expert on {date}", date=day)


def _question(locale: str, answer: Answer) -> str:
    question = shortened(answer.answered_question, _QUESTION_CHARACTERS)
    return translate(locale, "Written for the question: {question}", question=question) if question else ""


def _named(title: str, source: str) -> str:
    """Return what tells a source without an address from others."""
    name = source_name(title, source)
    return name if source in title or names_itself(title, source) else f"{name} ({source})"


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"[\s<>|()]", address)


class Pacer:
    """One pace for all running answers of a budget: turns are at least `interval_s` seconds apart, first come, first served."""

    def __init__(
        self, *, interval_s: float, clock: Callable[[], float] = monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")
        self._queue = asyncio.Lock()  # wakes its waiters in the order in which they came

    async def turn(self) -> None:
        """Return when the next call of this budget may be made."""
        async with self._queue:
            while (wait := self._next - self._clock()) > 0:  # again: `hold` may move the next turn meanwhile
                await self._sleep(wait)
            self._next = self._clock() + self._interval_s

    def try_turn(self) -> bool:
        """Take a turn where one is free at once and nobody waits for it."""
        now = self._clock()
        if self._queue.locked() or now < self._next:
            return False
        self._next = now + self._interval_s
        return True

    def hold(self, seconds: float) -> None:
        """Give no turn for *seconds* from now on: the platform said so."""
        self._next = max(self._next, self._clock() + seconds)


def split_text(text: str, limit: int) -> list[str]:
    """
    Split *text* into parts of at most *limit* characters.

    Cuts fall on paragraph borders, else line borders, else between words, and only then inside one. A code block that is cut or never
    ended is closed at the end of its part and opened again in the next. But for these repairs the parts joined are *text*; a
    part that would be blank is left out, because platforms refuse it.

    Args:
        text: Markdown.
        limit: Characters, at least `SMALLEST_LIMIT`.

    Raises:
        ValueError: *limit* is smaller.
    """
    if limit < SMALLEST_LIMIT:
        raise ValueError(f"a limit of {limit} has no room for a fence and its repair")
    if len(text) <= limit and "```" not in text and "~~~" not in text:
        return [text] if text.strip() else []
    parts = []
    opener = ""
    while text:
        cut, fence = _best_cut(text, limit - len(opener), _fence_of(opener))
        piece, text = text[:cut], text[cut:]
        if piece.strip():
            parts.append(opener + piece + _closing(piece, fence))
        opener = f"{fence.line}\n" if fence else ""
    return parts


@dataclass(frozen=True, slots=True)
class _Fence:
    line: str
    marker: str


@dataclass(frozen=True, slots=True)
class _Border:
    """A line border: `end` is the position behind it, `fence` the block open there, `rank` how good a cut it is (0 is best)."""

    end: int
    fence: _Fence | None
    rank: int


def _best_cut(text: str, room: int, fence: _Fence | None) -> tuple[int, _Fence | None]:
    borders = list(_borders(text, room, fence))
    last = borders[-1] if borders else _Border(0, fence, 0)
    if last.end == len(text):
        return last.end, last.fence
    # A good border is of no use where it leaves the part nearly empty.
    late = [border for border in borders if border.end > room // 2]
    if late:
        best = min(late, key=lambda border: (border.rank, -border.end))
        return best.end, best.fence
    # One long line: between words, else anywhere.
    hard = room - len(_closing("x", last.fence))
    spaces = [match.end() for match in _WORD_END.finditer(text, room // 2, hard)]
    return (spaces[-1] if spaces else hard), last.fence


def _borders(text: str, room: int, fence: _Fence | None) -> Iterator[_Border]:
    """Yield the line borders of *text* at which a part may end, its repair included, within *room* characters."""
    position = 0
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        line = text[position:end].rstrip("\n")
        fence = _fence_after(line, fence)
        if end + len(_closing(text[position:end], fence)) > room:
            return
        paragraph = not line.strip() or text.startswith("\n", end) or end == len(text)
        yield _Border(end, fence, 2 if fence else 0 if paragraph else 1)
        position = end


def _fence_after(line: str, fence: _Fence | None) -> _Fence | None:
    found = _FENCE.fullmatch(line)
    if found is None:
        return fence
    marker = found["marker"]
    if fence is None:
        return _Fence(line, marker)
    closes = marker[0] == fence.marker[0] and len(marker) >= len(fence.marker) and not found["info"].strip()
    return None if closes else fence


def _fence_of(opener: str) -> _Fence | None:
    return _fence_after(opener.rstrip("\n"), None) if opener else None


def _closing(piece: str, fence: _Fence | None) -> str:
    if fence is None:
        return ""
    return fence.marker if piece.endswith("\n") else f"\n{fence.marker}"
