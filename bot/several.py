"""A message that asks several questions: each is looked up for itself, and what was found for them is told in their order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Final

from bot.messages import Found, Part, Passage
from bot.quotation import quotation
from bot.texts import N_, translate

if TYPE_CHECKING:
    from bot.draft import Judge

_MOST_PASSAGES: Final = 8  # of all questions together


@dataclass(frozen=True, slots=True)
class Asked:
    """
    The questions of a message, in their order; one where it asks one thing.

    They are `surely` several where each is a sentence, or names a code, of its own. "When do you open and where is it?" may be several,
    "What if I leave and when I am back it is closed?" is not: such are, where something else answers each.
    """

    questions: tuple[str, ...]
    surely: bool = True

    def __bool__(self) -> bool:
        """Tell whether there may be several."""
        return len(self.questions) > 1


def together(asked: Asked, whole: Found, each: Sequence[Found], *, judge: "Judge", identify: Callable[[str], str]) -> Found:
    """
    Return what the answer to a message of several questions rests on; *whole*, where it rather asks one thing.

    The second half of one question ("and who pays?") finds what has nothing to do with the first: what answers a question of its own is
    among the ten best for the whole message, too. So it was for 88 of 105 right passages for one of two questions about different things,
    and for 2 of 11 wrong ones for the second half of a question.

    Args:
        asked: The questions.
        whole: What was found for all of them in one.
        each: What was found, and is trusted, for each of them.
        judge: Tells how likely an answer is right: the unlikeliest counts for all.
        identify: Names a text's language (ISO 639-1, empty where unsure).
    """
    parts = tuple(Part(question, judge.basis(found, identify)) for question, found in zip(asked.questions, each, strict=True))
    answered = {part.passage.passage_id for part in parts if part.passage}
    unanswered = any(part.passage is None for part in parts)
    known = {*whole.ranked, *(found.approved.approved_id for found in each if found.approved)}
    if not answered or not answered <= known or (unanswered and not asked.surely):
        return whole
    if len(answered) == 1 and not unanswered:  # one place tells it all
        best = judge.basis(whole, identify)
        return whole if best and best.passage_id in answered else each[0]
    trusted = [found for found, part in zip(each, parts, strict=True) if part.passage]
    weakest = min(trusted, key=lambda found: judge.probability(found.evidence) if found.evidence else found.confidence)
    best_first = [*(part.passage for part in parts if part.passage), *_in_turns([found.passages for found in trusted])]
    return Found(
        None,
        _unique(best_first)[:_MOST_PASSAGES],
        weakest.confidence,
        evidence=weakest.evidence,
        state=whole.state,
        beside=_unique(_in_turns([found.beside for found in trusted])),
        several=parts,
    )


def quotations(parts: Sequence[Part], *, nothing: str) -> str:
    """Return what is quoted to who asked *parts*, numbered, and *nothing* for those that nothing answers."""
    return "\n\n".join(f"{number}. {_quoted(part) or nothing}" for number, part in enumerate(parts, 1))


def left_open(parts: Sequence[Part], language: str) -> str:
    """Return the sentences that say, in *language* (ISO 639-1), which of *parts* nothing answers; empty where there are none."""
    text = N_("To your question {number} I found nothing in what I was given to read, so I would rather not guess.")
    return "\n".join(translate(language, text, number=number) for number, part in enumerate(parts, 1) if part.passage is None)


def _quoted(part: Part) -> str:
    if part.passage is None:
        return ""
    heading = part.passage.heading or part.passage.title
    text = quotation(part.passage.text, part.question)
    return f"**{heading}**\n{text}" if heading else text


def _in_turns(ranked: Sequence[Sequence[Passage]]) -> Iterable[Passage]:
    """Yield the first of each, then the second of each, and so on."""
    return (passage for passage in chain.from_iterable(zip_longest(*ranked)) if passage is not None)


def _unique(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    first: dict[str, Passage] = {}
    for passage in passages:
        first.setdefault(passage.passage_id, passage)
    return tuple(first.values())
