"""Whether a file can be trained on, told before the hours are spent: what is wrong in which line, and what to do about it."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.errors import Misconfigured, Refused
from bot.messages import Message
from finetune.examples import Example, question_in, settle
from store.clusters import cluster_of

Code = Literal[
    "file_type", "encoding", "no_rows", "json", "messages", "role", "order", "content", "weight", "empty", "no_answer", "too_long",
    "duplicate", "leak",
]  # fmt: skip
CountTokens = Callable[[Sequence[Message]], int]

_NAMED = 5  # findings told in a refusal
_KEPT = 1000  # findings kept of one file: nobody reads more, and a file of another kind has one in every line
_ROLES = ("system", "user", "assistant")
_NOTHING_WRONG = (
    "None of the rated questions kept for testing was voted down or corrected, so no improvement could be proved: correct wrong answers."
)
_NOTHING_LIKED = (
    "None of the questions kept for testing was only liked, so training can go on but it cannot be told what is lost: "
    "rate good answers up as well."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a line (from 1; 0 for the whole file): a stable `code`, and two sentences, what and what to do."""

    line: int
    code: Code
    message: str
    remedy: str

    def sentence(self) -> str:
        """Return the finding as one sentence."""
        return f"{f'line {self.line}: ' if self.line else ''}{self.message}: {self.remedy}"


def validate_rows(path: Path, *, count_tokens: CountTokens, limit_tokens: int, test_clusters: Collection[str] = ()) -> tuple[Finding, ...]:
    """
    Check a file to train on: rows (`.jsonl`, one `{"messages": […]}` a line) or plain text (`.txt`).

    Args:
        path: The file. Plain text need only be UTF-8 and hold something: it is cut into blocks, however long a paragraph is.
        count_tokens: Counts a conversation in the tokens of the model that is trained, the chat template's included.
        limit_tokens: The longest row that can be trained on.
        test_clusters: Clusters of questions that nobody may train on.

    Returns:
        What was found, by line; at most a thousand findings. Nothing: the file can be trained on.

    Raises:
        Misconfigured: The file cannot be read.
    """
    try:
        if path.suffix == ".txt":
            return tuple(_check_text(path))
        if path.suffix != ".jsonl":
            message = f"{path.name} ends in {path.suffix or 'nothing'}, which says neither rows nor text"
            return (Finding(0, "file_type", message, "name it .jsonl (one row a line) or .txt (plain text)"),)
        checker = _Rows(count_tokens, limit_tokens, frozenset(test_clusters))
        found: list[Finding] = []
        for finding in checker.check(path):
            found.append(finding)
            if len(found) == _KEPT:
                break
        return tuple(found)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error


def require_valid(path: Path, findings: Sequence[Finding]) -> None:
    """
    Refuse a file with findings as a whole.

    Raises:
        Refused: There are findings; the first five stand in the detail, a sentence each.
    """
    if not findings:
        return
    more = [f"and {len(findings) - _NAMED} more findings"] if len(findings) > _NAMED else []
    told = [finding.sentence() for finding in findings[:_NAMED]]
    raise Refused(f"{path} cannot be trained on. {'. '.join([*told, *more])}.")


def _check_text(path: Path) -> Iterator[Finding]:
    words = False
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                words = bool(line.decode().strip("\ufeff \t\r\n\f\v")) or words
            except UnicodeDecodeError as error:
                yield _encoding(number, error)
                return
    if not words:
        yield Finding(0, "empty", "the file holds no text", "write into it what the model should learn")


