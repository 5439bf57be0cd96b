"""
Whether what a model says stands in what it was given to read.

A small model copies well and invents freely; both show in its words. A sentence whose content words do not occur in the
material is not shown, and none is, of whatever model, that names a number, a name or a code which the material does not hold.
"""

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from bot.invented import Grounds
from bot.numerals import fold
from bot.orders import gives_orders

_WORD = re.compile(r"\w+(?:[.,:/%-]\w+)*")
_JOINT = re.compile(r"[.,:/%-]")
# A line's end, or a sentence's: a full stop behind a digit may belong to a list's number.
_END = re.compile(r"\n+|(?<=[^\d\s][.!?])\s+")
_MARKER = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+")
_DAY = re.compile(r"\(\d{4}-\d{2}-\d{2}\)")  # beneath what people wrote, in passages of chats and tickets
_STEM_LETTERS = 5  # enough to forgive plurals and conjugations, in English and Portuguese
_SHORT_LETTERS = 3  # articles and prepositions carry nothing; numbers and codes of any length do
# What a small model puts before the question said again, folded.
_LEADS = tuple(
    lead.split()
    for lead in (
        "the answer is",
        "the answer to this question is",
        "the answer to the question is",
        "a resposta e",
        "a resposta a pergunta e",
    )
)
_LONGEST_QUESTION = 60  # words; with more it brings material of its own, of which an answer may be made
# Words of up to three letters that answer nothing; any other, as a number or a code, may be the answer.
_SMALL_WORDS = (
    "a about am an and are as at be but by can did do for got had has he her him his i if in is it its may me my no not of on or our out "
    "she so the to too up us via was we who why yes yet you "
    "ai ao aos as com da das de do dos e ela ele em era eu foi ha ja la lhe mas me meu na nao nas nem no nos num o os ou por que se sem "
    "ser seu sim so sua te tem ter teu tu um uma ver voce"
)
_BEHIND = ' \n"*”'  # a sentence's last mark
_CHOICE = frozenset({"or", "ou"})
_RECITED = 4  # words at least, all of one sentence of the system text
_FUNCTION_WORDS = (
    "about also another because been before being both could does each from have here into just like more most must only other over "
    "same should some such than that their them then there these they this those through under until very were what when where which "
    "while will with would your answer passage passages question states according "
    "ainda além alguns antes assim cada como com depois desde dessa desse deve deste disso ela ele eles entre essa esse esta este está "
    "foram isso isto mais mas mesmo muito onde outra outro para pela pelo pode porque qual quando quem sem seu seus sobre sua suas "
    "também tem ter toda todo uma você vocês pergunta resposta trecho trechos"
)


