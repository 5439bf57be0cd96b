"""What the ledger's contract tests ask and answer with, and a program that writes until it is killed."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

from bot.exchanges import Exchange, HistoryRef, Rights
from bot.identifiers import new_id
from bot.messages import Audience, Finished, Passage, Place, Question
from bot.ports import Ledger
from store.database import open_database
from store.ledger import SqlLedger
from store.sealing import Sealer

SEALER = Sealer(b"a key of the tests alone")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PASSAGE = Passage("s-1", "handbook.md", "Handbook", "Rooms > Keys", "The key hangs at the desk.", "employees", "en", score=0.8)


def question(
    text: str = "Where is the key?",
    *,
    person: str = "asker",
    conversation: str = "slack:T1:C1:1",
    minute: int = 0,
    audience: Audience = "employees",
) -> Question:
    """Return a question of *minute* after NOW."""
    at = NOW + timedelta(minutes=minute)
    return Question(new_id(at), text, person, Place("slack", "mention", conversation, "T1", "C1"), audience, at, "pt-BR")


def rights(asked: Question) -> Rights:
    """Return the rights that the question's place implies."""
    return Rights(asked.place.platform, asked.place.surface, "consent")


def exchange(asked: Question, answer: str = "At the desk.", *, history: tuple[HistoryRef, ...] = ()) -> Exchange:
    """Return a generated answer to *asked* from one passage."""
    return Exchange(
        question=asked,
        answer=answer,
        kind="generated",
        system_text="You help.",
        prompt=f"{PASSAGE.text}\n\n{asked.text}",
        history=history,
        passages=(PASSAGE,),
        confidence=0.8,
        language="en",
        rights=rights(asked),
        answered_at=asked.asked_at + timedelta(seconds=5),
        finished=Finished("stop", 100, 10, 50, 0.2, 1.5, "smollm2", "", -0.5),
    )


async def answered(ledger: Ledger, *, minute: int = 0, conversation: str = "slack:T1:C1:1", person: str = "asker") -> str:
    """Put an answered exchange into *ledger* and return its id."""
    asked = question(f"Question {minute}?", minute=minute, conversation=conversation, person=person)
    assert await ledger.claim(asked, keys=(f"key {asked.exchange_id}",), rights=rights(asked), message_ref="1.0")
    await ledger.record(exchange(asked, f"Answer {minute}."))
    return asked.exchange_id


async def write_until_killed(url: str) -> None:
    """Claim, answer and rate exchanges, four at a time, and print each id once the ledger has acknowledged its vote."""

    async def write(ledger: SqlLedger) -> None:
        for minute in range(100_000):
            asked = question(minute=minute)
            await ledger.claim(asked, keys=(asked.exchange_id,), rights=rights(asked))
            await ledger.record(exchange(asked))
            await ledger.rate(asked.exchange_id, "voter", "up", via="button", at=NOW)
            print(asked.exchange_id, flush=True)  # noqa: T201  # read by the test that kills this process

    async with open_database(url) as database, asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(write(SqlLedger(database, SEALER)))


async def claim_once(url: str, key: str) -> None:
    """Claim *key* for a question of its own and print whether it was granted."""
    async with open_database(url) as database:
        asked = question()
        print(bool(await SqlLedger(database, SEALER).claim(asked, keys=(key, "event"), rights=rights(asked))))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(write_until_killed(sys.argv[2]) if sys.argv[1] == "write" else claim_once(sys.argv[2], sys.argv[3]))
