"""A chat's threads: what was asked, and what people answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from store.readers.courtesies import is_courtesy, without_greeting
from store.readers.people import People


@dataclass(frozen=True, slots=True)
class Turn:
    """What a person wrote in a thread; `author` is their id, `day` that of the message (YYYY-MM-DD, or empty)."""

    author: str
    text: str
    day: str


def question_and_answer(turns: Sequence[Turn], people: People) -> tuple[str, str, str] | None:
    """
    Return what the author of the first of *turns* asked before anybody else wrote, all that follows, and its last day.

    None if nobody answered.

    Greetings and thanks are left out, and so is what the asker asked last without an answer.
    """
    asker = turns[0].author
    telling = [turn for turn in turns if not is_courtesy(turn.text, people)]
    others = [place for place, turn in enumerate(telling) if turn.author != asker]
    if not others or others[0] == 0:
        return None
    first, last = others[0], others[-1]
    closing = [turn for turn in telling[last + 1 :] if not turn.text.rstrip().endswith("?")]
    answer = [*telling[first : last + 1], *closing]
    return _joined(telling[:first]), _joined(answer), max(turn.day for turn in answer)


def _joined(turns: Sequence[Turn]) -> str:
    return "\n".join(without_greeting(turn.text) for turn in turns)
