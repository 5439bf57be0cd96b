"""The local model against llama.cpp's own interface, on the same file and in the same minute."""

import ctypes
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from statistics import median

import llama_cpp as native

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.llama_native import BATCH_TOKENS, Weights
from bot.backends.runtime import Runtime, default_threads
from bot.messages import Finished, Generation, Message, Piece
from tests.benchmarks.result import Result, at_least, at_most

ROUNDS = 5
WINDOW = 2048
RUNTIME = Runtime(context_tokens=WINDOW)
ANSWER_TOKENS = 96
SYSTEM = Message("system", "You are the assistant of a small bank. Answer only from the passages given with the question. " * 8)
PASSAGE = "Cards are blocked in the app under Cards, Settings, Block, or by calling the number on the back of the card at any hour. "


async def second_turn_ttft(workdir: Path) -> Result:
    """Time to the second turn's first token, over the time that llama.cpp needs for that turn's new tokens alone."""
    ratios = []
    async with LlamaCppBackend(default_model_path(), runtime=RUNTIME) as backend:
        for number in range(ROUNDS):
            first = (SYSTEM, Message("user", f"Question {number}. {PASSAGE * 3} How do I block my card?"))
            answer, _ = await _answer(backend, first, max_tokens=24)
            second = (*first, Message("assistant", answer), Message("user", f"{PASSAGE * 4} And how long does it take?"))
            began = time.perf_counter()
            first_token_s = 0.0
            async with aclosing(backend.stream(Generation(second, 2, 300))) as stream:
                async for event in stream:
                    if isinstance(event, Piece):
                        first_token_s = first_token_s or time.perf_counter() - began
            assert isinstance(event, Finished)
            assert event.cached_tokens > event.prompt_tokens // 2
            ratios.append(first_token_s / _evaluation_s(event.cached_tokens, event.prompt_tokens - event.cached_tokens))
    return at_most("second_turn_ttft", median(ratios), goal=1.5, unit="x")


async def decode(workdir: Path) -> Result:
    """Tokens a second of one conversation, over those of a bare loop; pairs, so that other load meets both."""
    ratios = []
    prompt = (SYSTEM, Message("user", "Write a long and detailed story about a small bank."))
    async with LlamaCppBackend(default_model_path(), runtime=RUNTIME) as backend:
        for _ in range(ROUNDS):
            _, finished = await _answer(backend, prompt, max_tokens=ANSWER_TOKENS)
            ours = (finished.completion_tokens - 1) / (finished.total_s - finished.first_token_s)
            ratios.append(ours / _bare_decode_tps(finished.prompt_tokens, finished.completion_tokens))
    return at_least("decode", median(ratios), goal=0.95, unit="x")


async def _answer(backend: LlamaCppBackend, prompt: Sequence[Message], *, max_tokens: int) -> tuple[str, Finished]:
    async with aclosing(backend.stream(Generation(tuple(prompt), max_tokens, 300))) as stream:
        events = [event async for event in stream]
    assert isinstance(events[-1], Finished)
    return "".join(event.text for event in events if isinstance(event, Piece)), events[-1]


@contextmanager
def _bare_context() -> Iterator[tuple[native.llama_context_p, Weights]]:
    """A context as anyone would open it, with our threads and window."""
    weights = Weights(default_model_path())
    parameters = native.llama_context_default_params()
    parameters.n_ctx = WINDOW
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


def _evaluation_s(cached: int, new: int) -> float:
    with _bare_context() as (context, weights):
        tokens = weights.tokenise("the bank and the card of the house " * WINDOW, control=False)
        _decode(context, tokens[:cached])
        native.llama_synchronize(context)
        began = time.perf_counter()
        _decode(context, tokens[cached : cached + new])
        native.llama_get_logits_ith(context, -1)
        return time.perf_counter() - began


def _bare_decode_tps(prompt: int, answer: int) -> float:
    with _bare_context() as (context, weights):
        chain = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
        native.llama_sampler_chain_add(chain, native.llama_sampler_init_greedy())
        _decode(context, weights.tokenise("the bank and the card of the house " * WINDOW, control=False)[:prompt])
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
