"""Small GGUF files, byte by byte after https://github.com/ggml-org/ggml/blob/master/docs/gguf.md."""

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

VERSION = 3
ALIGNMENT = 32
FLOAT32_VALUE, STRING_VALUE = 6, 8
FLOAT32_TENSOR = 0
SMOLLM2_WIDTH = 576


def write_gguf(path: Path, values: Mapping[str, str | float], tensors: Mapping[str, NDArray[np.float32]]) -> Path:
    """Write *values* and *tensors* (rows first, as numpy keeps them) to *path*."""
    head = b"GGUF" + struct.pack("<IQQ", VERSION, len(tensors), len(values))
    head += b"".join(_string(key) + _value(value) for key, value in values.items())
    offset = 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]  # the file counts the fastest dimension first
        head += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, FLOAT32_TENSOR, offset)
        offset += _padded(tensor.nbytes)
    data = b"".join(tensor.tobytes().ljust(_padded(tensor.nbytes), b"\0") for tensor in tensors.values())
    path.write_bytes(head.ljust(_padded(len(head)), b"\0") + data)
    return path


def write_adapter(path: Path, *, width: int = SMOLLM2_WIDTH, strength: float = 4.0, architecture: str = "llama") -> Path:
    """Write a rank-1 LoRA adapter for the first layer's queries of SmolLM2-135M; another *width* fits no model of ours."""
    rng = np.random.default_rng(7)
    values: dict[str, str | float] = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": strength,
    }
    tensors = {
        "blk.0.attn_q.weight.lora_a": rng.standard_normal((1, width), dtype=np.float32),
        "blk.0.attn_q.weight.lora_b": rng.standard_normal((width, 1), dtype=np.float32),
    }
    return write_gguf(path, values, tensors)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: str | float) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", STRING_VALUE) + _string(value)
    return struct.pack("<If", FLOAT32_VALUE, value)


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
