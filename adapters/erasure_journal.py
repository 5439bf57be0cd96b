"""What an erasure has begun and not ended: kept sealed in the home, so that one that was killed is ended by the next."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from bot.identifiers import new_id
from finetune.private import write_private
from store.sealing import Sealer

FOLDER: Final = "erasing"  # in the home
_ENDING: Final = ".sealed"

Kind = Literal["person", "age"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """
    An erasure under way.

    `person` is a pseudonym, empty where what has aged goes; `ids` are the exchanges that go, `echoing` those of others that lose words,
    `texts` the words to look for in files. `learnt` is how many rows each round had of them, None until that is known; `noted` says that
    the versions know. `counts` is how many of what went from where so far. `indexed` says whether the index held any.
    """

    receipt_id: str
    kind: Kind
    person: str
    begun_at: str
    ids: tuple[str, ...] = ()
    echoing: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    learnt: dict[str, int] | None = None
    noted: bool = False
    versions: tuple[int, ...] = ()
    indexed: bool = True
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def counted(self, place: str, counts: Any) -> "Begun":
        """Return it with *counts* added to those of *place*."""
        known = self.counts.get(place, {})
        added = {name: known.get(name, 0) + counts.get(name, 0) for name in {**known, **counts}}
        return replace(self, counts={**self.counts, place: {name: count for name, count in added.items() if count}})


class Journal:
    """The erasures of a home that are not ended; reads and writes files."""

    def __init__(self, home: Path, sealer: Sealer) -> None:
        self._folder = home / FOLDER
        self._sealer = sealer

    def begin(self, kind: Kind, person: str, *, at: datetime) -> Begun:
        """Return a new one, not kept yet."""
        return Begun(receipt_id=new_id(at), kind=kind, person=person, begun_at=at.isoformat())

    def keep(self, begun: Begun) -> None:
        """
        Keep how far it is.

        Raises:
            Misconfigured: The disk is full or fails.
        """
        write_private(self._path(begun), self._sealer.seal(json.dumps(asdict(begun))))

    def end(self, begun: Begun) -> None:
        """Forget it."""
        self._path(begun).unlink(missing_ok=True)

    def open_ones(self) -> Iterator[Begun]:
        """Yield those kept, oldest first; one sealed under another key is passed over."""
        for path in sorted(self._folder.glob(f"*{_ENDING}")) if self._folder.is_dir() else ():
            opened = self._sealer.open(path.read_text())
            if opened is not None:
                values = json.loads(opened)
                tuples = {name: tuple(values[name]) for name in ("ids", "echoing", "texts", "versions")}
                yield Begun(**(values | tuples))

    def _path(self, begun: Begun) -> Path:
        return self._folder / f"{begun.receipt_id}{_ENDING}"
