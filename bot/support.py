"""
Whether what a model says stands in what it was given to read.

A small model copies well and invents freely; both show in its words. A sentence whose content words do not occur in the
material is not shown, and none is, of whatever model, that names a number, a name or a code which the material does not hold.
"""

import re
from collections.abc import Iterable

from bot.empty_words import EmptyWords
from bot.framing import Framing
from bot.invented import Grounds
from bot.joining import Joining
from bot.numerals import fold
from bot.orders import gives_orders
from bot.replacing import Replacing
from bot.standing import Standing
from bot.wording import SENTENCE_END, SHORT_LETTERS, STEM_LETTERS, WORD, function_words, sentences_of, words_of

_JOINT = re.compile(r"[.,:/%-]")
_MARKER = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+")
_DAY = re.compile(r"\(\d{4}-\d{2}-\d{2}\)")  # beneath what people wrote, in passages of chats and tickets
_RECITED = 4  # words at least, all of one sentence of the system text


class SupportGate:
    """
    Lets a streamed answer through sentence by sentence.

    A sentence that names what the material does not hold is left out, and one that says the instructions again. Where a share of support is
    demanded besides, as of a small model, the gate closes for good at the first sentence that falls short, that stands rather in a passage
    beside the best one, or that speaks of the prompt: what follows rests on it. What leads up to an answer is taken off then, and a
    sentence that tells nothing waits for one that does. `withheld` counts the sentences that were not shown.
    """

    def __init__(  # noqa: PLR0913  # one place builds it, of a prompt (bot/draft.py)
        self,
        material: Iterable[str],
        *,
        minimum: float,
        question: str = "",
        system: str = "",
        passages: Iterable[str] = (),
        beside: Iterable[str] = (),
        headings: Iterable[str] = (),
        answered: Iterable[str] = (),
        earlier: Iterable[str] = (),
    ) -> None:
        """
        Read the *material*.

        Args:
            material: What the model was given: passages with their headings, the question, earlier turns.
            minimum: The share of a sentence's content words that must occur there, 0 to 1; 0 demands none.
            question: Where a sentence only says it again, or a sentence of it, it is left out: that is no answer.
            passages: Those among the material. Where they name days, codes or labelled numbers, others are not said, nor other names in
                their place: that somebody asked about Mondays does not make what stands there of Sundays true of them.
            system: The system text, whose words (the company's name) may be said, and whose numbers and whole sentences may not.
            beside: Those of the passages that belong to another document, or entry of a table, than the best.
            headings: What stood before the passages.
            answered: The earlier answers among the material. A small model says them again to whatever is asked next: where a share of
                support is demanded, what has no words but theirs must stand in the passages, too.
            earlier: The passages of earlier turns. Where a share of support is demanded, a name or an address must stand there, in
                `passages` or `answered`: that somebody asked about a place does not make what stands there of another true of it.
        """
        texts, told_before = list(material), list(answered)
        self._stems = _beginnings([*texts, system])
        self._grounds = Grounds(texts, named=[system])
        read = list(passages)
        self._told = Grounds(read)
        self._told_stems = _beginnings(read)
        self._question = question
        company = [*read, *told_before, *earlier]
        self._company = Grounds(company, named=[system]) if minimum and read else None
        self._replacing = Replacing(question, read, company=[*company, system])
        self._answered = [_beginnings([text]) for text in told_before]
        self._idle = function_words()
        self._empty = EmptyWords(question, read)
        self._framing = Framing(question, headings=headings, passages=read)
        others = frozenset(beside)
        self._is_beside = [text in others for text in read]
        self._standing = Standing(read)
        # Only small models are held to it.
        self._joining = (
            Joining(question, [text for text in read if text not in others], others=others, thread=texts) if minimum else Joining("", ())
        )
        self._read = {word for text in texts for word in words_of(text)}
        self._instructions = [words_of(sentence) for sentence in sentences_of(system)]
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
        ends = [match.end() for match in SENTENCE_END.finditer(self._held)]
        return self._release(ends[-1]) if ends else ""

    def finish(self) -> str:
        """Return the end of the answer, where it may be shown."""
        return self._release(len(self._held))

    def _release(self, length: int) -> str:
        text, self._held = self._held[:length], self._held[length:]
        shown: list[str] = []
        for said in sentences_of(text):
            if self.closed:
                break
            sentence = self._framing.taken_off(said) if self._minimum else said
            plain = _MARKER.sub("", sentence)
            if self._recites(sentence) or self._invents(plain) or (self._minimum and self._falls_short(plain)):
                self.withheld += 1
                self.closed = self._minimum > 0
                continue
            if not sentence or (self._minimum and self._empty.asks_again(sentence)):
                continue
            words = sentence.rstrip()
            if not words and not self._spoke:
                continue
            # They wait for what they belong to: a lead-in, a yes, and before anything is said a passage's day.
            if not words or words.endswith(":") or (not self._spoke and _DAY.fullmatch(words)) or self._tells_nothing(plain):
                self._gap += sentence
                continue
            self._spoke = True
            shown += [self._gap, words]
            self._gap = sentence[len(words) :]
        return "".join(shown)

    def _invents(self, sentence: str) -> bool:
        if self._company and self._company.unnamed(sentence, self._question):
            return True
        replaced = self._told.instead(sentence) or self._replacing.replaces(sentence)
        return bool(self._grounds.invented(sentence) or replaced or gives_orders(sentence))

    def _recites(self, sentence: str) -> bool:
        """Tell whether *sentence* is one of the instructions: a small model says them for want of better, and anyone may ask for them."""
        words = words_of(sentence)
        return len(words) >= _RECITED and not words <= self._read and any(words <= each for each in self._instructions)

    def _tells_nothing(self, sentence: str) -> bool:
        return self._minimum > 0 and self._empty.tells_nothing(sentence)

    def _falls_short(self, sentence: str) -> bool:
        return (
            not self._supports(sentence)
            or self._stands_beside(sentence)
            or self._framing.speaks_of_itself(sentence)
            or self._joining.misplaces(sentence)
        )

    def _supports(self, sentence: str) -> bool:
        words = WORD.findall(fold(sentence))
        content = [_beginning(word) for word in words if len(word) > SHORT_LETTERS and word not in self._idle]
        said_again = bool(content) and any(earlier.issuperset(content) for earlier in self._answered)
        known = sum(stem in (self._told_stems if said_again else self._stems) for stem in content)
        return known >= self._minimum * len(content)

    def _stands_beside(self, sentence: str) -> bool:
        """Tell whether *sentence* stands in passages beside the best one, and not in that: a small model mixes up what it reads."""
        standing = [beside for beside, share in zip(self._is_beside, self._standing.shares(sentence), strict=True) if share]
        return bool(standing) and all(standing)


def _beginning(word: str) -> str:
    return word[:STEM_LETTERS]


def _beginnings(texts: Iterable[str]) -> set[str]:
    """Return how the words of *texts* begin, and the parts of codes."""
    words = {word for text in texts for word in words_of(text)}
    exact = words | {part for word in words if not word.isalnum() for part in _JOINT.split(word)}
    return set(map(_beginning, exact))