class _Rows:
    """Looks at rows one by one; of those it saw it keeps a hash."""

    def __init__(self, count_tokens: CountTokens, limit_tokens: int, test_clusters: frozenset[str]) -> None:
        self._count_tokens = count_tokens
        self._limit_tokens = limit_tokens
        self._test_clusters = test_clusters
        self._seen: dict[bytes, int] = {}

    def check(self, path: Path) -> Iterator[Finding]:
        rows = 0
        with path.open("rb") as file:  # as bytes: only a line feed ends a row, whatever Python takes for a line's end
            for number, line in enumerate(file, 1):
                if line.strip():
                    rows += 1
                    yield from self._line(number, line)
        if not rows:
            yield Finding(0, "no_rows", "the file holds no rows", "write one row a line, or leave the file out")

    def _line(self, number: int, line: bytes) -> Iterator[Finding]:
        try:
            row = json.loads(line.rstrip().decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            yield _encoding(number, error)
            return
        except json.JSONDecodeError as error:
            yield Finding(number, "json", f"no JSON at column {error.colno} ({error.msg})", "write one JSON object a line")
            return
        malformed = _malformed(row)
        if malformed:
            yield Finding(number, *malformed)
            return
        messages = tuple(Message(message["role"], message["content"]) for message in row["messages"])
        yield from self._conversation(number, messages, row)

    def _conversation(self, number: int, messages: tuple[Message, ...], row: dict[str, Any]) -> Iterator[Finding]:
        tokens = self._count_tokens(messages)
        if tokens > self._limit_tokens:
            over = f"{tokens} tokens, {tokens - self._limit_tokens} over the limit of {self._limit_tokens}"
            yield Finding(number, "too_long", over, "shorten the row or raise block_tokens in the recipe")
        first = self._seen.setdefault(digest_of(messages), number)
        if first != number:
            yield Finding(number, "duplicate", f"the same row as line {first}", "take one of them out")
        asked = {*_told(row), *(question_in(message.content) for message in messages if message.role == "user")}
        if self._test_clusters and any(cluster_of(question) in self._test_clusters for question in asked):
            yield Finding(
                number, "leak", "asks a question that is kept for testing", "take the row out; its question judges what is trained"
            )


def digest_of(messages: Sequence[Message]) -> bytes:
    """Return 16 bytes that only the same conversation has."""
    return hashlib.sha256(repr([(message.role, message.content) for message in messages]).encode()).digest()[:16]


def _told(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the question that the row's metadata names, where it does."""
    metadata = row.get("metadata")
    question = metadata.get("question") if isinstance(metadata, dict) else None
    return (question,) if isinstance(question, str) else ()


def _malformed(row: object) -> tuple[Code, str, str] | None:
    """Return what keeps *row* from being a conversation: the finding's code, message and remedy."""
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        return "messages", 'has no list "messages"', 'write {"messages": [{"role": "user", "content": "…"}, …]}'
    for at, message in enumerate(messages, 1):
        found = _malformed_message(message, at)
        if found:
            return found
    return _disordered([message["role"] for message in messages])


def _malformed_message(message: object, at: int) -> tuple[Code, str, str] | None:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        role = message.get("role") if isinstance(message, dict) else None
        return "role", f"message {at} has the role {str(role)!r}", f"use {', '.join(_ROLES)}"
    content = message.get("content")
    if not isinstance(content, str):
        return "content", f"message {at} has no text as content", "write the content as a text in quotes"
    if not content.strip():
        return "empty", f"message {at} ({message['role']}) is empty or only white space", "write its text or take the row out"
    if message.get("weight", 1) not in (0, 1) or ("weight" in message and message["role"] != "assistant"):
        return "weight", f"message {at} has a weight that is neither 0 nor 1, or is no answer", "give 0 or 1, to answers only"
    return None


def _disordered(roles: Sequence[str]) -> tuple[Code, str, str] | None:
    turns = roles[1:] if roles[0] == "system" else roles
    wrong = next((at for at, role in enumerate(turns) if role != _ROLES[1 + at % 2]), None)
    if wrong is not None:
        at = wrong + 1 + len(roles) - len(turns)
        return "order", f"message {at} ({turns[wrong]}) stands where {_ROLES[1 + wrong % 2]} is due", "let questions and answers alternate"
    if not turns or turns[-1] != "assistant":
        return "no_answer", "ends without an answer", "let an assistant message come last"
    return None


def _encoding(line: int, error: UnicodeDecodeError) -> Finding:
    return Finding(line, "encoding", f"no UTF-8 at byte {error.start + 1} of the line", "save the file as UTF-8")


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing to a round, in one sentence; `refused`: it is not begun, else it is merely unlikely to prove anything."""

    refused: bool
    sentence: str


def check_enough(examples: Sequence[Example], *, minimum: int) -> Shortage | None:
    """
    Tell whether the rated answers are enough for a round; None where they are.

    Args:
        examples: Of one audience, with their splits.
        minimum: How many different rated answers a round takes.
    """
    settled = settle(examples)
    tested = [example for example in settled if example.split == "test"]
    wrong = sum(bool(example.down or example.corrected) for example in tested)
    lacking = _lacking(settled, minimum) or ("" if wrong else _NOTHING_WRONG)
    if lacking:
        return Shortage(refused=True, sentence=lacking)
    return Shortage(refused=False, sentence=_NOTHING_LIKED) if wrong == len(tested) else None


def _lacking(settled: Sequence[Example], minimum: int) -> str:
    if not settled:
        return "No answer was rated up or corrected yet, so there is nothing to learn from: rate answers first."
    if len({example.cluster for example in settled}) == 1:
        return "All rated answers are to one and the same question, from which nothing can be learnt: rate answers to others."
    if len(settled) < minimum:
        counted = f"{len(settled)} different rated answers are too few for a round, which takes {minimum}"
        return f"{counted}: rate more, or lower rounds.minimum_rows."
    splits = Counter(example.split for example in settled)
    if not splits["train"] or not splits["test"]:
        missing = "judge by" if splits["train"] else "learn from"
        return f"None of the {len(settled)} rated questions was drawn to {missing}: rate answers to more questions."
    return ""
