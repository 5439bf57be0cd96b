"""What a liked answer told of the company's material: its own words may ramble, be cut short or be broken; what it told, people liked."""

import re
from collections.abc import Sequence
from typing import Final

from bot.messages import Passage
from bot.wording import stems_of
from store.lexical import numbers_of, words_of

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_LEAST: Final = 0.5  # of a sentence's words that the question does not hold


def told_in(answer: str, question: str, passages: Sequence[Passage]) -> str:
    """
    Return the sentence of *passages* that *answer* told; empty where it told none.

    It told a sentence with at least half of the words that the question does not hold, and with each of its numbers and codes. Of several
    the one that shares most words with the question is what was asked for, the first among equals.
    """
    said, numbers = stems_of(answer), _numbers(answer) | _numbers(question)
    asked = stems_of(question)
    told: list[str] = []
    for passage in passages:
        for sentence in _SENTENCE_END.split(passage.text):
            news = stems_of(sentence) - asked
            if news and len(news & said) >= _LEAST * len(news) and _numbers(sentence) <= numbers:
                told.append(sentence.strip())
    return max(told, key=lambda sentence: len(stems_of(sentence) & asked), default="")


def _numbers(text: str) -> frozenset[str]:
    return numbers_of(words_of(text))
