"""Exports, examples and passages for tests: a small company's, in Portuguese and English."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.messages import Message, Passage
from bot.prompt import render_turn
from finetune.examples import Example
from store.clusters import cluster_of
from store.splitting import Split

SYSTEM = "You are the company's assistant."


def passage(text: str, *, heading: str = "", passage_id: str = "", language: str = "en") -> Passage:
    """Return a passage of the handbook."""
    return Passage(passage_id or hashlib.sha256(text.encode()).hexdigest()[:8], "handbook.md", "Handbook", heading, text, "all", language)


def example(question: str = "How many days off do I get?", answer: str = "You get 23 days off a year.", **fields: Any) -> Example:
    """Return an example that one person liked, in the train split unless *fields* say otherwise."""
    line = fields.pop("line", 1)
    values: dict[str, Any] = {
        "exchange_id": f"e{line}",
        "line": line,
        "question": question,
        "answer": answer,
        "system": SYSTEM,
        "history": (),
        "passages": (),
        "audience": "employees",
        "language": "en",
        "up": 1,
        "down": 0,
        "corrected": False,
        "asked_at": f"2026-11-{1 + line % 28:02}T10:00:00+00:00",
        "cluster": cluster_of(question),
        "split": "train",
    }
    return Example(**values | fields)


def turn(question: str, answer: str) -> tuple[Message, Message]:
    """Return an earlier turn."""
    return Message("user", question), Message("assistant", answer)


def exported(found: Example, *, with_question: bool = True) -> dict[str, Any]:
    """Return the row that an export writes of *found*."""
    messages = [{"role": "system", "content": found.system}] if found.system else []
    messages += [asdict(message) for message in found.history]
    messages += [{"role": "user", "content": render_turn(found.passages, found.question)}, {"role": "assistant", "content": found.answer}]
    keys = ("exchange_id", "audience", "kind", "up", "down", "corrected", "asked_at", "language")
    metadata = {key: getattr(found, key) for key in keys} | {"platform": "cli", "model": "smollm2"}
    if with_question:
        shown = ("passage_id", "source", "title", "heading", "text", "language")
        metadata |= {
            "question": found.question,
            "passages": [{key: getattr(each, key) for key in shown} for each in found.passages],
        }
    return {"messages": messages, "metadata": metadata}


def write_export(folder: Path, rows: Sequence[dict[str, Any] | str | bytes]) -> Path:
    """Write *rows* (a text or bytes stand as they are) with their manifest into *folder*; return the rows' file."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        row if isinstance(row, bytes) else (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)).encode() for row in rows
    ]
    content = b"".join(line + b"\n" for line in lines)
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"training-{sha256[:12]}.jsonl"
    path.write_bytes(content)
    manifest = {"file": path.name, "sha256": sha256, "size_bytes": len(content), "format": "messages", "rows": len(rows)}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return path


def in_split(split: Split, found: Example) -> Example:
    """Return *found* in another split."""
    return example(**{key: getattr(found, key) for key in Example.__slots__} | {"split": split})
