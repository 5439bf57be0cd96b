"""Trained weights in torch: batched, padded and shared, yet the same as one after the other."""

import json
import resource
import warnings
from pathlib import Path

import numpy as np
import pytest

from bot.errors import Misconfigured, Refused
from bot.messages import Message
from finetune.trained import TrainedModel
from finetune.training import GgufBase, HfBase
from finetune.whole import whole_folder
from tests.fakes.peft import write_peft
from tests.fakes.tiny_models import vocabulary_of, write_model

PROMPTS = [(Message("system", "Be brief."), Message("user", "word " * length + "?")) for length in (1, 9, 3, 30, 2)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write a tiny model and a strong adapter for it."""
    folder = tmp_path_factory.mktemp("trained")
    base = write_model(folder / "base.gguf", "qwen2")
    return base, write_peft(folder / "peft", base, strength=1.0)


@pytest.fixture(scope="module")
def model(files: tuple[Path, Path]) -> TrainedModel:
    """Load both."""
    base, adapter = files
    return TrainedModel(GgufBase(base), adapter)


def test_prompts_end_where_the_answer_begins(model: TrainedModel) -> None:
    """What is compared is what was trained on."""
    tokens = model.tokens_of([Message("user", "hi")])
    words = "".join(vocabulary_of()[token] for token in tokens)

    assert words == "<|im_start|>userĊhi<|im_end|>Ċ<|im_start|>assistantĊ"
    assert vocabulary_of()[model.eos] == "<|im_end|>"


def test_a_batch_continues_as_each_prompt_alone(model: TrainedModel) -> None:
    """Padding and a shared beginning change nothing."""
    prompts = [model.tokens_of(prompt) for prompt in PROMPTS]
    together = model.continuations(prompts, limit=8)

    for prompt, continuation in zip(prompts, together, strict=True):
        (alone,) = model.continuations([prompt], limit=8)
        assert continuation.tokens == alone.tokens
        np.testing.assert_allclose(continuation.logprobs, alone.logprobs, atol=1e-4)


def test_continuations_follow_the_logits(model: TrainedModel) -> None:
    """Each token is the likeliest after those before it, and its log-probability is theirs."""
    prompt = model.tokens_of(PROMPTS[0])
    (written,) = model.continuations([prompt], limit=6)
    scores = model.logits(prompt, written.tokens)  # (T, V)
    highest = scores.max(axis=1)  # (T,)
    likely = -np.log(np.exp(scores - highest[:, None]).sum(axis=1))  # (T,), of the likeliest

    assert scores.shape == (6, len(vocabulary_of()))
    assert tuple(scores.argmax(axis=1)) == written.tokens
    np.testing.assert_allclose(likely, written.logprobs, atol=1e-4)


def test_loading_says_nothing(files: tuple[Path, Path]) -> None:
    """What libraries tell each other is not for people."""
    base, adapter = files
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        TrainedModel(GgufBase(base), adapter)

    assert [str(each.message) for each in seen if each.category is FutureWarning] == []


def test_nothing_asked_gives_nothing(model: TrainedModel) -> None:
    """An empty answer has no scores, no prompts no continuations."""
    assert model.logits([1, 2], []).shape == (0, len(vocabulary_of()))
    assert model.continuations([], limit=4) == ()


def test_an_answer_ends_at_its_end(model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token that ends it is the last of a continuation and no part of an answer."""
    prompts = [model.tokens_of(prompt) for prompt in PROMPTS]
    written = model.continuations(prompts, limit=8)
    third = written[0].tokens[2]
    monkeypatch.setattr(model, "eos", third)
    ended = model.continuations(prompts, limit=8)[0].tokens

    assert ended == written[0].tokens[: written[0].tokens.index(third) + 1]
    assert model.greedy(prompts[0], limit=8) == list(ended[:-1])


def test_many_prompts_go_in_several_batches(model: TrainedModel) -> None:
    """Each is told of, and each gets its own continuation."""
    prompt = model.tokens_of(PROMPTS[0])
    prompts = [[*prompt, token] for token in range(20)]
    seen: list[tuple[int, int]] = []
    written = model.continuations(prompts, limit=2, progress=lambda done, total: seen.append((done, total)))

    assert seen == [(16, 20), (20, 20)]
    assert written[19].tokens == model.continuations([prompts[19]], limit=2)[0].tokens


def test_what_is_saved_answers_alike(model: TrainedModel, tmp_path: Path) -> None:
    """A folder that transformers loads, with its tokenizer and template; as a base it needs no adapter."""
    with whole_folder(tmp_path / "model") as draft:
        model.save(draft)
    again = TrainedModel(HfBase(tmp_path / "model"), None)
    prompt = model.tokens_of(PROMPTS[1])

    assert again.tokens_of(PROMPTS[1]) == prompt
    assert again.greedy(prompt, limit=8) == model.greedy(prompt, limit=8)


def test_a_folder_saved_again_is_the_same_model(model: TrainedModel, tmp_path: Path) -> None:
    """A Hugging Face base keeps its own tokenizer and template; only transformers' normaliser for qwen2, which GGUF has none of, is new."""
    model.save(tmp_path / "one")
    TrainedModel(HfBase(tmp_path / "one"), None).save(tmp_path / "other")
    one, other = (json.loads((tmp_path / name / "tokenizer.json").read_bytes())["model"] for name in ("one", "other"))

    assert one == other
    assert (tmp_path / "one" / "chat_template.jinja").read_bytes() == (tmp_path / "other" / "chat_template.jinja").read_bytes()


def test_a_full_disk_is_the_operators(model: TrainedModel, tmp_path: Path) -> None:
    """The weights come from a library with errors of its own."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    try:
        with pytest.raises(Misconfigured, match="model cannot be written"), whole_folder(tmp_path / "model") as draft:
            model.save(draft)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert not list(tmp_path.iterdir())


def test_a_damaged_adapter_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    """A copy that broke off."""
    base, _ = files
    adapter = write_peft(tmp_path / "peft", base)
    (adapter / "adapter_model.safetensors").write_bytes(b"x" * 100)

    with pytest.raises(Refused, match="is damaged or was trained on another model"):
        TrainedModel(GgufBase(base), adapter)
