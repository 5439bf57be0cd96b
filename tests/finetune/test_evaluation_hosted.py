"""A contender with a model of its own: hosted, with a price, and asked the same as the other."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.spending import UNIT, Price
from finetune.arms import Contender, OwnModel
from finetune.evaluation import Evaluation, evaluate
from finetune.figures import figures_of
from tests.fakes.backend import ScriptedBackend
from tests.finetune.asked_backend import TwoVoices, better, contenders, means
from tests.finetune.evaluations import held

ASKED = (held("How often do I change the filter?", reference="Replace the filter every 6 months.", facts=["6 months"]),)
PRICE = Price(2.0, 1.0, 8.0, "USD")


def hosted(backend: ScriptedBackend, price: Price | None = PRICE) -> Contender:
    """Return a contender at a provider."""
    return Contender("ft:acme", None, OwnModel(backend, None, "http://provider/v1", ("en",), 0.0, price))


async def compared(folder: Path, second: Contender, *, perplexity: int = 0) -> Evaluation:
    """Compare the base with *second*."""
    first, _ = contenders(folder)
    given = means(TwoVoices(better), folder, perplexity=perplexity, earlier=folder / "out")
    return await evaluate(ASKED, first=first, second=second, means=given, folder=folder / "out", progress=lambda _done, _total: None)


async def test_each_contender_asks_its_own_model_the_same(tmp_path: Path) -> None:
    """Passages and prompts are alike; the report names both models."""
    backend = ScriptedBackend(lambda _: ("Every ", "6 ", "months."), name="ft:acme")
    found = await compared(tmp_path, hosted(backend))

    assert [reply.text for reply in found.second.passages] == ["Every 6 months."]
    assert [reply.text for reply in found.first.passages] == ["Every 9 months."]
    assert found.model.endswith(" / ft:acme")
    assert [request.adapter for request in backend.requests] == [None, None]
    assert "Passages:" in backend.requests[1].prompt[-1].content


async def test_what_it_costs_is_counted_where_a_price_is_known(tmp_path: Path) -> None:
    """By the tokens that the service told; a local model costs nothing, and an unknown price is no price."""
    found = await compared(tmp_path, hosted(ScriptedBackend(lambda _: ("Every ", "6 ", "months."))))
    (reply,) = found.second.passages
    unpriced = await compared(tmp_path, hosted(ScriptedBackend(lambda _: ()), None))
    figures = [figures_of(side, found.asked, "passages") for side in (found.first, found.second)]

    assert reply.cost == (reply.prompt_tokens * 2 + reply.tokens * 8) * UNIT // 10**6
    assert [(each.cost, each.currency) for each in figures] == [(0.0, ""), (reply.cost, "USD")]
    assert figures_of(unpriced.second, unpriced.asked, "passages").cost is None


async def test_an_answer_is_never_paid_twice(tmp_path: Path) -> None:
    """Nor where the evaluation is another one; another model at the same address is asked."""
    backend, other = ScriptedBackend(lambda _: ("Never.",)), ScriptedBackend(lambda _: ("Never.",), name="ft:other")
    await compared(tmp_path, hosted(backend))
    await compared(tmp_path, replace(hosted(backend), name="again"))
    await compared(tmp_path, hosted(other))

    assert (len(backend.requests), len(other.requests)) == (2, 2)


async def test_nobody_looks_into_a_hosted_model(tmp_path: Path) -> None:
    """Perplexity needs the weights."""
    (tmp_path / "model.gguf").write_bytes(b"a model")
    hosted_first = hosted(ScriptedBackend(lambda _: ("Never.",)))
    given = means(TwoVoices(better), tmp_path, perplexity=1)
    told: list[tuple[int, int]] = []
    found = await evaluate(
        ASKED, first=hosted_first, second=hosted_first, means=given, folder=tmp_path / "out", progress=lambda *each: told.append(each)
    )

    assert found.second.perplexities == (None,)
    assert told[-1] == (4, 4)


@pytest.mark.parametrize("window", [120, 4000])
async def test_both_get_what_fits_the_smaller_window(tmp_path: Path, window: int) -> None:
    """Or else one would be asked with more passages than the other."""
    backend = ScriptedBackend(lambda _: ("Never.",), context_tokens=window)
    found = await compared(tmp_path, hosted(backend))

    assert (len(found.asked[0].passages) == 2) == (window == 4000)
