"""Parity, with real files on both sides: torch on the one, llama.cpp on the other."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.backends.llama_cpp import default_model_path
from bot.errors import Misconfigured, Refused
from bot.messages import Message
from finetune.gguf_adapter import write_adapter
from finetune.gguf_files import open_gguf
from finetune.parity import MEAN_LIMIT, Parity, check_parity, prompts_of
from finetune.trained import TrainedModel
from finetune.training import GgufBase, HfBase
from tests.fakes.gguf import write_gguf
from tests.fakes.peft import CONFIG, MODULES, write_peft
from tests.fakes.tiny_models import Architecture, Sizes, write_model

QUESTIONS = (
    "Why is the sky blue?",
    "Name three fruits.",
    "How do I boil an egg?",
    "Write a short greeting for a customer.",
    "What is the capital of France?",
    "List the days of the week.",
    "Tell me a story about a cat.",
    "Como bloqueio o meu cartão?",
)
PROMPTS = [(Message("system", "You are a helpful assistant."), Message("user", question)) for question in QUESTIONS]
# Only queries and keys have an order to get wrong.
ORDERED = ("self_attn.q_proj", "self_attn.k_proj")


def checked(base: Path, adapter: Path, gguf: Path, *, prompts: Sequence[Sequence[Message]] = PROMPTS, served: Path | None = None) -> Parity:
    """Check with nobody watching."""
    return check_parity(
        prompts, base=GgufBase(base), served=served or base, adapter=adapter, gguf=gguf, progress=lambda _done, _total: None
    )


def write_in_training_order(adapter: Path, architecture: str, target: Path) -> Path:
    """Convert as whoever does not know of the order would."""
    tensors = {}
    for name, tensor in load_file(adapter / "adapter_model.safetensors").items():
        *_, layer, block, module, part, _ = name.split(".")
        tensors[f"blk.{layer}.{MODULES[f'{block}.{module}']}.weight.{part.lower()}"] = tensor
    keys: Mapping[str, str | float] = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": float(CONFIG["lora_alpha"]),
    }
    return write_gguf(target, keys, tensors)


@pytest.mark.heavy
@pytest.mark.timeout(400)
def test_the_packaged_model_answers_as_trained(tmp_path: Path) -> None:
    """Four bits, an adapter in half precision: still the same tokens."""
    base, gguf = default_model_path(), tmp_path / "a.gguf"
    adapter = write_peft(tmp_path / "peft", base)
    write_adapter(adapter, base, gguf)
    found = checked(base, adapter, gguf)

    assert found.passed, found.reason
    assert (found.prompts, found.limit) == (8, 0.95)
    assert found.tokens > 100


@pytest.mark.heavy
@pytest.mark.timeout(400)
def test_rows_in_the_order_of_training_fail_on_the_packaged_model(tmp_path: Path) -> None:
    """The silent trap: such a file loads, and answers badly."""
    base = default_model_path()
    adapter = write_peft(tmp_path / "peft", base, modules=ORDERED, strength=0.3)
    found = checked(base, adapter, write_in_training_order(adapter, "llama", tmp_path / "a.gguf"))

    assert not found.passed
    assert "it would not answer as it was trained to" in found.reason


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_a_right_adapter_passes(tmp_path: Path, architecture: Architecture) -> None:
    """Queries and keys in the model's order, biases untouched."""
    base, gguf = write_model(tmp_path / "base.gguf", architecture), tmp_path / "a.gguf"
    adapter = write_peft(tmp_path / "peft", base, strength=1.0)
    write_adapter(adapter, base, gguf)
    found = checked(base, adapter, gguf)

    assert found.agreement > 0.98
    assert found.passed


@pytest.mark.parametrize(("architecture", "passed"), [("llama", False), ("qwen2", True)])
def test_the_order_of_training_is_right_for_qwen2_alone(tmp_path: Path, architecture: Architecture, passed: bool) -> None:
    """Which is why an architecture needs a proof of its own."""
    base = write_model(tmp_path / "base.gguf", architecture)
    adapter = write_peft(tmp_path / "peft", base, modules=ORDERED, strength=1.0)
    found = checked(base, adapter, write_in_training_order(adapter, architecture, tmp_path / "a.gguf"))

    assert found.passed is passed


