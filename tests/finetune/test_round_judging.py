"""Receipts: which questions a round asks once more, and whose exchanges it marks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from bot.messages import Audience
from finetune.arms import Means
from finetune.questions import HeldOut
from finetune.recipe import read_recipe
from finetune.registry import Base, Registry
from finetune.round_files import RoundFolder
from finetune.round_judging import Judging
from finetune.round_questions import RoundQuestions
from finetune.rounds import Work
from finetune.whole import write_whole
from store.versions import SqlVersions
from tests.fakes.backend import question_of
from tests.finetune.asked_backend import TwoVoices, better, means
from tests.finetune.evaluations import evaluation, held

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Marked:
    """Receipts that begin with those of *fixed*."""

    def __init__(self, *fixed: str) -> None:
        self.fixed = dict.fromkeys(fixed, 1)

    async def of(self, exchange_ids: Sequence[str]) -> dict[str, int]:
        """Return those that are fixed."""
        return {each: self.fixed[each] for each in exchange_ids if each in self.fixed}

    async def mark(self, exchange_ids: Sequence[str], *, version: int, at: datetime) -> None:
        """Mark them."""
        self.fixed = dict.fromkeys(exchange_ids, version) | self.fixed


class OneVersion:
    """The ledger's version 2 as the candidate."""

    async def show(self, number: int) -> Any:
        """Return it."""
        return type("V", (), {"version": number, "languages": ()})()


def asked(question: str) -> HeldOut:
    """Return a question that was voted down, and is answered by the guide."""
    return HeldOut(question, "Every 6 months.", (), False, "employees", "en", "down", question, "some exchange")


async def judged(folder: Path, receipts: Marked, again: Sequence[HeldOut]) -> TwoVoices:
    """Mark receipts after a round that trained on *again*, each asked in two exchanges; return who answered."""
    place, backend = RoundFolder(folder / "round"), TwoVoices(better)
    questions = RoundQuestions((), tuple(again), {each.cluster: (f"{each.cluster} 1", f"{each.cluster} 2") for each in again})
    await asyncio.to_thread(place.keep, place.questions, questions.to_json())
    await asyncio.to_thread(write_whole, place.verdict, evaluation([(held(), False, True)]).to_json())
    await asyncio.to_thread((folder / "v2.gguf").write_bytes, b"an adapter")

    @asynccontextmanager
    async def open_means(_audience: Audience) -> AsyncIterator[Means]:
        yield await asyncio.to_thread(means, backend, folder)

    registry = type("R", (), {"path_of": lambda _self, _version: folder / "v2.gguf"})()
    judging = Judging(cast(SqlVersions, OneVersion()), cast(Registry, registry), cast(Any, receipts), open_means, "en", lambda: NOW)
    recipe = await asyncio.to_thread(read_recipe)
    base = Base("base", folder / "base.gguf", "0" * 64)
    work = Work("R1", "employees", recipe, base, "m", place, {"convert": {"version": 2}})
    await judging.mark_receipts(work, lambda _done, _total: None)
    return backend


async def test_only_what_has_no_receipt_is_asked_again(tmp_path: Path) -> None:
    """A question that an earlier version fixed for everybody who asked it costs nothing; with passages only, each question once."""
    first, second, third = asked("Change the filter when?"), asked("Filter, how often?"), asked("When must I change the filter?")
    receipts = Marked(f"{first.cluster} 1", f"{first.cluster} 2", f"{second.cluster} 1")
    backend = await judged(tmp_path, receipts, [first, second, third])

    assert [question_of(request) for request in backend.requests] == [second.question, third.question]
    assert receipts.fixed[f"{first.cluster} 1"] == receipts.fixed[f"{second.cluster} 1"] == 1
    assert {receipts.fixed[f"{each.cluster} {number}"] for each, number in ((second, 2), (third, 1), (third, 2))} == {2}


async def test_a_round_asks_so_many_again_and_the_next_one_others(tmp_path: Path) -> None:
    """A large company's round is not to ask for a day."""
    many = [asked(f"Filter number {number}?") for number in range(90)]
    receipts = Marked()
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = await judged(tmp_path / "a", receipts, many)
    second = await judged(tmp_path / "b", receipts, many)

    assert (len(first.requests), len(second.requests)) == (60, 30)
    assert len(receipts.fixed) == 180


async def test_an_answer_that_is_not_good_marks_nothing(tmp_path: Path) -> None:
    """Where the guide says nothing."""
    receipts = Marked()
    await judged(tmp_path, receipts, [asked("Where is the key?")])

    assert receipts.fixed == {}