class SupportGate:
    """
    Lets a streamed answer through sentence by sentence.

    A sentence that names what the material does not hold is left out, and one that says the instructions again. Where a share of support is
    demanded besides, the gate closes for good at the first sentence that falls short: what follows rests on it; and a sentence that asks,
    or has nothing but the question's words and a yes or no, waits for one that tells more. `withheld` counts the sentences that were not
    shown.
    """

    def __init__(
        self,
        material: Iterable[str],
        *,
        minimum: float,
        question: str = "",
        system: str = "",
        passages: Iterable[str] = (),
        answered: Iterable[str] = (),
    ) -> None:
        """
        Read the *material*.

        Args:
            material: What the model was given: passages with their headings, the question, earlier turns.
            minimum: The share of a sentence's content words that must occur there, 0 to 1; 0 demands none.
            question: Where a sentence only says it again, or a sentence of it, it is left out: that is no answer.
            passages: Those among the material. Where they name days, codes or labelled numbers, others are not said: that somebody asked
                about Mondays does not make what stands there of Sundays true of them.
            system: The system text, whose words (the company's name) may be said, and whose numbers and whole sentences may not.
            answered: The earlier answers among the material. A small model says them again to whatever is asked next: where a share of
                support is demanded, what has no words but theirs must stand in the passages, too.
        """
        texts = list(material)
        self._stems = _beginnings([*texts, system])
        self._grounds = Grounds(texts, named=[system])
        read = list(passages)
        self._told = Grounds(read)
        self._passages = [_in_a_row(text) for text in read]
        self._told_stems = _beginnings(read)
        self._answered = [_beginnings([text]) for text in answered]
        self._idle = _function_words()
        self._asked = stems_of(question)
        self._question = [said for part in (question, *sentences_of(question)) if (said := _WORD.findall(fold(part)))]
        self._repeated = _repeatable(question)
        self._read = {word for text in texts for word in _words(text)}
        self._instructions = [_words(sentence) for sentence in sentences_of(system)]
        self._minimum = minimum
        self._held = ""
        self._gap = ""  # what waits for another sentence: the space behind the last one shown, and a lead-in
        self._spoke = False
        self.closed = False
        self.withheld = 0

    def add(self, text: str) -> str:
        """Take a piece of the answer; return what may be shown now: whole sentences, without space behind the last."""
        if self.closed:
            return ""
        self._held += text
        ends = [match.end() for match in _END.finditer(self._held)]
        return self._release(ends[-1]) if ends else ""

    def finish(self) -> str:
        """Return the end of the answer, where it may be shown."""
        return self._release(len(self._held))

    def _release(self, length: int) -> str:
        text, self._held = self._held[:length], self._held[length:]
        shown: list[str] = []
        for sentence in sentences_of(text):
            if self.closed:
                break
            if not self._supports(sentence) or self._recites(sentence) or self._invents(_MARKER.sub("", sentence)):
                self.withheld += 1
                self.closed = self._minimum > 0
                continue
            if self._minimum and self._asks_again(sentence):
                continue
            words = sentence.rstrip()
            # They wait for what they belong to: a lead-in, a yes, and before anything is said a passage's day.
            if not words or words.endswith(":") or (not self._spoke and _DAY.fullmatch(words)) or self._tells_nothing(sentence):
                self._gap += sentence
                continue
            self._spoke = True
            shown += [self._gap, words]
            self._gap = sentence[len(words) :]
        return "".join(shown)

    def _invents(self, sentence: str) -> bool:
        return bool(self._grounds.invented(sentence) or self._told.instead(sentence) or gives_orders(sentence))

    def _recites(self, sentence: str) -> bool:
        """Tell whether *sentence* is one of the instructions: a small model says them for want of better, and anyone may ask for them."""
        words = _words(sentence)
        return len(words) >= _RECITED and not words <= self._read and any(words <= each for each in self._instructions)

    def _asks_again(self, sentence: str) -> bool:
        words = _WORD.findall(fold(sentence))
        if words in self._question or any(words[len(lead) :] in self._question for lead in _LEADS if words[: len(lead)] == lead):
            return True
        return sentence.rstrip(_BEHIND).endswith("?") and bool(stems := stems_of(sentence)) and stems <= self._asked

    def _tells_nothing(self, sentence: str) -> bool:
        """Tell whether *sentence* asks, or has nothing but the question's words and no passage says it in these words."""
        if not self._minimum:
            return False
        if sentence.rstrip(_BEHIND).endswith("?"):
            return True
        if not self._repeated:
            return False
        words = _WORD.findall(fold(_MARKER.sub("", sentence)))
        repeats = bool(words) and all(_stem(word) in self._repeated for word in words)
        return repeats and not any(_in_a_row(sentence) in each for each in self._passages)

    def _supports(self, sentence: str) -> bool:
        if not self._minimum:
            return True
        words = _WORD.findall(fold(_MARKER.sub("", sentence)))
        content = [_beginning(word) for word in words if len(word) > _SHORT_LETTERS and word not in self._idle]
        said_again = bool(content) and any(earlier.issuperset(content) for earlier in self._answered)
        known = sum(stem in (self._told_stems if said_again else self._stems) for stem in content)
        return known >= self._minimum * len(content)


def _beginning(word: str) -> str:
    return word[:_STEM_LETTERS]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(fold(text)))


def _beginnings(texts: Iterable[str]) -> set[str]:
    """Return how the words of *texts* begin, and the parts of codes."""
    words = {word for text in texts for word in _words(text)}
    exact = words | {part for word in words if not word.isalnum() for part in _JOINT.split(word)}
    return set(map(_beginning, exact))


def _in_a_row(text: str) -> str:
    return f" {' '.join(_WORD.findall(fold(text)))} "


def _repeatable(question: str) -> frozenset[str]:
    """Return how the words begin that say nothing in an answer to *question*; none where it is long, or lets choose from what it names."""
    words = _WORD.findall(fold(question))
    if not words or len(words) > _LONGEST_QUESTION or _CHOICE.intersection(words):
        return frozenset()
    return frozenset(map(_stem, (*words, *_function_words(), *_SMALL_WORDS.split())))


def _stem(word: str) -> str:
    return word.removesuffix("s")[:_STEM_LETTERS]


def stems_of(text: str) -> set[str]:
    """Return how the words begin that carry a text's meaning, without case, accents and plurals; short and idle words carry none."""
    idle = _function_words()
    words = {word for word in _WORD.findall(fold(text)) if word not in idle}
    return {_stem(word) for word in words if len(word) > _SHORT_LETTERS}


def sentences_of(text: str) -> list[str]:
    """Cut *text* behind each end of a sentence or line; joined, the parts are *text*."""
    cuts = [0, *(match.end() for match in _END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if end > start]


@cache
def _function_words() -> frozenset[str]:
    return _words(_FUNCTION_WORDS)
