"""Reading in a process of its own: the same documents, the same problems, and nothing lost with the child."""

import io
import json
import pickle
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import pytest

from store.child import send
from store.readers.document import Unreadable
from store.readers.read import read_document
from store.reading_process import ReadingProcess, ReadingStopped, _serve
from store.set_redaction import UNSET, Redaction
from tests.finetune.importing.made import zendesk

PAGE = b"# Keys\n\nThe key is at the desk, and a second one with the porter.\n\n| code | door |\n|---|---|\n| A1 | front |\n"


@pytest.fixture
def child() -> Iterator[ReadingProcess]:
    """Start one and end it."""
    process = ReadingProcess()
    yield process
    process.close()


def test_documents_are_those_of_this_process(child: ReadingProcess) -> None:
    """Which process read a page must not show."""
    assert child.read(PAGE, "keys.md") == read_document(PAGE, "keys.md")


def test_people_are_redacted_as_the_operator_has_set_it() -> None:
    """What is taken out of questions must not come back in with a ticket, and the company's own contacts are what people ask for."""
    ticket = zendesk(1, "Card of M-12345?", "Write to sac@firma.com.br or ana@exemplo.com.br, M-12345.")
    told = json.dumps(ticket).encode()
    redaction = Redaction((("STAFF", "M-[0-9]{5}"),), ("sac@firma.com.br",))
    process = ReadingProcess(redaction)
    try:
        (excerpt,) = process.read(told, "tickets.json").excerpts
    finally:
        process.close()

    assert (excerpt.question, excerpt.text.splitlines()[0]) == (
        "Card of [STAFF_1]?",
        "Write to sac@firma.com.br or [EMAIL_1], [STAFF_1].",
    )
    assert read_document(told, "tickets.json", redaction).excerpts == (excerpt,)


def test_problems_are_those_of_this_process(child: ReadingProcess) -> None:
    """The report names them in the operator's language, with what was left out; the next file is read."""
    with pytest.raises(Unreadable) as there:
        child.read(b"{broken", "a.json")
    with pytest.raises(Unreadable) as here:
        read_document(b"{broken", "a.json")

    assert (there.value.name, there.value.problem, there.value.values) == (here.value.name, here.value.problem, here.value.values)
    assert (there.value.notes, str(there.value)) == (here.value.notes, str(here.value))
    assert child.read(PAGE, "keys.md").title == "Keys"


def test_a_child_that_ended_is_done_without(child: ReadingProcess) -> None:
    """A file at which a reader's library breaks down costs no other file."""
    child._process.kill()

    assert child.read(PAGE, "keys.md") == read_document(PAGE, "keys.md")


@pytest.mark.parametrize("size", [0, 2**22])
def test_who_stops_an_import_does_not_wait_for_a_document(child: ReadingProcess, size: int) -> None:
    """A document may take ten minutes: with Ctrl-C the child ends in the middle of it, and nobody reads it once more."""
    child._process.send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(child.read, PAGE + b"\n" * size, "keys.md")
        child.close()

        with pytest.raises(ReadingStopped):
            reading.result()


def test_who_stops_an_import_does_not_wait_for_a_very_large_file_either(child: ReadingProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a file is read here, in a thread that cannot be stopped: it goes on alone, and ends with the process."""
    begun, hurry = threading.Event(), threading.Event()

    def read(*_: object) -> NoReturn:
        begun.set()
        hurry.wait(60)
        raise Unreadable("large.txt", "too late")

    monkeypatch.setattr("store.readers.read.read_document", read)
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(child.read, b"\n" * 2**24 + PAGE, "large.txt")
        assert begun.wait(60)
        child.close()

        with pytest.raises(ReadingStopped):
            reading.result(60)
    hurry.set()


def test_a_very_large_file_is_not_held_twice(child: ReadingProcess) -> None:
    """The child grows no larger than it has to, whatever is imported."""
    child._process.send_signal(signal.SIGSTOP)  # it answers nothing any more

    assert child.read(b"\n" * 2**24 + PAGE, "large.txt").excerpts


def test_a_child_without_a_parent_ends() -> None:
    """An import that was killed must leave nothing behind: where nobody asks any more, the child is done."""
    asked, told = io.BytesIO(), io.BytesIO()
    send(asked, (PAGE, "keys.md", UNSET))
    asked.write(b"\x01")  # and was killed in the middle of the next
    asked.seek(0)

    _serve(asked, told)

    assert pickle.loads(told.getvalue()[8:]) == read_document(PAGE, "keys.md")
