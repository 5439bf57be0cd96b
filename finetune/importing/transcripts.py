"""Conversations as text, each line after its speaker: chats, the scripts of a call centre."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from finetune.findings import Finding
from finetune.formats.lines import lines
from finetune.importing.items import Found, Item, Refusal, refused
from finetune.importing.text_lines import utf8_lines
from store.cleaning.dialogue import Said
from store.personal_data import bare

_USER: Final = r"user|usuari[oa]|human|customer|client|caller|cliente|consumidora?|solicitante|q|p|pergunta|question"
_ASSISTANT: Final = (
    r"assistant|assistente|bot|ai|agent|agente|operator|operadora?|atendente|analista|suporte|support|sac|attendant|a|r|resposta|answer"
)
_SYSTEM: Final = r"system|sistema"
_TURN: Final = re.compile(
    r"\s*(?:[-*>]\s*)?(?:[\[(]?\d{1,2}:\d{2}(?::\d{2})?[\])]?\s*[-–]?\s*)?(?:\*\*)?"
    rf"(?:(?P<user>{_USER})|(?P<assistant>{_ASSISTANT})|(?P<system>{_SYSTEM}))"
    r"(?:\s*\d{1,3})?(?:\s*[(\[–-]\s*(?P<name>[^\W\d_][^():\[\]\n]{0,60}?)\s*[)\]]?)?\s*(?:\*\*)?\s*:(?:\*\*)?\s*(?P<said>.*)",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN: Final = re.compile(
    r"\s*(?:[-=*_#~]{3,}.*|#{1,6}\s.*|(?:conversation|conversa|call|chamada|liga[cç][aã]o|atendimento)\s*(?:n[ºo.]*\s*)?#?\d+\W*)",
    re.IGNORECASE,
)
_LINE_BYTES: Final = 8 << 20
_MOST_TURNS: Final = 400  # of one conversation: a file of more has none but names
_LOOKED_AT: Final = 60  # lines


def is_transcript(path: Path) -> bool:
    """Tell whether the first lines of a file name both a customer and an agent as their speakers."""
    roles = set()
    with utf8_lines(path) as file:
        for number, found in enumerate(lines(file, limit_bytes=_LINE_BYTES)):
            if number >= _LOOKED_AT or isinstance(found, Finding):
                break
            turn = _turn(found[1].decode("utf-8-sig", "replace"))
            roles |= {turn[0]} if turn else set()
    return {"user", "assistant"} <= roles


def read_transcript(path: Path) -> Iterator[Found]:
    """
    Give the conversations of a file.

    One ends before a line of dashes or the like, before two empty lines, and where turns stand without empty lines between them, before
    the customer's turn after an empty line.
    """
    conversation = _Conversation(path.name)
    with utf8_lines(path) as file:
        for found in lines(file, limit_bytes=_LINE_BYTES):
            if isinstance(found, Finding):
                yield refused(found, path.name)
                continue
            number, line = found
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                yield refused(Finding(number, "encoding", {"byte": error.start + 1}), path.name)
                continue
            yield from conversation.take(number, text)
    yield from conversation.end()


def _turn(line: str) -> tuple[str, str, str] | None:
    """Return role, speaker's name and words of a line that begins a turn."""
    match = _TURN.fullmatch(line)
    if match is None:
        return None
    role = next(role for role in ("user", "assistant", "system") if match[role])
    return role, (match["name"] or "").strip(), match["said"]


@dataclass(slots=True)
class _Conversation:
    """The conversation that the lines so far belong to; `empty` counts the empty lines right before."""

    file: str
    begins: int = 0
    turns: list[tuple[str, list[str]]] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    empty: int = 0
    spaced: bool = False

    def take(self, number: int, line: str) -> Iterator[Found]:
        if not line.strip():
            self.empty += 1
            return
        turn = _turn(line)
        if _BETWEEN.fullmatch(line) and turn is None:
            yield from self.end()
            return
        if self._ends_before(turn):
            yield from self.end()
        if turn is None:
            if self.turns:
                self.turns[-1][1].append(line)
            else:
                yield Refusal({"file": self.file, "line": number}, "no_speaker")
        else:
            self._begin(number, *turn)
        self.empty = 0

    def end(self) -> Iterator[Found]:
        """Give what was said so far."""
        if self.turns:
            system = "\n".join("\n".join(said) for role, said in self.turns if role == "system").strip()
            turns = tuple(Said(role, "\n".join(said)) for role, said in self.turns if role != "system")
            yield Item({"file": self.file, "line": self.begins}, turns, names=tuple(self.names), system=system)
        self.turns, self.names, self.empty, self.spaced = [], {}, 0, False

    def _ends_before(self, turn: tuple[str, str, str] | None) -> bool:
        if not self.turns:
            return False
        if self.empty > 1 or len(self.turns) >= _MOST_TURNS:
            return turn is not None
        new = turn is not None and (turn[0] == "system" or (turn[0] == "user" and not self.spaced and len(self.turns) > 1))
        return self.empty == 1 and new and self.turns[-1][0] == "assistant"

    def _begin(self, number: int, role: str, name: str, said: str) -> None:
        self.begins = number if not self.turns else self.begins
        self.spaced = self.spaced or (self.empty > 0 and len(self.turns) > 0)
        self.turns.append((role, [said]))
        if len(bare(name)) > 2:
            self.names[name] = None
