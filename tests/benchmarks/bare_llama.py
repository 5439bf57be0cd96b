"""llama.cpp as one would call it without the product: the other side of the model's benchmarks."""

import ctypes
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import llama_cpp as native

from bot.backends.llama_cpp import default_model_path
from bot.backends.llama_native import BATCH_TOKENS, Weights
from bot.backends.runtime import Runtime, default_threads

TEXT = "the bank and the card of the house " * 512


@contextmanager
def _bare_context(runtime: Runtime) -> Iterator[tuple[native.llama_context_p, Weights]]:
    """A context as anyone would open it, with our threads and window."""
    weights = Weights(default_model_path())
    parameters = native.llama_context_default_params()
    parameters.n_ctx = runtime.context_tokens
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.n_threads = parameters.n_threads_batch = default_threads()
    context = native.llama_init_from_model(weights.model, parameters)
    assert context is not None
    try:
        yield context, weights
    finally:
        native.llama_free(context)
        weights.close()


def _decode(context: native.llama_context_p, tokens: Sequence[int]) -> None:
    for start in range(0, len(tokens), BATCH_TOKENS):
        part = tokens[start : start + BATCH_TOKENS]
        row = (native.llama_token * len(part))(*part)
        assert native.llama_decode(context, native.llama_batch_get_one(row, len(part))) == 0


def evaluation_s(runtime: Runtime, *, cached: int, new: int) -> float:
    """Return the seconds that *new* tokens take behind *cached* ones, their logits included."""
    with _bare_context(runtime) as (context, weights):
        tokens = weights.tokenise(TEXT, control=False)
        _decode(context, tokens[:cached])
        native.llama_synchronize(context)
        began = time.perf_counter()
        _decode(context, tokens[cached : cached + new])
        native.llama_get_logits_ith(context, -1)
        return time.perf_counter() - began


def decode_tps(runtime: Runtime, *, prompt: int, answer: int) -> float:
    """Return the tokens a second of a greedy loop, each turned into its text."""
    with _bare_context(runtime) as (context, weights):
        chain = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
        native.llama_sampler_chain_add(chain, native.llama_sampler_init_greedy())
        _decode(context, weights.tokenise(TEXT, control=False)[:prompt])
        buffer = ctypes.create_string_buffer(64)
        vocabulary = native.llama_model_get_vocab(weights.model)
        token = native.llama_sampler_sample(chain, context, -1)
        began = time.perf_counter()
        for _ in range(answer - 1):
            _decode(context, [token])
            token = native.llama_sampler_sample(chain, context, -1)
            native.llama_token_to_piece(vocabulary, token, buffer, 64, 0, False)
        elapsed = time.perf_counter() - began
        native.llama_sampler_free(chain)
        return (answer - 1) / elapsed
