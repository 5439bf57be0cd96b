"""What every way of training has in common: the base it starts from, how far it is, and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GgufBase:
    """
    The model file that is served, of the llama or qwen2 family; trained in fp32 or bf16 from its own quantised weights.

    `unpacked` is a folder that keeps them as a Hugging Face model from the first reading on, for those that follow; it may be deleted.
    """

    path: Path
    unpacked: Path | None = None


@dataclass(frozen=True, slots=True)
class HfBase:
    """A folder with a Hugging Face model: config.json, *.safetensors, tokenizer and chat template."""

    folder: Path


Base = GgufBase | HfBase


@dataclass(frozen=True, slots=True)
class Progress:
    """
    How far a training is.

    `epoch` counts from 1; `loss` is the mean over the answers' tokens of the last step, natural log; `validation_loss` that of the last
    epoch that ended (None before, or without validation rows); `tokens_per_s` counts every token of the rows once, since this process
    began to train; `left_s` is what remains at that pace.
    """

    step: int
    steps: int
    epoch: int
    loss: float
    validation_loss: float | None
    tokens_per_s: float
    left_s: float


@dataclass(frozen=True, slots=True)
class Trained:
    """
    What a training gave.

    `adapter` is a folder in PEFT's layout, with the weights of `best_epoch` (from 1); `losses` are means over the steps of each epoch,
    `validation_losses` stand at the end of each (empty without validation rows). `tokens` were trained on in all, in `seconds` and
    `cpu_s` of processor time, over all processes that had a part in it. `precision` is "bf16" or "fp32". `passed_over` names damaged
    checkpoints that the training could not go on from.
    """

    adapter: Path
    base: Base
    best_epoch: int
    losses: tuple[float, ...]
    validation_losses: tuple[float, ...]
    tokens: int
    seconds: float
    cpu_s: float
    precision: str
    passed_over: tuple[str, ...] = ()


Report = Callable[[Progress], None]
Stopped = Callable[[], bool]
