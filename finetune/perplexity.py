"""How surprised a contender is by the references: the perplexity of each, after the prompt that it is served with."""

import asyncio
import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.backends.scoring import Scorer
from bot.errors import ConversationTooLong
from finetune.arms import Contender, Means
from finetune.asking import AnswerBook, Spoken, key_of
from finetune.items import Item, served_by


async def perplexities(
    items: Mapping[int, Item],
    contender: Contender,
    *,
    means: Means,
    book: AnswerBook,
    makeup: tuple[str, str],
    asked: Callable[[], None],
) -> dict[int, float | None]:
    """
    Return the perplexity of the references of *items*, by their place; None where prompt and reference exceed the window.

    Args:
        items: Each with a reference and passages.
        contender: Whose.
        means: What it is asked through; the file that is served is read by a context of its own.
        book: Keeps them.
        makeup: The hashes of the files that answer.
        asked: Called after each.

    Raises:
        Misconfigured: The model or the adapter cannot be loaded.
    """
    keys = {at: _key(item, makeup) for at, item in items.items()}
    missing = [at for at in items if book.find(keys[at]) is None]
    if missing:
        await _measure([items[at] for at in missing], [keys[at] for at in missing], contender, means=means, book=book)
    found: dict[int, float | None] = {}
    for at, key in keys.items():
        spoken = book.find(key)
        found[at] = spoken.perplexity if spoken else None
        asked()
    return found


async def _measure(items: list[Item], keys: list[str], contender: Contender, *, means: Means, book: AnswerBook) -> None:
    served = served_by(contender, means)
    if served is None:
        return  # nobody can look into a hosted model
    loop = asyncio.get_running_loop()
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="perplexity")  # a context belongs to one thread
    scorer = _Lazy(served, contender, means)
    try:
        for item, key in zip(items, keys, strict=True):
            spoken = await loop.run_in_executor(worker, scorer.score, item, key)
            await asyncio.to_thread(book.keep, spoken, name=contender.name, arm="perplexity")
    finally:
        worker.submit(scorer.close)
        worker.shutdown(wait=False)  # who stops us does not wait for the last one either


class _Lazy:
    """A scorer that is loaded, used and freed on the worker."""

    def __init__(self, served: Path, contender: Contender, means: Means) -> None:
        self._adapter = contender.adapter.path if contender.adapter else None
        self._served = served
        self._model = means.settings.model
        self._scorer: Scorer | None = None

    def score(self, item: Item, key: str) -> Spoken:
        scorer = self._scorer = self._scorer or self._open()
        reference = [*scorer.tokenise(item.held.reference), scorer.eos]
        try:
            mean = scorer.logprob(scorer.tokens_of(item.prompt), reference) / len(reference)
        except ConversationTooLong:
            return Spoken(key, tokens=len(reference))
        return Spoken(key, tokens=len(reference), perplexity=round(math.exp(-mean), 4))

    def close(self) -> None:
        if self._scorer:
            self._scorer.__exit__()

    def _open(self) -> Scorer:
        return Scorer(self._served, adapter=self._adapter, threads=self._model.threads, context_tokens=self._model.context_tokens)


def _key(item: Item, makeup: tuple[str, str]) -> str:
    return key_of("perplexity", makeup, [[message.role, message.content] for message in item.prompt], item.held.reference)
