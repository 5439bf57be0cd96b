"""Sentences of a small model that tell nothing: the question once more, a yes alone, a number or name of which nothing is said."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from bot.numerals import fold
from bot.wording import WORD, function_words, sentences_of, stem_of, stems_of

_LONGEST_QUESTION: Final = 60  # words; with more it brings material of its own, of which an answer may be made
# Words of up to three letters that answer nothing, and what an apostrophe cuts off; any other, as a number or a code, may be the answer.
_SMALL_WORDS: Final = (
    "a about am an and are as at be but by can d did do for got had has he her him his i if in is it its ll m may me my no not of on or "
    "our out re s she so t the to too up us ve via was we who why yes yet you "
    "ai ao aos as com da das de do dos e ela ele em era eu foi ha ja la lhe mas me meu na nao nas nem no nos num o os ou por que se sem "
    "ser seu sim so sua te tem ter teu tu um uma ver voce"
)
_CHOICE: Final = frozenset({"or", "ou"})
_YES_OR_NO: Final = frozenset({"yes", "no", "sim", "nao"})
_BEHIND: Final = ' \n"*”'  # a sentence's last mark


class EmptyWords:
    """Knows what was asked, and what the passages say of it word for word."""

    def __init__(self, question: str, passages: Iterable[str]) -> None:
        """Read the *question*, and the *passages* that the answer is made of."""
        self._asked = stems_of(question)
        self._question = [said for part in (question, *sentences_of(question)) if (said := WORD.findall(fold(part)))]
        words = WORD.findall(fold(question))
        self._choice = frozenset(words) & _CHOICE
        self._repeated = frozenset(map(stem_of, (*words, *idle_words()))) if 0 < len(words) <= _LONGEST_QUESTION else frozenset()
        self._passages = [_in_a_row(WORD.findall(fold(text))) for text in passages]

    def asks_again(self, sentence: str) -> bool:
        """Tell whether *sentence* is the question, or one of its sentences."""
        if WORD.findall(fold(sentence)) in self._question:
            return True
        return _asks(sentence) and bool(stems := stems_of(sentence)) and stems <= self._asked

    def tells_nothing(self, sentence: str) -> bool:
        """
        Tell whether *sentence* asks, is a bare number or name, says yes to a choice, or only has the question's words.

        What a passage says in just these words tells something.
        """
        words = WORD.findall(fold(sentence))
        if _asks(sentence) or _bare(WORD.findall(sentence)) or self._does_not_choose(words):
            return True
        return self._repeats(words) and not self._stands(words)

    def _does_not_choose(self, words: Sequence[str]) -> bool:
        """Tell whether *words* say yes or no to a question of which of two, and name both."""
        return bool(self._choice.intersection(words)) and _YES_OR_NO.issuperset(words[:1])

    def _repeats(self, words: Sequence[str]) -> bool:
        # Who may choose from what the question names does so with its words, of one side of it.
        chosen = self._choice and not self._choice.intersection(words) and stems_of(" ".join(words))
        return bool(words) and not chosen and all(stem_of(word) in self._repeated for word in words)

    def _stands(self, words: Sequence[str]) -> bool:
        """Tell whether a passage says *words* in a row; a "no" stands in any."""
        said = _in_a_row(words)
        return bool(stems_of(said)) and any(said in each for each in self._passages)


def _asks(sentence: str) -> bool:
    return sentence.rstrip(_BEHIND).endswith("?")


def _bare(words: Sequence[str]) -> bool:
    """Tell whether *words* are a number alone, or a name: a small model takes either from anywhere."""
    if any(map(_is_code, words)):
        return False
    telling = [word for word in words if not word.isdigit() and fold(word) not in idle_words()]
    named = any(word.isdigit() for word in words) or bool(telling)
    return named and all(map(str.istitle, telling))


@cache
def idle_words() -> frozenset[str]:
    """Return words that tell nothing, folded, in both languages: those without meaning of their own, and small ones that answer nothing."""
    return function_words() | frozenset(_SMALL_WORDS.split())


def _is_code(word: str) -> bool:
    return any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _in_a_row(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "
