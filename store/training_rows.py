"""
An exchange as a training row: pure translation into JSON Lines.

`messages` is the layout of OpenAI's and TRL's chat data sets; preference pairs and rated answers have TRL's for DPO and KTO
(https://huggingface.co/docs/trl/dataset_formats).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from bot.messages import Passage
from bot.prompt import render_turn
from store.contributions import Weighed
from store.rights import Opinion

# JSON allows these three unescaped inside a string, and Python's str.splitlines takes them for the end of a line.
_LINE_ENDS = str.maketrans({end: f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"})


Value = str | int | float | bool | list[dict[str, str]]

_OF_PASSAGES = ("passage_id", "source", "title", "heading", "text", "language")


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One row before its translation: `turns` are (user, assistant) texts, oldest first, the trained one last."""

    system_text: str
    turns: Sequence[tuple[str, str]]
    metadata: Mapping[str, Value]


def metadata_of(exchange: Row[*tuple[Any, ...]], opinion: Opinion, weighed: Weighed) -> dict[str, Value]:
    """
    Return what a reader of the data set may want to select, trace or rebuild rows by.

    `question` is the last user message without its passages, `passages` are those that stand in it, best first; `up` and `down` count
    votes, `agreement` and `weight` are those of `store.contributions.Weighed`.
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
        "agreement": weighed.agreement,
        "weight": weighed.weight(corrected=opinion.corrected),
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
    return _line({"messages": [*_prompt(row), _answer(row.turns[-1][1])]}, row)


def preference_line(row: TrainingRow, rejected: str) -> str:
    """Return a line that says that the row's answer is better than *rejected*."""
    return _line({"prompt": _prompt(row), "chosen": [_answer(row.turns[-1][1])], "rejected": [_answer(rejected)]}, row)


def thumb_line(row: TrainingRow, *, good: bool) -> str:
    """Return a line that says whether people found the row's answer good."""
    return _line({"prompt": _prompt(row), "completion": [_answer(row.turns[-1][1])], "label": good}, row)


def _prompt(row: TrainingRow) -> list[dict[str, str]]:
    messages = [{"role": "system", "content": row.system_text}] if row.system_text else []
    for user, assistant in row.turns[:-1]:
        messages += [{"role": "user", "content": user}, _answer(assistant)]
    return [*messages, {"role": "user", "content": row.turns[-1][0]}]


def _answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _line(fields: Mapping[str, Any], row: TrainingRow) -> str:
    return written({**fields, "metadata": dict(row.metadata)})


def written(row: Mapping[str, Any]) -> str:
    """Return *row* as one line of JSON, its end included."""
    return json.dumps(row, ensure_ascii=False).translate(_LINE_ENDS) + "\n"
