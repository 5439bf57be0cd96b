"""The export's memory at 200,000 exchanges."""

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.messages import Passage
from bot.prompt import render_turn
from bot.settings import RightsSettings
from store.database import Database, migrate, open_database
from store.export import Exporter
from store.schema import exchanges, people, system_texts, votes
from tests.benchmarks.result import Result, at_most

EXCHANGES = 200_000
_SEED = 20_260_301
_BATCH = 2_000
_TURNS = 4  # a conversation's length
_FIRST = datetime(2025, 1, 1, tzinfo=UTC)
_SENTENCES = (
    "The filter of machine three reports error seventeen after cleaning.",
    "Close the water inlet, wait two minutes and reset the control panel.",
    "Invoices of the current month are issued on the fifth working day.",
    "O Simples Nacional reúne oito tributos em uma única guia mensal.",
    "Ask the support desk for a new card; the old one stops working at once.",
)

# Runs alone, so that its peak is the export's and nobody else's.
_PROGRAM = """
import asyncio, json, re, sys, time
from pathlib import Path
from tests.benchmarks.serving_export import export
started = time.monotonic()
rows = asyncio.run(export(sys.argv[1], Path(sys.argv[2])))
# Not ru_maxrss: a child begins with what its parent held, https://man7.org/linux/man-pages/man2/getrusage.2.html
peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps({"rows": rows, "peak_kb": peak_kb, "seconds": time.monotonic() - started}))
"""


async def export_peak(workdir: Path) -> Result:
    """Measure the export's peak resident memory in MB; the workload is made in *workdir* from a fixed seed."""
    measured = await measure(workdir, count=EXCHANGES)
    return at_most("export_peak", measured["peak_kb"] / 1024, goal=300, unit="MB")


async def measure(workdir: Path, *, count: int) -> dict[str, Any]:
    """Make a ledger of *count* exchanges, export it in a process of its own, and return `rows`, `peak_kb` and `seconds`."""
    url = f"sqlite:///{workdir / 'ledger.db'}"
    async with open_database(url) as database:
        await migrate(database)
        await _fill(database, count)
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, url, str(workdir / "export"), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await program.communicate()
    return dict(json.loads(output))


async def export(url: str, directory: Path) -> int:
    """Export the ledger at *url* and return the number of rows."""
    async with open_database(url) as database:
        return (await Exporter(database, rights=RightsSettings()).export(directory)).rows


async def _fill(database: Database, count: int) -> None:
    rng = random.Random(_SEED)
    async with database.begin() as connection:
        await connection.execute(insert(system_texts).values(system_text_id="s", text=_text(rng, 600), first_used_at=_FIRST))
        asker = [{"person": f"person {number}", "platform": "slack", "consent": "granted", "decided_at": _FIRST} for number in range(900)]
        await connection.execute(insert(people), asker)
    for first in range(0, count, _BATCH):
        rows = [_exchange(rng, number) for number in range(first, min(first + _BATCH, count))]
        async with database.begin() as connection:
            await connection.execute(insert(exchanges), rows)
            await connection.execute(insert(votes), list(_votes(rng, rows)))


def _exchange(rng: random.Random, number: int) -> dict[str, Any]:
    turn = number % _TURNS
    question = _text(rng, 120)
    passages = [Passage(f"p-{part}", "handbook.md", "Handbook", f"Part {part}", _text(rng, 300), "employees") for part in range(3)]
    asked_at = _FIRST + timedelta(seconds=40 * number)
    return {
        "exchange_id": _id(number),
        "conversation_id": f"slack:T1:C1:{number - turn}",
        "status": "answered",
        "person": f"person {rng.randrange(1000)}",  # one in ten has not been asked for consent
        "platform": "slack",
        "surface": "thread",
        "workspace": "T1",
        "channel": "C1",
        "audience": "employees",
        "rights_policy": "consent",
        "locale": "en",
        "message_ref": f"{number}.0",
        "question": question,
        "asked_at": asked_at,
        "answered_at": asked_at + timedelta(seconds=4),
        "kind": "generated",
        "answer": _text(rng, 450),
        "prompt": render_turn(passages, question),
        "system_text_id": "s",
        "history": [[_id(number - turn + earlier), True] for earlier in range(turn)],
        "passages": [asdict(passage) for passage in passages],
        "confidence": 0.7,
        "language": "en",
        "model": "smollm2-135m-instruct",
        "generation": {"reason": "stop", "prompt_tokens": 400, "completion_tokens": 110},
    }


def _votes(rng: random.Random, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        for voter in range(rng.choice((0, 1, 1, 1, 2))):
            value = "up" if rng.random() < 0.8 else "down"
            vote = {"person": f"voter {voter}", "value": value, "via": "button", "rated_at": row["answered_at"]}
            yield {"exchange_id": row["exchange_id"], **vote}


def _id(number: int) -> str:
    return f"{number:020}"


def _text(rng: random.Random, length: int) -> str:
    return " ".join(rng.choices(_SENTENCES, k=length // 50 + 1))[:length]


async def _main() -> None:
    import tempfile

    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        print(await measure(Path(folder), count=int(sys.argv[1])), time.monotonic() - started)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main())
