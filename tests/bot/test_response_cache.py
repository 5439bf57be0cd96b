"""Answers given again: only where nothing differs that they hung on, and as exchanges of their own."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.draft import Model
from bot.errors import BudgetSpent, TryAgainLater
from bot.messages import Adapter, Answer, Piece, Question
from bot.model_settings import ModelSettings
from bot.ratings import Correction, Rating
from bot.settings import AssistantSettings, Settings
from bot.spending_settings import CacheSettings
from tests.bot.bench import NOW, SETTINGS, Bench
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.retriever import passage
from tests.fakes.versions import MemoryVersions

HOSTED = Settings(model=ModelSettings(backend="openai", name="scripted", max_tokens=64, languages=("*",)))


def bench_of(settings: Settings = HOSTED, *, state: str = "7.3", **parts: Any) -> Bench:
    """Return an engine whose retriever knows in which state the company's material is."""
    bench = Bench(settings=settings, **parts)
    bench.retriever.state = state
    return bench


async def ask(bench: Bench, text: str = "When do I change the filter?", *, thread: str = "") -> tuple[Question, Answer]:
    """Ask in a thread of its own, or in *thread*."""
    key = f"k{len(bench.ledger.kept)}"
    question = await bench.asked(text, key=key, thread=thread or f"slack:T:C:{key}")
    _, answer = await bench.answered(question)
    return question, answer


async def asked_twice(first: Bench, second: Bench | None = None) -> int:
    """Return how often the model was asked for the same question of two people."""
    await ask(first)
    await ask(second or first)
    return len(first.backend.requests) + (len(second.backend.requests) if second else 0)


async def test_the_same_question_is_answered_again_without_the_model() -> None:
    """With an exchange, sources and confidence of its own; what it cost is nothing, and it says so."""
    bench = bench_of()
    first, answered = await ask(bench)
    second, again = await ask(bench)
    exchange = bench.ledger.kept[second.exchange_id].exchange

    assert len(bench.backend.requests) == 1
    assert (again.text, again.sources, again.confidence, again.model) == (
        answered.text,
        answered.sources,
        answered.confidence,
        answered.model,
    )
    assert again.exchange_id == second.exchange_id != first.exchange_id
    assert "cache_s" in again.timings
    assert "cache_s" not in answered.timings
    assert exchange is not None
    assert exchange.finished is not None
    assert (exchange.finished.repeated, exchange.finished.prompt_tokens, exchange.finished.completion_tokens) == (first.exchange_id, 0, 0)


async def test_it_streams_as_one_piece() -> None:
    """Adapters read it like any other answer."""
    bench = bench_of()
    await ask(bench)
    events, answer = await bench.answered(await bench.asked(key="again", thread="slack:T:C:2"))

    assert events == [Piece(answer.text)]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (HOSTED, 1),
        (SETTINGS, 2),  # a local model costs nothing, and each of its answers is a trial of the version in service
        (SETTINGS.model_copy(update={"cache": CacheSettings(models="all")}), 1),
        (HOSTED.model_copy(update={"cache": CacheSettings(models="none")}), 2),
        (HOSTED.model_copy(update={"cache": CacheSettings(entries=0)}), 2),
        (HOSTED.model_copy(update={"cache": CacheSettings(hours=0)}), 2),
    ],
)
async def test_it_is_for_models_that_cost_money_unless_told_otherwise(settings: Settings, asked: int) -> None:
    """Which, is the operator's to say."""
    assert await asked_twice(bench_of(settings)) == asked


def _changed(**model: object) -> Settings:
    return HOSTED.model_copy(update={"model": HOSTED.model.model_copy(update=model)})


@pytest.mark.parametrize(
    "other",
    [
        {"settings": _changed(temperature=0.7)},
        {"settings": _changed(max_tokens=32)},
        {"settings": HOSTED.model_copy(update={"assistant": AssistantSettings(tone="Be formal.")})},
        {"settings": HOSTED.model_copy(update={"openai": HOSTED.openai.model_copy(update={"base_url": "http://elsewhere/v1"})})},
        {"state": "8.3"},
        {"state": "7.4"},
        {"state": ""},
        {"backend": ScriptedBackend(("Yearly.",), name="another")},
        {"language": "pt", "backend": ScriptedBackend(("Every ", "six ", "months."))},
        {"support": 0.5},
    ],
)
async def test_another_context_is_another_question(other: dict[str, Any]) -> None:
    """Model, sampling, system text, service, knowledge, language: whatever the answer may hang on."""
    ledger = MemoryLedger()

    assert await asked_twice(bench_of(ledger=ledger), bench_of(**{"ledger": ledger, **other})) == 2


async def test_a_deadline_is_nothing_that_an_answer_hangs_on() -> None:
    """Nor are threads."""
    ledger = MemoryLedger()

    assert await asked_twice(bench_of(ledger=ledger), bench_of(_changed(deadline_s=9.0), ledger=ledger)) == 1


async def test_another_version_answers_for_itself() -> None:
    """A promotion must be seen at once."""
    versions = MemoryVersions()
    everyone = HOSTED.model_copy(update={"cache": CacheSettings(models="all")})
    bench = bench_of(everyone, versions=versions)
    await ask(bench)
    versions.promote("employees", Adapter("v2", Path("v2.gguf")))
    await ask(bench)

    assert len(bench.backend.requests) == 2


