"""What answers of hosted models cost: one that is given again costs no call and no time, and a budget holds whoever asks."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from adapters.compose import Services, open_services
from bot.backends.metered import MeteredBackend
from bot.backends.openai import OpenAIBackend
from bot.backends.service import Service
from bot.errors import BudgetSpent
from bot.identifiers import new_id
from bot.messages import Answer, Generation, Message, Piece
from bot.model_settings import ModelSettings, OpenAISettings
from bot.settings import PolicySettings, read_settings
from bot.spending import Budget, Price, Usage
from store.database import migrate, open_database
from store.hosted_schema import repeatable
from store.schema import exchanges
from store.spending import SqlPurse
from tests.adapters.asking import accept, ask, drain
from tests.adapters.composing import GUIDE, QUESTION, with_section
from tests.benchmarks.result import Result, at_most
from tests.benchmarks.serving_start import calibration_s
from tests.fakes.openai_server import KEY, MODEL, OpenAIServer, openai_server

_RUNS: Final = 5
_ASKED: Final = 100  # a run
_KEPT: Final = 10_000  # answers that may be given again, beside the one that is
_FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)

_PROCESSES: Final = 2
_ASKERS: Final = 25  # in each, at once, until nobody is answered any more
_WORDS: Final = 40  # an answer's, all that it may have
_FOR_ANSWERS: Final = 300  # what the budget is enough for
_USED: Final = 0.8  # of it, at least, or it would have been kept by refusing
_PRICE: Final = Price(2.0, 2.0, 8.0, "USD")
_PROMPT: Final = (Message("user", "Which " * 20 + "filter?"),)


async def cached(workdir: Path) -> Result:
    """
    Measure what stands in the place of the provider's call where an answer is given again, in ms.

    That is all of the engine's time from the end of retrieval to the answer's words: prompt, key, look-up in a ledger that keeps 10,000
    such answers. Each of five runs asks a hundred times; the median of their medians.
    """
    async with _hosted(workdir) as (services, service):
        first = await ask(services.engine, QUESTION)
        await _keep_many(services)
        medians = []
        for _ in range(_RUNS):
            pace_s = calibration_s()
            spent = [await _asked_again(services) for _ in range(_ASKED)]
            medians.append(statistics.median(spent) * 1000)
            slow = sorted(spent)[int(0.95 * len(spent))] * 1000
            sys.stderr.write(f"cached: {medians[-1]:.2f} ms, 95 % within {slow:.2f} ms, calibration loop {pace_s:.3f} s\n")
        again = await ask(services.engine, QUESTION)
        if len(service.requests) != 1 or again.text != first.text:
            raise AssertionError(f"the provider was asked {len(service.requests)} times")
    return at_most("cached", statistics.median(medians), goal=5, unit="ms")


async def budget(workdir: Path) -> Result:
    """
    Measure by how many answers a budget is exceeded that fifty people in two processes use up at once.

    What was spent is counted by the service, not by us. A budget that was hardly used is no budget kept.
    """
    url = f"sqlite:///{workdir / 'ledger.db'}"
    async with open_database(url) as database:
        await migrate(database)
    each = _PRICE.of(Usage(len(_PROMPT[0].content.split()), 0, _WORDS))
    limit = _FOR_ANSWERS * each
    async with openai_server(OpenAIServer(pieces=("word ",) * 2 * _WORDS, delay_s=0.001)) as service:
        children = [await _child(url, service.address, limit) for _ in range(_PROCESSES)]
        answered = [json.loads((await child.communicate())[0]) for child in children]
        spent = len(service.requests) * each
    sys.stderr.write(f"budget: {answered} answered, {spent / limit:.3f} of the budget spent\n")
    row = at_most("budget", max(0, spent - limit) / each, goal=_PROCESSES * _ASKERS, unit="answers over")
    return row if spent >= _USED * limit else Result(row.name, row.value, row.unit, row.goal, met=False)


@asynccontextmanager
async def _hosted(workdir: Path) -> AsyncIterator[tuple[Services, OpenAIServer]]:
    async with openai_server(OpenAIServer(pieces=("Replace it ", "every six months."))) as service:
        settings = with_section(
            await asyncio.to_thread(read_settings, home=workdir / "home"),
            model=ModelSettings(backend="openai", name=MODEL, languages=("*",)),
            openai=OpenAISettings(api_key=KEY, base_url=service.address),
            policy=PolicySettings(per_person_per_minute=0, per_person_per_day=0),
        )
        async with open_services(settings) as services:
            guide = workdir / "filters.md"
            await asyncio.to_thread(guide.write_text, GUIDE)
            await services.knowledge.add([guide], audience="employees", max_file_mb=1)
            await drain(services.outbox)
            yield services, service


async def _keep_many(services: Services) -> None:
    """Fill the ledger with answers that may be given again."""
    ids = [new_id(_FIRST + timedelta(seconds=number)) for number in range(_KEPT)]
    text = dict.fromkeys(("conversation_id", "person", "workspace", "channel", "locale", "message_ref", "question"), "")
    place = {"platform": "web", "surface": "web", "audience": "employees", "rights_policy": "consent", "status": "answered"}
    async with services.database.begin() as connection:
        await connection.execute(
            insert(exchanges), [{**text, **place, "exchange_id": each, "asked_at": _FIRST, "generation": {}} for each in ids]
        )
        kept_at = datetime.now(UTC)
        rows = [{"exchange_id": each, "key": f"{number:064}", "kept_at": kept_at} for number, each in enumerate(ids)]
        await connection.execute(insert(repeatable), rows)


async def _asked_again(services: Services) -> float:
    """Ask what was asked before, and return the seconds from the end of retrieval to the first words, which are all of them."""
    question = await accept(services.engine, QUESTION)
    started, heard_s = time.monotonic(), 0.0
    async with aclosing(services.engine.answer(question)) as events:
        async for event in events:
            if isinstance(event, Piece):
                heard_s = time.monotonic() - started
            elif isinstance(event, Answer):
                assert "cache_s" in event.timings
                return heard_s - event.timings["retrieval_s"]
    raise AssertionError("no answer")


async def _child(url: str, address: str, limit: int) -> Any:
    arguments = (sys.executable, "-m", "tests.benchmarks.hosted_spending", url, address, str(limit))
    return await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)


async def _ask_all(url: str, address: str, limit: int) -> int:
    """Let all askers of one process ask until none is answered; return how many answers they got."""
    async with open_database(url) as database, OpenAIBackend(MODEL, Service(KEY, address, "compatible")) as backend:
        purse = SqlPurse(database, Budget(per_day=limit), zone=ZoneInfo("UTC"), now=lambda: datetime.now(UTC))
        metered = MeteredBackend(backend, price=_PRICE, purse=purse)
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(_ask_until_spent(metered)) for _ in range(_ASKERS)]
    return sum(task.result() for task in asking)


async def _ask_until_spent(metered: MeteredBackend) -> int:
    answered = 0
    while True:
        try:
            async with aclosing(metered.stream(Generation(_PROMPT, max_tokens=_WORDS, deadline_s=60.0))) as events:
                async for _ in events:
                    pass
        except BudgetSpent:
            return answered
        answered += 1


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_ask_all(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
