"""A Q4_1 model file turned into Q8_0, once: llama.cpp has fast processor kernels for Q8_0 and none for Q4_1."""

import asyncio
import hashlib
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.backends.runtime import default_threads, limit_spinning

logger = logging.getLogger(__name__)


async def requantised(path: Path, cache: Path) -> Path:
    """
    Return the Q8_0 twin of *path* in the directory *cache*, made at the first call; *path* itself where it is no Q4_1 file.

    The twin carries the source's sha256 in its name. Where it cannot be made (a full disk, say) that is logged, *path* is
    returned and nothing is left behind.

    Raises:
        Misconfigured: *path* is missing, damaged or no model file.
    """
    return await asyncio.to_thread(_requantised, path, cache)


async def twin_made_before(path: Path, cache: Path) -> Path | None:
    """
    Return the Q8_0 twin of *path* where *cache* holds it already, so that a start need not load both.

    Raises:
        Misconfigured: *path* is missing, damaged or no model file.
    """
    return await asyncio.to_thread(_twin_made_before, path, cache)


def _twin_made_before(path: Path, cache: Path) -> Path | None:
    if not any(cache.glob("*.gguf")):
        return None  # nothing to find: spare the first start the reading of the whole file
    twin = _twin_of(path, cache)
    return twin if twin and twin.exists() else None


def _requantised(path: Path, cache: Path) -> Path:
    twin = _twin_of(path, cache)
    if twin is None or twin.exists():
        return twin or path
    try:
        return _write(path, twin)
    except OSError as error:
        logger.warning("model not requantised", extra={"reason": str(error), "target": str(twin)})
        return path


def _twin_of(path: Path, cache: Path) -> Path | None:
    """Return where the twin of *path* lies or would lie; None where it is no Q4_1 file."""
    limit_spinning()
    from bot.backends.llama_native import Q4_1_FILE_TYPE, file_type  # loads llama.cpp's library

    if file_type(path) != Q4_1_FILE_TYPE:
        return None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return cache / f"{path.stem.removesuffix('.Q4_1').removesuffix('-Q4_1')}.Q8_0.{digest[:12]}.gguf"


def _write(path: Path, target: Path) -> Path:
    from bot.backends.llama_native import quantise_to_q8_0

    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=target.stem, suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        if not quantise_to_q8_0(path, part, threads=default_threads()):
            raise OSError("llama.cpp could not write the file; is the disk full?")
        os.fsync(handle)
        part.replace(target)
    finally:
        os.close(handle)
        with suppress(FileNotFoundError):
            part.unlink()
    logger.info("model requantised", extra={"target": str(target), "size_bytes": target.stat().st_size})
    return target
