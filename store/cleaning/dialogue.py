"""A dialogue cleaned: each turn its writer's own words, no turns of greetings alone, its language told."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from store.cleaning.boilerplate import without
from store.cleaning.damage import mended
from store.cleaning.markup import without_chat_markup
from store.language import identify
from store.readers.courtesies import is_courtesy, without_greeting
from store.readers.encoding import clean
from store.readers.mail import own_words
from store.readers.people import People

Job = Literal["encoding", "mail", "markup", "boilerplate", "greeting", "courtesy"]

NOBODY: Final = People(())
_ROUNDS: Final = 8  # what one job leaves behind may be another's; of real texts two are enough


@dataclass(frozen=True, slots=True)
class Said:
    """A turn: who says it (`user`, `assistant`, or any name) and what."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """
    What is left of a dialogue, how many turns each job changed, and its language ("" where it may be several).

    `courtesy` counts the turns that were left out.
    """

    turns: tuple[Said, ...]
    changed: Counter[Job]
    language: str


def clean_dialogue(turns: Sequence[Said], *, people: People = NOBODY, boilerplate: Collection[bytes] = ()) -> Cleaned:
    """
    Return *turns* cleaned; cleaning twice gives what cleaning once gave. Call it off the event loop: the language is told by a model.

    A turn becomes its writer's own words: mended encoding, no HTML, no quoted mail, no signature, no markup, no boilerplate, no greeting
    before what is said. Turns of nothing but courtesies are left out. Nothing is reworded.

    Args:
        turns: In order.
        people: Whose names may stand in a greeting.
        boilerplate: Lines found by counting over all records before.
    """
    changed: Counter[Job] = Counter()
    kept: list[Said] = []
    for turn in turns:
        text = clean_text(turn.text, boilerplate=boilerplate, changed=changed)
        if not text or is_courtesy(text, people):
            changed["courtesy"] += 1
        else:
            kept.append(replace(turn, text=text))
    return Cleaned(tuple(kept), changed, identify("\n".join(turn.text for turn in kept)))


def clean_text(text: str, *, boilerplate: Collection[bytes] = (), changed: Counter[Job] | None = None) -> str:
    """Return a turn's own words, of its first 50,000 characters; *changed* counts the jobs that had something to do."""
    jobs: tuple[tuple[Job, Callable[[str], str]], ...] = (
        ("encoding", mended),
        ("mail", own_words),
        ("markup", without_chat_markup),
        ("boilerplate", lambda text: without(text, boilerplate)),
        ("greeting", without_greeting),
    )
    text, done = clean(text).strip(), set[Job]()
    for _ in range(_ROUNDS):
        before = text
        for job, do in jobs:
            new = do(text).strip()
            if new != text:
                done.add(job)
            text = new
        if text == before:
            break
    if changed is not None:
        changed.update(done)
    return text
