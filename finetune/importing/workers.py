"""Rows made in processes of their own, given in the order of their items."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final

from bot.errors import Misconfigured
from finetune.importing.cleaning import CleanBatch, Cleaning, unpacked
from finetune.importing.items import Item, Refusal
from finetune.importing.preparing import Batch, Options, Preparing
from store.child import Child
from store.cleaning.boilerplate import Keys
from store.contradicting import contradicting
from store.own_patterns import OwnPatterns
from store.set_redaction import Redaction

Items = Sequence[Item | Refusal]
Group = tuple[tuple[str, str], ...]  # questions with answers

_AHEAD: Final = 2  # batches for each process


@dataclass(frozen=True, slots=True)
class _Groups:
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class _Cleaned:
    items: tuple[bytes, ...]
    boilerplate: Keys


class Workers:
    """So many processes, or none but this one; `workers` opens them."""

    def __init__(self, ask: Callable[[object], Any], at_once: int) -> None:
        """Have *ask* answer, in *at_once* threads."""
        self._ask = ask
        self._at_once = at_once
        self._threads = ThreadPoolExecutor(at_once) if at_once else None

    def clean(self, batches: Iterable[Items]) -> Iterator[CleanBatch]:
        """Give the items of each batch cleaned, in order."""
        yield from self._each(batches)

    def prepare(self, batches: Iterable[Sequence[bytes]], boilerplate: Keys) -> Iterator[Batch]:
        """Give the rows of each batch, in order."""
        yield from self._each(_Cleaned(tuple(batch), boilerplate) for batch in batches)

    def contradicting(self, batches: Iterable[Sequence[Group]]) -> Iterator[list[tuple[int, ...]]]:
        """Give for each group of each batch the places of what contradicts each other, in order."""
        yield from self._each(_Groups(tuple(batch)) for batch in batches)

    def close(self) -> None:
        """Wait for what is being done."""
        if self._threads:
            self._threads.shutdown(cancel_futures=True)

    def _each(self, questions: Iterable[object]) -> Iterator[Any]:
        if self._threads is None:
            yield from map(self._ask, questions)
            return
        sent: deque[Future[Any]] = deque()
        for question in questions:
            sent.append(self._threads.submit(self._ask, question))
            if len(sent) > _AHEAD * self._at_once:
                yield sent.popleft().result()
        while sent:
            yield sent.popleft().result()


@contextmanager
def workers(count: int, redaction: Redaction, options: Options) -> Iterator[Workers]:
    """
    Give *count* processes; of one, this one.

    Raises:
        Misconfigured: A pattern is wrong, or a process has ended.
    """
    OwnPatterns(dict(redaction.patterns))  # here, where it is told what is wrong
    if count == 1:
        answer = answering(redaction, options)
        yield Workers(answer, 0)
        return
    with ExitStack() as stack:
        idle: SimpleQueue[_Worker] = SimpleQueue()
        for _ in range(count):
            worker = _Worker(redaction, options)
            stack.callback(worker.close)
            idle.put(worker)

        def ask(question: object) -> Any:
            worker = idle.get()
            try:
                return worker.ask(question)
            finally:
                idle.put(worker)

        pool = Workers(ask, count)
        stack.callback(pool.close)
        yield pool


class _Worker(Child):
    def __init__(self, redaction: Redaction, options: Options) -> None:
        super().__init__("finetune.importing.worker")
        self._given: tuple[Redaction, Options] | None = (redaction, options)

    def ask(self, question: object) -> Any:
        if self._given:
            self._ask(self._given)
            self._given = None
        answer = self._ask(question)
        if answer is None:
            raise Misconfigured(
                "a process that prepares rows has ended, perhaps because the memory is full: run the command again, it goes on"
            )
        return answer


def answering(redaction: Redaction, options: Options) -> Callable[[Any], Any]:
    """Return what answers the questions that `Workers` asks."""
    cleaning, preparing = Cleaning(redaction.make(), options.system), Preparing(options.rights)

    def answer(question: Any) -> Any:
        if isinstance(question, _Groups):
            return [contradicting(group) for group in question.groups]
        if isinstance(question, _Cleaned):
            return preparing.prepare([unpacked(each) for each in question.items], question.boilerplate)
        return cleaning.clean(question)

    return answer
