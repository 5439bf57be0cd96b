"""Two contenders side by side, with fakes for the model: what is asked, what is kept, and what is made of the answers."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConversationTooLong, Misconfigured, Refused
from bot.messages import Adapter, Approved, Viewer
from finetune.arms import Contender
from finetune.evaluation import Evaluation, answer_all, evaluate, evaluation_from
from finetune.items import ALONE_TOKENS
from tests.bot.bench import NOW
from tests.fakes.retriever import ScriptedRetriever
from tests.finetune.asked_backend import GUIDE, TwoVoices, better, contenders, means
from tests.finetune.evaluations import evaluation, held

FILTER = held("How often do I change the filter?", reference="Replace the filter every 6 months.", facts=["6 months"])
OIL = held("Que óleo uso?", reference="Use óleo ISO 68.", language="pt", kind="up")
UNKNOWN = held("Who won the match?", decline=True, kind="golden")


def quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


@pytest.fixture
async def found(tmp_path: Path) -> Evaluation:
    first, second = contenders(tmp_path)
    asked = (FILTER, OIL, UNKNOWN)
    return await evaluate(
        asked, first=first, second=second, means=means(TwoVoices(better), tmp_path, support=0.85), folder=tmp_path / "out", progress=quiet
    )


async def test_both_are_asked_alone_and_with_passages(found: Evaluation) -> None:
    """Four systems, each graded."""
    assert [reply.text for reply in found.first.alone] == ["I am a helper."] * 3
    assert [reply.text for reply in found.first.passages][:2] == ["Every 9 months.", "Bananas são amarelas."]
    assert [reply.text for reply in found.second.passages][:2] == ["Every 6 months.", "Use óleo ISO 68."]
    assert [reply.good for reply in found.first.passages] == [False, False, True]
    assert [reply.good for reply in found.second.passages] == [True, True, True]


async def test_where_nothing_is_found_no_model_is_asked(found: Evaluation) -> None:
    """So it is in service: the product declines."""
    reply = found.first.passages[2]

    assert (reply.kind, reply.declined, reply.tokens) == ("declined", True, 0)
    assert found.asked[2].in_best is None


async def test_as_served_unsupported_words_give_way_to_the_quotation(found: Evaluation) -> None:
    """The engine's own gate decides, on the same words."""
    assert (found.first.full[0].kind, found.first.full[0].text) == ("quoted", GUIDE[0].text)
    assert (found.second.full[0].kind, found.second.full[0].text) == ("generated", "Every 6 months.")


async def test_as_served_a_language_nobody_proved_is_quoted(found: Evaluation) -> None:
    """What the model would have said there stands in `spoken`."""
    assert (found.second.full[1].kind, found.second.spoken[1].kind) == ("quoted", "generated")
    assert found.asked[1].quoted.text == "Use óleo ISO 68."


async def test_figures_that_need_a_reference_are_there_where_there_is_one(found: Evaluation) -> None:
    """And None elsewhere, which is no zero."""
    known, unknown = found.second.passages[1], found.second.passages[2]

    assert (known.f1, known.rouge_l, known.facts) == (1.0, 1.0, None)
    assert known.similarity == pytest.approx(1.0, abs=1e-3)
    assert (unknown.f1, unknown.rouge_l, unknown.similarity) == (None, None, None)


async def test_the_ceiling_tells_what_retrieval_found(found: Evaluation) -> None:
    """No model can copy what is not there."""
    assert (found.asked[0].in_best, found.asked[0].in_given) == (True, True)


async def test_it_is_json_both_ways(found: Evaluation) -> None:
    """A round writes it in one process and reads it in another."""
    assert evaluation_from(found.to_json()) == found


