"""Which of the passages that an answer rests on are shown beneath it, and where they can be opened."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from bot.messages import AnswerKind, Approved, Found, Passage, Source
from bot.numerals import fold
from bot.quotation import is_quoted
from bot.standing import Standing
from bot.texts import N_, translate
from bot.wording import sentences_of

_CLOSEST: Final = 3
_BESIDE: Final = 2  # of other documents


def sources_of(kind: AnswerKind, passages: Sequence[Passage], answer: str) -> tuple[Source, ...]:
    """
    Return each source once, with the best of its passages.

    A generated answer's are those that its sentences stand in, best first; a quotation has one, or one for each of several questions, an
    approved answer and a courtesy none, and a declined one the closest there are.
    """
    match kind:
        case "verified" | "courtesy":
            used: Sequence[Passage] = ()
        case "quoted":
            used = [passage for at, passage in enumerate(passages) if at == 0 or is_quoted(passage.text, answer)]
        case "declined":
            used = passages[:_CLOSEST]
        case "generated":
            used = supporting(passages, answer)
    first = {passage.source: passage for passage in reversed(used)}
    return tuple(_source(passage) for passage in used if first[passage.source] is passage)


def see_also(kind: AnswerKind, sources: Sequence[Source], beside: Sequence[Passage]) -> tuple[Source, ...]:
    """Return where to read on: the best *beside* that are none of the answer's *sources*, where it was made from passages."""
    if kind not in ("generated", "quoted"):
        return ()
    shown = {source.source for source in sources}
    return tuple(_source(passage) for passage in beside if passage.source not in shown)[:_BESIDE]


def approved_passage(approved: Approved, language: str) -> Passage:
    """Return an *approved* answer, which is in *language* (ISO 639-1), as a passage among others."""
    named = translate(language, N_("Approved answer"))
    heading, text = approved.question, approved.answer
    source = _approved_source(named, heading)
    return Passage(approved.approved_id, source, named, heading, text, approved.audience, language, scope=approved.scope)


def _approved_source(named: str, question: str) -> str:
    """Return what an approved answer is named by: beneath an answer to another question people see which one it was written for."""
    return f"{named}: {question}"


def _source(passage: Passage) -> Source:
    return Source(passage.title, passage.source, passage.passage_id, passage.score, passage.text, passage.link, passage.dated)


def answered_question(kind: AnswerKind, asked: str, passages: Sequence[Passage], *, answer: str, approved: str) -> str:
    """
    Return the question that *answer* was written for, so that people see where it is not quite theirs; empty where it is, or says so.

    It is that of the *approved* answer, or of a quoted entry of an FAQ, whose heading it is, or the last of; other documents answer none.
    """
    path = passages[0].heading if kind == "quoted" and passages else ""
    heading = path.rpartition(" > ")[2]
    answered = approved or (heading if heading.rstrip().endswith("?") and path not in answer else "")
    return "" if _words(answered) == _words(asked) else answered


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def supporting(passages: Sequence[Passage], answer: str) -> tuple[Passage, ...]:
    """
    Return those of *passages* (best first) that the sentences of *answer* stand in, those first that hold most of it.

    Words that few of the passages hold tell most. Where no sentence stands in any of them, as in an answer in another language, it is the
    best passage that the answer was made from.
    """
    if len(passages) < 2:
        return tuple(passages)
    standing = Standing([f"{passage.heading} {passage.text}" for passage in passages])
    weight = [sum(shares) for shares in zip(*map(standing.shares, sentences_of(answer)), strict=True)] or [0.0] * len(passages)
    ranked = sorted((at for at, each in enumerate(weight) if each), key=lambda at: -weight[at])
    return tuple(passages[at] for at in ranked) or tuple(passages[:1])


def linked(found: Found, links: Mapping[str, str]) -> Found:
    """Return what was *found* with the addresses at which it can be opened; see `link_of`."""

    def each_of(passages: Sequence[Passage]) -> tuple[Passage, ...]:
        return tuple(replace(passage, link=link_of(passage, links)) for passage in passages)

    return replace(found, passages=each_of(found.passages), closest=each_of(found.closest), beside=each_of(found.beside))


def link_of(passage: Passage, links: Mapping[str, str]) -> str:
    """
    Return the web address of *passage*, with the place in it where that is known; empty where it has none, as approved answers have.

    Args:
        passage: Its source is an address, or a path.
        links: For the beginning of a path the address that takes its place; the longest beginning counts.
    """
    if passage.source == _approved_source(passage.title, passage.heading):
        return ""
    address = passage.source if passage.source.startswith(("http://", "https://")) else _mapped(passage.source, links)
    if not address:
        return ""
    plain, _, fragment = address.partition("#")
    place = passage.anchor or (f"page={passage.page}" if passage.page else fragment)
    return f"{plain}#{quote(place, safe='=-_.~')}" if place else plain


def _mapped(path: str, links: Mapping[str, str]) -> str:
    beginning = max((each for each in links if path.startswith(each)), key=len, default=None)
    return "" if beginning is None else links[beginning] + quote(path.removeprefix(beginning))
