"""
How many answers of the packaged model name what their passages do not hold.

The check is not the product's guard: it knows nothing of words for numbers, times of day or joints, and takes every capital inside a
sentence for a name. What it flags besides is looked for in the passages by its letters and digits alone.
"""

import asyncio
import re
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.requantise import requantised
from bot.draft import Model
from bot.engine import Engine, EngineParts
from bot.messages import Answer, Found, Incoming, Passage, Place, Viewer
from bot.ports import Retriever
from bot.settings import Settings
from store.language import identify
from tests.benchmarks.answers_material import SAMPLE, Asked, Material, bilingual, handbook, lines, of_half, retriever_over
from tests.benchmarks.result import Result, at_most
from tests.bot.bench import CrossingOut, Reversed
from tests.fakes.ledger import MemoryLedger

_ANSWERS: Final = 200
_MOST: Final = 1
_SUPPORT: Final = 0.85  # the packaged model's own
_FIGURE: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_CODE: Final = re.compile(r"\b(?=\w*[A-Za-z])(?=[\w-]*\d)[A-Za-z]\w*(?:-\w+)*\b")
_NAME: Final = re.compile(r"(?<=[a-z,;] )[A-ZÀ-Ý][\wÀ-ÿ]+")
_NUMBERS: Final = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ten": "10"}


async def invented(workdir: Path) -> Result:
    """Of 200 answers given with the product's own settings, those with a number, name or code that stands in none of their passages."""
    return await _measured("invented", workdir, support=_SUPPORT)


async def invented_bare(workdir: Path) -> Result:
    """The same where no share of support is demanded, as for a larger model."""
    return await _measured("invented_bare", workdir, support=0.0)


def foreign(text: str, passages: tuple[Passage, ...], question: str) -> list[str]:
    """Return the numbers, codes and names of *text* that stand neither in the passages nor in the question."""
    held = _plain(" ".join([*(f"{each.title} {each.heading} {each.text}" for each in passages), question]))
    figures = {_digits(each) for each in _FIGURE.findall(held)} | {digit for word, digit in _NUMBERS.items() if word in held.split()}
    letters = re.sub(r"[^\w]", "", held)
    numbers = [each for each in _FIGURE.findall(_without_codes(text)) if _digits(each) not in figures]
    codes = [each for each in _CODE.findall(text) if re.sub(r"[^\w]", "", _plain(each)) not in letters]
    names = [each for each in _NAME.findall(text) if each != "I" and _plain(each).removesuffix("s") not in letters]
    return [*numbers, *codes, *names]


async def _measured(name: str, workdir: Path, *, support: float) -> Result:
    answers: list[tuple[Answer, list[str]]] = []
    async with AsyncExitStack() as stack:
        served = await requantised(default_model_path(), workdir / "models")
        # All languages, so that it speaks wherever it is asked: quoting would invent nothing.
        backend = await stack.enter_async_context(LlamaCppBackend(served, languages=("*",)))
        for material in filter(None, (_sample(), bilingual(workdir), handbook())):
            retriever = _Seen(await stack.enter_async_context(retriever_over(material, workdir)), Viewer(material.audience))
            ledger = MemoryLedger()
            parts = EngineParts(ledger, retriever, backend, CrossingOut(), Reversed(), identify, lambda: datetime.now(UTC))
            settings = Settings(home=workdir)
            engine = Engine(replace(parts, support=support, models={"": Model(backend, settings.model, support)}), settings)
            for asked in [each for each in of_half(material.asked, "report") if each.gold]:
                if len(answers) < _ANSWERS and (answer := await _ask(engine, asked, material)).kind == "generated":
                    kept = ledger.kept[answer.exchange_id].exchange
                    assert kept is not None
                    found = foreign(answer.text, kept.passages, asked.text)
                    answers.append((answer, found))
                    if found:
                        sys.stderr.write(f"{found}: {answer.text!r}\n")
    worst = sum(bool(found) for _, found in answers)
    sys.stderr.write(f"{name}: {worst} of {len(answers)} answers\n")
    return at_most(name, worst * _ANSWERS / max(1, len(answers)), goal=_MOST, unit=f"of {_ANSWERS}")


@dataclass(frozen=True, slots=True)
class _Seen(Retriever):
    """What was frozen for a *viewer*, whatever channel the question comes from: nothing here is scoped."""

    retriever: Retriever
    viewer: Viewer

    async def find(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Found:
        """See the port."""
        return await self.retriever.find(question, viewer=self.viewer, earlier=earlier)


async def _ask(engine: Engine, asked: Asked, material: Material) -> Answer:
    key = f"{material.name}:{abs(hash(asked.text))}"
    incoming = Incoming(asked.text, "U", Place("cli", "cli", key), (key,), datetime.now(UTC), audience=material.audience)
    question = await engine.accept(incoming)
    assert question is not None
    answer: Answer | None = None
    async with aclosing(engine.answer(question)) as events:
        async for event in events:
            answer = event if isinstance(event, Answer) else answer
    assert answer is not None
    await asyncio.sleep(0)
    return answer


def _sample() -> Material:
    questions = lines(Path(__file__).parents[1] / "data" / "sample_questions.jsonl")
    company = ((SAMPLE / "employees", "employees"), (SAMPLE / "customers", "customers"), (SAMPLE / "all", "all"))
    asked = tuple(Asked(each["question"], lambda _: True, "report") for each in questions if each["audience"] == "employees")
    return Material("sample", company, "employees", asked)  # type: ignore[arg-type]  # mypy sees strings


def _without_codes(text: str) -> str:
    return _CODE.sub(" ", re.sub(r"(?m)^\s*\d+[.)]\s", "", text))


def _digits(figure: str) -> str:
    return re.sub(r"\D", "", re.sub(r"[.,]00?$", "", figure)).lstrip("0")


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
