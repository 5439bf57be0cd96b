"""Questions that nobody trains on: the held-out ones of an export, an operator's golden ones, and facts with their phrasings."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from bot.errors import Misconfigured
from bot.messages import Audience
from finetune.examples import Example, settle
from finetune.told import told_in
from store.clusters import cluster_of
from store.follow_ups import is_follow_up

Kind = Literal["up", "down", "imported", "golden", "plain"]

_KEYS = ("question", "questions", "answer", "must_contain", "must_decline", "language", "audience")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """
    A question that a version is judged by.

    `reference` is a good answer (empty where only `must_contain` is known), `must_contain` what a right answer contains, each of them.
    `kind` is "down" where production's answer was voted down or corrected, "up" where people liked it, "imported" where the company's
    material has the answer, "golden" where the operator demands it, "plain" elsewhere. `cluster` is the id of its words
    (`store.clusters.cluster_of`), for a near-duplicate may ask something else. `exchange_id` (that of `finetune.examples.Example`) is empty
    where it is no example of a round. `told` is the sentence of its passages that a liked answer told, which is as good; empty elsewhere.
    Questions of one `subject` ask the same in other words; empty where nobody knows.
    """

    question: str
    reference: str
    must_contain: tuple[str, ...]
    must_decline: bool
    audience: Audience
    language: str
    kind: Kind
    cluster: str
    exchange_id: str = ""
    told: str = ""
    subject: str = ""


def held_out(examples: Sequence[Example]) -> tuple[HeldOut, ...]:
    """
    Return the questions of the test split, each once, with the best answer known to it.

    Left out are follow-ups that mean nothing without the turns before them.

    Args:
        examples: Of one audience, with their splits.
    """
    best: dict[str, Example] = {}
    for example in settle([each for each in examples if each.split == "test"]):
        if example.history and is_follow_up(example.question):
            continue
        asked = cluster_of(example.question)
        if asked not in best or _worth(example) > _worth(best[asked]):
            best[asked] = example
    return tuple(map(_held_out, best.values()))


def _worth(example: Example) -> tuple[bool, int, str]:
    return example.corrected, example.up - example.down, example.asked_at


def _held_out(example: Example) -> HeldOut:
    liked = not (example.down or example.corrected or example.declines or example.is_imported)
    return HeldOut(
        question=example.question,
        reference="" if example.declines else example.answer,
        must_contain=(),
        must_decline=example.declines,
        audience=example.audience,
        language=example.language,
        kind=_kind_of(example),
        cluster=cluster_of(example.question),
        exchange_id=example.exchange_id,
        told=told_in(example.answer, example.question, example.passages) if liked else "",
        subject=f"{example.cluster}:{cluster_of(example.answer)}" if example.cluster else "",
    )


def _kind_of(example: Example) -> Kind:
    if example.is_imported:
        return "imported"
    return "down" if example.down or example.corrected else "up"


def read_questions(path: Path, *, audience: Audience = "employees", kind: Kind = "golden") -> tuple[HeldOut, ...]:
    """
    Read questions from JSON Lines, one object a line; empty lines are passed over.

    Each has "question" (or "questions": a list of phrasings, each of which is asked) and at least one of "answer", "must_contain" (a list)
    and "must_decline" (true); "language" (ISO 639-1) and "audience" may be there.

    Args:
        path: The file, UTF-8.
        audience: Of questions that name none.
        kind: Of all of them.

    Raises:
        Misconfigured: The file is missing or no UTF-8, or a line is wrong; the detail names line, key and remedy.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise Misconfigured(f"the questions {path} cannot be read ({error.strerror}): correct the file's name or rights") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"the questions {path} are not UTF-8 (byte {error.start}): save the file as UTF-8") from error
    found: list[HeldOut] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            found += _parse(line, where=f"{path}, line {number}", audience=audience, kind=kind)
    return tuple(found)


def _parse(line: str, *, where: str, audience: Audience, kind: Kind) -> Iterator[HeldOut]:
    entry = _entry(line, where)
    asked = _texts(entry, "questions", where) if "questions" in entry else (_text(entry, "question", where),)
    if not all(question.strip() for question in asked) or not asked:
        raise _wrong(where, "questions" if "questions" in entry else "question", "is empty: write what is asked")
    must_contain = _texts(entry, "must_contain", where)
    if not all(text.strip() for text in must_contain):
        raise _wrong(where, "must_contain", "holds an empty text, which every answer contains: take it out")
    declines = entry.get("must_decline", False)
    if not isinstance(declines, bool):
        raise _wrong(where, "must_decline", "must be true or false")
    reference = _text(entry, "answer", where)
    if declines and (must_contain or reference.strip()):
        raise _wrong(where, "must_decline", 'contradicts "answer" and "must_contain": keep one or the other')
    if not declines and not must_contain and not reference.strip():
        raise _wrong(where, "answer", 'is missing: give "answer", "must_contain" or "must_decline"')
    language, whose = _text(entry, "language", where), entry.get("audience", audience)
    if whose not in get_args(Audience):
        raise _wrong(where, "audience", f"must be one of {', '.join(get_args(Audience))}")
    subject = cluster_of(asked[0]) if len(asked) > 1 else ""
    for question in asked:
        yield HeldOut(question, reference, must_contain, declines, whose, language, kind, cluster_of(question), subject=subject)


def _entry(line: str, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise Misconfigured(f"{where}: no JSON at column {error.colno} ({error.msg}): correct it there") from error
    if not isinstance(entry, dict):
        raise Misconfigured(f'{where}: must be a JSON object, such as {{"question": "…", "must_contain": ["…"]}}')
    unknown = next((key for key in entry if key not in _KEYS), None)
    if unknown is not None:
        raise _wrong(where, unknown, f"is unknown: the keys are {', '.join(_KEYS)}")
    if ("question" in entry) == ("questions" in entry):
        raise _wrong(where, "question", 'or "questions" must be there, one of the two')
    return entry


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise _wrong(where, key, "must be a text in quotes")
    return value


def _texts(entry: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(where, key, 'must be a list of texts, such as ["…", "…"]')
    return tuple(value)


def _wrong(where: str, key: str, problem: str) -> Misconfigured:
    return Misconfigured(f'{where}: "{key}" {problem}')
