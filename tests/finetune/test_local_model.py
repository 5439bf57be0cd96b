"""The model as it is trained: the same loss and gradients as row by row, only faster."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.errors import Misconfigured
from bot.messages import Message
from finetune.batching import pack
from finetune.encoding import Row, read_rows
from finetune.local_model import adapted, load_model, load_tokens, precision_for
from finetune.recipe import read_recipe
from finetune.training import GgufBase, HfBase
from tests.fakes.tiny_models import write_model
from tests.finetune.tiny import write_rows, write_tiny_model

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.timeout(300)]

RECIPE = replace(read_recipe(), layers=1.0)


def stirred(model: Any) -> Any:
    """Give the adapter weights that change something: new ones change nothing."""
    import torch

    torch.manual_seed(1)
    for weight in model.parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.1)
    return model.train()


def packed_loss(model: Any, rows: list[Row]) -> Any:
    import torch

    packed = pack(rows)
    logits = model(
        input_ids=torch.from_numpy(packed.tokens)[None],
        position_ids=torch.from_numpy(packed.positions)[None],
        use_cache=False,
        logits_to_keep=torch.from_numpy(packed.places),
        pack=packed,
    ).logits[0]
    return torch.nn.functional.cross_entropy(logits, torch.from_numpy(packed.targets), reduction="sum")


def plain_loss(model: Any, rows: list[Row]) -> Any:
    """Return the loss as transformers computes it, a row at a time."""
    import torch

    model.get_base_model().set_attn_implementation("eager")
    total: Any = 0
    for row in rows:
        tokens = torch.tensor(row.tokens.astype("int64"))[None]
        labels = torch.full_like(tokens, -100)
        labels[0, row.learnt] = tokens[0, row.learnt]
        total = total + model(input_ids=tokens, labels=labels).loss * len(row.learnt)
    return total


def gradients(model: Any, loss: Any) -> Any:
    import torch

    loss.backward()
    found = torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.requires_grad])
    model.zero_grad(set_to_none=True)
    return found


@pytest.mark.parametrize("model_type", ["llama", "qwen2"])
def test_packed_rows_give_the_loss_and_gradients_of_single_ones(tmp_path: Path, model_type: str) -> None:
    """What all begin with is computed once: nothing else may change by it."""
    import torch

    base = HfBase(write_tiny_model(tmp_path, model_type=model_type))
    path = write_rows(tmp_path / "rows.jsonl", [("Why?", "So."), ("How is it done here?", "Thus and so."), ("Who?", "We.")])
    rows = read_rows(path, load_tokens(base), block_tokens=256)
    model = stirred(adapted(load_model(base), RECIPE, half=False))
    ours = packed_loss(model, rows)
    changed = gradients(model, ours)
    theirs = plain_loss(model, rows)

    assert pack(rows).prefix > 20
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    assert torch.allclose(changed, gradients(model, theirs), rtol=1e-3, atol=1e-5)


def test_the_upper_layers_alone_are_adapted(tiny_model: Path) -> None:
    """The lower half's backward pass is saved."""
    model = adapted(load_model(HfBase(tiny_model)), replace(RECIPE, layers=0.5), half=False)

    assert {name.split("layers.")[1][0] for name, weight in model.named_parameters() if weight.requires_grad} == {"1"}


def test_no_gradient_flows_below_the_first_adapted_layer(tiny_model: Path) -> None:
    """Left alone, the lower layers cost no backward pass: that is what makes them cheap."""
    model = adapted(load_model(HfBase(tiny_model)), replace(RECIPE, layers=0.5), half=False).train()
    layers = model.get_base_model().model.layers
    needed: list[bool] = []
    for layer in layers:
        layer.register_forward_hook(lambda _layer, _given, out: needed.append(out.requires_grad))
    packed_loss(model, [Row(np.arange(5, 25, dtype=np.int32), np.arange(15, 20, dtype=np.int32))])

    assert needed == [False, True]


def test_an_unknown_target_is_named(tiny_model: Path) -> None:
    """Silently left out, it would never be trained."""
    with pytest.raises(Misconfigured, match=r"no weight matrix c_proj; targets in the recipe may be .*q_proj"):
        adapted(load_model(HfBase(tiny_model)), replace(RECIPE, targets=("q_proj", "c_proj")), half=False)


def test_a_sliding_window_is_refused(tmp_path: Path) -> None:
    """Packed rows would see more than the model does in service."""
    base = HfBase(write_tiny_model(tmp_path, model_type="mistral", sliding_window=4))
    path = write_rows(tmp_path / "rows.jsonl", [("Why?", "So.")])
    rows = read_rows(path, load_tokens(base), block_tokens=256)
    model = adapted(load_model(base), RECIPE, half=False)

    with pytest.raises(Misconfigured, match="a way that training does not know"):
        packed_loss(model, rows)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_model_is_named(tmp_path: Path, kind: str) -> None:
    """A wrong path is the likeliest mistake."""
    (tmp_path / "x.gguf").write_bytes(b"GGUF nonsense")
    base = HfBase(tmp_path) if kind == "folder" else GgufBase(tmp_path / "x.gguf")

    with pytest.raises(Misconfigured, match=r"the base model .* cannot be read"):
        load_model(base)
    with pytest.raises(Misconfigured, match=r"the base model .* cannot be read"):
        load_tokens(base)


def test_a_file_that_was_unpacked_is_not_read_again(tmp_path: Path) -> None:
    """A GGUF takes transformers half a minute each time; weights, words and chat template are the same."""
    write_model(tmp_path / "tiny.gguf", "llama")
    read = GgufBase(tmp_path / "tiny.gguf")
    kept = replace(read, unpacked=tmp_path / "unpacked")
    conversation = [Message("system", "Be brief."), Message("user", "Why?"), Message("assistant", "So.")]
    tokens, weights = load_tokens(kept).rows(conversation), load_model(kept).state_dict()
    (fresh,), expected = load_tokens(read).rows(conversation), load_model(read).state_dict()
    read.path.unlink()

    assert weights.keys() == expected.keys()
    assert all(weights[name].equal(expected[name]) for name in expected)
    assert [row.tokens.tolist() for row in tokens] == [fresh.tokens.tolist()]
    assert [row.tokens.tolist() for row in load_tokens(kept).rows(conversation)] == [fresh.tokens.tolist()]
    assert load_model(kept).state_dict().keys() == expected.keys()


def test_a_base_that_cannot_be_unpacked_leaves_nothing_half(tmp_path: Path) -> None:
    """As on a full disk."""
    write_model(tmp_path / "tiny.gguf", "llama")
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Misconfigured, match=r"cannot be (written|read)"):
        load_model(GgufBase(tmp_path / "tiny.gguf", unpacked=tmp_path / "file" / "unpacked"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "tiny.gguf"]


def test_the_precision_is_the_recipes_or_the_faster() -> None:
    """Bf16 without hardware for it is ten times slower."""
    assert precision_for(replace(RECIPE, precision="bf16"), "cpu") == "bf16"
    assert precision_for(replace(RECIPE, precision="auto"), "cpu") in ("bf16", "fp32")
