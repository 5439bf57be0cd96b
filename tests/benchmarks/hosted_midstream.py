"""A hosted model that dies in a fifth of its answers: every question is answered all the same, once, and says by whom."""

import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.chat import ChatServices
from bot.backends.openai import OpenAIBackend
from bot.backends.route import Route
from bot.backends.service import Service
from bot.messages import Answer, Incoming, Piece, Place, Restarted
from tests.benchmarks.instant import ANSWER, Instant, open_instant
from tests.benchmarks.result import Result, at_least
from tests.fakes.openai_server import KEY, MODEL, Fault, OpenAIServer, openai_server

QUESTIONS = 1000
AT_ONCE = 20
SHARE = 0.2
GOAL = 1.0
_SEED = 20_261_122
HOSTED = ("Replace the filter every six months. ", "Replace the filter ", "every six months.")
LOCAL = ANSWER
# After the first piece, all but the first, which comes in the place of any; "silent" is left to the row `outage`.
DEATHS: tuple[Fault, ...] = ("cut", "broken_off", "error_event", "garbage")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an asker got: the text that stood there in the end, the answers, and how often it began anew."""

    shown: str
    answers: tuple[Answer, ...]
    restarts: int

    @property
    def right(self) -> bool:
        """Whether there is one answer, whole, of one model, and marked where it is the stand-in's."""
        if len(self.answers) != 1 or self.shown != self.answers[0].text:
            return False
        answer = self.answers[0]
        if answer.instead_of:
            return (answer.text, answer.model, answer.instead_of) == (LOCAL, "local", MODEL)
        return (answer.text, answer.model) == ("".join(HOSTED), MODEL)


async def midstream(workdir: Path) -> Result:
    """Ask the real engine over real sockets; the ledger is SQLite."""
    measured = await measure(workdir, questions=QUESTIONS)
    sys.stderr.write(f"midstream: {json.dumps(measured)}\n")
    if measured["died"] < SHARE * measured["questions"] * 0.5 or measured["restarted"] == 0:
        raise RuntimeError("the hosted model did not die as often as it should")
    return at_least("midstream", measured["right"] / measured["questions"], goal=GOAL, unit="share of questions")


async def measure(workdir: Path, *, questions: int) -> dict[str, int]:
    """Return counts: `questions`, `died` (answers of the hosted model), `restarted`, `stood_in`, `right`, and `recorded` exchanges."""
    rng = random.Random(_SEED)
    faults: list[Fault] = [rng.choice(DEATHS) if rng.random() < SHARE else "" for _ in range(questions)]
    server = OpenAIServer(HOSTED, delay_s=0.002, faults=list(faults))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(openai_server(server))
        hosted = await stack.enter_async_context(OpenAIBackend(MODEL, Service(KEY, server.address, "compatible")))
        route, local = Route([hosted], first_token_s=5), Instant((LOCAL,), name="local")
        asked = await _ask_all(await stack.enter_async_context(open_instant(workdir, route, fallback=local)), questions)
    died = sum(1 for fault in faults[: questions - len(server.faults)] if fault)
    answers = Counter(answer.exchange_id for each in asked for answer in each.answers)
    return {
        "questions": questions,
        "died": died,
        "restarted": sum(each.restarts for each in asked),
        "stood_in": sum(1 for each in asked if each.answers and each.answers[0].instead_of),
        "right": sum(each.right for each in asked),
        "recorded": len(answers),
    }


async def _ask_all(services: ChatServices, questions: int) -> list[Asked]:
    waiting = iter(range(questions))
    asked: list[Asked] = []

    async def ask_some() -> None:
        asked.extend([await _ask(services, number) for number in waiting])

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(ask_some())
    return asked


async def _ask(services: ChatServices, number: int) -> Asked:
    place = Place("web", "web", f"web:{number}")
    incoming = Incoming("When do I change the filter?", f"person {number}", place, (f"k{number}",), datetime.now(UTC))
    question = await services.engine.accept(incoming)
    assert question is not None
    shown, restarts = "", 0
    answers: list[Answer] = []
    async with aclosing(services.engine.answer(question)) as events:
        async for event in events:
            match event:
                case Piece(text):
                    shown += text
                case Restarted():
                    shown, restarts = "", restarts + 1
                case Answer():
                    answers.append(event)
    recorded = await services.ledger.answer_of(question.exchange_id)
    if recorded is None or recorded.text != shown:
        answers.clear()  # what people read and what is kept must be one
    return Asked(shown, tuple(answers), restarts)
