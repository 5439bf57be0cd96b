"""Merged files: what they keep, and that they answer as base and adapter do."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, dequantize

from bot.backends.llama_cpp import default_model_path
from bot.backends.scoring import Scorer
from bot.errors import Misconfigured, Refused
from bot.messages import Message
from finetune.gguf_adapter import write_adapter
from finetune.gguf_files import open_gguf, value_of
from finetune.gguf_merge import merge_to_q8_0
from tests.fakes.peft import write_peft
from tests.fakes.tiny_models import Architecture, Sizes, write_model

MEGABYTE = 2**20


def unseen(_done: int, _total: int) -> None:
    """Nobody watches."""


def merged(folder: Path, base: Path, *, strength: float = 0.5) -> tuple[Path, Path]:
    """Return a random adapter for *base* and the file in which both are one."""
    adapter, target = folder / "adapter.gguf", folder / "merged.gguf"
    write_adapter(write_peft(folder / "peft", base, strength=strength), base, adapter)
    merge_to_q8_0(base, adapter, target, progress=unseen)
    return adapter, target


def likeliest(path: Path, adapter: Path | None, questions: tuple[str, ...]) -> list[list[int]]:
    """Return greedy answers to *questions*, in tokens."""
    with Scorer(path, adapter=adapter) as scorer:
        return [scorer.greedy(scorer.tokens_of([Message("user", question)]), limit=12) for question in questions]


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_the_merged_file_answers_as_base_and_adapter_do(tmp_path: Path, architecture: Architecture) -> None:
    """Eight bits are enough: only an answer or two may part on the way."""
    base = write_model(tmp_path / "base.gguf", architecture)
    adapter, target = merged(tmp_path, base)
    questions = tuple(f"What is the price of part {number}?" for number in range(10))
    apart = sum(one != other for one, other in zip(likeliest(base, adapter, questions), likeliest(target, None, questions), strict=True))

    assert apart <= 2
    assert likeliest(base, None, questions) != likeliest(target, None, questions)


def test_metadata_is_kept_and_the_kind_is_told(tmp_path: Path) -> None:
    """Tokenizer and chat template come along; llama.cpp and people go by the file type."""
    base = write_model(tmp_path / "base.gguf", "qwen2")
    _, target = merged(tmp_path, base)
    before, after = open_gguf(base), open_gguf(target)
    counts = {"GGUF.kv_count", "general.quantization_version", "general.file_type"}

    assert set(after.fields) == set(before.fields) | {"general.quantization_version"}
    assert all(value_of(after, key) == value_of(before, key) for key in set(before.fields) - counts)
    assert (value_of(after, "general.file_type"), value_of(after, "general.quantization_version")) == (7, 2)


def test_matrices_get_eight_bits_and_vectors_stay(tmp_path: Path) -> None:
    """The names and shapes are the base's."""
    base = write_model(tmp_path / "base.gguf", "qwen2")
    _, target = merged(tmp_path, base)
    before = {tensor.name: tensor for tensor in open_gguf(base).tensors}
    after = {tensor.name: tensor for tensor in open_gguf(target).tensors}

    assert list(after) == list(before)
    assert all((after[name].shape == before[name].shape).all() for name in before)
    assert {after[name].tensor_type for name in after if len(after[name].shape) == 2} == {GGMLQuantizationType.Q8_0}
    np.testing.assert_array_equal(after["blk.0.attn_q.bias"].data, before["blk.0.attn_q.bias"].data)


def test_what_has_eight_bits_and_no_change_is_not_packed_again(tmp_path: Path) -> None:
    """Each packing loses a little; the packaged model's embeddings are as they were."""
    base = default_model_path()
    folder = write_peft(tmp_path / "peft", base, modules=("self_attn.q_proj",))
    write_adapter(folder, base, tmp_path / "adapter.gguf")
    seen: list[tuple[int, int]] = []
    tracemalloc.start()
    merge_to_q8_0(base, tmp_path / "adapter.gguf", tmp_path / "merged.gguf", progress=lambda done, total: seen.append((done, total)))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    before, after = ({tensor.name: tensor for tensor in open_gguf(path).tensors} for path in (base, tmp_path / "merged.gguf"))
    unchanged = "blk.3.ffn_up.weight"

    assert seen[-1] == (272, 272)
    assert peak_bytes < 120 * MEGABYTE  # most of it is the reader's list of tokens; unpacked, the embeddings alone would take 113
    np.testing.assert_array_equal(after["token_embd.weight"].data, before["token_embd.weight"].data)
    np.testing.assert_allclose(
        dequantize(after[unchanged].data, after[unchanged].tensor_type),
        dequantize(before[unchanged].data, before[unchanged].tensor_type),
        atol=0.01,
    )


def test_an_adapter_for_another_model_is_refused(tmp_path: Path) -> None:
    """The tensor is named, and nothing is written."""
    other = write_model(tmp_path / "other.gguf", "llama", sizes=Sizes(hidden=128))
    write_adapter(write_peft(tmp_path / "peft", other), other, tmp_path / "adapter.gguf")
    base = write_model(tmp_path / "base.gguf", "llama")

    with pytest.raises(Refused, match=r"made for another model than base\.gguf: its blk\.0\.attn_k\.weight does not fit"):
        merge_to_q8_0(base, tmp_path / "adapter.gguf", tmp_path / "merged.gguf", progress=unseen)
    assert not (tmp_path / "merged.gguf").exists()


def test_a_model_is_no_adapter(tmp_path: Path) -> None:
    """Two names in the wrong order."""
    base = write_model(tmp_path / "base.gguf", "llama")

    with pytest.raises(Refused, match="is no LoRA adapter"):
        merge_to_q8_0(base, base, tmp_path / "merged.gguf", progress=unseen)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The folder is not there."""
    base = write_model(tmp_path / "base.gguf", "llama")
    write_adapter(write_peft(tmp_path / "peft", base), base, tmp_path / "adapter.gguf")

    with pytest.raises(Misconfigured, match=r"none/merged\.gguf cannot be written"):
        merge_to_q8_0(base, tmp_path / "adapter.gguf", tmp_path / "none" / "merged.gguf", progress=unseen)
