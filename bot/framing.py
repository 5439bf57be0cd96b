"""What a small model puts around its answer: the prompt said again, and words about where the answer stands."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Final

from bot.numerals import fold
from bot.wording import sentences_of

_QUOTES: Final = "\"'“”‘’«»"
_LEAD: Final = (
    r"(?:the|an|your)?\s*answer(?:\s+to\s+(?:the|this|that|your)\s+question)?{question}\s+(?:is|was|would\s+be)(?:\s+that)?\b\s*:?"
    r"|a\s+resposta(?:\s+(?:à|a|para\s+a|para\s+essa|a\s+essa)\s+(?:sua\s+)?pergunta)?{question}\s+(?:é|e|seria)\b(?:\s+que\b)?\s*:?"
    r"|(?:according\s+to\s+)?(?:the\s+)?passages?(?:\s+\d+)?(?:\s+(?:states?|says?|mentions?)(?:\s+that)?\b|\s*[,:])\s*:?"
)
_MARKS: Final = " ?!."
_SPACE, _MARKED = r"\s+", rf"[{_MARKS}]*"
_PROMPT: Final = frozenset({"passage", "passages", "trecho", "trechos"})
_ASKED_AGAIN: Final = re.compile(r"\s*(?:question|pergunta)\s*:", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")


class Framing:
    """Knows what stood around the facts in one prompt, and takes it off a model's sentences."""

    def __init__(self, question: str, *, headings: Iterable[str], passages: Iterable[str]) -> None:
        """
        Read the prompt.

        Args:
            question: As it was asked.
            headings: What stands before the passages.
            passages: What they say: where they speak of passages themselves, an answer may, too.
        """
        self._question, self._headings = question, tuple(headings)
        known = {word for text in (question, *passages) for word in _WORD.findall(fold(text))}
        self._foreign = _PROMPT - known

    @cached_property
    def _frame(self) -> re.Pattern[str]:
        # Only for small models, and 30 ms for a question of 4,000 characters.
        said = _patterns([self._question, *sentences_of(self._question)])
        again = f"(?:{'|'.join(said)})" if said else "(?!)"
        named = rf"(?:\s*[{_QUOTES}]?{again}[{_QUOTES}]?\s*,?)?"
        whole = [
            _LEAD.format(question=named),
            rf"the\s+answer\s+to\s+the\s+question\s+[{_QUOTES}]?{again}\s*$",  # whose next sentence is another
            rf"[{_QUOTES}]?{again}[{_QUOTES}]?(?:\s+(?:is|would\s+be)\b(?:\s+that\b)?\s*:?|\s*:)",
            *(rf"(?:{each})\s*:" for each in _patterns(self._headings)),
        ]
        return re.compile(rf"\s*(?:{'|'.join(whole)})(?:\s+|$)", re.IGNORECASE)

    def taken_off(self, sentence: str) -> str:
        """Return *sentence* without what leads up to what it says; empty where there is nothing else."""
        rest = sentence
        while match := self._frame.match(rest):
            rest = rest[match.end() :]
        if rest == sentence:
            return sentence
        body = rest.rstrip()
        if body[:1] in _QUOTES and body.rstrip(".")[-1:] in _QUOTES and len(body) > 2:  # the marks themselves
            body = body.rstrip(".")[1:-1]
        return f"{body[:1].upper()}{body[1:]}{rest[len(rest.rstrip()) :]}" if body else ""

    def speaks_of_itself(self, sentence: str) -> bool:
        """Tell whether *sentence* is about the prompt: its question once more, or that something stands in a passage."""
        return bool(_ASKED_AGAIN.match(sentence)) or bool(self._foreign.intersection(_WORD.findall(fold(sentence))))


def _patterns(texts: Iterable[str]) -> list[str]:
    """Return regular expressions of *texts*, with whatever space between their words and mark at their end, the longest first."""
    unique = {each for text in texts if (each := " ".join(text.split()).rstrip(_MARKS))}
    return [_SPACE.join(map(re.escape, each.split())) + _MARKED for each in sorted(unique, key=len, reverse=True)]
