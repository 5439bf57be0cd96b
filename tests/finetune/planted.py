"""Files with planted faults, one in each line that is named, and clean ones of the same kind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.findings import Code

KEPT_QUESTION = "Where is the spare key of the archive kept?"
_TOPICS = ("invoices", "deliveries", "contracts", "repairs", "holidays", "parking", "badges", "printers", "training", "travel", "visitors")


@dataclass(frozen=True, slots=True)
class Planted:
    """A file's name, its lines, and what is wrong in which of them (from 1; 0 is the file)."""

    name: str
    lines: tuple[bytes, ...]
    faults: tuple[tuple[int, Code], ...]

    def write(self, folder: Path) -> Path:
        """Write the file into *folder*."""
        path = folder / self.name
        path.write_bytes(b"\n".join(self.lines) + b"\n")
        return path


def message(role: str, content: Any, **fields: Any) -> dict[str, Any]:
    """Return a message."""
    return {"role": role, "content": content, **fields}


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _good(at: int) -> dict[str, Any]:
    topic = _TOPICS[at % len(_TOPICS)]
    asked, answered = f"Who handles {topic} in building {at}?", f"Desk {at} handles {topic}; it is open from 8 to 17."
    system = [message("system", "Você é o assistente da empresa.")] if at % 3 == 0 else []
    return {"messages": [*system, message("user", asked), message("assistant", answered)]}


def _alternating(name: str, good: Sequence[bytes], bad: Sequence[tuple[bytes, Code]]) -> Planted:
    """Put each fault between good lines."""
    lines: list[bytes] = []
    faults: list[tuple[int, Code]] = []
    for at, (line, code) in enumerate(bad):
        lines += [good[at], line]
        faults.append((len(lines), code))
    return Planted(name, (*lines, *good[len(bad) :]), tuple(faults))


def planted() -> tuple[Planted, ...]:
    """Return files with forty faults."""
    user, answer = message("user", "Is it open on Sundays?"), message("assistant", "Only in December.")
    good = [_line(_good(at)) for at in range(40)]
    chat: list[tuple[bytes, Code]] = [
        (b'{"messages": [', "json"),
        (b"messages", "json"),
        (b'{"messages": [{"role": "user", "content": "caf\xe9"}]}', "encoding"),
        (b'{"messages": NaN}', "not_a_number"),
        (b'{"messages": [], "messages": []}', "duplicate_key"),
        (b'{"messages": [{"role": "user", "content": "\\ud83d"}]}', "surrogate"),
        (b'{"messages": [{"role": "user", "content": "' + b"x" * (9 << 20) + b'"}]}', "row_too_long"),
        (_line(["no", "object"]), "messages"),
        (_line({"message": []}), "messages"),
        (_line({"messages": []}), "messages"),
        (_line({"messages": [message("customer", "Hi"), answer]}), "role"),
        (_line({"messages": ["Hi"]}), "role"),
        (_line({"messages": [message("user", None), answer]}), "content"),
        (_line({"messages": [message("user", ["Hi"]), answer]}), "content"),
        (_line({"messages": [message("user", "Open?", tool_calls=[1]), answer]}), "unknown_key"),
        (_line({"messages": [user, message("assistant", "Yes.", weight=0.5)]}), "weight"),
        (_line({"messages": [message("user", "Open?", weight=1), answer]}), "weight"),
        (_line({"messages": [user, message("assistant", " \n")]}), "empty"),
        (_line({"messages": [message("user", ""), answer]}), "empty"),
        (_line({"messages": [user, user, answer]}), "order"),
        (_line({"messages": [answer, user]}), "order"),
        (_line({"messages": [user, message("system", "Be brief."), answer]}), "order"),
        (_line({"messages": [user]}), "no_answer"),
        (_line({"messages": [message("system", "Be brief.")]}), "no_answer"),
        (_line({"messages": [user, message("assistant", "No.", weight=0)]}), "unlearnt"),
        (_line({"messages": [message("user", "A reunião foi marcada?"), message("assistant", "Sim, estÃ¡ marcada.")]}), "damaged"),
        (_line({"messages": [message("user", "Whom do I call?"), message("assistant", "Call 11 98765-4321.")]}), "personal_data"),
        (_line({"messages": [message("user", "My mail is ana@example.com, why?"), message("assistant", "It is full.")]}), "personal_data"),
        (_line({"messages": [message("user", "Login?"), message("assistant", "password: Blue42x!")]}), "secret"),
        (_line({"messages": [message("user", "Tell all."), message("assistant", "word " * 5000)]}), "too_long"),
        (_line({"messages": [message("user", KEPT_QUESTION.upper()), message("assistant", "With the porter.")]}), "leak"),
        (good[0], "duplicate"),
    ]
    asked = {"prompt": "Is there a lift?", "chosen": "Yes, by the stairs.", "rejected": "No."}
    pairs: list[tuple[bytes, Code]] = [
        (_line({**asked, "rejected": asked["chosen"]}), "same_answers"),
        (_line({**asked, "chosen": " "}), "empty_text"),
        (_line({"prompt": "Is there a lift?", "chosen": "Yes."}), "missing"),
        (_line({**asked, "rejected": [message("user", "No.")]}), "answers"),
    ]
    good_pairs = [_line({"prompt": f"Is room {at} free?", "chosen": f"Yes, room {at} is.", "rejected": "Ask."}) for at in range(12)]
    cells = [f"Is gate {at} locked?,Gate {at} is locked at night.".encode() for at in range(12)]
    table: list[tuple[bytes, Code]] = [
        (b'Is the gate "locked?,"Yes" it is', "csv"),
        (b"Is the gate locked", "columns"),
        (b"Is the gate locked?,  ", "empty"),
    ]
    found = _alternating("table.csv", cells, table)
    return (
        _alternating("chat.jsonl", good, chat),
        _alternating("pairs.jsonl", good_pairs, pairs),
        Planted(found.name, (b"question,answer", *found.lines), tuple((line + 1, code) for line, code in found.faults)),
        Planted("empty.jsonl", (b"",), ((0, "no_rows"),)),
    )


def clean() -> tuple[Planted, ...]:
    """Return files of the same kinds in which nothing is wrong."""
    lines = [_line(_good(at)) for at in range(200)]
    array = b"[\n" + b",\n".join(lines) + b"\n]"
    table = [f'"Is ""gate"" {at}\nlocked?",Gate {at} is locked at night.'.encode() for at in range(50)]
    pairs = [_line({"prompt": f"Is room {at} free?", "chosen": f"Yes, room {at} is.", "rejected": "Ask."}) for at in range(50)]
    return (
        Planted("chat.jsonl", tuple(lines), ()),
        Planted("array.json", (array,), ()),
        Planted("table.csv", (b"\xef\xbb\xbfquestion,answer", *table), ()),
        Planted("pairs.jsonl", tuple(pairs), ()),
    )
