"""States put aside: pure book-keeping."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.backends.llama_native import State
from bot.backends.saved_states import SavedStates, common_prefix

TOKENS = st.lists(st.integers(0, 3), max_size=12)


def _state(size: int) -> State:
    return np.zeros(size, dtype=np.uint8)


@given(TOKENS, TOKENS)
def test_the_common_prefix_is_common_and_the_longest(left: list[int], right: list[int]) -> None:
    """Too long serves another conversation's words; too short evaluates again."""
    length = common_prefix(left, right)

    assert left[:length] == right[:length]
    assert left[length : length + 1] != right[length : length + 1] or length == len(left) == len(right)


def test_the_state_that_shares_most_is_found() -> None:
    """A follow-up must meet its own conversation, not one with the same system text."""
    states = SavedStates(100)
    states.put([1, 2, 3], _state(1))
    states.put([1, 2, 9, 9], _state(2))

    found = states.best([1, 2, 9, 9, 9], longer_than=0)

    assert found is not None
    assert found[0] == (1, 2, 9, 9)
    assert found[1].nbytes == 2


def test_a_state_that_shares_too_little_is_not_worth_it() -> None:
    """Copying it would cost more than evaluating."""
    states = SavedStates(100)
    states.put([1, 2, 3], _state(1))

    assert states.best([1, 2, 3, 4], longer_than=3) is None
    assert SavedStates(100).best([1], longer_than=0) is None


def test_a_conversation_that_grew_takes_the_place_of_its_beginning() -> None:
    """Else each turn would keep another copy of the same words."""
    states = SavedStates(100)
    states.put([1, 2], _state(10))
    states.put([1, 2, 3], _state(15))

    assert states.size_bytes == 15


def test_the_least_recently_used_leaves_when_memory_is_short() -> None:
    """Memory is bounded, and those who still talk keep their place."""
    states = SavedStates(30)
    states.put([1, 1], _state(10))
    states.put([2, 2], _state(10))
    assert states.best([1, 1, 5], longer_than=0)

    states.put([3, 3], _state(15))

    assert states.size_bytes == 25
    assert states.best([2, 2, 5], longer_than=0) is None
    assert states.best([1, 1, 5], longer_than=0)


def test_one_beyond_the_bound_drives_nobody_out() -> None:
    """A single huge conversation must not empty the rest."""
    states = SavedStates(30)
    states.put([1, 1], _state(10))

    states.put([2, 2], _state(31))

    assert states.size_bytes == 10


def test_states_of_other_weights_are_neither_found_nor_superseded() -> None:
    """What one adapter wrote is garbage under another, and must be there when the first comes back."""
    states = SavedStates(100)
    states.put([1, 2], _state(1), under="v1")
    states.put([1, 2, 3], _state(2), under="v2")
    states.put([1, 2, 3], _state(3))

    assert states.best([1, 2, 3], longer_than=2, under="v1") is None
    assert [found and found[1].nbytes for found in (states.best([1, 2, 3], longer_than=0, under=name) for name in ("v1", "v2", None))] == [
        1,
        2,
        3,
    ]


def test_what_is_cleared_is_found_no_more() -> None:
    """Whoever is erased leaves no evaluated words behind."""
    states = SavedStates(100)
    states.put([1, 2, 3], _state(1))
    states.clear()

    assert states.best([1, 2, 3], longer_than=0) is None
    assert states.size_bytes == 0
