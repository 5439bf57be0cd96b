"""Answers and passages as `--json` prints them, and who is named as their asker."""

import asyncio
import getpass
from typing import Any

from bot.messages import Answer, Passage


async def operator_name() -> str:
    """Return who works at this terminal; containers may have users without a name."""
    try:
        return await asyncio.to_thread(getpass.getuser)
    except (OSError, KeyError):
        return "operator"


def answer_fields(answer: Answer) -> dict[str, Any]:
    """Return *answer* as `ask --json` prints it."""
    return {
        "exchange_id": answer.exchange_id,
        "answer": answer.text,
        "sources": [
            {"title": source.title, "source": source.source, "passage_id": source.passage_id, "score": source.score}
            for source in answer.sources
        ],
        "verified": answer.kind == "verified",
        "quoted": answer.kind == "quoted",
        "declined": answer.kind == "declined",
        "confidence": answer.confidence,
        "model": answer.model,
        "timings": dict(answer.timings),
    }


def hit_fields(passage: Passage) -> dict[str, Any]:
    """Return *passage* as `knowledge search --json` prints it."""
    return {
        "source": passage.source,
        "title": passage.title,
        "text": passage.text,
        "score": passage.score,
        "row": passage.row,
    }
