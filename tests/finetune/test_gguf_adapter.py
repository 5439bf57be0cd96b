"""Adapters on their way from training to service; whether they then answer alike is told in `test_parity`."""

import json
import resource
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from bot.errors import Misconfigured, Refused
from finetune.gguf_adapter import write_adapter
from finetune.gguf_files import open_gguf, value_of
from tests.fakes.peft import CONFIG, save_peft, write_peft
from tests.fakes.tiny_models import Architecture, Sizes, write_model

LAYER = "base_model.model.model.layers.0"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Write a tiny model of the llama family."""
    return write_model(tmp_path / "base.gguf", "llama")


def changed(folder: Path, change: Callable[[dict[str, Any]], object], **config: Any) -> Path:
    """Alter the tensors and the settings of an adapter."""
    tensors: dict[str, Any] = dict(load_file(folder / "adapter_model.safetensors"))
    change(tensors)
    return save_peft(folder, tensors, {**json.loads((folder / "adapter_config.json").read_text()), **config})


def written(adapter: Path, base: Path, target: Path) -> Mapping[str, NDArray[Any]]:
    """Write an adapter and return its tensors."""
    write_adapter(adapter, base, target)
    return {tensor.name: np.array(tensor.data) for tensor in open_gguf(target).tensors}


def test_the_file_says_what_it_is(tmp_path: Path, base: Path) -> None:
    """llama.cpp goes by these keys."""
    target = tmp_path / "a.gguf"
    tensors = written(write_peft(tmp_path / "peft", base), base, target)
    reader = open_gguf(target)
    keys = ("general.architecture", "general.type", "general.name", "adapter.type", "adapter.lora.alpha")

    assert [value_of(reader, key) for key in keys] == ["llama", "adapter", "Aprendiz adapter for tiny llama", "lora", 8.0]
    assert len(tensors) == 2 * 7 * 2
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float16)}


@pytest.mark.parametrize(("architecture", "moved"), [("llama", True), ("qwen2", False)])
def test_rows_of_queries_and_keys_move_in_llama_models_only(tmp_path: Path, architecture: Architecture, moved: bool) -> None:
    """A head's first half and second half interleave: 0, 8, 1, 9, … of 16."""
    base = write_model(tmp_path / "base.gguf", architecture)
    folder = write_peft(tmp_path / "peft", base)
    tensors = written(folder, base, tmp_path / "a.gguf")
    trained = load_file(folder / "adapter_model.safetensors")

    for name, module in (("attn_q", "q_proj"), ("attn_k", "k_proj"), ("attn_v", "v_proj")):
        up = trained[f"{LAYER}.self_attn.{module}.lora_B.weight"].astype(np.float16)
        order = [head + half + at for head in range(0, len(up), 16) for at in range(8) for half in (0, 8)]
        expected = up[order] if moved and name != "attn_v" else up
        np.testing.assert_array_equal(tensors[f"blk.0.{name}.weight.lora_b"], expected)


def test_rank_stabilised_scale_is_alpha_over_the_root(tmp_path: Path, base: Path) -> None:
    """llama.cpp divides by the rank: 8 / √4 is 16 / 4."""
    target = tmp_path / "a.gguf"
    write_adapter(write_peft(tmp_path / "peft", base, use_rslora=True), base, target)

    assert value_of(open_gguf(target), "adapter.lora.alpha") == 16.0


