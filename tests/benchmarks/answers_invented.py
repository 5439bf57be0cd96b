"""
How many answers of the packaged model name what their passages do not hold.

The check is not the product's guard: it knows nothing of units, times of day or joints, few words for numbers, and takes every capital
inside a sentence for a name. What it flags besides is looked for in the passages by its letters and digits alone.
"""

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Final

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.requantise import requantised
from bot.engine import Engine, EngineParts
from bot.messages import Answer, Found, Incoming, Passage, Place, Viewer
from bot.ports import Backend, Retriever
from bot.settings import Settings
from store.language import identify
from tests.benchmarks.answers_desk import say
from tests.benchmarks.answers_material import SAMPLE, Asked, Material, bilingual, handbook, lines, of_half, of_loop, retriever_over
from tests.benchmarks.result import Result, at_most
from tests.fakes.ledger import MemoryLedger
from tests.fakes.pseudonyms import Reversed
from tests.fakes.redactor import CrossingOut

_ANSWERS: Final = 200
_MOST: Final = 1
_SUPPORT: Final = 0.85  # the packaged model's own
_FIGURE: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_CODE: Final = re.compile(r"\b(?=\w*[A-Za-z])(?=[\w-]*\d)[A-Za-z]\w*(?:-\w+)*\b")
_NAME: Final = re.compile(r"(?<=[a-z,;] )[A-ZÀ-Ý][\wÀ-ÿ]+")
_WORDS: Final = (
    "- - two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty",
    "- - dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze dezesseis dezessete dezoito dezenove vinte",
    "- - duas - catorze",
)
_TENS: Final = ("thirty forty fifty sixty seventy eighty ninety", "trinta quarenta cinquenta sessenta setenta oitenta noventa")
_NUMBERS: Final = {word: str(value) for line in _WORDS for value, word in enumerate(line.split()) if word != "-"} | {
    word: str(10 * value) for line in _TENS for value, word in enumerate(line.split(), 3)
}

_COMPOUND: Final = re.compile(
    rf"\b(?:{'|'.join(_TENS).replace(' ', '|')}|twenty|vinte)(?:[- ]| e )(?:{'|'.join(_NUMBERS)})\b"
)  # 25 in words


async def invented(workdir: Path) -> Result:
    """Of 200 answers given with the product's own settings, those with a number, name or code that stands in none of their passages."""
    return await _measured("invented", workdir, support=_SUPPORT)


async def invented_bare(workdir: Path) -> Result:
    """The same where no share of support is demanded, as for a larger model."""
    return await _measured("invented_bare", workdir, support=0.0)


def foreign(text: str, passages: tuple[Passage, ...], question: str) -> list[str]:
    """Return the numbers, codes and names of *text* that stand neither in the passages nor in the question."""
    held = _plain(" ".join([*(f"{each.title} {each.heading} {each.text}" for each in passages), question]))
    figures = {_digits(each) for each in _FIGURE.findall(held)} | {_NUMBERS[word] for word in _words(held) if word in _NUMBERS}
    letters = re.sub(r"[^\w]", "", held)
    numbers = [each for each in _FIGURE.findall(_without_codes(text)) if _digits(each) not in figures]
    spelt = [word for word in _words(_COMPOUND.sub(" ", _plain(text))) if word in _NUMBERS and _NUMBERS[word] not in figures]
    codes = [each for each in _CODE.findall(text) if re.sub(r"[^\w]", "", _plain(each)) not in letters]
    names = [each for each in _NAME.findall(text) if each != "I" and _plain(each).removesuffix("s") not in letters]
    return [*numbers, *spelt, *codes, *names]


async def _measured(name: str, workdir: Path, *, support: float) -> Result:
    found: list[list[str]] = []  # of each answer, what its passages do not hold
    async with AsyncExitStack() as stack:
        served = await requantised(default_model_path(), workdir / "models")
        # All languages, so that it speaks wherever it is asked: quoting would invent nothing.
        backend = await stack.enter_async_context(LlamaCppBackend(served, languages=("*",)))
        desks = [await _desk(material, backend, stack, workdir, support=support) for material in _materials(workdir)]
        # In turns, so that no company makes up most of the answers.
        for desk, asked in [each for turn in zip_longest(*map(_questions, desks)) for each in turn if each]:
            if len(found) < _ANSWERS and (answer := await _ask(desk, asked)).kind == "generated":
                kept = desk.ledger.kept[answer.exchange_id].exchange
                assert kept is not None
                found.append(foreign(answer.text, kept.passages, asked.text))
                if found[-1]:
                    say(f"{desk.material.name}, {asked.text!r}: {found[-1]} in {answer.text!r}")
    worst = sum(map(bool, found))
    say(f"{name}: {worst} of {len(found)} answers")
    result = at_most(name, worst * _ANSWERS / max(1, len(found)), goal=_MOST, unit=f"of {_ANSWERS}")
    return replace(result, met=result.met and len(found) == _ANSWERS)  # fewer prove nothing


def _materials(workdir: Path) -> list[Material]:
    given = handbook()
    return [_sample(), bilingual(workdir), *([given] if given else []), of_loop("brackholm", workdir), of_loop("sabia", workdir)]


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where a company's questions are asked, and what is kept of the answers."""

    material: Material
    engine: Engine
    ledger: MemoryLedger


async def _desk(material: Material, backend: Backend, stack: AsyncExitStack, workdir: Path, *, support: float) -> _Desk:
    retriever = _Seen(await stack.enter_async_context(retriever_over(material, workdir)), Viewer(material.audience))
    ledger, settings = MemoryLedger(), Settings(home=workdir)
    parts = EngineParts(ledger, retriever, backend, CrossingOut("Ana"), Reversed(), identify, lambda: datetime.now(UTC), support=support)
    return _Desk(material, Engine(parts, settings), ledger)


def _questions(desk: _Desk) -> list[tuple[_Desk, Asked]]:
    return [(desk, each) for each in of_half(desk.material.asked, "report") if each.gold]


@dataclass(frozen=True, slots=True)
class _Seen(Retriever):
    """What was frozen for a *viewer*, whatever channel the question comes from: nothing here is scoped."""

    retriever: Retriever
    viewer: Viewer

    async def find(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Found:
        """See the port."""
        return await self.retriever.find(question, viewer=self.viewer, earlier=earlier)


async def _ask(desk: _Desk, asked: Asked) -> Answer:
    key = f"{desk.material.name}:{abs(hash(asked.text))}"
    incoming = Incoming(asked.text, "U", Place("cli", "cli", key), (key,), datetime.now(UTC), audience=desk.material.audience)
    question = await desk.engine.accept(incoming)
    assert question is not None
    answer: Answer | None = None
    async with aclosing(desk.engine.answer(question)) as events:
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


def _words(folded: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", folded)


def _digits(figure: str) -> str:
    return re.sub(r"\D", "", re.sub(r"[.,]00?$", "", figure)).lstrip("0")


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
