"""The ledger's rows as the index keeps them: pure translation. A plain Chroma client reads these documents and metadata."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from bot.messages import Audience

Fields = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Record:
    """An index entry before its vector: `embedded` is the text whose meaning it stands for."""

    ref: str
    audience: Audience
    embedded: str
    document: str
    metadata: Fields


def passage_record(row: Row[Any]) -> Record:
    """Translate a passage joined with its source."""
    return Record(
        ref=row.passage_id,
        audience=row.audience,
        embedded=f"{row.question} / {row.text}" if row.question else row.text,
        document=f"{row.question}\n\n{row.text}" if row.question else row.text,
        metadata={
            "source": row.shown,
            "title": row.title,
            "heading": row.heading,
            "row": row.row,
            "page": row.page,
            "language": row.language,
            "audience": row.audience,
        },
    )


def approved_record(row: Row[Any]) -> Record:
    """Translate an approved answer."""
    return Record(
        ref=row.approved_id,
        audience=row.audience,
        embedded=f"{row.question} / {row.answer}",
        document=f"{row.question}\n\n{row.answer}",
        metadata={
            "question": row.question,
            "answer": row.answer,
            "author": row.author,
            "language": row.language,
            "audience": row.audience,
            "exchange_id": row.exchange_id,
            "approved_at": row.approved_at.isoformat(),
        },
    )


def conversation_record(row: Row[Any], *, up: int, down: int, correction: str) -> Record:
    """Translate a rated exchange (joined with its system text and its author's consent); *correction* is an expert's, or empty."""
    return Record(
        ref=row.exchange_id,
        audience=row.audience,
        embedded=f"{row.question} / {row.answer}",
        document=f"{row.question}\n\n{row.answer}",
        metadata={
            "messages": _messages([("system", row.system_text or ""), ("user", row.question), ("assistant", row.answer)]),
            "rating": "mixed" if up and down else "up" if up else "down",
            "up": up,
            "down": down,
            "corrected": bool(correction),
            "correction": correction,
            "rights_policy": row.rights_policy,
            "consent": row.consent or "unasked",
            "platform": row.platform,
            "surface": row.surface,
            "audience": row.audience,
            "kind": row.kind,
            "language": row.language,
            "model": row.model,
            "adapter": row.adapter,
            "conversation_id": row.conversation_id,
            "asked_at": row.asked_at.isoformat(),
        },
    )


def _messages(turns: Sequence[tuple[str, str]]) -> str:
    return json.dumps([{"role": role, "content": content} for role, content in turns if content], ensure_ascii=False)
