"""BM25 over texts that come and go."""

import random
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.word_index import Weighed, WordIndex
from store.word_search import search

WORDS = ["vinegar", "machine", "oil", "filter", "reservoir", "pump"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
CHANGES = st.lists(st.tuples(st.integers(0, 7), st.none() | TEXTS), max_size=30)


def scores(indexes: list[WordIndex], question: str, ids: list[str]) -> dict[str, float]:
    return search(indexes, question).of(ids)


@given(changes=CHANGES, question=TEXTS)
def test_what_came_and_went_leaves_the_index_as_if_built_now(changes: list[tuple[int, str | None]], question: str) -> None:
    """A process that has followed the ledger for months ranks as one that starts today."""
    assert_followed(changes, [question])


def test_a_heap_of_removed_texts_is_cleared_away() -> None:
    """Documents that change every night must not fill the memory."""
    rng = random.Random(7)
    changes = [(rng.randrange(300), rng.choice([None, " ".join(rng.choices(WORDS, k=4)), f"only{number} oil"])) for number in range(6000)]

    followed = assert_followed(changes, WORDS)
    assert len(followed.weigh({}, 1.0).ids) < 1600
    assert followed.known({f"only{number}" for number in range(6000)}) == {
        word for number in range(6000) if followed.holders(word := f"only{number}")
    }


def assert_followed(changes: list[tuple[int, str | None]], questions: list[str]) -> WordIndex:
    """Apply *changes* (a text of a number, None: it goes) one by one and compare with an index of what they leave."""
    followed, texts = WordIndex(), dict[str, str]()
    for number, text in changes:
        if text is None:
            followed.remove([str(number)])
            texts.pop(str(number), None)
        else:
            followed.put([(str(number), text.split())])
            texts[str(number)] = text
    built = WordIndex(sorted(texts.items()))
    assert (len(followed), followed.length) == (len(built), built.length)
    assert [followed.holders(word) for word in WORDS] == [built.holders(word) for word in WORDS]
    for question in questions:
        assert search([followed], question).best(4) == search([built], question).best(4)
        assert scores([followed], question, [*texts]) == scores([built], question, [*texts])
        words = {*question.split()}
        assert followed.holding([*texts, "nobody"], words) == {entry_id for entry_id, text in texts.items() if words & {*text.split()}}
    return followed


@given(texts=st.lists(TEXTS, max_size=10), cut=st.integers(0, 10), question=TEXTS)
def test_several_indexes_score_as_one(texts: list[str], cut: int, question: str) -> None:
    """Passages and approved answers, for all and for the asker's own, are ranked together, so their scores must mean the same."""
    entries = [(str(number), text) for number, text in enumerate(texts)]
    ids = [entry_id for entry_id, _ in entries]

    apart = scores([WordIndex(entries[:cut]), WordIndex(entries[cut:])], question, ids)
    assert apart == pytest.approx(scores([WordIndex(entries)], question, ids), abs=1e-5)


def test_a_text_is_replaced_under_its_id() -> None:
    """The old reading of a passage must not be found any more."""
    index = WordIndex([("a", "vinegar"), ("b", "oil")])
    index.put([("a", ["pump"])])

    assert (search([index], "vinegar").best(5), [*search([index], "pump").best(5)], len(index)) == ({}, ["a"], 2)


def test_equal_texts_are_ordered_by_id() -> None:
    """The same question gives the same passages in every process, in whatever order they were imported."""
    texts = [(f"{number:02}", "the vinegar") for number in range(30)]
    backwards = WordIndex(reversed(texts))

    assert [*search([backwards], "vinegar").best(5)] == [*search([WordIndex(texts)], "vinegar").best(5)] == ["00", "01", "02", "03", "04"]


@pytest.mark.parametrize("limit", [1, 5, 40])
def test_the_best_of_many_are_those_of_all(limit: int) -> None:
    """Most texts are passed over in groups: whatever stands in the same group as a better one must not be lost, nor one in none."""
    rng = np.random.default_rng(limit)
    for texts in (64 * limit - 1, 64 * limit + 63, 3000):
        scores = rng.integers(-50, 20, size=texts).clip(0).astype(np.float32)  # most 0, many the same
        scores[-1] = 30
        ids = [f"{number:04}" for number in rng.permutation(texts)]
        wanted = sorted((-score, each) for score, each in zip(scores.tolist(), ids, strict=True) if score)[:limit]

        best = Weighed(ids, {}, scores).best(limit)

        assert list(best.items()) == [(each, -score) for score, each in wanted]


def test_a_word_counts_no_more_than_255_times() -> None:
    """A log file says the same word a million times."""
    index = WordIndex([("a", "pump " * 1000), ("b", "oil")])

    assert search([index], "pump").of("a")["a"] > 0
    assert index.holders("pump") == 1


def test_questions_are_answered_while_texts_come_and_go() -> None:
    """An import of thousands of files runs beside the chat."""
    index = WordIndex((str(number), "vinegar machine") for number in range(500))
    done = threading.Event()

    def change() -> None:
        rng = random.Random(1)
        for number in range(3000):
            index.remove([str(rng.randrange(2000))])
            index.put([(str(rng.randrange(2000)), ["vinegar", rng.choice(WORDS), f"new{number}"])])
        done.set()

    writer = threading.Thread(target=change)
    writer.start()
    asked = 0
    while not done.is_set() or not asked:
        matches = search([index], "vinegar pump")
        assert min(matches.of(matches.best(10)).values(), default=0) >= 0
        asked += 1
    writer.join()

    assert len(search([index], "vinegar").best(10)) == 10
