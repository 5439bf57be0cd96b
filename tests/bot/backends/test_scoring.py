"""Scoring with the model that is shipped: what evaluation reads must be what people are served."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.llama_native import Context, Lora, Weights
from bot.backends.runtime import Runtime
from bot.backends.scoring import ROWS, Scorer
from bot.errors import ConversationTooLong, Misconfigured
from bot.messages import Generation, Message, Piece
from tests.fakes.gguf import write_adapter

RUNTIME = Runtime(context_tokens=512, threads=1)
PROMPT = (Message("system", "You help the customers of a bank."), Message("user", "Tell me how I block my card."))
ANSWER = "Call the bank at once. " * 18  # more tokens than are read at once


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    """The shipped model."""
    with Scorer(default_model_path(), threads=1, context_tokens=512) as entered:
        yield entered


def _stepwise(prompt: list[int], answer: list[int], adapter: Path | None = None) -> list[float]:
    """Return each token's log probability, evaluated one by one as in service."""
    weights = Weights(default_model_path())
    context = Context(weights, RUNTIME)
    context.lay(Lora(weights, adapter, remedy="") if adapter else None)
    context.evaluate(prompt)
    found = []
    for token in answer:
        found.append(context.logprob(token))
        context.evaluate([token])
    context.close()
    weights.close()
    return found


async def _served(adapter: Path | None = None) -> str:
    backend = LlamaCppBackend(default_model_path(), adapter=adapter, runtime=RUNTIME)
    async with backend, aclosing(backend.stream(Generation(PROMPT, max_tokens=12, deadline_s=100))) as stream:
        return "".join([event.text async for event in stream if isinstance(event, Piece)])


def _agree(rows: np.ndarray, answer: list[int], stepwise: list[float]) -> bool:
    exact = rows.astype(np.float64)
    chosen = exact[np.arange(len(answer)), answer] - np.log(np.exp(exact - exact.max(1, keepdims=True)).sum(1)) - exact.max(1)
    # Batches are summed in another order than single tokens, on 8-bit activations.
    return bool(np.abs(chosen - stepwise).max() < 0.5 and abs(np.mean(chosen - stepwise)) < 0.03)


def test_rows_are_what_the_model_says_step_by_step(scorer: Scorer) -> None:
    """Perplexity and parity rest on them; a row too early or late would look plausible."""
    prompt, answer = scorer.tokens_of(PROMPT), [*scorer.tokenise(ANSWER), scorer.eos]
    assert len(answer) > ROWS

    rows = scorer.logits(prompt, answer)

    assert rows.shape == (len(answer), 49152)
    assert rows.dtype == np.float32
    assert _agree(rows, answer, _stepwise(prompt, answer))


def test_the_probability_of_an_answer_is_the_sum_over_its_rows(scorer: Scorer) -> None:
    """It is the same figure without the memory of all rows."""
    prompt, answer = scorer.tokens_of(PROMPT), [*scorer.tokenise(ANSWER), scorer.eos]
    rows = scorer.logits(prompt, answer).astype(np.float64)
    expected = sum(row[token] - np.log(np.exp(row).sum()) for row, token in zip(rows, answer, strict=True))

    assert scorer.logprob(prompt, answer) == pytest.approx(expected, rel=1e-5)


def test_nothing_is_certain(scorer: Scorer) -> None:
    """An empty answer has the probability 1 and no rows."""
    prompt = scorer.tokens_of(PROMPT)

    assert scorer.logprob(prompt, []) == 0
    assert scorer.logits(prompt, []).shape == (0, 49152)


async def test_greedy_is_what_is_served(scorer: Scorer) -> None:
    """Else parity would compare the trained weights with something nobody hears."""
    drawn = scorer.greedy(scorer.tokens_of(PROMPT), limit=12)

    assert scorer.text_of(drawn) == await _served()


def test_greedy_ends_with_the_model_and_leaves_the_end_out(scorer: Scorer) -> None:
    """An answer's tokens are its words."""
    prompt = scorer.tokens_of([Message("user", "Say hello.")])

    drawn = scorer.greedy(prompt, limit=100)

    assert 0 < len(drawn) < 100
    assert scorer.eos not in drawn
    assert scorer.logits(prompt, [*drawn, scorer.eos])[-1].argmax() == scorer.eos


def test_what_was_scored_before_changes_nothing(scorer: Scorer) -> None:
    """A resumed evaluation must find the figures that an uninterrupted one finds."""
    prompt, answer = scorer.tokens_of(PROMPT), scorer.tokenise("Call the bank at once.")
    longer = scorer.tokens_of([*PROMPT, Message("assistant", "Call us."), Message("user", "And then? " * 20)])
    first = scorer.logits(prompt, answer)
    scorer.greedy(prompt, limit=3)
    again = scorer.logits(prompt, answer)
    scorer.logprob(longer, answer)

    assert (scorer.logits(prompt, answer) == first).all()
    assert (again == first).all()


def test_greedy_stops_at_its_limit_and_at_the_window(scorer: Scorer) -> None:
    """A model that rambles must not run out of its memory."""
    prompt = scorer.tokens_of([Message("user", "Tell me a very long story. " * 66)])
    room = scorer.window - len(prompt)
    assert 0 < room < 100

    assert len(scorer.greedy(prompt, limit=3)) == 3
    assert len(scorer.greedy(prompt, limit=1000)) <= room


def test_beyond_the_window_is_refused(scorer: Scorer) -> None:
    """A prompt cut in silence would be judged as if it were whole."""
    prompt = scorer.tokens_of([Message("user", "word " * 600)])

    with pytest.raises(ConversationTooLong):
        scorer.greedy(prompt, limit=1)
    with pytest.raises(ConversationTooLong):
        scorer.logits(prompt, [1])
    with pytest.raises(ConversationTooLong):
        scorer.logprob(prompt[:400], [1] * 200)


def test_an_adapter_speaks_and_nothing_of_it_is_left_behind(scorer: Scorer, tmp_path: Path) -> None:
    """The candidate is judged by this; under the base's kept values it would be garbage."""
    path = write_adapter(tmp_path / "trained.gguf")
    prompt, answer = scorer.tokens_of(PROMPT), scorer.tokenise("Call the bank at once.")
    bare_rows, bare = scorer.logits(prompt, answer), scorer.greedy(prompt, limit=12)

    scorer.adapt(path)
    rows = scorer.logits(prompt, answer)
    scorer.adapt(None)

    assert _agree(rows, answer, _stepwise(prompt, answer, path))
    assert not _agree(rows, answer, _stepwise(prompt, answer))
    assert scorer.greedy(prompt, limit=12) == bare
    assert _agree(scorer.logits(prompt, answer), answer, _stepwise(prompt, answer))
    assert not np.allclose(rows, bare_rows, atol=0.5)


async def test_greedy_with_an_adapter_is_what_is_served(tmp_path: Path) -> None:
    """What is measured before a promotion is what people get after it."""

    def draw(path: Path) -> str:
        with Scorer(default_model_path(), adapter=write_adapter(path), threads=1, context_tokens=512) as scorer:
            return scorer.text_of(scorer.greedy(scorer.tokens_of(PROMPT), limit=12))

    drawn = await asyncio.to_thread(draw, tmp_path / "trained.gguf")

    assert drawn == await _served(tmp_path / "trained.gguf")


def test_a_bad_adapter_frees_the_model(tmp_path: Path) -> None:
    """One sentence, as in service."""
    with pytest.raises(Misconfigured, match="adapter file"):
        Scorer(default_model_path(), adapter=tmp_path / "missing.gguf")
