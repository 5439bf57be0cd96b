"""JSON and JSON Lines: questions and answers however they are nested, or lists of flat records."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.texts import N_
from store.readers.answer_parts import answer_parts, is_html
from store.readers.archive import printable
from store.readers.columns import ANSWER, ID, QUESTION, TOPIC, holds_a_date, key_of, names_a_date
from store.readers.dates import day_in, latest
from store.readers.dividing import divide
from store.readers.document import Draft, Excerpt, Note, Unreadable
from store.readers.encoding import clean
from store.readers.headers import Row
from store.readers.headings import Headings
from store.readers.html_file import html_blocks, read_html
from store.readers.omissions import OTHER_LISTS, Omissions
from store.readers.publishing import for_everybody, holds_articles, is_freshdesk_article
from store.readers.tables import read_tables

_ROW_CHARACTERS = 64
_CATEGORY_CHARACTERS = 100
_MOST_CATEGORIES = 8
_MOST_COLUMNS = 200
_WRAPPER = re.compile(  # keys that hold the entries and say nothing about them
    r"faqs?|questions|perguntas|preguntas|items|itens|entries|data|dados|results|resultados|records|registros|rows|linhas|content|conteudo|"
    r"articles|artigos|list|lista|categories|categorias|sections|secoes|topics|topicos|groups|grupos|mainentity|graph"
)
# https://schema.org/FAQPage: a Question has its words in `name` and its Answer, an object with `text`, in `acceptedAnswer`.
_SCHEMA_QUESTION, _SCHEMA_ANSWER = frozenset({"name"}), frozenset({"acceptedanswer"})
_TITLE = frozenset({"title", "titulo", "name", "nome", "label"})
_TEXT = frozenset({"text", "texto", "html", "body", "content", "value"})
_BODY = frozenset({"body", "content", "html", "corpo", "conteudo"})  # a description has a price and a code beside it
_NEITHER = N_("this JSON holds neither questions with their answers nor a list of flat records")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A question and its answer, either of which may be missing, under its categories."""

    categories: tuple[str, ...]
    question: str
    answer: tuple[str, ...]
    label: str = ""
    dated: str = ""


def read_json(text: str, name: str) -> Draft:
    """
    Return the questions and answers in *text*, headed by the categories they stand under; or the rows of lists of flat records.

    Articles, each with a title and a body in HTML, are read as sections under their titles, each with its own day.
    Drafts and what only some readers may see are left out, and counted in the notes.
    Numbers are kept as they are written. The id of an entry or record, or its number, is its `row`.

    Raises:
        Unreadable: It is no JSON, it is of neither kind, nothing of it is for everybody, or an entry lacks its question or answer.
    """
    omissions = Omissions()
    value = for_everybody(_parse(text, name), omissions)
    try:
        draft = _read(value, name)
    except Unreadable as error:
        if error.problem != _NEITHER or not omissions.notes or holds_articles(value):
            raise
        hidden = Unreadable(name, N_("nothing in it is published for everybody"))
        hidden.notes = omissions.notes
        raise hidden from error
    return replace(draft, notes=(*omissions.notes, *draft.notes))


def _read(value: Any, name: str) -> Draft:
    title = _words(_field(value, _TITLE)) if isinstance(value, dict) else ""
    entries = list(_entries(value, ()))
    if any(entry.question and entry.answer for entry in entries):
        stated = _day(value) if isinstance(value, dict) else ""
        return Draft(title=title, excerpts=tuple(_excerpts(entries, stated, name)), notes=_left_out(value))
    articles = tuple(_articles(value))
    tables = _tables(value)
    if not tables and not articles:
        raise Unreadable(name, _NEITHER)
    rows = read_tables(tables, name, title=title) if tables else Draft(title=title)
    return replace(rows, excerpts=(*articles, *rows.excerpts))


def _articles(value: Any) -> Iterator[Excerpt]:
    """Give the sections of all articles in *value*: alone, in lists, on pages of an API, below their categories."""
    listed = [value] if isinstance(value, dict) else value
    if _are_articles(listed):
        for record in listed:
            yield from _sections(record)
    elif isinstance(value, dict | list) and not _is_table(value):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _articles(inner)


def _are_articles(value: Any) -> bool:
    """Tell whether *value* is a list of pages, as help centres export them: each has a title, and all but empty ones a body in HTML."""
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        return False
    bodies = [_body(each) for each in value]
    return (
        all(isinstance(_field(each, _TITLE), str) for each in value)
        and all(isinstance(body, str | None) for body in bodies)
        and any(is_html(body) for body in bodies if body)
    )


def _sections(article: dict[str, Any]) -> Iterator[Excerpt]:
    title, body, dated = _words(_field(article, _TITLE)), clean(_body(article) or ""), _day(article)
    texts = divide(html_blocks(body, Headings(title))) if is_html(body) else [Excerpt(part) for part in answer_parts(body)]
    for each in texts:
        yield replace(each, heading=" > ".join(filter(None, (title, each.heading))), anchor="", dated=dated)


def _body(article: dict[str, Any]) -> Any:
    return article["description"] if is_freshdesk_article(article) else _field(article, _BODY)


def _left_out(value: Any) -> tuple[Note, ...]:
    omissions = Omissions()
    for key, inner in value.items() if isinstance(value, dict) else ():
        if _is_table(inner) and not any(_entries(inner, ())):
            omissions.add(OTHER_LISTS, where=printable(_words(key)))
    return omissions.notes


