"""Whether a server is worth asking: after several failures in a row it is left alone, but for one question every few seconds."""

from collections.abc import Callable
from typing import Final

FAILURES: Final = 3  # in a row: one may be the question's, two may be chance
PROBE_EVERY_S: Final = 5.0


class Breaker:
    """
    Counts a server's failures in a row.

    Closed, everybody may ask. Open, one question at a time does, as a probe, and no two within `PROBE_EVERY_S`. A probe that gets its first
    words closes it; the next failure opens it again at once, until an answer came to its end.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """*clock* is in seconds and never goes back."""
        self._clock = clock
        self._probed = float("-inf")
        self._probing = False
        self.failures = 0
        self.is_open = False

    def admits(self) -> bool:
        """Tell whether to ask now; of an open breaker's questions one is told so, which `begin` makes the probe."""
        return not self.is_open or (not self._probing and self._clock() - self._probed >= PROBE_EVERY_S)

    def begin(self) -> bool:
        """Note that a question is asked; return whether it is a probe."""
        if not self.is_open:
            return False
        self._probing, self._probed = True, self._clock()
        return True

    def spoke(self) -> None:
        """Note first words."""
        if self.is_open:
            self.is_open, self._probing, self.failures = False, False, FAILURES - 1

    def succeeded(self) -> None:
        """Note a whole answer."""
        self.is_open, self._probing, self.failures = False, False, 0

    def failed(self, *, probe: bool) -> None:
        """Note a failure, of a *probe* or of a question that anybody may ask."""
        self.left(probe=probe)
        self.failures += 1
        if self.failures >= FAILURES and not self.is_open:
            self.is_open, self._probed = True, self._clock()

    def left(self, *, probe: bool) -> None:
        """Note that the asker of a question is gone, which says nothing of the server."""
        if probe:
            self._probing = False