def test_log_probabilities_tell_what_tokens_do_not(tmp_path: Path) -> None:
    """Whoever copies goes on copying: with the limit on tokens out of the way, an adapter in the wrong order fails all the same."""
    base = write_model(tmp_path / "base.gguf", "llama")
    adapter = write_peft(tmp_path / "peft", base, modules=ORDERED, strength=1.0)
    gguf = write_in_training_order(adapter, "llama", tmp_path / "a.gguf")
    found = check_parity(
        PROMPTS, base=GgufBase(base), served=base, adapter=adapter, gguf=gguf, progress=lambda _done, _total: None, limit=0.0
    )

    assert not found.passed
    assert found.mean_difference > MEAN_LIMIT
    assert "differ by" in found.reason


@pytest.fixture
def folder_base(tmp_path: Path) -> tuple[HfBase, Path]:
    """Give a Hugging Face folder to train on, and the GGUF of the same weights that serves."""
    served = write_model(tmp_path / "base.gguf", "qwen2")
    TrainedModel(GgufBase(served), None).save(tmp_path / "folder")
    return HfBase(tmp_path / "folder"), served


def test_an_adapter_trained_on_a_folder_serves_on_its_gguf(tmp_path: Path, folder_base: tuple[HfBase, Path]) -> None:
    """The same weights in another container."""
    base, served = folder_base
    adapter, gguf = write_peft(tmp_path / "peft", served, strength=1.0), tmp_path / "a.gguf"
    write_adapter(adapter, served, gguf)
    found = check_parity(PROMPTS, base=base, served=served, adapter=adapter, gguf=gguf, progress=lambda _done, _total: None)

    assert found.passed, found.reason
    assert found.agreement > 0.98


def test_rows_in_llamas_order_fail_on_a_folder_of_qwen2(tmp_path: Path, folder_base: tuple[HfBase, Path]) -> None:
    """The order that is right for one family is wrong for the other."""
    base, served = folder_base
    adapter, gguf = write_peft(tmp_path / "peft", served, modules=ORDERED, strength=1.0), tmp_path / "a.gguf"
    write_adapter(adapter, write_model(tmp_path / "other.gguf", "llama"), gguf)
    tensors = {tensor.name: tensor.data.astype(np.float32) for tensor in open_gguf(gguf).tensors}
    keys: Mapping[str, str | float] = {
        "general.architecture": "qwen2",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 8.0,
    }
    found = check_parity(
        PROMPTS,
        base=base,
        served=served,
        adapter=adapter,
        gguf=write_gguf(tmp_path / "wrong.gguf", keys, tensors),
        progress=lambda _done, _total: None,
    )

    assert not found.passed
    assert found.mean_difference > MEAN_LIMIT


def test_no_adapter_at_all_fails(tmp_path: Path) -> None:
    """The base's own answers are not the trained ones."""
    base, gguf = write_model(tmp_path / "base.gguf"), tmp_path / "a.gguf"
    write_adapter(write_peft(tmp_path / "nothing", base, strength=0.0), base, gguf)
    found = checked(base, write_peft(tmp_path / "peft", base, strength=1.0), gguf)

    assert not found.passed
    assert found.largest_difference > found.mean_difference > 0.1


def test_another_base_of_the_same_shape_fails(tmp_path: Path) -> None:
    """Nothing but the answers tells it: the adapter loads."""
    base, other, gguf = write_model(tmp_path / "base.gguf"), write_model(tmp_path / "other.gguf", seed=5), tmp_path / "a.gguf"
    adapter = write_peft(tmp_path / "peft", base)
    write_adapter(adapter, base, gguf)

    assert not checked(base, adapter, gguf, served=other).passed


def test_another_base_of_another_shape_fails_with_the_reason(tmp_path: Path) -> None:
    """llama.cpp refuses the file; the round goes on to tell why."""
    base, other = write_model(tmp_path / "base.gguf"), write_model(tmp_path / "other.gguf", sizes=Sizes(hidden=128))
    adapter, gguf = write_peft(tmp_path / "peft", base), tmp_path / "a.gguf"
    write_adapter(adapter, base, gguf)
    found = checked(base, adapter, gguf, served=other)

    assert not found.passed
    assert "refuses the adapter" in found.reason


def test_a_base_that_training_does_not_know_is_refused(tmp_path: Path) -> None:
    """The adapter's folder came from elsewhere."""
    base, other = write_model(tmp_path / "base.gguf"), write_model(tmp_path / "other.gguf", sizes=Sizes(hidden=128))
    gguf = tmp_path / "a.gguf"
    write_adapter(write_peft(tmp_path / "peft", base), base, gguf)

    with pytest.raises(Refused, match="trained on another model"):
        checked(base, write_peft(tmp_path / "other", other), gguf)


