"""Receipts: which questions a round asks once more, and whose exchanges it marks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from bot.messages import Audience
from finetune.arms import Means
from finetune.evaluation import evaluation_from
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

    async def current(self, _audience: Audience) -> None:
        """Return none: the model answers without one."""


@dataclass(frozen=True)
class OneFile:
    """A registry whose versions are all one file, and none of them serves."""

    path: Path

    def path_of(self, _version: Any) -> Path:
        """Return it."""
        return self.path

    async def current(self, _audience: Audience) -> None:
        """Return none."""


def asked(question: str) -> HeldOut:
    """Return a question that was voted down, and is answered by the guide."""
    return HeldOut(question, "Every 6 months.", (), False, "employees", "en", "down", question, "some exchange")


class Learnt:
    """Mergers by which the round that is known may have been trained on *questions*."""

    def __init__(self, *questions: str) -> None:
        self.questions = questions

    async def learnt(self, questions: Sequence[str], *, round_id: str) -> frozenset[str]:
        """Return those that are."""
        assert round_id == "R1"
        return frozenset(each for each in questions if each in self.questions)


async def a_round(folder: Path, questions: RoundQuestions, receipts: Marked, clusters: Learnt) -> tuple[Judging, Work, TwoVoices]:
    """Return what judges a round that asks *questions*, the round, and who answers."""
    place, backend = RoundFolder(folder / "round"), TwoVoices(better)
    await asyncio.to_thread(place.keep, place.questions, questions.to_json())
    await asyncio.to_thread((folder / "v2.gguf").write_bytes, b"an adapter")

    @asynccontextmanager
    async def open_means(_audience: Audience) -> AsyncIterator[Means]:
        yield await asyncio.to_thread(means, backend, folder)

    registry = cast(Registry, OneFile(folder / "v2.gguf"))
    judging = Judging(cast(SqlVersions, OneVersion()), registry, cast(Any, receipts), cast(Any, clusters), open_means, "en", lambda: NOW)
    recipe = await asyncio.to_thread(read_recipe)
    base = Base("base", folder / "base.gguf", "0" * 64)
    return judging, Work("R1", "employees", recipe, base, "m", place, {"convert": {"version": 2}}), backend


async def judged(folder: Path, receipts: Marked, again: Sequence[HeldOut]) -> TwoVoices:
    """Mark receipts after a round that trained on *again*, each asked in two exchanges; return who answered."""
    questions = RoundQuestions((), tuple(again), {each.cluster: (f"{each.cluster} 1", f"{each.cluster} 2") for each in again})
    judging, work, backend = await a_round(folder, questions, receipts, Learnt())
    await asyncio.to_thread(write_whole, work.folder.verdict, evaluation([(held(), False, True)]).to_json())
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


async def test_what_it_may_have_been_trained_on_does_not_judge_it(tmp_path: Path) -> None:
    """Its cluster became a test by a merger after the round began; what the operator demands is asked all the same."""
    learnt, kept = asked("Change the filter when?"), asked("Filter, how often?")
    golden = replace(asked("Change the filter when?"), kind="golden", exchange_id="")
    questions = RoundQuestions((learnt, kept, golden), (), {})
    judging, work, _ = await a_round(tmp_path, questions, Marked(), Learnt(learnt.cluster))
    told = await judging.evaluate(work, lambda _done, _total: None)
    found = evaluation_from(await asyncio.to_thread(work.folder.verdict.read_text))

    assert (told["questions"], told["learnt"]) == (2, 1)
    assert [each.held for each in found.asked] == [kept, golden]
