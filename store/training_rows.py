"""An exchange as a training row: pure translation into `messages` JSON Lines (the layout of OpenAI's and TRL's chat data sets)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from bot.messages import Passage
from bot.prompt import render_turn
from store.rights import Opinion

# JSON allows these three unescaped inside a string, and Python's str.splitlines takes them for the end of a line.
_LINE_ENDS = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})


Value = str | int | bool | list[dict[str, str]]

_OF_PASSAGES = ("passage_id", "source", "title", "heading", "text", "language")


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One row before its translation: `turns` are (user, assistant) texts, oldest first, the trained one last."""

    system_text: str
    turns: Sequence[tuple[str, str]]
    metadata: Mapping[str, Value]


def metadata_of(exchange: Row[*tuple[Any, ...]], opinion: Opinion) -> dict[str, Value]:
    """
    Return what a reader of the data set may want to select, trace or rebuild rows by.

    `question` is the last user message without its passages, `passages` are those that stand in it, best first.
    """
    return {
        "exchange_id": exchange.exchange_id,
        "platform": exchange.platform,
        "surface": exchange.surface,
        "audience": exchange.audience,
        "kind": exchange.kind,
        "rating": ("mixed" if opinion.down else "up") if opinion.up else "down" if opinion.down else "none",
        "up": opinion.up,
        "down": opinion.down,
        "corrected": opinion.corrected,
        "asked_at": exchange.asked_at.isoformat(),
        "language": exchange.language,
        "model": exchange.model,
        "adapter": exchange.adapter,
        "question": exchange.question,
        "passages": _passages_in(exchange),
    }


def _passages_in(exchange: Row[*tuple[Any, ...]]) -> list[dict[str, str]]:
    """Return the passages that the prompt had room for; none where it is of another form than today's."""
    found = [Passage(**passage) for passage in exchange.passages]
    for count in range(len(found), 0, -1):
        if render_turn(found[:count], exchange.question) == exchange.prompt:
            return [{name: getattr(passage, name) for name in _OF_PASSAGES} for passage in found[:count]]
    return []


def json_line(row: TrainingRow) -> str:
    """Return the row as one line of JSON, its end included; keys are always in this order."""
    messages = [{"role": "system", "content": row.system_text}] if row.system_text else []
    for user, assistant in row.turns:
        messages += [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    text = json.dumps({"messages": messages, "metadata": dict(row.metadata)}, ensure_ascii=False)
    return text.translate(_LINE_ENDS) + "\n"