def _parse(text: str, name: str) -> Any:
    """Return the value of a JSON text, or the list of the values of its lines."""
    try:
        return _load(text)
    except json.JSONDecodeError as error:
        problem = error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    values: list[Any] = []
    for number, line in lines:
        try:
            values.append(_load(line))
        except json.JSONDecodeError as error:
            at = (number, error.colno) if values else (problem.lineno, problem.colno)  # a first line alone that is no value: no JSON Lines
            raise Unreadable(name, N_("it is no valid JSON: see line {line}, column {column}"), line=at[0], column=at[1]) from error
    return values


def _load(text: str) -> Any:
    # Numbers as they are written: 1.50 is a price. Not strict, because decoding turns separators inside strings into line feeds.
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, strict=False)


def _entries(value: Any, categories: tuple[str, ...], *, top: bool = True) -> Iterator[_Entry]:
    if isinstance(value, list):
        for each in value:
            yield from _entries(each, categories, top=False)
    elif isinstance(value, dict):
        entry = _entry(value, categories)
        if entry is not None:
            yield entry
            return
        named = "" if top else _words(_field(value, TOPIC | _TITLE))[:_CATEGORY_CHARACTERS]
        categories = (*categories, *filter(None, (named,)))[:_MOST_CATEGORIES]
        for key, inner in value.items():
            if key.strip().endswith("?") and isinstance(inner, str):
                yield _Entry(categories, _words(key), _answer(inner))
            elif isinstance(inner, dict | list):
                of_key = "" if _WRAPPER.fullmatch(key_of(key)) else _words(key)[:_CATEGORY_CHARACTERS]
                yield from _entries(inner, (*categories, *filter(None, (of_key,))), top=False)


def _entry(record: dict[str, Any], categories: tuple[str, ...]) -> _Entry | None:
    question, answer = _field(record, QUESTION), _field(record, ANSWER)
    if question is None and answer is None:
        question, answer = _field(record, _SCHEMA_QUESTION), _field(record, _SCHEMA_ANSWER)
        if answer is None:
            return None
    nested = any(isinstance(each, dict | list) for each in record.values())
    if isinstance(question, list) or (nested and (question is None or answer is None)):
        return None  # it holds questions, and is none
    topic = _words(_field(record, TOPIC))[:_CATEGORY_CHARACTERS]
    return _Entry((*categories, *filter(None, (topic,))), _words(question), _answer(answer), _words(_field(record, ID)), _day(record))


def _day(record: dict[str, Any]) -> str:
    return latest(day_in(each, called=key_of(key)) for key, each in record.items() if isinstance(each, str) and names_a_date(key_of(key)))


def _excerpts(entries: list[_Entry], stated: str, name: str) -> Iterator[Excerpt]:
    for number, entry in enumerate(entries, 1):
        if not entry.question or not entry.answer:
            raise Unreadable(name, N_("entry {number} has no question or no answer"), number=number)
        for part in entry.answer:
            label = (entry.label or str(number))[:_ROW_CHARACTERS]
            yield Excerpt(part, heading=" > ".join(entry.categories), question=entry.question, row=label, dated=entry.dated or stated)


def _answer(value: Any) -> tuple[str, ...]:
    """Return the parts of an answer: a text, a page in HTML, a list of texts, or an object that holds one of them."""
    if isinstance(value, dict):
        value = _field(value, _TEXT)
    if isinstance(value, list):
        value = "\n".join(f"- {_words(each)}" for each in value)
    text = clean(value).strip() if isinstance(value, str) else _words(value)
    return answer_parts(text)


def _tables(value: Any) -> list[tuple[str, list[Row]]]:
    """Return the lists of flat records in *value* with their names, the dates that an object around them states as a line above each."""
    if isinstance(value, list):
        return [("", _rows(value, []))] if _is_table(value) and not _are_articles(value) else []
    if not isinstance(value, dict):
        return []
    dated = [
        f"{key}: {_words(each)}"
        for key, each in value.items()
        if isinstance(each, str) and names_a_date(key_of(key)) and holds_a_date(each)
    ]
    return [(_words(key), _rows(inner, dated)) for key, inner in value.items() if _is_table(inner) and not _are_articles(inner)]


def _is_table(value: Any) -> bool:
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) and each and _is_flat(each) for each in value):
        return False
    return len({key for each in value for key in each}) <= _MOST_COLUMNS


def _is_flat(record: dict[str, Any]) -> bool:
    return not any(isinstance(each, dict) or (isinstance(each, list) and _is_nested(each)) for each in record.values())


def _is_nested(values: list[Any]) -> bool:
    return any(isinstance(each, dict | list) for each in values)


def _rows(records: list[dict[str, Any]], notes: list[str]) -> list[Row]:
    header = list(dict.fromkeys(key for record in records for key in record))
    cells = [[_cell(record.get(key)) for key in header] for record in records]
    return [*((0, [note]) for note in notes), (0, [_words(key) for key in header]), *enumerate(cells, 1)]


def _cell(value: Any) -> str:
    """Return a value in one line, of HTML the lines that a visitor reads."""
    if isinstance(value, str) and is_html(value):
        return "\n".join(line for block in read_html(clean(value)).blocks for line in (*block.lines, block.tail) if line)
    return _words(value)


def _field(record: dict[str, Any], names: frozenset[str]) -> Any:
    return next((value for key, value in record.items() if key_of(key) in names), None)


def _words(value: Any) -> str:
    """Return a value in one line; of an object, its name or text; of a list, its members."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return _words(_field(value, _TITLE | _TEXT))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    return " ".join(clean(value).split()) if isinstance(value, str) else ""
