"""
Does the served file answer as the trained weights do? Asked before anything else of a candidate.

An adapter whose rows stand in the wrong order, a template or tokenizer that differs, a base that was requantised too far: nothing of
that raises an error, it only answers badly.
"""

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
_CONTINUATION_TOKENS: Final = 24


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
    Let the trained weights continue *prompts* by up to 24 tokens each, and ask the served file at every token whether it would go on alike.

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
    with Scorer(served) as scorer:
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
    agreement = sum(agreed) / len(agreed)
    passed = agreement >= limit
    verdict = f"the served file writes {agreement:.1%} of {len(agreed)} tokens as the trained weights do"
    reason = f"{verdict}; at least {limit:.0%} are needed" + ("" if passed else ": it would not answer as it was trained to")
    mean, largest = sum(differences) / len(differences), max(differences)
    return Parity(prompts, len(agreed), agreement, mean, largest, limit, passed, reason)


def _failed(reason: str, limit: float) -> Parity:
    return Parity(0, 0, 0.0, 0.0, 0.0, limit, passed=False, reason=reason)
