"""Questions put to contenders, and a book of what they answered: nothing that stands in it is asked twice."""

import asyncio
import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from bot.errors import Misconfigured, TryAgainLater
from bot.messages import Adapter, Finished, Generation, Message, Piece, Sampling
from bot.ports import Backend
from finetune.arms import Contender

logger = logging.getLogger(__name__)

Kept = Literal["alone", "passages", "perplexity"]
# At the lowest priority beside a busy server an answer takes many times what it takes alone.
DEADLINE_S: Final = 1800.0
HOSTED_DEADLINE_S: Final = 300.0  # a model that was trained lately may have to be loaded first
_UNSAFE = re.compile(r"[^\w.-]+")  # in a file's name


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a model said, or (for `perplexity`) what it thinks of a reference; times in seconds. `key` names what it was asked."""

    key: str
    text: str = ""
    tokens: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    first_token_s: float = 0.0
    total_s: float = 0.0
    cut: bool = False
    perplexity: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask a contender; `key` is the hash of all that decides the answer."""

    contender: Contender
    arm: Kept
    prompt: tuple[Message, ...]
    max_tokens: int
    key: str


class AnswerBook:
    """Answers by what was asked, in a folder's `answers-<name>-<arm>.jsonl`, one whole line at a time."""

    def __init__(self, folder: Path, *, earlier: Collection[Path] = ()) -> None:
        """
        Read what the folder, and those beneath *earlier*, hold already; a line that was cut off is passed over.

        Raises:
            Misconfigured: The folder cannot be made or read.
        """
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files = {*(path for each in earlier for path in each.rglob("answers-*.jsonl")), *folder.glob("answers-*.jsonl")}
            self._known = {spoken.key: spoken for path in sorted(files) for spoken in _lines(path)}
        except OSError as error:
            raise _unusable(folder, error) from error

    def find(self, key: str) -> Spoken | None:
        """Return what was answered, None where it was not asked yet."""
        return self._known.get(key)

    def keep(self, spoken: Spoken, *, name: str, arm: Kept) -> None:
        """
        Add an answer of the contender *name*.

        Raises:
            Misconfigured: The disk is full or fails.
        """
        line = json.dumps(asdict(spoken), ensure_ascii=False) + "\n"
        path = self._folder / f"answers-{_UNSAFE.sub('_', name)}-{arm}.jsonl"
        try:
            with path.open("ab+", buffering=0) as file:
                file.write((b"" if _ends_whole(file) else b"\n") + line.encode())
        except OSError as error:
            raise _unusable(path, error) from error
        self._known[spoken.key] = spoken


class Interview:
    """Puts requests to the model in service, or to a contender's own, contender after contender, and keeps the answers."""

    def __init__(self, backend: Backend, book: AnswerBook, *, repeat_penalty: float) -> None:
        self._backend = backend
        self._book = book
        self._sampling = Sampling(repeat_penalty=repeat_penalty)

    async def ask(self, requests: Sequence[Request], *, asked: Callable[[], None]) -> dict[str, Spoken]:
        """
        Return the answers by key.

        Args:
            requests: Of any order: they are put so that neighbours share as much of their prompts as may be.
            asked: Called after each.

        Raises:
            Misconfigured: An adapter could not be laid over the model, or the answers cannot be kept.
            ChatbotError: The model failed.
        """
        answers: dict[str, Spoken] = {}
        for request in sorted(requests, key=lambda each: (each.contender.name, [message.content for message in each.prompt])):
            spoken = self._book.find(request.key)
            if spoken is None:
                spoken = await self._put(request)
                await asyncio.to_thread(self._book.keep, spoken, name=request.contender.name, arm=request.arm)
            answers[request.key] = spoken
            asked()
        return answers

    async def _put(self, request: Request) -> Spoken:
        pieces: list[str] = []
        finished: Finished | None = None
        own = request.contender.model
        deadline_s = HOSTED_DEADLINE_S if own and own.served is None else DEADLINE_S
        generation = Generation(
            request.prompt, request.max_tokens, deadline_s=deadline_s, sampling=self._sampling, adapter=request.contender.adapter
        )
        async with aclosing((own.backend if own else self._backend).stream(generation)) as events:
            async for event in events:
                if isinstance(event, Piece):
                    pieces.append(event.text)
                elif isinstance(event, Finished):
                    finished = event
        if finished is None:
            raise TryAgainLater("the model ended an answer half way")
        _require_laid(request.contender.adapter, finished)
        return replace(_spoken(request.key, finished), text="".join(pieces))


def key_of(*parts: object) -> str:
    """Return the hash of what decides an answer (JSON values), as lower-case hex."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def digest_of(path: Path) -> str:
    """
    Return the sha256 of a file's content, as lower-case hex.

    Raises:
        Misconfigured: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}); correct its name or rights") from error


def _spoken(key: str, finished: Finished) -> Spoken:
    return Spoken(
        key,
        tokens=finished.completion_tokens,
        prompt_tokens=finished.prompt_tokens,
        cached_tokens=finished.cached_tokens,
        first_token_s=round(finished.first_token_s, 4),
        total_s=round(finished.total_s, 4),
        cut=finished.reason == "length",
    )


def _require_laid(adapter: Adapter | None, finished: Finished) -> None:
    """A backend that cannot lay an adapter over its model answers without: in service that is right, here it would be another's answer."""
    if adapter is not None and finished.adapter != adapter.name:
        raise Misconfigured(f"the adapter {adapter.path} cannot be laid over {finished.model}: it is missing, damaged or of another model")


_SPOKEN = TypeAdapter(Spoken)


def _lines(path: Path) -> Iterator[Spoken]:
    with path.open("rb") as file:
        yield from _readable(file)


def _ends_whole(file: FileIO) -> bool:
    """Tell whether the last line is whole: what a killed process left unfinished must not swallow the next."""
    if not file.seek(0, os.SEEK_END):
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _readable(lines: Iterable[bytes]) -> Iterator[Spoken]:
    for line in lines:
        if not line.strip():
            continue
        try:
            yield _SPOKEN.validate_json(line)
        except ValidationError:
            logger.info("unfinished line passed over")


def _unusable(path: Path, error: OSError) -> Misconfigured:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return Misconfigured(f"answers cannot be kept in {path} ({reason}); free some space there or correct its rights")
