"""Documents read in a process of their own: an import writes meanwhile, and need not load what reads them."""

import gc
import pickle
import struct
import subprocess
import sys
import threading
from typing import IO, Any, Final

from store.readers.document import Document, Unreadable

_LENGTH: Final = struct.Struct("<Q")  # bytes of a pickle, which follows
_YOUNG: Final = 50_000  # objects between two looks for garbage: a page's tree is that large
_MOST_BYTES: Final = 2**20  # of a file; more would be held twice


class ReadingProcess:
    """Reads as `read_document` does, in a child that ends with this process, however that ends; `close` it. Threads may share it."""

    def __init__(self) -> None:
        """Start the child: it blocks for milliseconds, so do it off the event loop."""
        # A session of its own: Ctrl-C is for us.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "store.reading_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._turn = threading.Lock()

    def close(self) -> None:
        """End the child, in whatever it does; off the event loop."""
        self._process.kill()
        self._process.communicate()

    def read(self, data: bytes, name: str) -> Document:
        """
        Return the document in *data*, see `read_document`; blocks.

        A large file is read here, and so is one at which the child ended, perhaps for want of memory, and what comes after it.

        Raises:
            Unreadable: As `read_document`.
        """
        with self._turn:
            answer = None if len(data) > _MOST_BYTES else self._ask(data, name)
        if answer is None:
            from store.readers.read import read_document  # takes its time to import, and is seldom needed here

            return read_document(data, name)
        if isinstance(answer, Document):
            return answer
        raise _unreadable(answer)

    def _ask(self, data: bytes, name: str) -> Any:
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None  # noqa: S101  # for mypy: both are pipes
        assert told is not None  # noqa: S101
        try:
            _send(asked, (data, name))
            return _received(told)
        except OSError:  # a pipe that nobody reads
            return None


def _serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """Answer each file of *asked* with its document, or with what is wrong with it, until there are no more."""
    from store.readers.read import read_document

    while (file := _received(asked)) is not None:
        try:
            answer: Any = read_document(*file)
        except Unreadable as error:
            answer = (error.name, error.problem, dict(error.values), error.notes)
        _send(told, answer)


def _unreadable(told: Any) -> Unreadable:
    name, problem, values, notes = told
    error = Unreadable(name, problem, **values)
    error.notes = notes
    return error


def _send(pipe: IO[bytes], answer: object) -> None:
    pickled = pickle.dumps(answer)
    pipe.write(_LENGTH.pack(len(pickled)) + pickled)
    pipe.flush()


def _received(pipe: IO[bytes]) -> Any:
    """Return what was sent, None at the end: of our own parent or child, nothing else writes to these pipes."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    pickled = pipe.read(length)
    return pickle.loads(pickled) if len(pickled) == length else None  # noqa: S301  # nobody else has this pipe


if __name__ == "__main__":
    gc.set_threshold(_YOUNG)
    _serve(sys.stdin.buffer, sys.stdout.buffer)