def test_another_template_fails_before_anything_is_computed(tmp_path: Path) -> None:
    """What is asked must be what was trained on, token for token."""
    base, gguf = write_model(tmp_path / "base.gguf"), tmp_path / "a.gguf"
    other = write_model(tmp_path / "other.gguf", template="{% for message in messages %}{{ message['content'] + ' ' }}{% endfor %}")
    adapter = write_peft(tmp_path / "peft", base)
    write_adapter(adapter, base, gguf)
    found = checked(base, adapter, gguf, served=other)

    assert not found.passed
    assert found.tokens == 0
    assert "prompt 1" in found.reason
    assert "chat template or tokenizer differ" in found.reason


def test_words_that_spell_a_control_token_are_read_alike(tmp_path: Path) -> None:
    """Somebody writes <|im_end|> into a question: neither side takes it for the end."""
    base, gguf = write_model(tmp_path / "base.gguf"), tmp_path / "a.gguf"
    adapter = write_peft(tmp_path / "peft", base)
    write_adapter(adapter, base, gguf)

    assert checked(base, adapter, gguf, prompts=[(Message("user", "What does <|im_end|> mean?"),)]).passed


def test_prompts_that_leave_no_room_are_left_out(tmp_path: Path) -> None:
    """Both sides must be able to continue them; without any left nothing is proved."""
    base, gguf = write_model(tmp_path / "base.gguf"), tmp_path / "a.gguf"
    adapter = write_peft(tmp_path / "peft", base)
    write_adapter(adapter, base, gguf)
    long = (Message("user", "word " * 500),)

    assert checked(base, adapter, gguf, prompts=[*PROMPTS[:1], long]).prompts == 1
    assert "no prompt that fits the window" in checked(base, adapter, gguf, prompts=[long]).reason


def test_a_missing_model_is_the_operators(tmp_path: Path) -> None:
    """The candidate is not to blame."""
    base, gguf = write_model(tmp_path / "base.gguf"), tmp_path / "a.gguf"
    adapter = write_peft(tmp_path / "peft", base)
    write_adapter(adapter, base, gguf)

    with pytest.raises(Misconfigured, match=r"none\.gguf"):
        checked(base, adapter, gguf, served=tmp_path / "none.gguf")


def test_progress_ends_where_both_sides_are_done(tmp_path: Path) -> None:
    """Each prompt counts twice."""
    base, gguf = write_model(tmp_path / "base.gguf"), tmp_path / "a.gguf"
    adapter = write_peft(tmp_path / "peft", base)
    write_adapter(adapter, base, gguf)
    seen: list[tuple[int, int]] = []
    check_parity(
        PROMPTS, base=GgufBase(base), served=base, adapter=adapter, gguf=gguf, progress=lambda done, total: seen.append((done, total))
    )

    assert seen[0] == (8, 16)
    assert seen[-1] == (16, 16)


def write_prompts(path: Path, questions: Sequence[str]) -> Path:
    """Write rows that ask *questions*."""
    rows = ([{"role": "user", "content": question}, {"role": "assistant", "content": "Yes."}] for question in questions)
    path.write_text("".join(json.dumps({"messages": messages}) + "\n" for messages in rows))
    return path


def test_prompts_are_drawn_from_the_shorter_rows(tmp_path: Path) -> None:
    """Reading costs most; the answer is not part of a prompt, and none is drawn twice."""
    rows = write_prompts(tmp_path / "train.jsonl", ["a" * length for length in range(1, 101)] * 2)
    drawn = prompts_of(rows, limit=10, seed=1)
    lengths = {len(prompt[-1].content) for prompt in drawn}

    assert all([message.role for message in prompt] == ["user"] for prompt in drawn)
    assert len(lengths) == 10
    assert max(lengths) <= 25


def test_the_seed_decides_which_prompts_are_drawn(tmp_path: Path) -> None:
    """A round that is run again compares the same."""
    rows = write_prompts(tmp_path / "train.jsonl", ["a" * length for length in range(1, 101)])

    assert prompts_of(rows, limit=10, seed=1) == prompts_of(rows, limit=10, seed=1) != prompts_of(rows, limit=10, seed=2)


def test_few_rows_are_all_drawn(tmp_path: Path) -> None:
    """Two are better than none."""
    rows = write_prompts(tmp_path / "train.jsonl", ["a", "b"])

    assert {prompt[-1].content for prompt in prompts_of(rows, seed=1)} == {"a", "b"}
