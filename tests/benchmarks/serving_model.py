"""The local model against llama.cpp's own interface, on the same file and in the same minute."""

import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from statistics import median

from bot.backends.llama_cpp import LlamaCppBackend, default_model_path
from bot.backends.runtime import Runtime, limit_spinning
from bot.messages import Finished, Generation, Message, Piece
from tests.benchmarks.result import Result, at_least, at_most

ROUNDS = 5
RUNTIME = Runtime(context_tokens=2048)
ANSWER_TOKENS = 96
SYSTEM = Message("system", "You are the assistant of a small bank. Answer only from the passages given with the question. " * 8)
PASSAGE = "Cards are blocked in the app under Cards, Settings, Block, or by calling the number on the back of the card at any hour. "


async def second_turn_ttft(workdir: Path) -> Result:
    """Time to the second turn's first token, over the time that llama.cpp needs for that turn's new tokens alone."""
    limit_spinning()
    from tests.benchmarks.bare_llama import evaluation_s  # loads the library, as it is served

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
            ratios.append(first_token_s / evaluation_s(RUNTIME, cached=event.cached_tokens, new=event.prompt_tokens - event.cached_tokens))
    return at_most("second_turn_ttft", median(ratios), goal=1.5, unit="x")


async def decode(workdir: Path) -> Result:
    """Tokens a second of one conversation, over those of a bare loop; pairs, so that other load meets both."""
    limit_spinning()
    from tests.benchmarks.bare_llama import decode_tps  # loads the library, as it is served

    ratios = []
    prompt = (SYSTEM, Message("user", "Write a long and detailed story about a small bank."))
    async with LlamaCppBackend(default_model_path(), runtime=RUNTIME) as backend:
        for _ in range(ROUNDS):
            _, finished = await _answer(backend, prompt, max_tokens=ANSWER_TOKENS)
            ours = (finished.completion_tokens - 1) / (finished.total_s - finished.first_token_s)
            ratios.append(ours / decode_tps(RUNTIME, prompt=finished.prompt_tokens, answer=finished.completion_tokens))
    return at_least("decode", median(ratios), goal=0.95, unit="x")


async def _answer(backend: LlamaCppBackend, prompt: Sequence[Message], *, max_tokens: int) -> tuple[str, Finished]:
    async with aclosing(backend.stream(Generation(tuple(prompt), max_tokens, 300))) as stream:
        events = [event async for event in stream]
    assert isinstance(events[-1], Finished)
    return "".join(event.text for event in events if isinstance(event, Piece)), events[-1]
