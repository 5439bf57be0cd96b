"""A base model with its trained adapter as training left them: in single precision, in torch, to be compared with what is served."""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.errors import Refused
from bot.messages import Message
from finetune.encoding import Row
from finetune.local import require_training
from finetune.local_model import load_model, load_tokens, quiet_peft, save_model
from finetune.training import Base

if TYPE_CHECKING:
    import torch

Progress = Callable[[int, int], None]

_MOST_TOKENS: Final = 4096  # of a batch, padding included: beyond, processors gain nothing and memory grows
_MOST_ROWS: Final = 16
_PROBE: Final = "x"


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a model writes after a prompt, the token that ends it included; `logprobs` are natural logarithms, one a token."""

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]


@dataclass(slots=True)
class _Writing:
    """A continuation in the making; `at` is its prompt's place among those given."""

    at: int
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


class TrainedModel:
    """The trained weights; the adapter's change is added to the base's once, which in single precision alters nothing that counts."""

    def __init__(self, base: Base, adapter: Path | None) -> None:
        """
        Load *base* with *adapter* (PEFT's folder).

        Raises:
            Misconfigured: Training is not installed, or the base cannot be read.
            Refused: The adapter cannot be read or was trained on another model.
        """
        require_training()
        self._base = base
        self._tokens = load_tokens(base)
        self._model = load_model(base)
        if adapter is not None:
            self._model = _merged(self._model, adapter)
        self._model.eval()
        self.eos = int(self._answered([Message("user", _PROBE)]).tokens[-1])

    def tokens_of(self, prompt: Sequence[Message]) -> list[int]:
        """Return the prompt's tokens as they are trained on, the opening of the assistant's answer included."""
        row = self._answered(prompt)
        return [int(token) for token in row.tokens[: row.learnt[0]]]

    def _answered(self, prompt: Sequence[Message]) -> Row:
        """Return the row that would teach an answer to *prompt*, and nothing else."""
        (row,) = self._tokens.rows([*prompt, Message("assistant", _PROBE)], skipped=frozenset(range(len(prompt))))
        return row

    def greedy(self, prompt_tokens: Sequence[int], *, limit: int) -> list[int]:
        """Return at most *limit* of the likeliest tokens after the prompt, without the one that ends the answer."""
        (continuation,) = self.continuations([prompt_tokens], limit=limit)
        return [token for token in continuation.tokens if token != self.eos]

    def logits(self, prompt: Sequence[int], answer: Sequence[int]) -> NDArray[np.float32]:
        """Return an array (len(answer), V): row i was computed from *prompt* and answer[:i], and predicts answer[i]."""
        import torch

        if not answer:
            return np.empty((0, int(self._model.config.vocab_size)), dtype=np.float32)
        with torch.inference_mode():
            tokens = torch.tensor([[*prompt, *answer[:-1]]])  # (1, T)
            found = self._model(input_ids=tokens, use_cache=False, logits_to_keep=len(answer)).logits[0]  # (A, V)
        return np.asarray(found.float().numpy(), dtype=np.float32)

    def continuations(self, prompts: Sequence[Sequence[int]], *, limit: int, progress: Progress | None = None) -> tuple[Continuation, ...]:
        """
        Continue every prompt greedily by at most *limit* tokens.

        What all prompts begin with is evaluated once; the rest goes in batches of like length.

        Args:
            prompts: In tokens, none empty.
            limit: Of each continuation, the token that ends it included.
            progress: Called with the prompts done and all of them.
        """
        import torch

        done: dict[int, Continuation] = {}
        with torch.inference_mode():
            shared = _shared(prompts)
            read = self._model(input_ids=torch.tensor([shared]), use_cache=True, logits_to_keep=1).past_key_values if shared else None
            for batch in _batches([prompt[len(shared) :] for prompt in prompts]):
                rests = [prompts[at][len(shared) :] for at in batch]
                for writing in self._continue(rests, batch, read=read, shared=len(shared), limit=limit):
                    done[writing.at] = Continuation(tuple(writing.tokens), tuple(writing.logprobs))
                if progress:
                    progress(len(done), len(prompts))
        return tuple(done[at] for at in range(len(prompts)))

    def _continue(self, rests: Sequence[Sequence[int]], places: Sequence[int], *, read: Any, shared: int, limit: int) -> Sequence[_Writing]:
        """Continue one batch: prompts of which the first *shared* tokens are in the cache *read* already."""
        import torch

        cache = copy.deepcopy(read)
        if cache is not None:
            cache.batch_repeat_interleave(len(rests))
        tokens, mask = _padded(rests, shared=shared)  # (B, T), (B, shared + T)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, shared:]  # (B, T)
        rows = [_Writing(at) for at in places]
        for _ in range(limit):
            out = self._model(
                input_ids=tokens, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True, logits_to_keep=1
            )
            cache = out.past_key_values
            likely = torch.log_softmax(out.logits[:, -1].float(), dim=-1)  # (B, V)
            logprobs, tokens = likely.max(dim=-1, keepdim=True)  # (B, 1) each
            for row, token, logprob in zip(rows, tokens[:, 0].tolist(), logprobs[:, 0].tolist(), strict=True):
                if row.tokens[-1:] != [self.eos]:
                    row.tokens.append(token)
                    row.logprobs.append(logprob)
            if all(row.tokens[-1] == self.eos for row in rows):
                break
            mask = torch.cat([mask, torch.ones_like(tokens)], dim=1)
            positions = positions[:, -1:] + 1
        return rows

    def save(self, folder: Path) -> None:
        """
        Write the weights, single precision, with tokenizer and chat template as a Hugging Face model.

        Raises:
            OSError: The disk is full or fails.
        """
        save_model(self._model, self._base, folder)


def _merged(model: Any, adapter: Path) -> Any:
    from peft import PeftModel
    from safetensors import SafetensorError

    try:
        with quiet_peft():
            return PeftModel.from_pretrained(model, adapter).merge_and_unload()
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise Refused(f"the adapter in {adapter} is damaged or was trained on another model than its base") from error


def _shared(prompts: Sequence[Sequence[int]]) -> Sequence[int]:
    """Return what all of several *prompts* begin with, leaving each at least one token."""
    if len(prompts) < 2:
        return []
    alike = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*prompts, strict=False)))
    return prompts[0][: min(alike, min(map(len, prompts)) - 1)]


def _batches(prompts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the places of *prompts*, the longest first, in batches that padding does not blow up."""
    batch: list[int] = []
    for at in sorted(range(len(prompts)), key=lambda place: -len(prompts[place])):
        longest = len(prompts[batch[0]]) if batch else 0
        if batch and (len(batch) == _MOST_ROWS or longest * (len(batch) + 1) > _MOST_TOKENS):
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _padded(rows: Sequence[Sequence[int]], *, shared: int) -> "tuple[torch.Tensor, torch.Tensor]":
    """Return *rows* padded on the left, and the mask over them and the *shared* tokens before."""
    import torch

    longest = max(map(len, rows))
    tokens = torch.zeros((len(rows), longest), dtype=torch.long)
    mask = torch.ones((len(rows), shared + longest), dtype=torch.long)
    for at, row in enumerate(rows):
        tokens[at, longest - len(row) :] = torch.tensor(row)
        mask[at, shared : shared + longest - len(row)] = 0
    return tokens, mask