def test_peoples_questions_can_be_left_out() -> None:
    """One of them merged with what a contender was trained on; a golden question stays, whatever its cluster."""
    pairs = [(replace(held(f"Question {at}?"), exchange_id=f"e{at}"), at % 2 == 0, at > 2) for at in range(4)]
    golden = (replace(held("Question 1?"), kind="golden"), True, True)
    whole = evaluation([*pairs, golden])
    left = whole.without({"Question 1?", "Question 3?"})

    assert [each.held.question for each in left.asked] == ["Question 0?", "Question 2?", "Question 1?"]
    assert [reply.good for reply in left.first.passages] == [True, True, True]
    assert [reply.good for reply in left.second.alone] == [False, False, True]
    assert whole.without(()) == whole


async def test_both_see_the_same_prompts_greedily_and_within_bounds(tmp_path: Path) -> None:
    """Else it would be no comparison; alone it is cut short."""
    backend = TwoVoices(better)
    first, second = contenders(tmp_path)
    await evaluate([FILTER], first=first, second=second, means=means(backend, tmp_path), folder=tmp_path / "out", progress=quiet)
    by_adapter = [[each for each in backend.requests if bool(each.adapter) is laid] for laid in (False, True)]

    assert [each.prompt for each in by_adapter[0]] == [each.prompt for each in by_adapter[1]]
    assert {(each.sampling.temperature, each.sampling.repeat_penalty) for each in backend.requests} == {(0.0, 1.1)}
    assert sorted(each.max_tokens for each in by_adapter[0]) == [ALONE_TOKENS, 48]


async def test_a_second_evaluation_asks_nothing_again(tmp_path: Path) -> None:
    """After a kill it goes on; production's answers serve the next candidate, too."""
    first, second = contenders(tmp_path)
    asked = ([FILTER, OIL],)
    once = await evaluate(
        *asked, first=first, second=second, means=means(TwoVoices(better), tmp_path), folder=tmp_path / "1", progress=quiet
    )
    silent = TwoVoices(better)
    again = await evaluate(
        *asked, first=first, second=second, means=means(silent, tmp_path, earlier=tmp_path), folder=tmp_path / "2", progress=quiet
    )

    assert silent.requests == []
    assert again.second == once.second


async def test_another_adapter_file_is_asked_anew(tmp_path: Path) -> None:
    """Answers belong to content, not to names."""
    first, second = contenders(tmp_path)
    backend = TwoVoices(better)
    given = means(backend, tmp_path)
    await evaluate([FILTER], first=first, second=second, means=given, folder=tmp_path / "out", progress=quiet)
    (tmp_path / "v1.gguf").write_bytes(b"another adapter")
    before = len(backend.requests)
    await evaluate([FILTER], first=first, second=second, means=given, folder=tmp_path / "out", progress=quiet)

    assert len(backend.requests) - before == 2


async def test_a_cancelled_evaluation_keeps_what_it_has(tmp_path: Path) -> None:
    """The next one goes on there."""
    first, second = contenders(tmp_path)
    asked = 0

    def stop(done: int, _total: int) -> None:
        nonlocal asked
        asked = done
        if done == 3:
            raise asyncio.CancelledError

    given = means(TwoVoices(better), tmp_path)
    with pytest.raises(asyncio.CancelledError):
        await evaluate([FILTER, OIL], first=first, second=second, means=given, folder=tmp_path / "out", progress=stop)
    backend = TwoVoices(better)
    await evaluate([FILTER, OIL], first=first, second=second, means=means(backend, tmp_path), folder=tmp_path / "out", progress=quiet)

    assert asked == 3
    assert len(backend.requests) == 8 - 3


async def test_progress_ends_where_it_said(tmp_path: Path) -> None:
    """A bar that stops short looks like a failure."""
    first, second = contenders(tmp_path)
    seen: list[tuple[int, int]] = []
    await evaluate(
        [FILTER, UNKNOWN],
        first=first,
        second=second,
        means=means(TwoVoices(better), tmp_path),
        folder=tmp_path / "out",
        progress=lambda done, total: seen.append((done, total)),
    )

    assert (seen[0], seen[-1]) == ((0, 6), (6, 6))


