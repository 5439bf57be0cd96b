"""
Freshdesk's tickets with their conversations: what its API gives, of version 2 and of the one before.

https://developers.freshdesk.com/api/#tickets and /#conversations
"""

from store.readers.document import Draft
from store.readers.json_values import Fields, as_fields, as_list, day_of, id_of, keys_of, text_of
from store.readers.tickets import Reply, Roles, Ticket, is_accepted, names_in, read_tickets
from store.set_redaction import Redaction

_SOLVED = frozenset({"4", "5", "resolved", "closed"})
_CONVERSATIONS = ("conversations", "notes", "helpdesk_notes")  # the last in exports of whole accounts
_MARKS = ({"helpdesk_ticket"}, {"conversations", "incoming"}, {"requester_id", "responder_id"}, {"requester_id", "description_text"})


def kind_of(beginning: str) -> bool:
    """Tell whether a JSON file that begins with *beginning* holds Freshdesk's tickets."""
    keys = keys_of(beginning)
    return {"subject", "status"} <= keys and any(marks <= keys for marks in _MARKS)


def read_freshdesk(data: bytes, name: str, redaction: Redaction) -> Draft:
    """Return an excerpt for each resolved ticket; see `store.readers.tickets.read_tickets`."""
    return read_tickets(data, name, freshdesk_ticket, redaction)


def freshdesk_ticket(raw: Fields, _roles: Roles) -> Ticket:
    """Return the ticket in *raw*; *roles* by user id. Raises `Malformed`."""
    inner = as_fields(raw.get("helpdesk_ticket", raw.get("ticket", raw)))
    held = next((inner[key] for key in _CONVERSATIONS if inner.get(key) is not None), None)
    conversations = sorted(
        (_conversation(each) for each in as_list(held)),
        key=lambda conversation: text_of(conversation.get("created_at")),
    )
    return Ticket(
        number=id_of(inner.get("display_id", inner.get("id"))),
        subject=text_of(inner.get("subject")),
        description=_words(inner, "description_html", "description", "description_text"),
        is_solved=id_of(inner.get("status")).lower() in _SOLVED,
        is_deleted=inner.get("deleted") is True or inner.get("spam") is True,
        day=day_of(inner.get("created_at")),
        replies=tuple(_reply(conversation) for conversation in conversations if _is_public_answer(conversation)),
        names=names_in(inner, *conversations),
        is_alone=held is None,
    )


def _conversation(raw: object) -> Fields:
    """Return a conversation; version 1 wraps each in an object of its own."""
    fields = as_fields(raw)
    return as_fields(fields.get("note", fields.get("helpdesk_note", fields)))


def _is_public_answer(conversation: Fields) -> bool:
    return conversation.get("private") is False and conversation.get("incoming") is False and conversation.get("deleted") is not True


def _reply(conversation: Fields) -> Reply:
    words = _words(conversation, "body_html", "body", "body_text")  # HTML first: it tells what is quoted, and its lines
    return Reply(words, day_of(conversation.get("created_at")), is_accepted(conversation))


def _words(raw: Fields, *keys: str) -> str:
    return next((words for key in keys if (words := text_of(raw.get(key)))), "")
