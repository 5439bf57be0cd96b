"""What rows of `bench loop` share: work that several of them need is done once, and kept under the hash of all that decides it."""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.backends.llama_cpp import default_model_path

ROOT: Final = Path(__file__).parents[2]
DATA: Final = ROOT / "tests" / "data"
SEEDS: Final = (0, 1, 2)
_DECIDES: Final = ("bot", "store", "finetune", "adapters")
_SUFFIXES: Final = (".py", ".toml")


@cache
def shared_folder() -> Path:
    """
    Return the folder of this very code, model and material in the system's temporary directory, made where it is missing.

    Rows run in processes of their own, one after the other. What stands there may be deleted at any time between two of them.
    """
    paths = [path for package in _DECIDES for path in sorted((ROOT / package).rglob("*")) if path.suffix in _SUFFIXES]
    paths += sorted(DATA.glob("loop/*.jsonl")) + sorted(DATA.glob("hidrex/*")) + sorted(Path(__file__).parent.glob("loop_*.py"))
    folder = Path(tempfile.gettempdir()) / f"aprendiz-loop-{_hash_of([*paths, default_model_path()])[:16]}-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def once(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what *make* gives, or what it gave when a row before asked for *name*; which of the two it was is told."""
    path = shared_folder() / f"{name}.json"
    if path.exists():
        say(f"{name}: taken from {path}")
        return dict(json.loads(path.read_text()))
    value = make()
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(value))
    draft.replace(path)
    say(f"{name}: kept in {path}")
    return value


def say(line: str) -> None:
    """Write a line beside the results."""
    sys.stderr.write(f"{line}\n")


def _hash_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
