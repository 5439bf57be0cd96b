"""Words, sentences and stems of questions, passages and answers, roughly: enough to tell whether one stands in another."""

import re
from functools import cache
from itertools import pairwise
from typing import Final

from bot.numerals import fold

WORD: Final = re.compile(r"\w+(?:[.,:/%-]\w+)*")
SHORT_LETTERS: Final = 3  # articles and prepositions carry nothing; numbers and codes of any length do
STEM_LETTERS: Final = 5  # enough to forgive plurals and conjugations, in English and Portuguese
_TITLES: Final = ["Dr", "Dra", "Sr", "Sra", "Mr", "Mrs", "Ms", "St", "Sto", "Sta", "Av", "Prof", "Profa", "Eng", "Exmo", "Exma"]
# Behind a full stop: not that of an initial or a title, which a name follows.
NO_TITLE: Final = r"(?<!\b[A-Z]\.)" + "".join(rf"(?<!\b{form}\.)" for title in _TITLES for form in (title, title.lower()))
# A line's end, or a sentence's: a full stop behind a digit may belong to a list's number.
SENTENCE_END: Final = re.compile(rf"\n+|(?<=[^\d\s][.!?]){NO_TITLE}\s+")
_FUNCTION_WORDS: Final = (
    "about also another because been before being both could does each from have here into just like more most must only other over "
    "same should some such than that their them then there these they this those through under until very were what when where which "
    "while will with would your answer passage passages question states according "
    "ainda além alguns antes assim cada como com depois desde dessa desse deve deste disso ela ele eles entre essa esse esta este está "
    "foram isso isto mais mas mesmo muito onde outra outro para pela pelo pode porque qual quando quem sem seu seus sobre sua suas "
    "também tem ter toda todo uma você vocês pergunta resposta trecho trechos"
)


def stem_of(word: str) -> str:
    """Return how *word* begins, without the s of a plural."""
    return word.removesuffix("s")[:STEM_LETTERS]


def stems_of(text: str) -> set[str]:
    """Return how the words begin that carry a text's meaning, without case, accents and plurals; short and idle words carry none."""
    idle = function_words()
    words = {word for word in WORD.findall(fold(text)) if word not in idle}
    return {stem_of(word) for word in words if len(word) > SHORT_LETTERS}


def sentences_of(text: str) -> list[str]:
    """Cut *text* behind each end of a sentence or line; joined, the parts are *text*."""
    cuts = [0, *(match.end() for match in SENTENCE_END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]


def words_of(text: str) -> frozenset[str]:
    """Return the words of *text*, folded; codes and numbers are whole."""
    return frozenset(WORD.findall(fold(text)))


@cache
def function_words() -> frozenset[str]:
    """Return words that carry no meaning of their own, folded, in both languages."""
    return words_of(_FUNCTION_WORDS)
