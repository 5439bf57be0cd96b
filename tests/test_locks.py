"""The lock files: what is tested together is installed together, and serving never needs what only training does."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)(?: ; .*?)? \\$", re.MULTILINE)


def pins(name: str) -> set[tuple[str, str]]:
    """Return (package, version) of each line of a lock file; some packages have one for each Python."""
    return set(PIN.findall((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", ["requirements-train.lock", "requirements-dev.lock"])
def test_a_wider_lock_holds_the_same_versions(name: str) -> None:
    """Installed one after the other, the second must not undo the first."""
    assert pins("requirements.lock") <= pins(name)


def test_torch_is_in_no_lock() -> None:
    """Its build depends on the machine's graphics card: make train installs it by itself, in the version that the extra names."""
    names = {package for package, _ in pins("requirements-train.lock")}
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]["train"]
    (torch,) = [each for each in extra if each.startswith("torch")]

    assert not [name for name in names if name in ("torch", "triton") or name.startswith(("nvidia-", "cuda-"))]
    assert {"transformers", "peft", "gguf", "matplotlib"} <= names
    assert f"install {torch}\n" in re.sub(r" --[\w-]+", "", (ROOT / "Makefile").read_text(encoding="utf-8"))


def test_serving_needs_nothing_of_training() -> None:
    """A server stays small."""
    assert not {"torch", "transformers", "peft", "gguf", "matplotlib"} & {package for package, _ in pins("requirements.lock")}
