"""The adapters of trained versions, loaded as they are asked for and kept ready beside one model."""

import logging
from pathlib import Path
from typing import NamedTuple

from bot.backends.llama_native import Lora, Weights
from bot.errors import Misconfigured

logger = logging.getLogger(__name__)

MOST_LOADED = 4  # each audience has one version; a roll-back finds the one before still loaded


class Stamp(NamedTuple):
    """A state of a file: while it is the same, so are the file's words. Time in nanoseconds; both -1 where there is no file."""

    path: Path
    changed_ns: int
    size_bytes: int


class Adapters:
    """Adapters by file, the least recently used freed first. Not thread-safe: the worker's own; the model frees them in the end."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._loaded: dict[Stamp, Lora] = {}  # least recently used first
        self._refused: dict[Path, Stamp] = {}

    def __len__(self) -> int:
        """Return how many are loaded."""
        return len(self._loaded)

    def find(self, path: Path, *, in_use: Lora | None) -> tuple[Stamp, Lora] | None:
        """
        Return the adapter at *path*, loaded where it was not; *in_use* is not freed for it.

        None where the file is missing, damaged or made for another model: that is logged once, and not tried again until the file changes.
        """
        stamp = _stamp(path)
        if self._refused.get(path) == stamp:
            return None
        lora = self._loaded.pop(stamp, None) or self._load(stamp)
        if lora is None:
            return None
        self._refused.pop(path, None)
        self._loaded[stamp] = lora
        self._free_oldest(kept=(lora, in_use))
        return stamp, lora

    def _load(self, stamp: Stamp) -> Lora | None:
        try:
            return Lora(self._weights, stamp.path, remedy="roll back, or promote another version (`aprendiz models list`)")
        except Misconfigured as error:
            logger.warning("version not served", extra={"path": str(stamp.path), "reason": str(error)})
            self._refused[stamp.path] = stamp
            return None

    def _free_oldest(self, *, kept: tuple[Lora | None, ...]) -> None:
        idle = [stamp for stamp, lora in self._loaded.items() if lora not in kept]
        for stamp in idle[: max(0, len(self._loaded) - MOST_LOADED)]:
            self._loaded.pop(stamp).free()


def _stamp(path: Path) -> Stamp:
    try:
        state = path.stat()
    except OSError:
        return Stamp(path, -1, -1)
    return Stamp(path, state.st_mtime_ns, state.st_size)
