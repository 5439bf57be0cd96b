"""Tickets of a help desk one by one: its JSON, whatever its size."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from finetune.findings import BadRow, Finding
from finetune.formats.elements import elements
from finetune.formats.lines import lines
from finetune.formats.strict_json import parse_bytes
from finetune.importing.items import Found, Item, Refusal, answered, refused
from finetune.importing.nested import list_within
from store.readers.freshdesk_export import freshdesk_ticket
from store.readers.json_values import Malformed, as_fields, as_list
from store.readers.omissions import DELETED, NO_ANSWER, NO_QUESTION, NO_REPLIES, UNSOLVED
from store.readers.people import People
from store.readers.tickets import LISTS, Translate, Users, answer_in, ids_in, note_users, tickets_in
from store.readers.zendesk_export import zendesk_ticket

Desk = Literal["zendesk", "freshdesk"]

_TICKET_BYTES: Final = 8 << 20
_TRANSLATE: Final[dict[Desk, Translate]] = {"zendesk": zendesk_ticket, "freshdesk": freshdesk_ticket}
_REASONS: Final = {
    DELETED: "deleted",
    UNSOLVED: "unsolved",
    NO_QUESTION: "no_question",
    NO_ANSWER: "no_reply",
    NO_REPLIES: "no_reply",
}
_CATEGORIES: Final = ("category", "group_name", "ticket_form", "type", "product_name")


def read_tickets(path: Path, desk: Desk) -> Iterator[Found]:
    """
    Give each solved ticket as a question and the answer that solved it.

    Args:
        path: JSON Lines of tickets, or JSON with a list of them, alone, under "tickets" or under "results" of a search; users stand under
            "users", in a line or value of their own or beside the tickets.
        desk: Whose tickets they are.
    """
    reader = _Reader(_TRANSLATE[desk], path.name)
    for found in _values(path):
        yield from reader.take(found)


def _values(path: Path) -> Iterator[tuple[int, Any] | Finding]:
    """Give the values of a file; of an object with lists, the users first and then each ticket."""
    with path.open("rb") as file:
        if path.suffix.lower() in {".jsonl", ".ndjson"}:
            yield from _parsed(lines(file, limit_bytes=_TICKET_BYTES))
            return
        if (line := list_within(file, "users")) is not None:
            for found in _parsed(elements(file, limit_bytes=_TICKET_BYTES, line=line, alone=False)):
                yield found if isinstance(found, Finding) else (found[0], {"users": [found[1]]})
        line = _to_tickets(file)
        yield from _parsed(elements(file, limit_bytes=_TICKET_BYTES, line=line or 1, alone=line is None))


def _to_tickets(file: BinaryIO) -> int | None:
    """Put *file* before its list of tickets, and return the line there; at its beginning, and None, where they are under no key."""
    for key in LISTS:
        file.seek(0)
        if (line := list_within(file, key)) is not None:
            return line
    file.seek(0)
    return None


def _parsed(found: Iterator[tuple[int, bytes] | Finding]) -> Iterator[tuple[int, Any] | Finding]:
    for each in found:
        if isinstance(each, Finding):
            yield each
        elif not each[1].isspace():
            try:
                yield each[0], parse_bytes(each[1].rstrip(), first=each[0] == 1)
            except BadRow as bad:
                yield bad.at(each[0])


@dataclass(slots=True)
class _Reader:
    """What is known of users so far, and how their tickets are read."""

    translate: Translate
    file: str
    users: Users
    staff: People

    def __init__(self, translate: Translate, file: str) -> None:
        self.translate, self.file = translate, file
        self.users, self.staff = Users(), People(())

    def take(self, found: tuple[int, Any] | Finding) -> Iterator[Found]:
        """Give the tickets of a value."""
        if isinstance(found, Finding):
            yield refused(found, self.file)
            return
        line, value = found
        fields = value if isinstance(value, dict) else {}
        try:
            if fields.get("users"):
                note_users(as_list(fields["users"]), self.users)
                self.staff = People(self.users.staff)
            tickets = tickets_in(value)
        except Malformed:
            yield Refusal({"file": self.file, "line": line}, "bad_ticket")
            return
        for raw in tickets:
            yield self._ticket(raw, {"file": self.file, "line": line})

    def _ticket(self, raw: Any, origin: dict[str, Any]) -> Found:
        try:
            ticket = self.translate(as_fields(raw), self.users.roles)
            names = [*ticket.names, *filter(None, (self.users.names.get(each, "") for each in ids_in(raw)))]
            origin = origin | ({"ticket": ticket.number} if ticket.number else {})
            reason, found = answer_in(ticket, People(names))
        except (Malformed, RecursionError):  # the latter of a mail's HTML
            return Refusal(origin, "bad_ticket")
        if found is None:
            return Refusal(origin, _REASONS[reason])
        told = (span for text in (found.question, found.answer) for span in self.staff.detect(text))
        known = dict.fromkeys([*names, *(span.value for span in told)])
        return Item(origin, answered(found.question, found.answer), names=tuple(known), category=_category(raw))


def _category(raw: Any) -> str:
    inner = next((raw[key] for key in ("ticket", "helpdesk_ticket") if isinstance(raw.get(key), dict)), raw)
    return next((value.strip() for key in _CATEGORIES if isinstance(value := inner.get(key), str) and value.strip()), "")
