"""
Does the served file answer as the trained weights do? Asked before anything else of a candidate.

An adapter whose rows stand in the wrong order, a template or tokenizer that differs, a base that was requantised too far: nothing of
that raises an error, it only answers badly.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bot.backends.scoring import Scorer
from bot.errors import Misconfigured
from bot.messages import Message
from finetune.trained import Continuation, TrainedModel
from finetune.training import Base

Progress = Callable[[int, int], None]

LIMIT: Final = 0.95
# Tokens alone do not tell: a trained model copies what it answers from its passages, and goes on copying with queries and keys in the
# wrong order: measured on SmolLM2-135M's Q8_0 twin, 97 % of the tokens were the same, the mean .21. Where all was right it was .0007
# with that trained adapter and .017 with a random one, which knows least what to say. It does not tell adapters of one purpose apart
# (.034): files are known by their hash.
MEAN_LIMIT: Final = 0.05
PROMPTS: Final = 50
_CONTINUATION_TOKENS: Final = 16
_SHORT: Final = 4  # prompts are drawn from the shortest quarter: an adapter in disorder is so whatever it reads, and reading costs most


@dataclass(frozen=True, slots=True)
class Parity:
    """
    How alike the trained weights and the served file are.

    `agreement` is the share of the `tokens` which the trained weights wrote after the `prompts` that the served file would have written,
    too; the differences are between the log-probabilities (natural) that both gave to those tokens. `reason` says in words why it
    passed or not.
    """

    prompts: int
    tokens: int
    agreement: float
    mean_difference: float
    largest_difference: float
    limit: float
    passed: bool
    reason: str


def prompts_of(rows: Path, *, limit: int = PROMPTS, seed: int) -> tuple[tuple[Message, ...], ...]:
    """
    Draw at most *limit* prompts from the shorter ones of the training file *rows* (JSON Lines with `messages`, the answer last).

    Raises:
        OSError: The file cannot be read.
    """
    with rows.open(encoding="utf-8") as file:
        found = {tuple(Message(each["role"], each["content"]) for each in json.loads(line)["messages"][:-1]) for line in file}
    ordered = sorted(found, key=lambda prompt: (sum(len(message.content) for message in prompt), repr(prompt)))
    short = ordered[: max(limit, len(ordered) // _SHORT)]
    return tuple(random.Random(seed).sample(short, min(limit, len(short))))


def check_parity(
    prompts: Sequence[Sequence[Message]],
    *,
    base: Base,
    served: Path,
    adapter: Path,
    gguf: Path,
    progress: Progress,
    limit: float = LIMIT,
) -> Parity:
    """
    Let the trained weights continue *prompts* by up to 16 tokens each, and ask the served file at every token whether it would go on alike.

    Passed where enough tokens agree and their log-probabilities differ by no more than `MEAN_LIMIT` on average.

    Args:
        prompts: As they are served, each up to the question; some 50 give a steady figure.
        base: What was trained on.
        served: The model file that answers (which may be the base's Q8_0 twin).
        adapter: PEFT's folder.
        gguf: The adapter's file, to be laid over *served*.
        progress: Called with the prompts done on both sides and twice their number.
        limit: The least share of tokens that must agree.

    Raises:
        Misconfigured: Training is not installed, or the base or the served file cannot be read.
        Refused: PEFT's folder is damaged or of another base.
    """
    with Scorer(served, threads=1) as scorer:  # a second thread mostly waits, at a third more processor time
        try:
            scorer.adapt(gguf)
        except Misconfigured as error:
            return _failed(f"the served model refuses the adapter: {error}", limit)
        model = TrainedModel(base, adapter)
        encoded = [model.tokens_of(prompt) for prompt in prompts]
        for number, (prompt, tokens) in enumerate(zip(prompts, encoded, strict=True), start=1):
            if problem := _unlike(tokens, scorer.tokens_of(prompt)):
                return _failed(f"prompt {number} is not what the model was trained on once it is served: {problem}", limit)
        encoded = [tokens for tokens in encoded if len(tokens) + _CONTINUATION_TOKENS <= scorer.window]
        written = model.continuations(encoded, limit=_CONTINUATION_TOKENS, progress=lambda done, all_: progress(done, 2 * all_))
        del model  # its memory is the larger part
        return _compared(scorer, encoded, written, progress=progress, limit=limit)


def _unlike(trained: Sequence[int], served: Sequence[int]) -> str:
    """Say where two encodings of a prompt part; empty where they do not."""
    if list(trained) == list(served):
        return ""
    pairs = zip(trained, served, strict=False)
    place = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(trained), len(served)))
    return f"its tokens differ from the {place + 1}th on ({len(trained)} against {len(served)}); chat template or tokenizer differ"


def _compared(
    scorer: Scorer, prompts: Sequence[Sequence[int]], written: Sequence[Continuation], *, progress: Progress, limit: float
) -> Parity:
    agreed: list[bool] = []
    differences: list[float] = []
    order = sorted(range(len(prompts)), key=lambda at: list(prompts[at]))  # neighbours share the most, which is evaluated once
    for done, at in enumerate(order, start=1):
        tokens = np.asarray(written[at].tokens)  # (T,)
        scores = scorer.logits(prompts[at], written[at].tokens)  # (T, V)
        highest = scores.max(axis=1)  # (T,)
        served = scores[np.arange(len(tokens)), tokens] - highest - np.log(np.exp(scores - highest[:, None]).sum(axis=1))  # (T,)
        agreed += (scores.argmax(axis=1) == tokens).tolist()
        differences += np.abs(served - np.asarray(written[at].logprobs)).tolist()
        progress(len(prompts) + done, 2 * len(prompts))
    return _judged(len(prompts), agreed, differences, limit=limit)


def _judged(prompts: int, agreed: Sequence[bool], differences: Sequence[float], *, limit: float) -> Parity:
    if not agreed:
        return _failed("no prompt that fits the window to compare the trained weights and the served file by", limit)
    agreement, mean = sum(agreed) / len(agreed), sum(differences) / len(differences)
    passed = agreement >= limit and mean <= MEAN_LIMIT
    reason = (
        f"the served file writes {agreement:.1%} of {len(agreed)} tokens as the trained weights do (at least {limit:.0%} are needed), and "
        f"its log-probabilities differ by {mean:.3f} on average (at most {MEAN_LIMIT:g})"
    ) + ("" if passed else ": it would not answer as it was trained to")
    return Parity(prompts, len(agreed), agreement, mean, max(differences), limit, passed, reason)


def _failed(reason: str, limit: float) -> Parity:
    return Parity(0, 0, 0.0, 0.0, 0.0, limit, passed=False, reason=reason)
