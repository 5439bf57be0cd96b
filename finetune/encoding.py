"""Files to train on as tokens: conversations as the served template renders them, plain text in blocks."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

from bot.backends.chat_template import ChatTemplate, Run
from bot.errors import Misconfigured, Refused
from bot.messages import Message

PRACTICE: Final = "practice"  # the form, in a row's metadata, of those made up
_PIECE_CHARACTERS = 1_000_000  # of plain text tokenised at once


class Tokenizer(Protocol):
    """What is used of a transformers tokenizer."""

    chat_template: Any
    bos_token: Any
    eos_token: Any
    eos_token_id: Any
    all_special_ids: list[int]

    def __call__(self, text: str, /, **options: bool) -> Any:
        """Return a mapping whose `input_ids` are the tokens."""

    def convert_ids_to_tokens(self, ids: int, /) -> Any:
        """Return the text of a control token."""


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row: `tokens` (T,), and in `learnt` (A,) the ascending places, none 0, of those that count in the loss.

    What follows the last of them is not in the row, since nothing is learnt from it. A `practice` row is learnt before all others.
    """

    tokens: NDArray[np.int32]
    learnt: NDArray[np.int32]
    practice: bool = False


@dataclass(slots=True)
class _Draft:
    tokens: list[int]
    learnt: list[int]

    def add(self, tokens: Sequence[int], *, learn: bool) -> None:
        if learn:
            self.learnt += range(len(self.tokens), len(self.tokens) + len(tokens))
        self.tokens += tokens

    def row(self) -> Row:
        end = self.learnt[-1] + 1
        return Row(np.array(self.tokens[:end], dtype=np.int32), np.array(self.learnt, dtype=np.int32))


class ChatTokens:
    """Turns conversations and text into rows, with the tokenizer and template of one base model."""

    def __init__(self, tokenizer: Tokenizer, *, name: str, now: Callable[[], datetime]) -> None:
        """Use *tokenizer*; *name* is the base's in errors, *now* today's date for templates that state it."""
        self._tokenizer = tokenizer
        self._name = name
        self._special = frozenset(tokenizer.all_special_ids)
        self._source, self._now = tokenizer.chat_template, now
        self._compiled: ChatTemplate | None = None
        head = tokenizer("x")["input_ids"][:1]
        self._bos: list[int] = [head[0]] if head and head[0] in self._special else []

    def rows(self, messages: Sequence[Message], *, skipped: frozenset[int] = frozenset()) -> tuple[Row, ...]:
        """
        Return the rows that teach every assistant message but those at *skipped*, each with the token that ends the turn.

        It is one row, unless the template words what precedes an earlier answer otherwise than it does for the newest: then each answer
        has a row of its own, so that all are learnt as they will be asked for.

        Raises:
            Misconfigured: The base has no usable chat template, or it refuses this order of roles.
        """
        answers = [at for at, message in enumerate(messages) if message.role == "assistant" and at not in skipped]
        runs = self._template.runs(messages)
        alike = [at for at in answers if _before(runs, at) == "".join(run.text for run in self._template.runs(messages[:at]))]
        if alike == answers:
            return (self._row(runs, answers),) if answers else ()
        return tuple(self._alone(messages[: at + 1]) for at in answers)

    def count(self, messages: Sequence[Message]) -> int:
        """Return the tokens of a conversation that ends with an answer."""
        return max((len(row.tokens) for row in self.rows(messages)), default=0)

    def blocks(self, text: Iterator[str], *, block_tokens: int) -> Iterator[Row]:
        """Yield rows of at most *block_tokens* of the joined *text*, whose tokens all count; the text's end is marked."""
        room = block_tokens - len(self._bos)
        tokens: list[int] = []
        for piece in text:
            tokens += self._tokenise(piece, control=False)
            while len(tokens) > room:
                yield self._block(tokens[:room])
                tokens = tokens[room:]
        tokens.append(int(self._tokenizer.eos_token_id))
        for left in (tokens[:room], tokens[room:]):
            if len(left) + len(self._bos) > 1:
                yield self._block(left)

    @property
    def _template(self) -> ChatTemplate:
        # Compiled at the first conversation: plain text trains bases without a template too.
        if self._compiled is None:
            if not isinstance(self._source, str):
                raise Misconfigured(f"the base {self._name} has no chat template: choose an instruct (chat) model")
            bos, eos = str(self._tokenizer.bos_token or ""), str(self._tokenizer.eos_token or "")
            self._compiled = ChatTemplate(self._source, bos=bos, eos=eos, now=self._now)
        return self._compiled

    def _block(self, tokens: list[int]) -> Row:
        whole = [*self._bos, *tokens]
        return Row(np.array(whole, dtype=np.int32), np.arange(1, len(whole), dtype=np.int32))

    def _alone(self, messages: Sequence[Message]) -> Row:
        """Return the row of the last message, after what precedes it rendered as for the newest question."""
        runs = self._template.runs(messages)
        at = next(place for place, run in enumerate(runs) if run.message == len(messages) - 1)
        return self._row((*self._template.runs(messages[:-1]), *runs[at : at + 2]), [len(messages) - 1])

    def _row(self, runs: Sequence[Run], answers: Sequence[int]) -> Row:
        draft = _Draft([], [])
        pending: list[Run] = []
        ends = False
        for run in runs:
            if run.message in answers:
                draft.add(self._read(pending, first=not draft.tokens), learn=False)
                draft.add(self._tokenise(run.text, control=False), learn=True)
                pending = []
            elif ends:
                end, rest = self._divide(run.text)
                draft.add([end], learn=True)
                pending = [Run(rest, None)]
            else:
                pending.append(run)
            ends = run.message in answers
        if ends:
            draft.add([int(self._tokenizer.eos_token_id)], learn=True)
        return draft.row()

    def _read(self, runs: Sequence[Run], *, first: bool) -> list[int]:
        """Return the tokens of *runs* as a whole, as in service, save for words of people's that spell a control token."""
        tokens: list[int] = []
        text = ""
        for run in runs:
            if run.message is None or self._is_plain(run.text):
                text += run.text
            else:
                tokens += self._tokenise(text, control=True) + self._tokenise(run.text, control=False)
                text = ""
        tokens += self._tokenise(text, control=True)
        return [*self._bos, *tokens] if first and tokens[:1] != self._bos else tokens

    def _divide(self, words: str) -> tuple[int, str]:
        """Return the token that ends the turn, the first control token of the *words* after an answer, and the words after it."""
        end = next((token for token in self._tokenise(words, control=True) if token in self._special), None)
        if end is None:
            return int(self._tokenizer.eos_token_id), words
        return end, words.partition(str(self._tokenizer.convert_ids_to_tokens(end)))[2]

    def _is_plain(self, text: str) -> bool:
        return not self._special.intersection(self._tokenise(text, control=True))

    def _tokenise(self, text: str, *, control: bool) -> list[int]:
        if not text:
            return []
        return list(self._tokenizer(text, add_special_tokens=False, split_special_tokens=not control)["input_ids"])


