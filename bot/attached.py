"""Files that came with a question: which of their passages the question is about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.messages import Found, Passage, Question
from bot.placeholders import renamed
from bot.ports import Ledger
from bot.wording import stems_of


def best_attached(passages: Sequence[Passage], question: Question, *, limit: int, identify: Callable[[str], str]) -> tuple[Passage, ...]:
    """
    Return at most *limit* of a file's passages, those first that hold the largest share of the question's words.

    A file is often the question's subject without sharing a word with it ("Summarise this"): equals keep their order. Works through
    all the text, so run it beside the event loop.

    Args:
        passages: What the files say, in order; whatever audience they name, they are the asker's.
        question: The question that they came with.
        limit: How many to return.
        identify: Names a text's language (ISO 639-1, empty where unsure).
    """
    asked = stems_of(question.text)
    scores = [len(asked & stems_of(f"{passage.heading} {passage.text}")) / max(1, len(asked)) for passage in passages]
    ranked = sorted(range(len(passages)), key=lambda at: -scores[at])[:limit]
    return tuple(
        replace(passages[at], audience=question.audience, score=scores[at], language=passages[at].language or identify(passages[at].text))
        for at in ranked
    )


async def numbered(passages: tuple[Passage, ...], question: Question, ledger: Ledger) -> tuple[Passage, ...]:
    """Return a file's *passages* with the placeholders of the conversation that *question* belongs to, which *ledger* knows."""
    if not any(passage.hidden for passage in passages):
        return passages
    found = await ledger.number(question.exchange_id, question.person, [passage.hidden for passage in passages])
    return tuple(_renamed(passage, names) for passage, names in zip(passages, found, strict=True))


def with_attached(found: Found, attached: tuple[Passage, ...]) -> Found:
    """Return what an answer rests on where files came too (one passage or more): they go first, and no approved answer knew of them."""
    return Found(None, (*attached, *found.passages), max(found.confidence, attached[0].score))


def _renamed(passage: Passage, names: Mapping[str, str]) -> Passage:
    return replace(
        passage,
        source=renamed(passage.source, names),
        title=renamed(passage.title, names),
        heading=renamed(passage.heading, names),
        text=renamed(passage.text, names),
        row=renamed(passage.row, names),
        hidden={},
    )