async def test_a_thread_with_another_history_is_answered_afresh() -> None:
    """Who asks again in the same thread wants something else."""
    bench = bench_of()
    await ask(bench, thread="slack:T:C:1")
    await ask(bench, thread="slack:T:C:1")

    assert len(bench.backend.requests) == 2


async def test_other_passages_make_another_answer() -> None:
    """Also where their words are the same and their place is not: people are shown it."""
    bench = bench_of()
    await ask(bench)
    bench.retriever.passages["filter"] = tuple(replace(each, source="moved.md") for each in bench.retriever.passages["filter"])
    await ask(bench)

    assert len(bench.backend.requests) == 2


async def test_what_came_with_a_file_is_not_said_again() -> None:
    """An asker's own file is nobody else's."""
    bench = bench_of()
    for number in range(2):
        question = await bench.asked(key=f"k{number}", thread=f"slack:T:C:{number}")
        await bench.answered(question, passage("The filter of the press lasts a year.", source="mine.txt"))

    assert len(bench.backend.requests) == 2


async def test_an_answer_that_was_voted_down_is_not_given_again() -> None:
    """Nor one whose repetition was: it is the same answer. A vote taken back lets it serve."""
    bench = bench_of()
    await ask(bench)
    second, _ = await ask(bench)
    vote = Rating(second.exchange_id, "U2", "slack", "down", "button", NOW)
    await bench.engine.rate(vote)
    await ask(bench)
    await bench.engine.rate(replace(vote, value=None))
    await ask(bench)

    assert len(bench.backend.requests) == 2


async def test_a_corrected_answer_is_not_given_again() -> None:
    """An expert said that it was wrong."""
    bench = bench_of()
    first, _ = await ask(bench)
    await bench.engine.correct(Correction(first.exchange_id, "Yearly.", "U3", "slack", NOW))
    await ask(bench)

    assert len(bench.backend.requests) == 2


async def test_an_answer_that_was_cut_off_is_not_given_again() -> None:
    """The next asker deserves a whole one."""
    bench = bench_of(_changed(max_tokens=16), backend=ScriptedBackend(("word " * 12, "word " * 12)))

    assert await asked_twice(bench) == 2


async def test_what_another_model_said_in_its_place_is_its_own() -> None:
    """Once the model is back it answers itself; while it is away, what the other said is given again, marked as before."""
    ledger = MemoryLedger()
    models = {"other": Model(ScriptedBackend(("Yearly.",), name="other"), HOSTED.model.model_copy(update={"name": "other"}))}
    routed = _changed(fallback=("other",)).model_copy(update={"models": {"other": HOSTED.model}})
    away = bench_of(routed, ledger=ledger, models=models, backend=ScriptedBackend(error=TryAgainLater("away")))
    await ask(away)
    question, meanwhile = await ask(away)
    _, back = await ask(bench_of(routed, ledger=ledger, models=models))
    exchange = ledger.kept[question.exchange_id].exchange

    assert (meanwhile.text, meanwhile.instead_of, back.text, back.instead_of) == ("Yearly.", "scripted", "Every six months.", "")
    assert exchange is not None
    assert exchange.finished is not None
    assert exchange.finished.repeated
    assert len(models["other"].backend.requests) == 1  # type: ignore[attr-defined]  # the fake's


async def test_without_budget_another_model_answers() -> None:
    """One in this house costs nothing."""
    models = {"own": Model(ScriptedBackend(("Every ", "half year."), name="own"), ModelSettings(languages=("*",)))}
    routed = _changed(fallback=("own",)).model_copy(update={"models": {"own": ModelSettings()}})
    _, answer = await ask(bench_of(routed, models=models, backend=ScriptedBackend(error=BudgetSpent("spent"))))

    assert (answer.kind, answer.text, answer.model, answer.instead_of) == ("generated", "Every half year.", "own", "scripted")


async def test_an_answer_expires() -> None:
    """After the operator's hours the model is asked again, and its new answer serves from then on."""
    bench = bench_of()
    first, _ = await ask(bench)
    kept = bench.ledger.kept[first.exchange_id]
    assert kept.exchange is not None
    kept.exchange = replace(kept.exchange, answered_at=NOW - timedelta(hours=25))
    await ask(bench)
    await ask(bench)

    assert len(bench.backend.requests) == 2


async def test_without_budget_the_best_passage_is_quoted() -> None:
    """The asker gets an answer all the same; the model was not asked."""
    bench = bench_of(backend=ScriptedBackend(error=BudgetSpent("spent")))
    _, answer = await ask(bench)

    assert (answer.kind, answer.text, answer.model) == ("quoted", "Replace the filter every six months.", "")


async def test_what_was_answered_before_the_budget_was_spent_is_still_given() -> None:
    """It costs nothing."""
    ledger = MemoryLedger()
    await ask(bench_of(ledger=ledger))
    broke = bench_of(ledger=ledger, backend=ScriptedBackend(error=BudgetSpent("spent")))
    _, answer = await ask(broke)

    assert (answer.kind, answer.text) == ("generated", "Every six months.")


async def test_each_model_of_a_channel_has_answers_of_its_own() -> None:
    """One name, two sets of limits."""
    models = {"small": Model(ScriptedBackend(("Yearly.",), name="scripted"), HOSTED.model.model_copy(update={"top_p": 0.5}))}
    bench = bench_of(models=models)

    assert await asked_twice(bench) == 1
