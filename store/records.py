"""The ledger's rows as the index keeps them: pure translation. A plain Chroma client reads these documents and metadata."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from bot.messages import Reach
from bot.settings import RightsSettings
from store.rights import Words, refusal_of_words

Fields = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Record:
    """An index entry before its vector: it stands for the meanings of `embedded` together."""

    ref: str
    reach: Reach
    embedded: tuple[str, ...]
    document: str
    metadata: Fields


def meanings_of(text: str, *, question: str, title: str = "", heading: str = "") -> tuple[str, ...]:
    """Return what is embedded; measured: an answer is found best with its question, a document's text with its title and headings."""
    return (question, text) if question else (f"{title} / {heading} / {text}",)


def passage_record(row: Row[*tuple[Any, ...]]) -> Record:
    """Translate a passage joined with its source."""
    return Record(
        ref=row.passage_id,
        reach=Reach(row.audience, row.scope),
        embedded=meanings_of(row.text, question=row.question, title=row.title, heading=row.heading),
        document=f"{row.question}\n\n{row.text}" if row.question else row.text,
        metadata={
            "source": row.shown,
            "title": row.title,
            "heading": row.heading,
            "row": row.row,
            "page": row.page,
            "anchor": row.anchor,
            "dated": row.dated,
            "language": row.language,
            "audience": row.audience,
            "scope": row.scope,
        },
    )


def approved_record(row: Row[*tuple[Any, ...]]) -> Record:
    """Translate an approved answer."""
    return Record(
        ref=row.approved_id,
        reach=Reach(row.audience, row.scope),
        embedded=meanings_of(row.answer, question=row.question),
        document=f"{row.question}\n\n{row.answer}",
        metadata={
            "question": row.question,
            "answer": row.answer,
            "author": row.author,
            "language": row.language,
            "audience": row.audience,
            "scope": row.scope,
            "exchange_id": row.exchange_id,
            "approved_at": row.approved_at.isoformat(),
        },
    )


def conversation_record(row: Row[*tuple[Any, ...]], *, up: int, down: int, correction: str, outdated: bool, limited: bool) -> Record:
    """
    Translate a rated exchange (joined with its system text and its author's consent).

    *correction* is the expert's answer in force, or empty; *outdated* says that the question was changed since the answer, or that
    correction, was written, *limited* that a turn which the model saw is private or limited to a scope. `trainable` follows them, the
    exchange's own scope, the policy in force when it was asked and the author's decision, as the ledger has them; an export also hears
    the operator's present settings.
    """
    return Record(
        ref=row.exchange_id,
        reach=Reach(row.audience, row.scope),
        embedded=(f"{row.question} / {row.answer}",),
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
            "trainable": not outdated and not limited and _trainable(row),
            "platform": row.platform,
            "surface": row.surface,
            "audience": row.audience,
            "scope": row.scope,
            "kind": row.kind,
            "language": row.language,
            "model": row.model,
            "adapter": row.adapter,
            "conversation_id": row.conversation_id,
            "asked_at": row.asked_at.isoformat(),
        },
    )


def _trainable(row: Row[*tuple[Any, ...]]) -> bool:
    recorded = RightsSettings(slack=row.rights_policy, discord=row.rights_policy, web=row.rights_policy)
    words = Words(row.platform, row.surface, row.rights_policy, row.consent or "unasked", row.scope, row.private)
    return refusal_of_words(words, recorded) is None


def _messages(turns: Sequence[tuple[str, str]]) -> str:
    return json.dumps([{"role": role, "content": content} for role, content in turns if content], ensure_ascii=False)
