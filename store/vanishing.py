"""Documents that are not where an import found them before: deleted, moved, or no link leads to them any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from store.finding_files import LOCATION_CHARACTERS, Located, is_folder, is_gone, is_unlinked, location_of
from store.import_wishes import Wish
from store.reading_files import File


@dataclass(frozen=True, slots=True)
class Vanished:
    """The documents of a folder that are not there any more (`gone`, their locations), of so many known, beside so many found there."""

    gone: tuple[str, ...]
    known: int
    found: int


def vanished_in(folders: Sequence[Path], wish: Wish, there: Collection[str], found: int) -> Vanished:
    """Look which documents of those of *folders* that are folders are gone, also those that moved while they were imported."""
    roots = tuple(f"{location_of(folder).rstrip('/')}/" for folder in folders if is_folder(folder))
    own = [location for location in wish.known if location.startswith(roots)]
    linked = [known for known in wish.known.values() if known.link.startswith(roots)]
    gone = [location for location in own if is_gone(location)]
    unlinked = [known.location for known in linked if known.location not in there and is_unlinked(known.link, known.location)]
    return Vanished(tuple(dict.fromkeys([*gone, *unlinked])), len({*own, *(known.location for known in linked)}), found)


def newly_reached(located: Sequence[Located], wish: Wish) -> Sequence[Located]:
    """Return the files that were known through a link, and are found at their own place now, or through another because it is gone."""
    return [
        file
        for file in located
        if (known := wish.known.get(file.location)) and known.link and (not file.linked or is_unlinked(known.link, file.location))
    ]


def kept_link(file: Located) -> str:
    """Return the link through which *file* was found as far as the ledger can keep it, empty for one at its own place."""
    return file.link if len(file.link) <= LOCATION_CHARACTERS else ""


def moved_from(file: File, wish: Wish) -> str | None:
    """Return where the same content was imported from under the same name, if that file is gone: the folder was moved."""
    places = wish.places.get((file.located.shown, file.sha256), ()) if file.located.location not in wish.known else ()
    return next((place for place in places if is_gone(place)), None)