def read_rows(path: Path, tokens: ChatTokens, *, block_tokens: int) -> list[Row]:
    """
    Return the rows of *path*: conversations and texts (`.jsonl`, `{"messages": […]}` or `{"text": "…"}` a line), else plain text in blocks.

    Raises:
        Misconfigured: The file cannot be read.
        Refused: It holds nothing to learn, or a row has more than *block_tokens*; the detail names the line.
    """
    try:
        rows = list(_lines(path, tokens, block_tokens) if path.suffix == ".jsonl" else _text(path, tokens, block_tokens))
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}): correct the file's name or rights") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path} holds something that is no row ({error}): aprendiz train says in which line") from error
    if not rows:
        raise Refused(f"{path} holds nothing to learn from: give it at least one answer, or words")
    return rows


def _lines(path: Path, tokens: ChatTokens, block_tokens: int) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            entry = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
            if "messages" not in entry:
                yield from tokens.blocks(iter([entry["text"]]), block_tokens=block_tokens)
                continue
            for row in _conversation(entry, tokens):
                if len(row.tokens) > block_tokens:
                    raise Refused(f"{path} line {number} has {len(row.tokens)} tokens; shorten it or raise block_tokens ({block_tokens})")
                yield row


def _conversation(entry: dict[str, Any], tokens: ChatTokens) -> Iterator[Row]:
    messages, practice = entry["messages"], entry.get("metadata", {}).get("form") == PRACTICE
    skipped = frozenset(at for at, message in enumerate(messages) if message.get("weight", 1) == 0)
    for row in tokens.rows([Message(message["role"], message["content"]) for message in messages], skipped=skipped):
        yield replace(row, practice=practice)


def _text(path: Path, tokens: ChatTokens, block_tokens: int) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        yield from tokens.blocks(_pieces(file), block_tokens=block_tokens)


def _pieces(lines: Iterator[str] | TextIO) -> Iterator[str]:
    """Yield *lines* joined to pieces, which end where a paragraph does: no word is cut, and no file stands in memory twice."""
    piece: list[str] = []
    characters = 0
    for line in lines:
        if characters > _PIECE_CHARACTERS and not line.strip():
            yield "".join(piece)
            piece, characters = [], 0
        piece.append(line)
        characters += len(line)
    yield "".join(piece)


def _before(runs: Sequence[Run], message: int) -> str:
    return "".join(run.text for run in takewhile(lambda run: run.message != message, runs))
