"""Asking the composed program, as an adapter does."""

from contextlib import aclosing
from datetime import UTC, datetime

from bot.engine import Engine
from bot.identifiers import new_id
from bot.messages import Answer, Audience, Incoming, Place, Platform, Question, Surface
from store.outbox import Outbox

_SURFACES: dict[Platform, Surface] = {"slack": "mention", "discord": "mention", "web": "web", "cli": "cli"}


async def accept(engine: Engine, text: str, *, platform: Platform = "slack", audience: Audience | None = None) -> Question:
    """Hand over a question that opens a conversation of its own."""
    now = datetime.now(UTC)
    key = f"{platform}:{new_id(now)}"
    place = Place(platform, _SURFACES[platform], key, "T1", "C1")
    question = await engine.accept(Incoming(text, "U1", place, (key,), now, audience=audience))
    assert question is not None
    return question


async def answer(engine: Engine, question: Question) -> Answer:
    """Read the answer to its end."""
    async with aclosing(engine.answer(question)) as events:
        *_, last = [event async for event in events]
    assert isinstance(last, Answer)
    return last


async def ask(engine: Engine, text: str, *, platform: Platform = "slack", audience: Audience | None = None) -> Answer:
    """Ask and read the answer to its end."""
    return await answer(engine, await accept(engine, text, platform=platform, audience=audience))


async def drain(outbox: Outbox) -> None:
    """Carry all that waits into the index, as the clock does."""
    while await outbox.drain():
        pass
