"""A process that answers: to each thread its own answer, in the order of the questions, and none to who listens no more."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from store.child import Child, answer_each, received, run_child, send

LARGE = 1_000_000  # bytes: more than a pipe holds


def _doubled(asked: IO[bytes], told: IO[bytes]) -> None:
    answer_each(asked, told, lambda text: text * 2)


class Doubling(Child):
    """Says everything twice."""

    def __init__(self) -> None:
        """See `Child`."""
        super().__init__(__name__)

    def __call__(self, text: str) -> str | None:
        """Return *text* twice."""
        answer: str | None = self._ask(text)
        return answer


def test_every_thread_hears_its_own_answer() -> None:
    """Large ones, too, which are still told while the next are asked."""
    child = Doubling()
    texts = [letter * size for letter in "abcdef" for size in (1, LARGE)]
    try:
        with ThreadPoolExecutor(len(texts)) as threads:
            assert list(threads.map(child, texts)) == [text * 2 for text in texts]
    finally:
        child.close()


def test_all_who_wait_are_told_of_its_end() -> None:
    """None of them may wait for ever."""
    child = Doubling()
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(child, "a" * LARGE) for _ in range(4)]
        child.close()

        assert all(answer.result(timeout=20) in (None, "a" * 2 * LARGE) for answer in answers)
    assert child("b") is None


def test_it_works_on_while_nobody_listens() -> None:
    """The parent may be held up; the child has its next question already."""
    answered: list[str] = []
    all_answered = threading.Event()

    class Deaf(io.BytesIO):
        def write(self, content: bytes) -> int:  # type: ignore[override]
            all_answered.wait(20)
            return super().write(content)

    def answer(text: str) -> str:
        answered.append(text)
        if len(answered) == 3:
            all_answered.set()
        return text.upper()

    asked, told = io.BytesIO(), Deaf()
    for text in "abc":
        send(asked, text)
    asked.seek(0)
    answer_each(asked, told, answer)
    told.seek(0)

    assert all_answered.is_set()
    assert [received(told) for _ in "abc"] == ["A", "B", "C"]


if __name__ == "__main__":
    run_child(_doubled)
