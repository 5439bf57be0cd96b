"""
What an export of a help centre keeps from its readers: drafts, and what only signed-in readers, agents or some customers may see.

https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/ , https://developers.freshdesk.com/api/#solutions
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from store.readers.encoding import clean
from store.readers.headers import Row
from store.readers.omissions import DRAFTS, RESTRICTED, Omissions

# Zendesk's `permission_group_id` says who edits an article, not who reads it.
_SEGMENTS = ("user_segment_id", "user_segment_ids")
_TITLES = ("title", "titulo", "question", "pergunta", "name", "nome")
_TEXTS = frozenset(
    {"body", "html_body", "content", "html", "text", "description", "description_text", "answer"}
    | {"corpo", "conteudo", "descricao", "resposta"}
)
_YES, _NO = frozenset({"true", "1", "yes", "sim"}), frozenset({"false", "0", "no", "nao", "não"})
_DRAFT_FLAGS = {"draft": _YES, "is_draft": _YES, "published": _NO, "is_published": _NO}
_RESTRICTED_FLAGS = {"private": _YES, "is_private": _YES, "internal": _YES, "is_internal": _YES}
_STATES = ("status", "state", "visibility")
_MARKS = frozenset({*_SEGMENTS, *_DRAFT_FLAGS, *_RESTRICTED_FLAGS, *_STATES})
_DRAFT = frozenset({"draft", "unpublished", "notpublished", "not_published", "rascunho"})
_RESTRICTED = frozenset({"private", "internal", "agents", "staff", "logged_in", "signed_in", "members", "hidden", "privado", "interno"})
_NOTHING = frozenset({"", "[]", "null", "none", "nan"})  # as tables write that there is no segment
_OF_FRESHDESK = frozenset({"folder_id", "thumbs_up", "description_text", "art_type"})  # beside title, description and status
_FOLDER = frozenset({"category_id", "articles", "articles_count", "folder_id"})  # beside Freshdesk's visibility, a number
_FRESHDESK_PUBLISHED, _FRESHDESK_EVERYBODY = frozenset({"2", "published"}), "1"
_PLACES = ("folder_id", "section_id", "parent_folder_id")
_TITLE_CHARACTERS = 100


def for_everybody(value: Any, omissions: Omissions) -> Any:
    """
    Return *value*, JSON whose numbers are texts, without what not everybody may read; that is counted in *omissions*.

    Articles for signed-in readers stay away from employees and customers alike: a file does not say whom it is imported for, an asker has
    signed in nowhere, and among the customers of an assistant is whoever comes along.
    """
    closed = frozenset(_word(each.get("id")) for each in _records(value) if "title" not in each and reason_of(each) == RESTRICTED)
    kept = _public([value], closed - {""}, omissions)
    return kept[0] if kept else {}


def public_rows(rows: Sequence[Row], keys: Sequence[str], omissions: Omissions) -> Sequence[Row]:
    """Return *rows* of articles, the header whose *keys* are given among them, without those that not everybody may read."""
    if _MARKS.isdisjoint(keys):
        return rows
    kept = [rows[0]]
    for row in rows[1:]:
        record = dict(zip(keys, row[1], strict=False))
        if reason := reason_of(record):
            omissions.add(reason, where=_title_of(record))
        else:
            kept.append(row)
    return kept


def holds_articles(value: Any) -> bool:
    """Tell whether anything in *value* has a title and a text."""
    return any(_is_article(each) for each in _records(value))


def is_freshdesk_article(record: Mapping[str, Any]) -> bool:
    """Tell whether *record* is a solution article of Freshdesk, whose status is 1 for a draft and 2 for a published one."""
    return {"title", "description", "status"} <= record.keys() and not _OF_FRESHDESK.isdisjoint(record)


def reason_of(record: Mapping[str, Any]) -> str:
    """Return why not everybody may read an article, a folder or a row (by key, numbers as texts), empty where everybody may."""
    if _MARKS.isdisjoint(record):
        return ""
    if _is_restricted(record):
        return RESTRICTED
    return DRAFTS if _is_draft(record) else ""


def _is_restricted(record: Mapping[str, Any]) -> bool:
    visibility = _word(record.get("visibility"))
    if visibility.isdigit() and visibility != _FRESHDESK_EVERYBODY and not _FOLDER.isdisjoint(record):
        return True
    return any(_holds(record.get(key)) for key in _SEGMENTS) or _is_marked(record, _RESTRICTED, _RESTRICTED_FLAGS)


def _is_draft(record: Mapping[str, Any]) -> bool:
    if is_freshdesk_article(record) and _word(record["status"]) not in _FRESHDESK_PUBLISHED:
        return True
    return _is_marked(record, _DRAFT, _DRAFT_FLAGS)


def _is_marked(record: Mapping[str, Any], states: frozenset[str], flags: Mapping[str, frozenset[str]]) -> bool:
    """Tell whether an article is in one of *states*, or has one of *flags*; what has no text of its own may mean other things by them."""
    return _is_article(record) and (
        any(_word(record.get(key)) in states for key in _STATES) or any(_word(record.get(key)) in said for key, said in flags.items())
    )


def _title_of(record: Mapping[str, Any]) -> str:
    """Return what *record* is called, short enough for a report."""
    return next((" ".join(clean(str(record[key])).split())[:_TITLE_CHARACTERS] for key in _TITLES if record.get(key)), "")


def _public(value: Any, closed: frozenset[str], omissions: Omissions) -> Any:
    if isinstance(value, list):
        return [_public(each, closed, omissions) for each in value if not _left_out(each, closed, omissions)]
    if isinstance(value, dict):
        return {key: _public(inner, closed, omissions) for key, inner in value.items() if not _left_out(inner, closed, omissions)}
    return value


def _left_out(value: Any, closed: frozenset[str], omissions: Omissions) -> bool:
    if not isinstance(value, dict):
        return False
    reason = RESTRICTED if any(_word(value.get(place)) in closed for place in _PLACES) else reason_of(value)
    if reason:
        inside = [value] if "title" in value else [each for each in _records(value) if "title" in each and _is_article(each)]
        omissions.add(reason, len(inside) or 1, where=_title_of(inside[0] if inside else value))
    return bool(reason)


def _records(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects in *value*, itself among them, at any depth."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(inner, dict | list):
            yield from _records(inner)


def _is_article(record: Mapping[str, Any]) -> bool:
    return not _TEXTS.isdisjoint(record) and any(key in record for key in _TITLES)


def _holds(segments: Any) -> bool:
    return bool(segments) and _word(segments) not in _NOTHING


def _word(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else "" if value is None else str(value).lower()
