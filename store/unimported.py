"""Documents read as an import would read them, and kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.messages import Audience, Passage
from store.candidates import Candidate
from store.finding_files import find_files
from store.readers.document import Unreadable
from store.readers.files import load
from store.readers.read import read_document


@dataclass(frozen=True, slots=True)
class Reading:
    """The passages of all files, in order, and what stands in the way of others."""

    candidates: Sequence[Candidate]
    unreadable: Sequence[Unreadable]


def read_files(paths: Sequence[Path], *, audience: Audience, max_file_mb: int) -> Reading:
    """Read the files and folders at *paths*, for *audience*; call it off the event loop. A passage's source is the path of its file."""
    located, unreadable = find_files(paths)
    candidates: list[Candidate] = []
    for file in located:
        try:
            candidates += _candidates(file.path, audience, max_file_mb)
        except Unreadable as error:
            unreadable.append(error)
    return Reading(candidates, unreadable)


def _candidates(path: Path, audience: Audience, max_file_mb: int) -> list[Candidate]:
    name = str(path)
    document = read_document(load(path, name, max_bytes=max_file_mb * 2**20), name)
    return [
        Candidate(
            "passages",
            Passage(
                passage_id=f"{name}-{ordinal}",
                source=name,
                title=document.title,
                heading=excerpt.heading or excerpt.question,
                text=excerpt.text,
                audience=audience,
                language=excerpt.language,
                row=excerpt.row,
                page=excerpt.page,
                anchor=excerpt.anchor,
                dated=excerpt.dated,
            ),
            excerpt.question,
        )
        for ordinal, excerpt in enumerate(document.excerpts)
    ]
