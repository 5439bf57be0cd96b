"""
Zendesk's tickets with their comments: its JSON export (JSON Lines), or what its API gives.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ and /ticket_comments/
"""

from store.readers.document import Draft
from store.readers.json_values import Fields, Malformed, as_fields, as_list, day_of, id_of, keys_of, text_of
from store.readers.tickets import STAFF, Reply, Roles, Ticket, is_accepted, names_in, read_tickets
from store.set_redaction import Redaction

_SOLVED = frozenset({"solved", "closed"})
_MARKS = ({"raw_subject"}, {"comments", "public"}, {"requester_id", "submitter_id"})
_OTHERS = ("collaborator_ids", "follower_ids", "email_cc_ids")  # customers who read along


def kind_of(beginning: str) -> bool:
    """Tell whether a JSON file that begins with *beginning* holds Zendesk's tickets."""
    keys = keys_of(beginning)
    return {"subject", "status"} <= keys and any(marks <= keys for marks in _MARKS)


def read_zendesk(data: bytes, name: str, redaction: Redaction) -> Draft:
    """Return an excerpt for each solved ticket; see `store.readers.tickets.read_tickets`."""
    return read_tickets(data, name, zendesk_ticket, redaction)


def zendesk_ticket(raw: Fields, roles: Roles) -> Ticket:
    """Return the ticket in *raw*; *roles* by user id. Raises `Malformed`."""
    inner = as_fields(raw.get("ticket", raw))
    held = inner.get("comments", raw.get("comments"))
    comments = [as_fields(comment) for comment in as_list(held)]
    status = text_of(inner.get("status")).lower()
    description = text_of(inner.get("description"))
    first, later = _divided(comments, description)
    return Ticket(
        number=id_of(inner.get("id")),
        subject=text_of(inner.get("subject")),
        description=description or (_words(first) if first and first.get("public") is True else ""),
        is_solved=status in _SOLVED,
        is_deleted=status == "deleted",
        day=day_of(inner.get("created_at")),
        replies=tuple(_reply(comment) for comment in later if comment.get("public") is True and _is_of_agent(comment, inner, roles)),
        names=names_in(inner, _sender(inner), *comments, *map(_sender, comments)),
        is_alone=held is None,
    )


def _divided(comments: list[Fields], description: str) -> tuple[Fields | None, list[Fields]]:
    """Return the comment that is the description, which Zendesk makes the first one, whoever wrote it; and those after it."""
    ordered = sorted(comments, key=lambda comment: text_of(comment.get("created_at")))
    if not ordered or (description and _plain(_words(ordered[0])) != _plain(description)):
        return None, ordered
    return ordered[0], ordered[1:]


def _plain(text: str) -> str:
    return " ".join(text.split())


def _words(comment: Fields) -> str:
    return text_of(comment.get("plain_body")) or text_of(comment.get("body")) or text_of(comment.get("html_body"))


def _reply(comment: Fields) -> Reply:
    return Reply(_words(comment), day_of(comment.get("created_at")), is_accepted(comment))


def _is_of_agent(comment: Fields, ticket: Fields, roles: Roles) -> bool:
    author = as_fields(comment.get("author") or {})
    author_id = id_of(comment.get("author_id", author.get("id")))
    role = text_of(author.get("role")) or roles.get(author_id, "")
    if role:
        return role in STAFF
    if not author_id:
        raise Malformed
    requester = as_fields(ticket.get("requester") or {})
    customers = {
        id_of(ticket.get("requester_id", requester.get("id"))),
        *(id_of(each) for key in _OTHERS for each in as_list(ticket.get(key))),
    }
    return author_id not in customers


def _sender(raw: Fields) -> Fields:
    """Return whom a mail came from, as a person of a ticket: https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/."""
    via = raw.get("via")
    source = via.get("source") if isinstance(via, dict) else None
    sender = source.get("from") if isinstance(source, dict) else None
    return {"requester": sender} if isinstance(sender, dict) else {}
