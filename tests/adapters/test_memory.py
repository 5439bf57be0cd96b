"""Memory given back, where the system's allocator can be told."""

import ctypes
import sys
from collections.abc import Callable

import pytest

from adapters.memory import return_free_memory, share_arenas


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has arenas")
@pytest.mark.parametrize(("tell", "function"), [(share_arenas, "mallopt"), (return_free_memory, "malloc_trim")])
def test_glibc_is_told(tell: Callable[[], None], function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that glibc does not know changes nothing, and it says so."""
    answers: list[int] = []
    own = getattr(ctypes.CDLL(None), function)

    class Library:
        def __getattr__(self, name: str) -> Callable[..., None]:
            assert name == function
            return lambda *arguments: answers.append(own(*arguments))

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Library())
    tell()

    assert answers in ([1], [0] if function == "malloc_trim" else [1])  # trimming answers 0 where nothing was free


@pytest.mark.parametrize("tell", [share_arenas, return_free_memory])
def test_another_allocator_is_left_alone(tell: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Musl and macOS have neither function."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    tell()
