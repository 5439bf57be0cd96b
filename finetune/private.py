"""Files that their owner alone may read, written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from finetune.whole import cannot_write, whole_file


@contextmanager
def private_file(target: Path) -> Iterator[BinaryIO]:
    """
    Give a new file with mode 0600 to write to, which takes *target*'s place once the block is done; its folder is made where it is missing.

    Raises:
        Misconfigured: The disk is full or fails.
    """
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(target, error) from error
    with whole_file(target) as draft:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            yield file


def write_private(target: Path, text: str) -> None:
    """Write *text* as UTF-8; as `private_file`."""
    with private_file(target) as file:
        file.write(text.encode(errors="replace"))
