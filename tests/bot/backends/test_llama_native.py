"""llama.cpp's failures, provoked for real."""

from collections.abc import Iterator

import pytest

from bot.backends.llama_cpp import default_model_path
from bot.backends.llama_native import BATCH_TOKENS, Context, Weights
from bot.backends.runtime import DecodeFailed, Runtime


@pytest.fixture
def weights() -> Iterator[Weights]:
    """The shipped model."""
    loaded = Weights(default_model_path())
    yield loaded
    loaded.close()


def test_a_full_context_fails_and_is_empty_afterwards(weights: Weights) -> None:
    """After a failure nobody knows what the memory holds: it must start anew, and work."""
    context = Context(weights, Runtime(context_tokens=BATCH_TOKENS, threads=1))
    tokens = weights.tokenise("word " * BATCH_TOKENS, control=False)[:BATCH_TOKENS]
    context.evaluate(tokens)

    with pytest.raises(DecodeFailed):
        context.evaluate(tokens)

    assert context.tokens == []
    context.evaluate(tokens[:8])
    assert context.tokens == tokens[:8]
    context.close()


def test_a_state_that_llama_cpp_refuses_leaves_an_empty_sequence(weights: Weights) -> None:
    """A refused copy must not be taken for an evaluated one."""
    context = Context(weights, Runtime(context_tokens=BATCH_TOKENS, threads=1))
    tokens = weights.tokenise("How do I block my card?", control=False)
    context.evaluate(tokens)
    state = context.save()
    context.restore(tokens, state)
    assert context.tokens == tokens

    context.restore(tokens, state[: len(state) // 2])

    assert context.tokens == []
    context.close()


def test_a_window_beyond_the_model_s_own_is_cut_to_it(weights: Weights) -> None:
    """Beyond what it was trained on a model writes nonsense."""
    context = Context(weights, Runtime(context_tokens=100_000, threads=1))

    assert context.window == 8192
    context.close()


def test_lone_bytes_of_a_character_are_joined(weights: Weights) -> None:
    """Emoji span tokens: each token's bytes alone are no text, joined they are."""
    tokens = weights.tokenise("🧑‍🚀 ação", control=False)

    assert b"".join(weights.bytes_of(token) for token in tokens).decode() == "🧑‍🚀 ação"
    assert any(len(weights.bytes_of(token)) < 4 for token in tokens)


def test_control_tokens_have_no_text(weights: Weights) -> None:
    """They must never show in an answer."""
    (end,) = weights.tokenise("<|im_end|>", control=True)

    assert weights.bytes_of(end) == b""
    assert weights.ends(end)
    assert weights.text_of(-1) == ""
