"""Rows folded into near-duplicates: as an exact comparison would, in one order, whatever the batches, through a killed import."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Misconfigured
from store.folding import Folded, Folding, prepare
from store.shingles import ALIKE, Pieces, figures_of, plain, similarity


def rows(count: int, *, seed: int = 0) -> list[str]:
    """Return rows of some 300 characters, half of them others with a few words exchanged."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijlmnoprstuv", k=rng.randint(2, 9))) for _ in range(900)]
    made: list[list[str]] = []
    for _ in range(count):
        if made and rng.random() < 0.5:
            copy = list(rng.choice(made))
            for _ in range(rng.randint(0, 8)):
                copy[rng.randrange(len(copy))] = rng.choice(words)
            made.append(copy)
        else:
            made.append(rng.choices(words, k=50))
    return [" ".join(each) for each in made]


def folded(texts: Sequence[str], path: Path, *, batch: int = 40) -> list[Folded]:
    """Fold *texts* so many at a time."""
    with Folding(path) as folding:
        return [each for at in range(0, len(texts), batch) for each in folding.fold(prepare(texts[at : at + batch]))]


def compared(texts: Sequence[str]) -> list[Folded]:
    """Fold *texts* by comparing each with all that are kept."""
    words = [plain(text) for text in texts]
    sets, kept, found = Pieces.of(words).sets(), list[int](), list[Folded]()
    for at, pieces in enumerate(sets):
        same = (row for row in kept if similarity(pieces, sets[row]) >= ALIKE and figures_of(words[at]) == figures_of(words[row]))
        row = next(same, at)
        found.append(Folded(row, new=row == at))
        kept += [at] if row == at else []
    return found


def test_rows_are_folded_as_if_all_were_compared(tmp_path: Path) -> None:
    """Nearly always: two texts at the very limit share no key with a probability of .015."""
    texts = rows(600)
    mine, exact = folded(texts, tmp_path / "rows"), compared(texts)

    assert 100 < sum(not each.new for each in exact) < 400
    assert sum(one != other for one, other in zip(mine, exact, strict=True)) <= 6


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), batch=st.integers(1, 90))
def test_batches_change_nothing(tmp_path_factory: pytest.TempPathFactory, seed: int, batch: int) -> None:
    """Two workers read more at a time than one."""
    texts = rows(90, seed=seed)
    folder = tmp_path_factory.mktemp("folding")

    assert folded(texts, folder / "one", batch=batch) == folded(texts, folder / "other", batch=90)


def test_the_first_row_is_kept_with_the_count_of_all(tmp_path: Path) -> None:
    """Case, accents and punctuation tell nothing; each row is counted once."""
    with Folding(tmp_path / "rows") as folding:
        found = folding.fold(
            prepare(["O prazo é de trinta dias.", "Outra coisa.", "o PRAZO e de trinta dias", "O prazo é de trinta dias!"])
        )
        counts = list(folding.counts())

    assert found == (Folded(0, new=True), Folded(1, new=True), Folded(0, new=False), Folded(0, new=False))
    assert counts == [(0, 3), (1, 1)]


@pytest.mark.parametrize(
    "other",
    [
        "The warranty of the pump is 24 months from the day of delivery, in every country of the Union.",
        "The warranty of the pump isn't 12 months from the day of delivery, in every country of the Union.",
    ],
)
def test_other_numbers_and_denials_are_not_folded(tmp_path: Path, other: str) -> None:
    """However alike the words: the one would be counted as evidence for the other."""
    row = "The warranty of the pump is 12 months from the day of delivery, in every country of the Union."

    assert [each.new for each in folded([row, other, row.upper()], tmp_path / "rows")] == [True, True, False]


@pytest.mark.parametrize("text", ["", " ", "?!", "a", "é", "\0", "\ud800", "😀", "a" * 100_000])
def test_any_text_is_folded_into_itself(tmp_path: Path, text: str) -> None:
    """Rows come from anywhere."""
    assert [each.row for each in folded([text, "something else entirely", text], tmp_path / "rows")] == [0, 1, 0]


def test_an_import_goes_on_behind_what_was_folded(tmp_path: Path) -> None:
    """Killed between two calls, nothing is counted twice or lost."""
    texts = rows(80)
    whole = folded(texts, tmp_path / "whole")
    first = folded(texts[:40], tmp_path / "rows")
    with Folding(tmp_path / "rows") as folding:
        assert folding.rows == 40
        second = folding.fold(prepare(texts[40:]))
        counted = sum(count for _, count in folding.counts())

    assert [*first, *second] == whole
    assert counted == 80


def test_a_call_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A full disk in the middle of it: the next run folds those rows anew."""
    texts = rows(20)
    with Folding(tmp_path / "rows") as folding:
        folding.fold(prepare(texts[:10]))
        size = folding._connection.execute("PRAGMA page_count").fetchone()[0]
        folding._connection.execute(f"PRAGMA max_page_count = {size}")
        with pytest.raises(Misconfigured, match=r"rows cannot be used \(database or disk is full\): free space there"):
            folding.fold(prepare(rows(400, seed=5)))
        folding._connection.execute("PRAGMA max_page_count = 1000000")
        assert folding.rows == 10
        folding.fold(prepare(texts[10:]))
        counted = sum(count for _, count in folding.counts())

    assert counted == 20


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    """In one sentence, before the first row."""
    (tmp_path / "rows").write_text("something else, and long enough to be taken for a header" * 40)

    with pytest.raises(Misconfigured, match="file is not a database"):
        Folding(tmp_path / "rows")
    with pytest.raises(Misconfigured, match="unable to open"):
        Folding(tmp_path / "no" / "rows")


def test_nobodys_words_lie_in_the_file(tmp_path: Path) -> None:
    """Imports hold people's words."""
    folded(["My name is Bartolomea and I live in the street of the lemon trees."] * 2, tmp_path / "rows")

    assert not any(b"bartolomea" in path.read_bytes().lower() for path in tmp_path.iterdir())


def test_pieces_are_sets() -> None:
    """In ascending order, each once, the same however many texts are cut with it."""
    texts = [plain(text) for text in (*rows(5), "", "aaaaaaaaaaaaaaaa")]
    together = Pieces.of(texts).sets()

    assert all(np.array_equal(each, Pieces.of([text]).sets()[0]) for each, text in zip(together, texts, strict=True))
    assert all((np.diff(each.astype(np.int64)) > 0).all() for each in together)
    assert Pieces.of([]).sets() == []
