"""Vectors in memory: as those written last, and no more than there may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from store.vectors import Vectors

DIMENSION = 8
CHANGES = st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 99)), max_size=40)


def pointing(seed: int) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).standard_normal(DIMENSION, dtype=np.float32)
    return vector / np.float32(np.linalg.norm(vector))


@given(changes=CHANGES)
def test_what_came_and_went_leaves_the_vectors_written_last(changes: list[tuple[int, bool, int]]) -> None:
    """A row that is used again must not answer for what was in it before."""
    kept, written = Vectors(DIMENSION, most=2000), dict[str, int]()
    for number, stays, seed in changes:
        if stays:
            kept.put([str(number)], pointing(seed)[None])
            written[str(number)] = seed
        else:
            kept.remove([str(number)])
            written.pop(str(number), None)
    asked = pointing(100)

    found = kept.distances(asked, [*map(str, range(10)), "nobody"])
    assert found == pytest.approx({entry_id: 1 - float(pointing(seed) @ asked) for entry_id, seed in written.items()}, abs=2e-3)
    assert (len(kept), "nobody" in kept) == (len(written), False)


def test_there_are_no_more_than_may_be() -> None:
    """Memory is for the model; what does not fit is looked up where it lies."""
    kept = Vectors(DIMENSION, most=1500)
    kept.put([f"{number}" for number in range(3000)], np.stack([pointing(number) for number in range(3000)]))
    assert (len(kept), kept.full, "1499" in kept, "1500" in kept) == (1500, True, True, False)
    kept.remove(["7"])
    kept.put(["2000", "8"], np.stack([pointing(2000), pointing(9)]))

    asked = pointing(9)
    assert kept.distances(asked, ["8", "2000", "7", "1400"]) == pytest.approx(
        {"8": 0.0, "2000": 1 - float(pointing(2000) @ asked), "1400": 1 - float(pointing(1400) @ asked)}, abs=2e-3
    )


@given(changes=CHANGES)
def test_what_is_known_to_be_absent_is_so_until_it_comes(changes: list[tuple[int, bool, int]]) -> None:
    """An id that is put, or whose removal may fail half way, has to be looked for again."""
    kept, absent = Vectors(DIMENSION, most=5), set[str]()
    for number, stays, seed in changes:
        each = str(number)
        if seed % 3 == 0:
            kept.note_absent([each] if each not in kept else [])
            absent.update([each] if each not in kept else [])
        elif stays:
            kept.put([each], pointing(seed)[None])
            absent.discard(each)
        else:
            kept.remove([each])
            absent.discard(each)

    asked = kept.unknown([*map(str, range(10))])
    assert not {*asked} & {each for each in map(str, range(10)) if each in kept}
    assert {*map(str, range(10))} - {*asked} <= absent | {each for each in map(str, range(10)) if each in kept}


def test_no_more_absent_ones_are_noted_than_there_may_be_vectors() -> None:
    """Questions name ids without end."""
    kept = Vectors(DIMENSION, most=10)
    for number in range(100):
        kept.note_absent([str(number)])

    assert kept.unknown(["99", "0"]) == ["0"]
    assert len(kept._absent) <= 10
