"""Answers and passages as JSON: what `--json` prints and the HTTP API sends, and what their sources and experts are called."""

import re
from typing import Any, Final

from bot.messages import Answer, Passage, Source

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")  # store/pseudonyms.py
_NAME_CHARACTERS: Final = 120


def expert_name(author: str) -> str:
    """Return the name of whoever approved an answer; empty where they are known by a pseudonym alone."""
    return "" if _PSEUDONYM.fullmatch(author) else author


def source_name(title: str, source: str) -> str:
    """Return what a source is called among others, shortened: its title, of an approved answer with the question it was written for."""
    return shortened(source if names_itself(title, source) else title)


def names_itself(title: str, source: str) -> bool:
    """Tell whether *source* is an approved answer's, which says its title and question."""
    return source.startswith(f"{title}: ")


def shortened(text: str, most: int = _NAME_CHARACTERS) -> str:
    """Return *text* on one line, cut off with "…" after *most* characters: a name among others, not the thing itself."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def answer_fields(answer: Answer) -> dict[str, Any]:
    """Return *answer* with the names that `ask --json` promises."""
    return {
        "exchange_id": answer.exchange_id,
        "answer": answer.text,
        "sources": [source_fields(source) for source in answer.sources],
        "see_also": [source_fields(source) for source in answer.see_also],
        "verified": answer.kind == "verified",
        "quoted": answer.kind == "quoted",
        "declined": answer.kind == "declined",
        "approved_by": expert_name(answer.approved_by),
        "approved_at": answer.approved_at.isoformat() if answer.approved_at else None,
        "answered_question": answer.answered_question,
        "hand_off": answer.hand_off,
        "confidence": answer.confidence,
        "model": answer.model,
        "timings": dict(answer.timings),
        **({"instead_of": answer.instead_of} if answer.instead_of else {}),
    }


def source_fields(source: Source) -> dict[str, Any]:
    """Return *source* without its words; `dated` is there where it has a day."""
    named = {"title": source.title, "source": source.source, "passage_id": source.passage_id, "score": source.score}
    return {**named, **({"dated": source.dated} if source.dated else {})}


def hit_fields(passage: Passage) -> dict[str, Any]:
    """Return *passage* with the names that `knowledge search --json` promises."""
    return {
        "source": passage.source,
        "title": passage.title,
        "text": passage.text,
        "score": passage.score,
        "row": passage.row,
        "page": passage.page,
        "anchor": passage.anchor,
        "dated": passage.dated,
    }
