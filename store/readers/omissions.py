"""Why a reader leaves out what it leaves out, counted."""

from collections.abc import Iterable

from bot.texts import N_
from store.readers.document import Note, Unreadable

UNANSWERED = N_("messages that nobody answered, left out: {count}")
NO_BEGINNING = N_("threads whose first message is not in the export or not a person's, left out: {count}")
NOT_BY_PEOPLE = N_("messages of bots and of the service, left out: {count}")
PRIVATE = N_("private conversations, left out: {count}")
BAD_MESSAGES = N_("messages that cannot be read, left out: {count}; the first stands in {where}")
EMPTY_DAYS = N_("days whose file is empty, left out: {count}; the first is {where}; if anything was written on it, export again")
UNSOLVED = N_("tickets that are not solved, left out: {count}")
DELETED = N_("deleted tickets and spam, left out: {count}")
NO_QUESTION = N_("tickets without a question, left out: {count}")
NO_ANSWER = N_("tickets without a public answer, left out: {count}")
NO_REPLIES = N_("tickets that the export holds no replies of, left out: {count}; export the tickets together with their comments")
BAD_TICKETS = N_("tickets that cannot be read, left out: {count}; the first is {where}")
PICTURES = N_("pages that hold pictures without text, left out: {count}; the first is page {where}; run text recognition (OCR) on them")
UNCALCULATED = N_("formulas without a value, left out: {count}; open the file in a spreadsheet program, which calculates them, and save it")
UNNAMED = N_("tables without names for their columns, read without them: {count}; the first begins at line {where}; put the names above it")
OTHER_LISTS = N_("lists beside the questions and answers, left out: {count}; the first is {where}; put them into a file of their own")
DRAFTS = N_("drafts, left out: {count}; the first is {where}; publish them and export again")
RESTRICTED = N_(
    "entries that only signed-in readers, agents or some customers may see, left out: {count}; the first is {where}; "
    "save them as documents and add these for those who may (--audience, --scope)"
)
NESTED = N_("archives within the archive, left out: {count}; unpack the first, {where}, and add it by itself")
OTHER_FILES = N_("files in the archive that are no export, left out: {count}; the first is {where}")


def is_withdrawn(error: Unreadable) -> bool:
    """Tell whether a document holds nothing because what stands in it is not, or no longer, published for everybody."""
    return any(note.reason in (DRAFTS, RESTRICTED) for note in error.notes)


class Omissions:
    """Counts what is left out, by reason, in the order in which reasons come up."""

    def __init__(self) -> None:
        """Start with nothing left out."""
        self._notes: dict[str, Note] = {}

    def add(self, reason: str, count: int = 1, *, where: str = "") -> None:
        """Count *count* more for *reason*; *where* is kept of the first."""
        known = self._notes.get(reason)
        if count:
            self._notes[reason] = Note(reason, count + (known.count if known else 0), known.where if known else where)

    def add_notes(self, notes: Iterable[Note]) -> None:
        """Count what *notes* of a part say."""
        for note in notes:
            self.add(note.reason, note.count, where=note.where)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was counted so far."""
        return tuple(self._notes.values())
