"""Questions that judge, from a file that is either: questions as an operator writes them, or the rows of a test split."""

from collections.abc import Iterator
from pathlib import Path

from bot.errors import BadRequest, Refused
from bot.messages import Audience
from finetune.examples import question_in
from finetune.findings import Finding
from finetune.formats.reading import Row, container_of, format_of, read_records, read_rows
from finetune.formats.records import Conversation, Record
from finetune.formats.registry import detect
from finetune.questions import HeldOut, Kind, read_questions
from finetune.row_checks import faults_in
from store.clusters import cluster_of
from store.follow_ups import is_follow_up

_OWN_KEYS = frozenset({"question", "questions"})


def read_tests(path: Path, *, audience: Audience, kind: Kind) -> tuple[HeldOut, ...]:
    """
    Return the questions of a file, of rows the last one of each conversation with its answer.

    Left out are follow-ups that mean nothing without the turns before them. Rows are of the kind "imported": their right answer is known.

    Args:
        path: Questions (`finetune.questions.read_questions`), or rows in any format that holds questions with answers.
        audience: Of questions that name none.
        kind: Of questions that are no rows.

    Raises:
        Misconfigured: The file cannot be read, or a question is wrong; the detail names line and remedy.
        Refused: A row holds no question with its answer.
    """
    if not _holds_rows(path):
        return read_questions(path, audience=audience, kind=kind)
    try:
        return tuple(_asked(path, audience))
    except BadRequest as error:
        raise Refused(str(error)) from error


def _holds_rows(path: Path) -> bool:
    """Tell whether the file holds rows, by its name and its first line that can be read."""
    try:
        if container_of(path) != "jsonl":
            return True
        first = next((row.value for row in read_rows(path) if isinstance(row, Row)), None)
    except BadRequest:
        return False  # reading it as questions says what is wrong
    return isinstance(first, dict) and not _OWN_KEYS & first.keys() and detect([first]) is not None


def _asked(path: Path, audience: Audience) -> Iterator[HeldOut]:
    for found in read_records(path, format_of(path)):
        record = _sound(found, path)
        turns = [turn for turn in record.messages if turn.role != "system"]
        question = question_in(turns[-2].content)
        if len(turns) > 2 and is_follow_up(question):
            continue
        language = record.metadata.get("language")
        told = language if isinstance(language, str) else ""
        yield HeldOut(question, turns[-1].content, (), False, audience, told, "imported", cluster_of(question), subject=_subject(record))


def _subject(record: Conversation) -> str:
    """Return what phrasings of one question share: the rows of a split name its cluster."""
    cluster = record.metadata.get("cluster")
    return f"{cluster}:{cluster_of(record.messages[-1].content)}" if isinstance(cluster, str) and cluster else ""


def _sound(found: Record | Finding, path: Path) -> Conversation:
    if isinstance(found, Finding):
        raise Refused(f"{path}, {found.sentence()}")
    line = found.origin.line if found.origin else 0
    if not isinstance(found, Conversation):
        raise Refused(f"{path}, line {line} holds no question with its answer: convert it with aprendiz data convert --to messages")
    if faults := [fault for fault in faults_in(found) if fault[0] != "damaged"]:
        raise Refused(f"{path}, {Finding(line, *faults[0]).sentence()}")
    return found
