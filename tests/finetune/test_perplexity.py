"""The perplexity of references, by the real model: measured once, lower where the passage says it."""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.backends.llama_cpp import default_model_path
from finetune.arms import Contender, Means
from finetune.asking import AnswerBook
from finetune.evaluation import evaluate
from finetune.items import items_of
from finetune.perplexity import perplexities
from tests.finetune.asked_backend import TwoVoices, better, means
from tests.finetune.evaluations import held

BASE = Contender("base", None)
SAID = held("How often do I change the filter?", reference="Replace the filter every 6 months.")
UNSAID = held("How often do I change the filter?", reference="Purple elephants juggle nine violins.")


def real(tmp_path: Path) -> Means:
    """Return means whose model file is the packaged one."""
    return replace(means(TwoVoices(better), tmp_path), served=default_model_path(), perplexity=2)


async def test_what_the_passage_says_surprises_least_and_is_measured_once(tmp_path: Path) -> None:
    """A second look reads the book, not the model."""
    given, book = real(tmp_path), await asyncio.to_thread(AnswerBook, tmp_path / "book")
    items = dict(enumerate(await items_of([SAID, UNSAID], [BASE], given)))
    counted: list[int] = []

    found = await perplexities(items, BASE, means=given, book=book, makeup=("a", ""), asked=lambda: counted.append(1))
    gone = replace(given, served=tmp_path / "gone.gguf")
    again = await perplexities(items, BASE, means=gone, book=book, makeup=("a", ""), asked=lambda: counted.append(1))

    assert again == found
    assert len(counted) == 4
    said, unsaid = found[0], found[1]
    assert said is not None
    assert unsaid is not None
    assert 1.0 < said < unsaid / 5


async def test_a_reference_beyond_the_window_has_none(tmp_path: Path) -> None:
    """It could not be served either."""
    given = real(tmp_path)
    model = given.settings.model.model_copy(update={"context_tokens": 512})
    given = replace(given, settings=given.settings.model_copy(update={"model": model}))
    items = dict(enumerate(await items_of([held(SAID.question, reference="word " * 600)], [BASE], given)))

    book = await asyncio.to_thread(AnswerBook, tmp_path / "book")
    found = await perplexities(items, BASE, means=given, book=book, makeup=("a", ""), asked=lambda: None)

    assert found == {0: None}


async def test_an_evaluation_scores_so_many_references_and_no_more(tmp_path: Path) -> None:
    """Each takes a reading of its whole prompt; they are spread evenly."""
    asked = [replace(SAID, question=f"{SAID.question} {number}") for number in range(5)]
    found = await evaluate(
        asked, first=BASE, second=BASE, means=real(tmp_path), folder=tmp_path / "out", progress=lambda _done, _total: None
    )

    assert [value is not None for value in found.first.perplexities] == [True, False, True, False, False]
    assert found.first.perplexities == found.second.perplexities
