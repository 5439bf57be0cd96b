"""
A trained LoRA adapter (PEFT's folder) written as the GGUF file that llama.cpp lays over the model it was trained on.

The layout, and that the rows of queries and keys stand in another order in `llama` models, are llama.cpp's:
https://github.com/ggml-org/llama.cpp/blob/master/convert_lora_to_gguf.py (tensors and keys),
https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py (`LlamaModel.permute`),
https://github.com/ggml-org/llama.cpp/blob/master/src/llama-adapter.h (scale: alpha over the rank of each pair).
PEFT's folder: https://huggingface.co/docs/peft/developer_guides/checkpoint
"""

import json
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.errors import Refused
from finetune.gguf_files import Layout, layout_of
from finetune.whole import whole_file

Matrix = NDArray[np.float32]

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_KEY: Final = re.compile(r"base_model\.model\.model\.layers\.(?P<layer>\d+)\.(?P<module>[\w.]+)\.lora_(?P<part>[AB])\.weight")
_MODULES: Final = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
# Kinds of adapters whose weights no `lora_a`/`lora_b` pair can carry, each with the value that means "not used".
_PLAIN: Final[Mapping[str, tuple[Any, ...]]] = {
    "bias": ("none",),
    "fan_in_fan_out": (False,),
    "rank_pattern": ({},),
    "alpha_pattern": ({},),
    "modules_to_save": (None, []),
    "use_dora": (False,),
    "lora_bias": (False,),
}


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two factors of one matrix's change: `down` (rank, inputs), `up` (outputs, rank)."""

    down: Matrix
    up: Matrix


def write_adapter(adapter: Path, base: Path, target: Path) -> None:
    """
    Write the adapter of PEFT's folder *adapter* as the GGUF file *target* (half precision), for the model file *base*.

    The same adapter and base give the same bytes.

    Raises:
        Refused: *base* is of an architecture without proof, or *adapter* is no plain LoRA adapter, is damaged or was trained on another
            model; the detail names the tensor.
        Misconfigured: *base* cannot be read or *target* cannot be written.
    """
    layout = layout_of(base)
    alpha, tensors = _read(adapter)
    pairs = {name: _fitted(name, pair, layout) for name, pair in sorted(_paired(tensors, adapter).items())}
    from gguf import GGUFWriter

    with whole_file(target) as draft, closing(GGUFWriter(draft, layout.architecture)) as writer:
        writer.add_type("adapter")
        writer.add_name(f"Aprendiz adapter for {layout.name}")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", alpha)
        for name, pair in pairs.items():
            writer.add_tensor(f"{name}.lora_a", _half(pair.down, name))
            writer.add_tensor(f"{name}.lora_b", _half(pair.up, name))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def _read(adapter: Path) -> tuple[float, Mapping[str, Matrix]]:
    """Return the alpha that llama.cpp divides by the rank, and the tensors by their names in PEFT's file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config = json.loads((adapter / _CONFIG).read_bytes())
        tensors = load_file(adapter / _WEIGHTS)
    except OSError as error:
        raise Refused(f"{adapter} holds no trained adapter ({error.strerror or error}): it needs {_CONFIG} and {_WEIGHTS}") from error
    except (ValueError, SafetensorError, TypeError) as error:  # TypeError: a number format that numpy has not
        raise Refused(f"the adapter in {adapter} is damaged or not in single precision ({error}): train it again") from error
    return _alpha(config, adapter), tensors


def _alpha(config: Mapping[str, Any], adapter: Path) -> float:
    if config.get("peft_type") != "LORA":
        raise Refused(f"{adapter} holds a {config.get('peft_type')} adapter; only LORA can be served")
    for key, plain in _PLAIN.items():
        if config.get(key, plain[0]) not in plain:
            raise Refused(f"the adapter in {adapter} was trained with {key} = {config[key]!r}, which cannot be served: train it without")
    alpha, rank = float(config["lora_alpha"]), int(config["r"])
    if alpha <= 0:  # llama.cpp takes 0 for "do not scale"
        raise Refused(f"the adapter in {adapter} has lora_alpha = {alpha:g}: it must be above zero")
    return alpha * sqrt(rank) if config.get("use_rslora") else alpha


def _paired(tensors: Mapping[str, Matrix], adapter: Path) -> dict[str, _Pair]:
    halves: dict[str, dict[str, Matrix]] = {}
    for key, tensor in tensors.items():
        match = _KEY.fullmatch(key)
        if match is None or match["module"] not in _MODULES:
            raise Refused(f"the adapter in {adapter} changes {key}, which llama.cpp cannot serve: train the matrices of the layers only")
        name = f"blk.{match['layer']}.{_MODULES[match['module']]}.weight"
        halves.setdefault(name, {})[match["part"]] = tensor.astype(np.float32, copy=False)
    incomplete = next((name for name, parts in halves.items() if len(parts) < len("AB")), None)
    if incomplete or not halves:
        raise Refused(f"the adapter in {adapter} is damaged ({incomplete or 'it is empty'}): train it again")
    return {name: _Pair(parts["A"], parts["B"]) for name, parts in halves.items()}


def _fitted(name: str, pair: _Pair, layout: Layout) -> _Pair:
    """Return *pair* with its rows in the order of the model file's."""
    shape = layout.shapes.get(name)
    if shape != (pair.up.shape[0], pair.down.shape[-1]) or pair.up.shape[-1] != pair.down.shape[0]:
        there = "has none" if shape is None else f"has {shape[0]} × {shape[1]}"
        raise Refused(
            f"the adapter was trained on another model than {layout.file}: its {name} is {pair.up.shape[0]} × {pair.down.shape[-1]}, "
            f"the model {there}"
        )
    heads = {"attn_q": layout.heads, "attn_k": layout.kv_heads}.get(name.split(".")[2])
    if layout.architecture == "llama" and heads:
        return _Pair(pair.down, _interleaved(pair.up, heads))
    return pair


def _interleaved(rows: Matrix, heads: int) -> Matrix:
    """
    Return *rows* (outputs, rank) reordered for llama.cpp's rotary embedding in `llama` models.

    transformers turns element i of a head with element i + half of it, llama.cpp neighbours.
    """
    halves = rows.reshape(heads, 2, -1, rows.shape[-1])  # (heads, 2, half a head, rank)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows.shape)


def _half(tensor: Matrix, name: str) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        half = tensor.astype(np.float16)
    if not np.isfinite(half).all():
        raise Refused(f"the adapter's {name} holds numbers that are infinite or none: its training diverged")
    return half
