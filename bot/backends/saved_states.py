"""Evaluated conversations put aside while another one speaks, within a bound of memory."""

from collections.abc import Hashable, Sequence
from itertools import takewhile

from bot.backends.llama_native import State


def common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many tokens the two begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


class SavedStates:
    """
    States by the weights that wrote them and the tokens that they hold; the least recently used leave first.

    Other weights cannot read them: `under` names the adapter that lay over the model, None for the model alone. Not thread-safe: the
    worker's own.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._states: dict[tuple[Hashable, tuple[int, ...]], State] = {}  # least recently used first

    @property
    def size_bytes(self) -> int:
        """The memory that the states take."""
        return sum(state.nbytes for state in self._states.values())

    def put(self, tokens: Sequence[int], state: State, *, under: Hashable = None) -> None:
        """Keep *state*; those that it continues are superseded. One beyond the bound is not kept."""
        if state.nbytes > self._limit_bytes:
            return
        key = tuple(tokens)
        for weights, known in [*self._states]:
            if weights == under and key[: len(known)] == known:
                del self._states[weights, known]
        self._states[under, key] = state
        while self.size_bytes > self._limit_bytes:
            del self._states[next(iter(self._states))]

    def clear(self) -> None:
        """Forget them all."""
        self._states.clear()

    def best(self, tokens: Sequence[int], *, longer_than: int, under: Hashable = None) -> tuple[tuple[int, ...], State] | None:
        """Return the state that shares most with *tokens*, where that is more than *longer_than* tokens."""
        candidates = (known for weights, known in self._states if weights == under)
        key = max(candidates, key=lambda known: common_prefix(known, tokens), default=())
        if common_prefix(key, tokens) <= longer_than:
            return None
        state = self._states.pop((under, key))
        self._states[under, key] = state
        return key, state
