"""Adapters in PEFT's layout (https://huggingface.co/docs/peft/developer_guides/checkpoint) that no training made: random, and strong."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from finetune.gguf_files import layout_of

# How PEFT names the matrices of a layer, and how GGUF does.
MODULES: Mapping[str, str] = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
CONFIG: Mapping[str, Any] = {
    "peft_type": "LORA",
    "task_type": "CAUSAL_LM",
    "r": 4,
    "lora_alpha": 8,
    "bias": "none",
    "target_modules": [module.split(".")[1] for module in MODULES],
}
# Added to a first factor of size one over the root of the inputs: the answers become others, and stay sentences.
STRENGTH = 0.05


def write_peft(
    folder: Path, base: Path, *, strength: float = STRENGTH, modules: Sequence[str] = tuple(MODULES), seed: int = 1, **config: Any
) -> Path:
    """Write a random adapter for the model file *base* to *folder*; *config* is laid over `CONFIG`."""
    settings = {**CONFIG, "target_modules": [module.split(".")[1] for module in modules], **config}
    rng = np.random.default_rng(seed)
    tensors = {}
    shapes = layout_of(base).shapes
    for layer in range(sum(name.endswith(".attn_q.weight") for name in shapes)):
        for module in modules:
            outputs, inputs = shapes[f"blk.{layer}.{MODULES[module]}.weight"]
            name = f"base_model.model.model.layers.{layer}.{module}"
            tensors[f"{name}.lora_A.weight"] = _random(rng, settings["r"], inputs) / np.float32(np.sqrt(inputs))
            tensors[f"{name}.lora_B.weight"] = _random(rng, outputs, settings["r"]) * np.float32(strength)
    return save_peft(folder, tensors, settings)


def save_peft(folder: Path, tensors: Mapping[str, NDArray[np.float32]], config: Mapping[str, Any]) -> Path:
    """Write *tensors* and *config* as PEFT does."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps(config))
    save_file(dict(tensors), folder / "adapter_model.safetensors", metadata={"format": "pt"})
    return folder


def _random(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    return rng.standard_normal((rows, columns), dtype=np.float32)
