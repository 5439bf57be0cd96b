"""The model that is trained, as torch and transformers hold it: loaded, adapted, and attending within packed rows."""

import hashlib
import io
import struct
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from bot.errors import Misconfigured
from finetune.batching import Pack
from finetune.encoding import ChatTokens, Tokenizer
from finetune.recipe import Recipe
from finetune.training import Base, GgufBase, HfBase
from finetune.whole import whole_folder

if TYPE_CHECKING:
    import torch

_ATTENTION: Final = "aprendiz_packed"
_PROBE: Final = (256, 1024)


def load_tokens(base: Base) -> ChatTokens:
    """
    Return the tokens and the chat template of *base*.

    Raises:
        Misconfigured: The base cannot be read.
    """
    name = str(base.path if isinstance(base, GgufBase) else base.folder)
    with _reading(base):
        tokenizer = _tokenizer_in(_quickest(base))
    return ChatTokens(cast("Tokenizer", tokenizer), name=name, now=lambda: datetime.now(UTC))


def load_model(base: Base) -> Any:
    """
    Return the model of *base* as transformers' `AutoModelForCausalLM`, fp32, on the processor.

    Raises:
        Misconfigured: It cannot be read.
    """
    with _reading(base):
        return _model_in(_quickest(base))


def save_model(model: Any, base: Base, folder: Path) -> None:
    """
    Write *model*, as it is in memory, with the tokenizer and chat template of *base* as a Hugging Face model.

    Raises:
        OSError: The disk is full or fails.
    """
    from safetensors import SafetensorError

    quantizer = getattr(model, "hf_quantizer", None)
    if quantizer is not None:  # a mark of the file read; the weights were unpacked, but with it transformers saves none
        quantizer.remove_quantization_config(model)
    try:
        model.save_pretrained(folder)
    except SafetensorError as error:  # which is how a full disk shows there
        raise OSError(str(error)) from error
    _tokenizer_in(base).save_pretrained(folder)


def adapted(model: Any, recipe: Recipe, *, half: bool) -> Any:
    """Lay a new adapter over *model*, whose own weights stay as they are; with *half* those that it adapts go to bf16."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AttentionInterface

    names = {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    unknown = [target for target in recipe.targets if target not in names]
    if unknown:
        raise Misconfigured(f"the base has no weight matrix {', '.join(unknown)}; targets in the recipe may be {', '.join(sorted(names))}")
    AttentionInterface.register(_ATTENTION, _attend)
    model.set_attn_implementation(_ATTENTION)
    torch.manual_seed(seed_of(recipe.seed, -1))
    config = LoraConfig(
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=recipe.dropout,
        target_modules=list(recipe.targets),
        layers_to_transform=_upper(model.config.num_hidden_layers, recipe.layers),
        bias="none",
        task_type="CAUSAL_LM",
    )
    with quiet_peft():
        whole = get_peft_model(model, config)
    if half:
        for name, module in whole.named_modules():
            if name.endswith(".base_layer"):
                module.to(torch.bfloat16)
    return whole


@contextmanager
def quiet_peft() -> Iterator[None]:
    """Keep a warning from people who can do nothing about it: peft 0.21 asks transformers 5.23 by an old name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        yield


