"""A model file with an adapter's change written into it, as Q8_0: for programs that serve no adapters."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.errors import Refused
from finetune.gguf_files import layout_of, open_gguf, value_of
from finetune.whole import whole_file

if TYPE_CHECKING:
    from gguf import GGUFReader, GGUFWriter
    from gguf.gguf_reader import ReaderTensor

Progress = Callable[[int, int], None]

_CHUNK = 2**20  # numbers that are unpacked at once: 4 MB in single precision


@dataclass(frozen=True, slots=True)
class _Change:
    """What is added to one matrix: `scale` · `up` (outputs, rank) · `down` (rank, inputs)."""

    down: NDArray[np.float16]
    up: NDArray[np.float16]
    scale: float

    def of(self, rows: slice) -> NDArray[np.float32]:
        up, down = self.up[rows].astype(np.float32), self.down.astype(np.float32)
        return np.asarray(up @ down * np.float32(self.scale), dtype=np.float32)


def merge_to_q8_0(base: Path, adapter: Path, target: Path, *, progress: Progress) -> None:
    """
    Write the model file *base* with the adapter file *adapter* (GGUF) merged into it to *target*, 8 bits a weight.

    Never to fewer bits: requantised to four, a merged model no longer answers as it was trained to. Matrices are unpacked, changed and
    packed in pieces; vectors stay as they are, and so does all metadata: tokenizer, chat template and the rest.

    Args:
        base: The file that the adapter was trained on.
        adapter: As `gguf_adapter.write_adapter` makes it.
        target: Replaced only by a whole file.
        progress: Called with the tensors that are written and all of them.

    Raises:
        Refused: *base* is of an architecture without proof, or *adapter* is none or for another model.
        Misconfigured: A file cannot be read or written.
    """
    from gguf import GGML_QUANT_VERSION, GGMLQuantizationType, GGUFWriter, Keys, LlamaFileType

    changes = _changes(adapter, base)
    reader = open_gguf(base)
    with whole_file(target) as draft, closing(GGUFWriter(draft, str(value_of(reader, Keys.General.ARCHITECTURE)))) as writer:
        writer.data_alignment = int(reader.alignment)
        _copy_metadata(reader, writer)
        writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
        writer.add_quantization_version(GGML_QUANT_VERSION)
        packed = {tensor.name for tensor in reader.tensors if _is_packed(tensor, changes)}
        for tensor in reader.tensors:
            shape = _packed_shape(tensor) if tensor.name in packed else tensor.data.shape
            kind = GGMLQuantizationType.Q8_0 if tensor.name in packed else tensor.tensor_type
            data_type = np.dtype(np.uint8) if tensor.name in packed else tensor.data.dtype
            writer.add_tensor_info(tensor.name, shape, data_type, int(np.prod(shape)) * data_type.itemsize, kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for done, tensor in enumerate(reader.tensors, start=1):
            writer.write_tensor_data(_packed(tensor, changes.get(tensor.name)) if tensor.name in packed else tensor.data)
            progress(done, len(reader.tensors))


def _changes(adapter: Path, base: Path) -> dict[str, _Change]:
    layout = layout_of(base)
    reader = open_gguf(adapter)
    if value_of(reader, "adapter.type") != "lora":
        raise Refused(f"{adapter} is no LoRA adapter: name the file of a trained version")
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    alpha = float(value_of(reader, "adapter.lora.alpha", 0.0))
    changes = {}
    for name in (key.removesuffix(".lora_a") for key in tensors if key.endswith(".lora_a")):
        down, up = tensors[f"{name}.lora_a"], tensors[f"{name}.lora_b"]
        if layout.shapes.get(name) != (up.shape[0], down.shape[1]):
            raise Refused(f"the adapter {adapter.name} was made for another model than {base.name}: its {name} does not fit")
        changes[name] = _Change(down, up, alpha / up.shape[1])
    return changes


def _copy_metadata(reader: "GGUFReader", writer: "GGUFWriter") -> None:
    """Copy every key but those that the writer or the merge sets, and the counts, which are no keys."""
    from gguf import GGUFValueType, Keys

    ours = (Keys.General.ARCHITECTURE, Keys.General.FILE_TYPE, Keys.General.QUANTIZATION_VERSION)
    for field in reader.fields.values():
        if field.name in ours or field.name.startswith("GGUF."):
            continue
        kind = field.types[0]
        writer.add_key_value(field.name, field.contents(), kind, sub_type=field.types[-1] if kind == GGUFValueType.ARRAY else None)


def _is_packed(tensor: "ReaderTensor", changes: Mapping[str, _Change]) -> bool:
    """Tell whether *tensor* is written anew: a matrix that is changed or not in 8 bits yet, of rows that Q8_0's blocks divide."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    block, _ = GGML_QUANT_SIZES[GGMLQuantizationType.Q8_0]
    if tensor.name not in changes and tensor.tensor_type == GGMLQuantizationType.Q8_0:
        return False
    return len(tensor.shape) == len(("outputs", "inputs")) and int(tensor.shape[0]) % block == 0


def _packed_shape(tensor: "ReaderTensor") -> tuple[int, ...]:
    from gguf import GGMLQuantizationType, quant_shape_to_byte_shape

    return quant_shape_to_byte_shape([int(size) for size in reversed(tensor.shape)], GGMLQuantizationType.Q8_0)


def _packed(tensor: "ReaderTensor", change: _Change | None) -> NDArray[np.uint8]:
    from gguf import GGMLQuantizationType, dequantize, quantize

    packed = np.empty(_packed_shape(tensor), dtype=np.uint8)
    step = max(1, _CHUNK // int(tensor.shape[0]))
    for start in range(0, len(packed), step):
        rows = slice(start, start + step)
        weights = dequantize(tensor.data[rows], tensor.tensor_type)  # (rows, inputs)
        packed[rows] = quantize(weights if change is None else weights + change.of(rows), GGMLQuantizationType.Q8_0)
    return packed