def test_the_same_adapter_gives_the_same_bytes(tmp_path: Path, base: Path) -> None:
    """Versions are kept by the hash of their content."""
    folder = write_peft(tmp_path / "peft", base)
    for name in ("one", "other"):
        write_adapter(folder, base, tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize(
    ("sizes", "there"), [(Sizes(hidden=128), "the model has 32 × 64"), (Sizes(layers=3), "the model has none")], ids=["wider", "deeper"]
)
def test_an_adapter_for_another_model_is_refused_with_the_tensor(tmp_path: Path, base: Path, sizes: Sizes, there: str) -> None:
    """A version made before the base changed."""
    other = write_model(tmp_path / "other.gguf", "llama", sizes=sizes)

    with pytest.raises(Refused, match=rf"another model than base\.gguf: its blk\.\d\.\w+\.weight is \d+ × \d+, {there}"):
        write_adapter(write_peft(tmp_path / "peft", other), base, tmp_path / "a.gguf")
    assert not (tmp_path / "a.gguf").exists()


@pytest.mark.parametrize(
    "setting",
    [
        {"peft_type": "LOHA"},
        {"use_dora": True},
        {"bias": "all"},
        {"modules_to_save": ["lm_head"]},
        {"rank_pattern": {"q_proj": 2}},
        {"lora_alpha": 0},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_what_llama_cpp_cannot_serve_is_refused_by_its_name(tmp_path: Path, base: Path, setting: Mapping[str, Any]) -> None:
    """It would be served as something else, without a word."""
    folder = write_peft(tmp_path / "peft", base, **setting)

    with pytest.raises(Refused, match=str(next(iter(setting.values() if "peft_type" in setting else setting)))):
        write_adapter(folder, base, tmp_path / "a.gguf")


def test_a_change_outside_the_layers_is_refused_by_its_name(tmp_path: Path, base: Path) -> None:
    """An adapted output matrix has no place in the file."""
    folder = changed(
        write_peft(tmp_path / "peft", base), lambda tensors: tensors.update({"base_model.model.lm_head.lora_A.weight": np.ones((4, 64))})
    )

    with pytest.raises(Refused, match=r"changes base_model\.model\.lm_head\.lora_A\.weight"):
        write_adapter(folder, base, tmp_path / "a.gguf")


def test_half_a_pair_is_damage(tmp_path: Path, base: Path) -> None:
    """The tensor is named."""
    folder = changed(write_peft(tmp_path / "peft", base), lambda tensors: tensors.pop(f"{LAYER}.mlp.up_proj.lora_B.weight"))

    with pytest.raises(Refused, match=r"damaged \(blk\.0\.ffn_up\.weight\)"):
        write_adapter(folder, base, tmp_path / "a.gguf")


def test_an_adapter_that_changes_nothing_is_damage(tmp_path: Path, base: Path) -> None:
    """Nothing was trained."""
    folder = save_peft(tmp_path / "peft", {}, CONFIG)

    with pytest.raises(Refused, match="it is empty"):
        write_adapter(folder, base, tmp_path / "a.gguf")


@pytest.mark.parametrize("number", [np.nan, 1e6], ids=["none", "too large"])
def test_weights_that_half_precision_cannot_hold_are_refused(tmp_path: Path, base: Path, number: float) -> None:
    """A training that diverged must not be served."""
    folder = changed(write_peft(tmp_path / "peft", base), lambda tensors: tensors[f"{LAYER}.mlp.up_proj.lora_B.weight"].fill(number))

    with pytest.raises(Refused, match=r"blk\.0\.ffn_up\.weight holds numbers that are infinite or none"):
        write_adapter(folder, base, tmp_path / "a.gguf")
    assert not (tmp_path / "a.gguf").exists()


def test_a_folder_without_an_adapter_is_named(tmp_path: Path, base: Path) -> None:
    """The wrong folder."""
    with pytest.raises(Refused, match="holds no trained adapter"):
        write_adapter(tmp_path / "none", base, tmp_path / "a.gguf")


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_truncated_folder_is_named(tmp_path: Path, base: Path, file: str) -> None:
    """A copy that broke off."""
    folder = write_peft(tmp_path / "peft", base)
    (folder / file).write_bytes((folder / file).read_bytes()[:100])

    with pytest.raises(Refused, match="is damaged or not in single precision"):
        write_adapter(folder, base, tmp_path / "a.gguf")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, base: Path) -> None:
    """And says so in one sentence."""
    folder, target = write_peft(tmp_path / "peft", base), tmp_path / "a.gguf"
    target.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Misconfigured, match=r"a\.gguf cannot be written"):
            write_adapter(folder, base, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert target.read_bytes() == b"old"
    assert not list(tmp_path.glob(".*draft"))
