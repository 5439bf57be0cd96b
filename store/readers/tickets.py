"""Tickets of any help desk: what a customer asked, and the public answer that solved it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.texts import N_
from store.readers.answered import Answered, to_excerpts
from store.readers.courtesies import is_courtesy, without_greeting
from store.readers.document import Draft, Excerpt, Unreadable
from store.readers.json_values import Fields, Malformed, as_fields, as_list, id_of, parse_records, text_of
from store.readers.mail import own_words
from store.readers.omissions import BAD_TICKETS, DELETED, NO_ANSWER, NO_QUESTION, NO_REPLIES, UNSOLVED, Omissions
from store.readers.people import People
from store.set_redaction import Redaction

LISTS = ("tickets", "results")  # the latter of a search
_ACCEPTED = ("accepted", "is_accepted", "solution", "is_solution")
_PEOPLE = ("requester", "submitter", "assignee", "responder", "agent", "author", "user", "contact")
_NAMED = ("requester_name", "responder_name", "submitter_name", "assignee_name", "contact_name", "user_name")
STAFF = frozenset({"agent", "admin"})
_REPLY_MARK = re.compile(r"\A(?:\s*(?:re|res|fwd?|enc)\s*:)+\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """A public answer of an agent, plain or HTML, with its day; `accepted` where it is marked as the solution."""

    text: str
    day: str
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """
    A ticket as every help desk has it; `replies` are the public ones of agents, oldest first, `names` the people in it.

    `is_alone` where the export holds no conversation with it, not even an empty one.
    """

    number: str
    subject: str
    description: str
    is_solved: bool
    is_deleted: bool
    day: str
    replies: tuple[Reply, ...]
    names: tuple[str, ...]
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Users:
    """What a file tells of users beside their tickets: roles and names by id, and the names of those who answer."""

    roles: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    staff: set[str] = field(default_factory=set)


Roles = Mapping[str, str]
Translate = Callable[[Fields, Roles], Ticket]


def read_tickets(data: bytes, name: str, translate: Translate, redaction: Redaction) -> Draft:
    """
    Return an excerpt for each solved ticket: its subject and description, and what an agent answered last in public, or as the solution.

    Args:
        data: A JSON file with a list of tickets, alone, under "tickets" beside "users" or under "results", or JSON Lines of tickets.
        name: The file's name for errors.
        translate: Makes a ticket of a help desk's fields, given the roles of users by id; raises `Malformed`.
        redaction: As the operator has set it.

    Raises:
        Unreadable: The JSON is damaged, or holds something else.
    """
    omissions, users = Omissions(), Users()
    excerpts: list[Excerpt] = []
    for where, raw in _tickets(data, name, users):
        try:
            ticket = translate(as_fields(raw), users.roles)
            named = (users.names.get(user_id, "") for user_id in ids_in(raw))
            reason, found = _answer(ticket, People([*users.staff, *ticket.names, *named]), redaction)
        except (Malformed, RecursionError):  # the latter of a mail's HTML
            reason, found = BAD_TICKETS, ()
        omissions.add(reason, 0 if found else 1, where=where if reason == BAD_TICKETS else "")
        excerpts += found
    return Draft(excerpts=tuple(excerpts), notes=omissions.notes)


def _tickets(data: bytes, name: str, users: Users) -> Iterator[tuple[str, Any]]:
    """Yield each ticket with its place in the file; what is told of users goes into *users* first."""
    for line, value in parse_records(data, name):
        fields = value if isinstance(value, dict) else {}
        try:
            note_users(as_list(fields.get("users")), users)
            tickets = tickets_in(value)
        except Malformed as error:
            raise Unreadable(name, N_("its tickets or users are no list of objects")) from error
        for number, ticket in enumerate(tickets, 1):
            yield (f"#{number}" if line == 1 and len(tickets) > 1 else f"#{line}"), ticket


def tickets_in(value: object) -> list[Any]:
    """
    Return the tickets in a value of an export: a list's, those under "tickets" or "results", or itself; raises `Malformed`.

    A search may have found users, too, and a value may tell of users alone.
    """
    fields = value if isinstance(value, dict) else {}
    listed = next((as_list(fields[key]) for key in LISTS if key in fields), None)
    if listed is None:
        tells_of_users = "users" in fields and "subject" not in fields
        listed = [] if tells_of_users else [fields] if fields else as_list(value)
    return [each for each in listed if not isinstance(each, dict) or each.get("result_type", "ticket") == "ticket"]


def note_users(raws: Iterable[object], users: Users) -> None:
    """Add what is told of *raws* to *users*; raises `Malformed`."""
    for raw in raws:
        user = as_fields(raw)
        user_id, role, called = id_of(user.get("id")), text_of(user.get("role")), text_of(user.get("name"))
        users.roles[user_id], users.names[user_id] = role, called
        if role in STAFF:
            users.staff.add(called)


def ids_in(value: object) -> Iterator[str]:
    """Yield what stands under `requester_id`, `author_id` and the like, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from ids_in(each)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith(("_id", "_ids")):
                yield from map(str, inner if isinstance(inner, list) else [inner])
            else:
                yield from ids_in(inner)


def _answer(ticket: Ticket, people: People, redaction: Redaction) -> tuple[str, tuple[Excerpt, ...]]:
    """Return the excerpts of *ticket*, or none with the reason."""
    reason, answered = answer_in(ticket, people)
    return reason, to_excerpts(answered, people, redaction) if answered else ()


def answer_in(ticket: Ticket, people: People) -> tuple[str, Answered | None]:
    """Return what was asked in *ticket* with the answer that solved it, as people wrote it; or None with the reason of `omissions`."""
    if ticket.is_deleted:
        return DELETED, None
    if not ticket.is_solved:
        return UNSOLVED, None
    question = _question(ticket, people)
    if not question:
        return NO_QUESTION, None
    replies = [(reply, without_greeting(own_words(reply.text))) for reply in ticket.replies]
    answers = [(reply, words) for reply, words in replies if not is_courtesy(words, people)]
    if not answers:
        return (NO_REPLIES if ticket.is_alone else NO_ANSWER), None
    reply, words = next((each for each in reversed(answers) if each[0].accepted), answers[-1])
    return NO_ANSWER, Answered(question, words, day=reply.day or ticket.day, row=ticket.number)


def _question(ticket: Ticket, people: People) -> str:
    subject = _REPLY_MARK.sub("", ticket.subject)
    description = without_greeting(own_words(ticket.description))
    told = [text for text in (subject, description) if text and not is_courtesy(text, people)]
    if len(told) > 1 and description.casefold().startswith(subject.casefold()):
        return description
    return "\n".join(told)


def is_accepted(reply: Fields) -> bool:
    """Tell whether a reply is marked as the solution."""
    return any(reply.get(key) is True for key in _ACCEPTED)


def names_in(*objects: Fields) -> tuple[str, ...]:
    """Return what the people in tickets and replies are called, as far as these say."""
    people = (each[key] for each in objects for key in _PEOPLE if isinstance(each.get(key), dict))
    named = [text_of(person.get("name")) for person in people]
    return tuple(filter(None, [*named, *(text_of(each.get(key)) for each in objects for key in _NAMED)]))
