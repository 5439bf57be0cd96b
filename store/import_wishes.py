"""Whom an import is for, and for whom the ledger keeps what was imported before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from bot.messages import Audience, Reach
from bot.texts import N_
from store.finding_files import Located, lies_in
from store.readers.document import Unreadable
from store.schema import sources

Known = Row[str, str, str, str, str, str, str]
OF_KNOWN = [sources.c[name] for name in ("source_id", "location", "shown", "sha256", "audience", "scope", "link")]


@dataclass(frozen=True, slots=True)
class Wish:
    """
    For whom files are imported, up to which size, and what the ledger held before: by location, and where by name and content.

    Without an audience or a scope (None) a known file stays for whom it is, and a new one is for employees, limited to nothing.
    *watched* are the locations of the folders that are watched, each for its own.
    """

    audience: Audience | None
    scope: str | None
    max_bytes: int
    known: Mapping[str, Known]
    places: Mapping[tuple[str, str], Sequence[str]]
    watched: Sequence[str] = ()

    def reach(self, known: Known | None) -> Reach:
        """Return whom a file is for that was *known* before, or was not."""
        before = _reach(known) if known else Reach("employees")
        return Reach(self.audience or before.audience, before.scope if self.scope is None else self.scope)

    def holds(self, location: str, sha256: str) -> bool:
        """Tell whether the file at *location* is in the ledger with that content, for those it is for."""
        return self.is_same(self.known.get(location), sha256)

    def is_same(self, known: Known | None, sha256: str) -> bool:
        """Tell whether a file with that content is *known* so, for those it is for."""
        return known is not None and known.sha256 == sha256 and not self.moves(known)

    def moves(self, known: Known | None) -> bool:
        """Tell whether a file that is *known* is for others from now on."""
        return known is not None and _reach(known) != self.reach(known)

    def may_not_move(self, file: Located, known: Known | None) -> Unreadable | None:
        """Return why *file* is left as it is *known*: a link shows nobody what another folder keeps for others. None where it is not."""
        if not file.linked:
            return None
        if known is None:
            return self._belongs_elsewhere(file)
        if not self.moves(known):
            return None
        problem = N_("a link leads to a document that is known for {whom} and stays so; to move it, add it by its own path, {path}")
        return Unreadable(file.shown, problem, whom=" · ".join(filter(None, (known.audience, known.scope))), path=file.location)

    def _belongs_elsewhere(self, file: Located) -> Unreadable | None:
        """Return why a new *file* waits for its own folder, which is watched for its own audience. None where it has none."""
        folder = next((folder for folder in self.watched if lies_in(file.location, folder)), None)
        problem = N_("a link leads to a document that is not yet known; it is imported from its own folder, {folder}, which is watched")
        return Unreadable(file.shown, problem, folder=folder) if folder is not None else None


def known_at(connection: Connection, location: str) -> Known | None:
    """Return what the ledger holds of the file at *location*."""
    return connection.execute(select(*OF_KNOWN).where(sources.c.location == location)).one_or_none()


def _reach(known: Known) -> Reach:
    return Reach(known.audience, known.scope)
