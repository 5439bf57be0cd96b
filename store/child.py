"""A process of our own that answers what it is asked, one thing after the other: pickles on two pipes, which nobody else has."""

import gc
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any, Final

_LENGTH: Final = struct.Struct("<Q")  # bytes of a pickle, which follows
# glibc's: large arrays come and go, and to give their memory back each time takes a fifth of the encoder's time.
_KEEPING: Final = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**31 - 1)}
_YOUNG: Final = 50_000  # objects between two looks for garbage: modules are that many, and a page's tree


class Child:
    """
    A module of ours run in a process that ends with this one, however that ends; `close` it.

    Threads may share it: what one asks while another is answered waits at the child, which so never waits for us.
    """

    def __init__(self, module: str) -> None:
        """Start it: that blocks for milliseconds, so do it off the event loop."""
        # A session of its own: Ctrl-C is for us, and what the child has begun is done to the end.
        self._process = subprocess.Popen(  # noqa: S603  # the module is ours
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **_KEEPING},  # noqa: TID251  # handed on
        )
        self._asking = threading.Lock()
        self._turns = threading.Condition()
        self._asked = self._heard = 0
        self._closed = False

    def close(self) -> None:
        """End the child, in whatever it does; off the event loop."""
        self._closed = True
        self._process.kill()
        self._process.communicate()

    def _ask(self, question: object) -> Any:
        """Return the answer, None where the child has ended; blocks."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None  # noqa: S101  # for mypy: both are pipes
        assert told is not None  # noqa: S101
        with self._asking:
            number = self._asked
            self._asked += 1
            with suppress(OSError, ValueError):  # a pipe that nobody reads, or is closed: there will be no answer
                send(asked, question)
        with self._turns:
            self._turns.wait_for(lambda: self._heard == number)
        try:
            return received(told)
        except (OSError, ValueError):  # likewise
            return None
        finally:
            with self._turns:
                self._heard += 1
                self._turns.notify_all()


def run_child(serve: Callable[[IO[bytes], IO[bytes]], None]) -> None:
    """Be the child: *serve* reads what is asked from its first pipe and writes to its second, until the parent is gone."""
    gc.set_threshold(_YOUNG)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as told:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
        serve(sys.stdin.buffer, told)


def answer_each(asked: IO[bytes], told: IO[bytes], answer: Callable[[Any], object]) -> None:
    """Tell what *answer* makes of each question, which is never None, until there are no more; it need not wait for who listens."""
    answers: SimpleQueue[object] = SimpleQueue()

    def tell() -> None:
        with suppress(OSError):  # whoever asked is gone, which shows in the questions
            while (each := answers.get()) is not None:
                send(told, each)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    while (question := received(asked)) is not None:
        answers.put(answer(question))
    answers.put(None)
    teller.join()


def send(pipe: IO[bytes], thing: object) -> None:
    """Write *thing* for `received`."""
    pickled = pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(pickled)))
    pipe.write(pickled)
    pipe.flush()


def received(pipe: IO[bytes]) -> Any:
    """Return what was sent, None at the end, even one in the middle: of our own parent or child, nobody else writes to these pipes."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    pickled = pipe.read(length)
    return pickle.loads(pickled) if len(pickled) == length else None  # noqa: S301  # nobody else has this pipe
