"""
The prompt: system text, then turn after turn its passages, question and answer.

Within a thread it only ever grows at the end, so that a backend's evaluated prefix stays usable; when the window fills,
room is made in large steps, so that the prefix changes rarely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.errors import ConversationTooLong
from bot.exchanges import HistoryRef
from bot.messages import Message, Passage, Turn
from bot.ports import Backend

# Room is made in quarters of the window: each step buys several turns with an unchanged prefix.
_STEPS = 4


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that fits: `messages` for the model, `turn` the newest user message, `history` what stands before it."""

    messages: tuple[Message, ...]
    turn: str
    history: tuple[HistoryRef, ...]


def render_turn(passages: Sequence[Passage], question: str) -> str:
    """
    Return the user message: the question, the passages (best first) with their headings, and the question again.

    The best passage comes last: small models heed most what stands nearest to where they begin to write, and answer about twice
    as many questions rightly when the question frames the passages (SmolLM2-135M on the sample company).
    """
    if not passages:
        return question
    texts = [f"{passage.heading or passage.title}: {passage.text}" for passage in reversed(passages)]
    blocks = (f"Question: {question}", "Passages:", *texts, f'Answer the question "{question}" with the facts from the passages.')
    return "\n\n".join(blocks)


def passages_in(turn: str) -> str:
    """Return the passages of a user message that `render_turn` wrote, with their headings, not its question; empty where it has none."""
    return turn.partition("\n\nPassages:\n\n")[2].rpartition("\n\nAnswer the question ")[0]


async def fit_prompt(
    system: str, turns: Sequence[Turn], passages: Sequence[Passage], question: str, *, backend: Backend, answer_tokens: int
) -> Prompt:
    """
    Build the prompt that fits *backend*'s window beside *answer_tokens*, in that model's tokens.

    The newest turn gives up its least relevant passages only where it would not fit by itself; of the earlier turns the
    oldest ones' passages go first, then the oldest turns.

    Args:
        system: The system message.
        turns: Earlier turns, oldest first.
        passages: For the question, best first.
        question: The question to answer.
        backend: Counts tokens and knows the window.
        answer_tokens: Tokens to keep free for the answer.

    Raises:
        ConversationTooLong: The system text and the bare question exceed the window.
    """
    room = backend.context_tokens - answer_tokens
    turn, used = await _fit_turn(system, passages, question, backend=backend, room=room)
    counts = await backend.count_tokens([message for each in turns for message in _sizes(each)])
    sizes = [counts[3 * at : 3 * at + 3] for at in range(len(turns))]
    forms = _fit_history(sizes, room=room - used)
    kept = [(each, form) for each, form in zip(turns, forms, strict=True) if form]
    history = [
        message
        for each, form in kept
        for message in (Message("user", each.prompt if form == "whole" else each.question), Message("assistant", each.answer))
    ]
    return Prompt(
        (Message("system", system), *history, Message("user", turn)),
        turn,
        tuple(HistoryRef(each.exchange_id, form == "whole") for each, form in kept),
    )


async def _fit_turn(system: str, passages: Sequence[Passage], question: str, *, backend: Backend, room: int) -> tuple[str, int]:
    for count in range(len(passages), -1, -1):
        turn = render_turn(passages[:count], question)
        used = sum(await backend.count_tokens([Message("system", system), Message("user", turn)]))
        if used <= room:
            return turn, used
    raise ConversationTooLong(f"the question alone takes {used} tokens; the window leaves {room}")


def _sizes(turn: Turn) -> tuple[Message, Message, Message]:
    return Message("user", turn.prompt), Message("user", turn.question), Message("assistant", turn.answer)


def _fit_history(sizes: Sequence[tuple[int, ...]], *, room: int) -> list[str]:
    """
    Choose each turn's form ("whole", "bare" or "" for gone), given its tokens (prompt, question, answer), oldest first.

    What must go is rounded up to steps, and depends on nothing but the sizes: the same thread, one turn longer, makes the
    same choice until the next step.
    """
    excess = sum(prompt + answer for prompt, _, answer in sizes) - room
    if excess <= 0:
        return ["whole"] * len(sizes)
    step = max(1, room // _STEPS)
    target = -(-excess // step) * step
    bare = _cut([prompt - question for prompt, question, _ in sizes], target)
    saved = sum(prompt - question for prompt, question, _ in sizes[:bare])
    gone = _cut([question + answer for _, question, answer in sizes], target - saved) if saved < target else 0
    return ["" if at < gone else "bare" if at < bare else "whole" for at in range(len(sizes))]


def _cut(savings: Sequence[int], target: int) -> int:
    """Return how many of *savings*, from the first, reach *target*; all of them where they do not."""
    return next((at for at, total in enumerate(accumulate(savings), 1) if total >= target), len(savings))