def _attend(  # noqa: PLR0913  # the signature is transformers'
    module: Any,
    query: "torch.Tensor",
    key: "torch.Tensor",
    value: "torch.Tensor",
    _mask: None,
    *,
    pack: Pack,
    scaling: float,
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_options: object,
) -> "tuple[torch.Tensor, None]":
    """Attend within each row of *pack* and to the beginning that all share; (1, heads, T, D) each, returns (1, T, heads, D)."""
    import torch

    if softcap is not None or (sliding_window is not None and sliding_window < pack.prefix + max(pack.lengths)):
        raise Misconfigured("the base attends in a way that training does not know (a sliding window or capped logits): choose another")
    key = key.repeat_interleave(module.num_key_value_groups, dim=1)
    value = value.repeat_interleave(module.num_key_value_groups, dim=1)
    prefix = pack.prefix
    attention = partial(torch.nn.functional.scaled_dot_product_attention, scale=scaling)
    outputs = [attention(query[:, :, :prefix], key[:, :, :prefix], value[:, :, :prefix], is_causal=True)] if prefix else []
    at = prefix
    for length in pack.lengths:
        own = slice(at, at + length)
        if prefix:
            mask = torch.ones(length, prefix + length, dtype=torch.bool, device=query.device).tril(prefix)
            keys, values = (torch.cat([each[:, :, :prefix], each[:, :, own]], dim=2) for each in (key, value))
            outputs.append(attention(query[:, :, own], keys, values, attn_mask=mask))
        else:
            outputs.append(attention(query[:, :, own], key[:, :, own], value[:, :, own], is_causal=True))
        at += length
    return torch.cat(outputs, dim=2).transpose(1, 2), None


def _upper(layers: int, share: float) -> list[int]:
    """Return the upper *share* of *layers*, at least one."""
    return list(range(min(layers - 1, round(layers * (1 - share))), layers))


def precision_for(recipe: Recipe, device: str) -> str:
    """Return "bf16" or "fp32": what the recipe says, else what this machine multiplies faster with, measured in milliseconds."""
    import torch

    if recipe.precision != "auto":
        return recipe.precision
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    rows, width = _PROBE
    taken = {}
    for name, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        left, right = torch.ones(rows, width, dtype=kind), torch.ones(width, width, dtype=kind)
        times = []
        for _ in range(4):  # the first one loads kernels; the shortest is the one least disturbed
            began = time.perf_counter()
            torch.mm(left, right)
            times.append(time.perf_counter() - began)
        taken[name] = min(times)
    return "bf16" if taken["bf16"] < 0.8 * taken["fp32"] else "fp32"


def seed_of(seed: int, step: int) -> int:
    """Return the seed of what is drawn by chance at *step* (-1: the first weights)."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{step}".encode()).digest()[:7])


def _quickest(base: Base) -> Base:
    """Return what is read fastest: a GGUF's weights as they stand unpacked, once they do. A GGUF takes half a minute each time."""
    if not isinstance(base, GgufBase) or base.unpacked is None:
        return base
    if not base.unpacked.is_dir():
        base.unpacked.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(base.unpacked) as draft:
            save_model(_model_in(base), base, draft)
    return HfBase(base.unpacked)


def _tokenizer_in(base: Base) -> Any:
    from transformers import AutoTokenizer

    folder, name = _place(base)
    return AutoTokenizer.from_pretrained(folder, local_files_only=True, **name)


def _model_in(base: Base) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    folder, name = _place(base)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True, **name)
    model.config.architectures = [type(model).__name__]  # which no GGUF names, and PEFT asks for
    return model


def _place(base: Base) -> tuple[Path, dict[str, str]]:
    return (base.path.parent, {"gguf_file": base.path.name}) if isinstance(base, GgufBase) else (base.folder, {})


@contextmanager
def _reading(base: Base) -> Iterator[None]:
    """Keep transformers quiet, and turn what it raises into one sentence."""
    from transformers.utils import logging as noise

    noise.disable_progress_bar()  # type: ignore[no-untyped-call]
    noise.set_verbosity_error()  # type: ignore[no-untyped-call]
    place = base.path if isinstance(base, GgufBase) else base.folder
    try:
        with redirect_stderr(io.StringIO()):  # a bar over the tensors of a GGUF knows no switch
            yield
    except (OSError, ValueError, LookupError, RuntimeError, struct.error) as error:
        said = str(error).strip().partition("\n")[0]
        raise Misconfigured(
            f"the base model {place} cannot be read ({said}): correct its path, or choose one of the llama family"
        ) from error