async def test_an_adapter_that_was_not_laid_over_the_model_is_refused(tmp_path: Path) -> None:
    """In service the base answers then; here its answers would pass for the candidate's."""
    first, second = contenders(tmp_path)
    given = means(TwoVoices(better, lays=False), tmp_path)

    with pytest.raises(Misconfigured, match="cannot be laid over"):
        await evaluate([FILTER], first=first, second=second, means=given, folder=tmp_path / "out", progress=quiet)


async def test_a_missing_adapter_is_named(tmp_path: Path) -> None:
    """Before anything is asked."""
    first, _ = contenders(tmp_path)
    gone = Contender("v2", Adapter("v2", tmp_path / "gone.gguf"))

    with pytest.raises(Misconfigured, match=r"gone\.gguf cannot be read"):
        await evaluate([FILTER], first=first, second=gone, means=means(TwoVoices(better), tmp_path), folder=tmp_path / "o", progress=quiet)


async def test_no_question_is_refused(tmp_path: Path) -> None:
    """There is nothing to decide by."""
    first, second = contenders(tmp_path)

    with pytest.raises(Refused, match="no held-out question"):
        await evaluate([], first=first, second=second, means=means(TwoVoices(better), tmp_path), folder=tmp_path / "o", progress=quiet)


async def test_answers_that_cannot_be_kept_are_told(tmp_path: Path) -> None:
    """A full disk, a file in the way: one sentence."""
    first, second = contenders(tmp_path)
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(Misconfigured, match="answers cannot be kept"):
        await evaluate(
            [FILTER], first=first, second=second, means=means(TwoVoices(better), tmp_path), folder=tmp_path / "out", progress=quiet
        )


async def test_passages_in_a_language_nobody_speaks_are_left_out_behind_a_readable_one(tmp_path: Path) -> None:
    """As the engine does; a version that speaks it gets them, and then so does the other."""
    first, second = contenders(tmp_path)
    mixed = (GUIDE[0], replace(GUIDE[1], passage_id="pt", text="Filtros são azuis.", language="pt"))
    given = replace(means(TwoVoices(better), tmp_path), retriever=ScriptedRetriever({"filter": mixed}))
    portuguese = Contender("v1", replace(second.adapter, languages=("pt",)) if second.adapter else None)
    english = await evaluate([FILTER], first=first, second=second, means=given, folder=tmp_path / "1", progress=quiet)
    both = await evaluate([FILTER], first=first, second=portuguese, means=given, folder=tmp_path / "2", progress=quiet)

    assert [len(each.asked[0].passages) for each in (english, both)] == [1, 2]


async def test_one_contender_can_be_asked_by_itself(tmp_path: Path) -> None:
    """For receipts and benchmarks: passages only, nothing alone."""
    backend = TwoVoices(better)
    _, second = contenders(tmp_path)
    found = await answer_all([FILTER, UNKNOWN], second, means=means(backend, tmp_path), folder=tmp_path / "out", progress=quiet)

    assert [(asked.held, reply.good) for asked, reply in found] == [(FILTER, True), (UNKNOWN, True)]
    assert len(backend.requests) == 1


async def test_the_retriever_is_asked_as_the_audience(tmp_path: Path) -> None:
    """Employees' versions are judged on what employees may see."""
    _, second = contenders(tmp_path)
    retriever = ScriptedRetriever({}, {"filter": Approved("a", "filter", "word for word", "customers", "Ana", NOW)})
    await answer_all(
        [FILTER], second, means=replace(means(TwoVoices(better), tmp_path), retriever=retriever), folder=tmp_path / "out", progress=quiet
    )

    assert [viewer for _, viewer, _ in retriever.asked] == [Viewer("employees")]


async def test_a_question_that_fits_no_window_is_told(tmp_path: Path) -> None:
    """The model's own sentence."""
    first, second = contenders(tmp_path)
    long = held("word " * 9000, facts=["x"])

    with pytest.raises(ConversationTooLong):
        await evaluate([long], first=first, second=second, means=means(TwoVoices(better), tmp_path), folder=tmp_path / "o", progress=quiet)
