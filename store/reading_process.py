"""Documents read in a process of their own: an import writes meanwhile, and need not load what reads them."""

import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import IO, Any, Final

from store.child import Child, answer_each, run_child
from store.readers.document import Document, Unreadable
from store.set_redaction import UNSET, Redaction

_MOST_BYTES: Final = 2**24  # of a file; more would be too much to hold twice


class ReadingStopped(Exception):
    """The process was closed while it read: whoever stopped the import does not wait for the document."""


class ReadingProcess(Child):
    """Reads as `read_document` does, in a child."""

    def __init__(self, redaction: Redaction = UNSET) -> None:
        """See `Child`; what people said is redacted by *redaction*."""
        super().__init__("store.reading_process")
        self._redaction = redaction
        self._stopped: Future[Any] = Future()

    def close(self) -> None:
        """As `Child`, and let nobody wait for what is read here."""
        if not self._stopped.done():
            self._stopped.set_result(None)
        super().close()

    def read(self, data: bytes, name: str) -> Document:
        """
        Return the document in *data*, see `read_document`; blocks.

        A very large file is read here, and so is one at which the child ended, perhaps for want of memory, and what comes after it.

        Raises:
            Unreadable: As `read_document`.
            ReadingStopped: It was closed meanwhile.
        """
        answer = None if len(data) > _MOST_BYTES else self._ask((data, name, self._redaction))
        if answer is None:
            return self._read_here(data, name)
        if isinstance(answer, Document):
            return answer
        raise _unreadable(answer)

    def _read_here(self, data: bytes, name: str) -> Document:
        """Read in a thread that the end of this process does not wait for: a minute's reading, of which nothing is kept."""
        done: Future[Any] = Future()
        threading.Thread(target=_fulfil, args=(done, data, name, self._redaction), daemon=True).start()
        wait((done, self._stopped), return_when=FIRST_COMPLETED)
        if self._stopped.done():
            raise ReadingStopped
        document: Document = done.result()
        return document


def _fulfil(done: Future[Any], data: bytes, name: str, redaction: Redaction) -> None:
    from store.readers.read import read_document  # takes its time to import, and is seldom needed here

    try:
        done.set_result(read_document(data, name, redaction))
    except BaseException as error:  # noqa: BLE001  # told where it is waited for
        done.set_exception(error)


def _serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """Answer each file of *asked* with its document, or with what is wrong with it, until there are no more."""
    from store.readers.read import read_document

    def answer(file: tuple[bytes, str, Redaction]) -> object:
        try:
            return read_document(*file)
        except Unreadable as error:
            return error.name, error.problem, dict(error.values), error.notes

    answer_each(asked, told, answer)


def _unreadable(told: Any) -> Unreadable:
    name, problem, values, notes = told
    error = Unreadable(name, problem, **values)
    error.notes = notes
    return error


if __name__ == "__main__":
    run_child(_serve)
