"""A model file as evaluation reads it: tokens, logits and greedy answers, through the very engine that serves."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from bot.backends.runtime import Runtime, limit_spinning
from bot.errors import ConversationTooLong
from bot.messages import Message

ROWS: Final = 64  # logits read at once: a vocabulary of 150,000 words takes 40 MB, twice


class Scorer:
    """
    Scores answers and draws greedy ones; entered as a context manager, which frees the memory. For one thread only.

    What it says of a prompt does not depend on those before: only the very same prompt is not evaluated again.
    """

    def __init__(self, path: Path, *, adapter: Path | None = None, threads: int = 0, context_tokens: int = 2048) -> None:
        """
        Load the model file at *path*, with *adapter* (a LoRA in a GGUF) laid over it.

        Args:
            path: The GGUF file.
            adapter: See `adapt`.
            threads: 0: one per core, at most 8.
            context_tokens: The window; the model's own where that is smaller.

        Raises:
            Misconfigured: A file is missing, damaged, of the wrong kind, or carries no usable chat template.
        """
        limit_spinning()
        from bot.backends.llama_native import Context, Weights  # loads llama.cpp's library
        from bot.backends.prompt_tokens import PromptTokens

        with ExitStack() as stack:
            self._weights = Weights(path)
            stack.callback(self._weights.close)
            self._prompts = PromptTokens(self._weights, now=lambda: datetime.now(UTC))
            self._context = Context(self._weights, Runtime(threads=threads, context_tokens=context_tokens), outputs=ROWS)
            stack.callback(self._context.close)
            self._prompt: list[int] = []  # the one evaluated last, without its last token
            self.adapt(adapter)
            self._resources = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    @property
    def eos(self) -> int:
        """The token that ends an answer."""
        return self._weights.eos

    @property
    def window(self) -> int:
        """The most tokens that a prompt and its answer may have."""
        return self._context.window

    def adapt(self, adapter: Path | None) -> None:
        """
        Lay another adapter over the model, or none; everything evaluated is forgotten.

        Raises:
            Misconfigured: The file is missing, damaged or made for another model; the old one stays.
        """
        from bot.backends.llama_native import Lora

        remedy = f"choose one made for {self._weights.path.name}"
        former = self._context.adapter
        self._context.lay(None if adapter is None else Lora(self._weights, adapter, remedy=remedy))
        if former:
            former.free()
        self._prompt = []

    def tokens_of(self, prompt: Sequence[Message]) -> list[int]:
        """
        Return the prompt's tokens as they are served, the opening of the assistant's answer included.

        Raises:
            Misconfigured: The template refuses this order of roles.
        """
        return self._prompts.tokens_of(prompt)

    def tokenise(self, text: str) -> list[int]:
        """Return the tokens of an answer's *text*; names of control tokens in it are spelled out. Append `eos` to end it."""
        return self._weights.tokenise(text, control=False)

    def text_of(self, tokens: Sequence[int]) -> str:
        """Return the text of an answer's *tokens*; control tokens have none."""
        return b"".join(map(self._weights.bytes_of, tokens)).decode("utf-8", "replace")

    def logits(self, prompt: Sequence[int], answer: Sequence[int]) -> NDArray[np.float32]:
        """
        Return the scores of every next token along *answer*.

        Returns:
            An array (len(answer), V): row i was computed from *prompt* and answer[:i], and predicts answer[i].

        Raises:
            ConversationTooLong: The two exceed the window.
            DecodeFailed: llama.cpp failed.
        """
        scores = np.empty((len(answer), self._weights.size_tokens), dtype=np.float32)  # (T, V)
        for start, rows in self._rows(prompt, answer):
            scores[start : start + len(rows)] = rows
        return scores

    def logprob(self, prompt: Sequence[int], answer: Sequence[int]) -> float:
        """
        Return the natural logarithm of the probability that the model gives to *answer* after *prompt*, summed over its tokens.

        Raises:
            ConversationTooLong: The two exceed the window.
            DecodeFailed: llama.cpp failed.
        """
        total = 0.0
        for start, rows in self._rows(prompt, answer):
            drawn = np.asarray(answer[start : start + len(rows)])  # (t,)
            highest = rows.max(axis=1)  # (t,)
            normaliser = np.log(np.exp(rows - highest[:, None]).sum(axis=1, dtype=np.float64))  # (t,)
            total += float((rows[np.arange(len(rows)), drawn] - highest - normaliser).sum())
        return total

    def greedy(self, prompt: Sequence[int], *, limit: int) -> list[int]:
        """
        Return the likeliest tokens after *prompt*, one after the other, with no penalty on repeating.

        Returns:
            At most *limit* tokens, fewer where the model ends (the token that ends the answer is left out) or the window is full.

        Raises:
            ConversationTooLong: The prompt fills the window.
            DecodeFailed: llama.cpp failed.
        """
        self._require_room(len(prompt) + 1)
        most = min(limit, self.window - len(prompt))
        self._read([*prompt[:-1]])
        answer: list[int] = []
        token = prompt[-1]
        while len(answer) < most:
            token = int(self._context.evaluate_all([token])[0].argmax())
            if self._weights.ends(token):
                break
            answer.append(token)
        return answer

    def _rows(self, prompt: Sequence[int], answer: Sequence[int]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield runs of rows (t, V), each with its place in *answer*; a run is gone when the next is asked for."""
        if not answer:
            return
        self._require_room(len(prompt) + len(answer) - 1)
        self._read([*prompt[:-1]])
        given = [prompt[-1], *answer[:-1]]  # row i follows given[i]
        for start in range(0, len(given), ROWS):
            yield start, self._context.evaluate_all(given[start : start + ROWS])

    def _read(self, tokens: list[int]) -> None:
        """Make *tokens* the evaluated ones. Part of a former prompt is not kept: numbers are rounded by how they are cut into batches."""
        from bot.backends.llama_native import BATCH_TOKENS

        if tokens == self._prompt and self._context.truncate(len(tokens)) == len(tokens):
            return
        self._context.clear()
        for start in range(0, len(tokens), BATCH_TOKENS):
            self._context.evaluate(tokens[start : start + BATCH_TOKENS])
        self._prompt = tokens

    def _require_room(self, tokens: int) -> None:
        if tokens > self.window:
            raise ConversationTooLong(f"{tokens} tokens in a window of {self.window}")
