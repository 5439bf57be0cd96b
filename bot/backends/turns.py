"""A line in which shares take turns: round robin over the shares, first come first served within one."""

from collections import deque
from itertools import chain, zip_longest
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Turns(Generic[_T]):
    """
    Those who wait, by share.

    A share whose turn it was goes behind the others, and so does one that had nobody waiting: while somebody of a share waits, each
    other share takes one turn at most before the next of that share's own. Not thread-safe: the event loop's own.
    """

    def __init__(self) -> None:
        self._queues: dict[str, deque[_T]] = {}  # by share, the one whose turn it is first; none is empty

    def __len__(self) -> int:
        """Return how many wait."""
        return sum(len(queue) for queue in self._queues.values())

    def join(self, item: _T, *, share: str) -> None:
        """Wait in line, behind the others of the same share."""
        self._queues.setdefault(share, deque()).append(item)

    def leave(self, item: _T, *, share: str) -> bool:
        """Wait no longer; False for one whose turn came already."""
        queue = self._queues.get(share)
        if queue is None or item not in queue:
            return False
        queue.remove(item)
        if not queue:
            del self._queues[share]
        return True

    def take(self) -> _T | None:
        """Take the one whose turn it is out of the line; None where nobody waits."""
        if not self._queues:
            return None
        share = next(iter(self._queues))
        queue = self._queues.pop(share)
        item = queue.popleft()
        if queue:
            self._queues[share] = queue
        return item

    def displace(self, share: str) -> _T | None:
        """
        Make room for one more of *share* in a full line: take out the last of the longest queue.

        None, with nobody taken out, where that queue would then be no longer than what *share* has: its places are its fair part.
        """
        longest = max(self._queues.values(), key=len, default=deque[_T]())
        return longest.pop() if len(longest) > len(self._queues.get(share, ())) + 1 else None

    def order(self) -> tuple[_T, ...]:
        """Return those who wait in the order in which their turns come, if nobody joins or leaves."""
        rounds = zip_longest(*([(item,) for item in queue] for queue in self._queues.values()), fillvalue=())
        return tuple(chain.from_iterable(chain.from_iterable(rounds)))
