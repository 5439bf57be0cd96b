"""What the core needs of vectors: encoders, and an index of what they made. Fakes and contract tests as for `bot.ports`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.messages import Reach

T = TypeVar("T")


class Encoder(Protocol):
    """Texts into vectors whose cosine tells how near their meanings are, across languages."""

    @property
    def name(self) -> str:
        """A short name (letters and digits) that stands in the names of collections: vectors of two encoders never mix."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    async def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text, in order: shape (len(texts), dimension)."""


class SecondEncoder(Encoder, Protocol):
    """
    An encoder beside the first: finer within a language, too slow for an import; `encode` is for passages.

    Vectors of questions compare with one another and with those of passages.
    """

    async def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one L2-normalised row per text that people ask, in order: shape (len(texts), dimension); recent ones are known."""


class CrossEncoder(Protocol):
    """Reads two texts together, and so sees what their vectors cannot tell: which word of one stands for which of the other."""

    async def log_odds(self, question: str, others: Sequence[str]) -> NDArray[np.float32]:
        """
        Return for each of *others* the log odds that it belongs to *question*: shape (len(others),).

        Of one that reads questions, that both have one answer; of one that reads passages, that the answer stands in the passage.
        """


IndexKind = Literal["passages", "verified", "conversations"]


@dataclass(frozen=True, slots=True, eq=False)
class IndexEntry:
    """What the index keeps of a passage, approved answer or rated exchange: `vector` has shape (dimension,)."""

    entry_id: str
    document: str
    metadata: Mapping[str, str | int | float | bool]
    vector: NDArray[np.float32]


class IndexLook(Protocol):
    """An index as `Index.look` shows it to work that is off the event loop; errors are those of the index."""

    def nearest(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """Return (id, cosine distance) of the nearest entries, nearest first; distance is 0 to 2."""

    def distances(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, ids: Sequence[str]) -> Mapping[str, float]:
        """Return the cosine distance of each of *ids*; unknown ids are left out."""


class Index(Protocol):
    """
    Vectors with their documents, one collection per kind and reach; a copy of what the ledger knows.

    Every method raises `TryAgainLater` where a server does not respond and `Misconfigured` where the index is in use by another
    process, damaged or of another make; the detail names the remedy.
    """

    async def upsert(self, kind: IndexKind, reach: Reach, entries: Sequence[IndexEntry]) -> None:
        """Write *entries*; one that exists is replaced as a whole, metadata too."""

    async def delete(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> None:
        """Delete the entries of *ids*; unknown ids are passed over."""

    async def query(self, kind: IndexKind, reach: Reach, vector: NDArray[np.float32], *, limit: int) -> tuple[tuple[str, float], ...]:
        """Return what `nearest` does."""

    async def look(self, work: Callable[[IndexLook], T]) -> T:
        """
        Return what *work* returns, which runs in another thread and may ask the index as often as it likes at no cost but the answers'.

        It is kept short, for others wait for it; it may run twice, and does nothing that it should not do twice.
        """

    async def ids(self, kind: IndexKind, reach: Reach) -> tuple[str, ...]:
        """Return every id of the collection, sorted."""

    async def fetch(self, kind: IndexKind, reach: Reach, ids: Sequence[str]) -> tuple[IndexEntry, ...]:
        """Return the entries of *ids* in that order; unknown ids are left out."""

    async def warm(self, kind: IndexKind, reach: Reach) -> None:
        """Read, without keeping questions waiting, what `nearest` and `distances` would otherwise read first."""

    async def reaches(self, kind: IndexKind) -> tuple[Reach, ...]:
        """Return of which reaches there is a collection of that kind, in order."""

    async def reset(self) -> None:
        """Delete all collections, also damaged ones and those of other encoders."""

    async def compact(self) -> bool:
        """Leave nothing readable of what was deleted, while nobody writes; False where that is a server's operator's to do."""

    async def check(self) -> str:
        """Return one line on the index (for `doctor` and `/readyz`)."""


class BesideIndex(Index, IndexLook, Protocol):
    """An index beside another: whoever looks at that one may ask this one, too, in the same thread."""
