"""Any number of things, some at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(things: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Give *things* in tuples of *size*, the last of which may be shorter."""
    rest = iter(things)
    while batch := tuple(islice(rest, size)):
        yield batch
