"""Files without personal data: JSON Lines, JSON, CSV row by row, plain text as one conversation; as they stream by."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

from bot.errors import BadRequest, Misconfigured, Refused
from finetune.findings import Finding
from finetune.formats.reading import Row, container_of, read_rows
from finetune.formats.strict_json import write
from finetune.formats.tables import SEPARATORS
from finetune.whole import whole_file
from store.personal_data import Span, bare, phone_value
from store.redaction import Conversation, PatternRedactor

_TEXTS: Final = frozenset({".txt", ".text", ".md", ".log"})
_PIECE_CHARACTERS: Final = 1 << 16  # of a text, up to the end of a paragraph or line
_KEPT: Final = 1000  # findings: nobody reads more
_TOLD_EVERY: Final = 1000  # rows between calls of *progress*
# What a field is called says what its value is, even where the value alone does not.
_FIELDS: Final = {
    "telefone": re.compile(r"(?:tele)?(?:fone|phone)|celular|cel|tel|mobile|whatsapp|whats|fax"),
    "cpf": re.compile(r"cpf"),
    "cnpj": re.compile(r"cnpj"),
    "rg": re.compile(r"rg|identidade"),
    "senha": re.compile(r"senha|password|passwd|pwd"),
    "token": re.compile(r"token|secret|key|apikey"),
    "placa": re.compile(r"placa|plate"),
    "pix": re.compile(r"pix"),
}
# What stands alone in such a field is one however short, which no text would tell. Company contacts stay all the same.
_SURELY: Final = (
    ("PHONE", re.compile(r"telefone: (\+?(?:[\s()./-]{0,2}\d){5,15})\s*")),
    ("SECRET", re.compile(r"senha: ((?=\S*[^\W\d_])(?=\S*[\W\d_])\S+|\d+)\s*")),
)
_NAMES: Final = re.compile(
    r"(?:nome|name)_(?:completo|d[oa]_)?(?:cliente|titular|solicitante|paciente|atendente)|nome(?:_completo)?|cliente|solicitante|titular|atendente"
    r"|(?:full|first|last|display|customer|client|requester|submitter|responder|assignee|contact|author|agent|user|patient|employee)_?name|username"
)
_PEOPLE: Final = frozenset({"requester", "submitter", "assignee", "responder", "agent", "author", "user", "contact", "customer", "cliente"})
_NAME_CHARACTERS: Final = 80


@dataclass(slots=True)
class FileRedacted:
    """
    What became of a file: rows (of text, lines) written, `broken` ones left out and the first of these, finds by kind.

    `rows_with` counts the rows that held any.
    """

    rows: int = 0
    broken: int = 0
    rows_with: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def redact_file(
    source: Path, target: Path, redactor: PatternRedactor, *, progress: Callable[[int, int], object] = lambda _done, _total: None
) -> FileRedacted:
    """
    Write *source* to *target* without personal data; the new file appears whole or not at all.

    A row is a conversation: a value has the same placeholder everywhere in it. So is a whole text; memory then grows with the number of
    different values. Rows keep their order and fields; those that cannot be read are left out.

    Args:
        source: By its suffix JSON Lines, JSON, CSV (UTF-8, as `read_rows`) or text (.txt, .md, .log).
        target: Of the same kind.
        redactor: What takes the data out.
        progress: Called with the rows done and 0, since nobody knows how many there are.

    Raises:
        Refused: No row can be read.
        BadRequest: A name says no kind, or another one than the other; the file cannot be read, or is no text.
        Misconfigured: The disk is full or fails, or the folder cannot be made.
    """
    is_text = source.suffix.lower() in _TEXTS
    if (target.suffix.lower() in _TEXTS) != is_text or (not is_text and container_of(target) != container_of(source)):
        raise BadRequest(f"{target} is of another kind than {source}: name it with the suffix {source.suffix}")
    if target.resolve() == source.resolve():
        raise BadRequest(f"{target} is the file that is read: name another one to write")
    done = FileRedacted()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"{target.parent} cannot be made ({error.strerror}): name another folder") from error
    with whole_file(target) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        if is_text:
            _redact_text(source, file, redactor.conversation(), done, progress)
        else:
            _redact_rows(source, _writer(source, file), redactor, done, progress)
        if done.broken and not done.rows:
            raise Refused(f"no row of {source} can be read ({done.findings[0].sentence()}); nothing was written")
    return done


Progress = Callable[[int, int], object]


def _redact_rows(source: Path, put: Callable[[Any], None], redactor: PatternRedactor, done: FileRedacted, progress: Progress) -> None:
    for found in read_rows(source):
        if isinstance(found, Finding):
            done.broken += 1
            done.findings += [found][: _KEPT - len(done.findings)]
            continue
        put(_redacted(found, redactor, done))
        done.rows += 1
        if done.rows % _TOLD_EVERY == 0:
            progress(done.rows, 0)
    put(None)


def _redacted(row: Row, redactor: PatternRedactor, done: FileRedacted) -> Any:
    leaves: list[tuple[str, str]] = []  # the label of each text with the text itself
    names: list[str] = []
    _walk(row.value, "", partial(_note, leaves, names))
    told = redactor.redact_together([f"{label}: {text}" if label else text for label, text in leaves], names, also=[_in_fields])
    done.counts += told.counts
    done.rows_with += bool(told.counts)
    texts = iter([new.removeprefix(f"{label}: ") if label else new for (label, _), new in zip(leaves, told.texts, strict=True)])
    return _walk(row.value, "", lambda value, _key, _parent: _same_kind(value, next(texts)))


def _in_fields(text: str) -> Iterator[Span]:
    for kind, pattern in _SURELY:
        if match := pattern.fullmatch(text):
            yield Span(*match.span(1), kind, phone_value(match[1]) if kind == "PHONE" else match[1])


def _note(leaves: list[tuple[str, str]], names: list[str], value: Any, key: str, parent: str) -> Any:
    text = str(value)
    field_name = re.sub(r"[\W]+", "_", bare(key)).strip("_")
    is_name = _NAMES.fullmatch(field_name) or (field_name in ("name", "nome") and bare(parent) in _PEOPLE)
    if is_name and len(text) <= _NAME_CHARACTERS and not any(character.isdigit() for character in text):
        names.append(text)
    words = field_name.split("_")
    label = next((label for label, pattern in _FIELDS.items() if any(pattern.fullmatch(word) for word in words)), "")
    leaves.append((label if len(text) <= _NAME_CHARACTERS else "", text))
    return value


def _walk(value: Any, key: str, use: Callable[[Any, str, str], Any], parent: str = "") -> Any:
    """Return *value* with every text, whole number and odd key as *use* (value, its key, the key above) gives it, in order."""
    match value:
        case dict():
            return {_key(name, use): _walk(each, name, use, key) for name, each in value.items()}
        case list():
            return [_walk(each, key, use, parent) for each in value]
        case str():
            return use(value, key, parent)
        case int() if not isinstance(value, bool):
            return use(value, key, parent)
    return value


def _key(name: str, use: Callable[[Any, str, str], Any]) -> str:
    """Return a key, which is a text like others where it is no plain word."""
    return name if re.fullmatch(r"[\w -]{0,40}", name) and not re.search(r"\d{6}", name) else str(use(name, "", ""))


def _same_kind(value: Any, text: str) -> Any:
    return value if str(value) == text else text


def _writer(source: Path, file: TextIO) -> Callable[[Any], None]:
    """Return what appends a row to *file*, written as *source* is, and ends it with None."""
    match container_of(source):
        case "jsonl":
            return lambda row: None if row is None else _put(file, write(row) + "\n")
        case "csv":
            separator = max(SEPARATORS, key=_head(source).split("\n", 1)[0].count)
            return partial(_put_cells, csv.writer(file, delimiter=separator, lineterminator="\n"), [])
    head = _head(source).lstrip("\ufeff \t\r\n")
    if not head.startswith("["):  # one value, or several one after the other
        return lambda row: None if row is None else _put(file, write(row) + "\n")
    put = partial(_put_element, file, ["[\n"])
    if head[1:].lstrip().startswith("{"):  # a list among its elements is the one conversation that the file is
        return partial(_put_flat, put)
    return put


def _head(source: Path) -> str:
    with source.open("rb") as file:
        return file.read(_PIECE_CHARACTERS).decode("utf-8", "replace")


def _put(file: TextIO, text: str) -> None:
    file.write(text)


def _put_element(file: TextIO, before: list[str], row: Any) -> None:
    if row is None:
        file.write("[]\n" if before == ["[\n"] else "\n]\n")
        return
    file.write(before[0] + write(row))
    before[0] = ",\n"


def _put_flat(put: Callable[[Any], None], row: Any) -> None:
    for each in row if isinstance(row, list) else (row,):
        put(each)


def _put_cells(table: Any, header: list[str], row: dict[str, str] | None) -> None:
    if row is not None:
        if not header:
            header += row
            table.writerow(header)
        table.writerow(row.values())


def _redact_text(source: Path, file: TextIO, conversation: Conversation, done: FileRedacted, progress: Progress) -> None:
    for piece in _pieces(source):
        conversation.reserve(piece)
    for piece in _pieces(source):
        told = conversation.redact((piece,))
        file.write(told.texts[0])
        done.counts += told.counts
        done.rows += piece.count("\n") or 1
        done.rows_with += bool(told.counts)
        progress(done.rows, 0)


def _pieces(source: Path) -> Iterator[str]:
    """Give a text paragraph by paragraph, long ones in parts that end with a line where they can."""
    lines: list[str] = []
    size = 0
    try:
        with source.open(encoding="utf-8-sig", newline="") as text:
            while line := text.readline(_PIECE_CHARACTERS):
                lines.append(line)
                size += len(line)
                if size >= _PIECE_CHARACTERS or (not line.strip() and size > _PIECE_CHARACTERS // 8):
                    yield "".join(lines)
                    lines, size = [], 0
    except OSError as error:
        raise BadRequest(f"{source} cannot be read ({error.strerror}): correct the file's name or rights") from error
    except UnicodeDecodeError as error:
        raise BadRequest(f"{source} is no UTF-8: save it as UTF-8") from error
    if lines:
        yield "".join(lines)


def kinds_in_order(counts: Counter[str]) -> Sequence[tuple[str, int]]:
    """Return kinds with their counts, the most frequent first."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))
