"""What can be wrong with training rows: for each code what is said of it, what is to be done, and whether a trainer refuses the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from bot.texts import N_

Code = Literal[
    "file_type", "encoding", "no_rows", "json", "duplicate_key", "not_a_number", "surrogate", "row_too_long", "cut_off", "csv", "columns",
    "format", "messages", "role", "content", "unknown_key", "weight", "missing", "value", "answers",
    "order", "empty", "empty_text", "no_text", "no_answer", "same_answers", "too_long", "duplicate", "leak",
    "held_out", "damaged", "unlearnt", "personal_data", "secret", "cut", "too_few_rows", "file_too_large", "model_format",
    "not_json_lines", "byte_order_mark", "metadata",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """Two message ids, what is wrong and what to do; `refuses`: nobody trains on a file with it, else it is a warning."""

    message: str
    remedy: str
    refuses: bool = True


WORDINGS: Final[Mapping[Code, Wording]] = {
    "file_type": Wording(
        N_("{name} ends in {suffix}, which says neither rows nor text"), N_("name it .jsonl (one row a line) or .txt (plain text)")
    ),
    "encoding": Wording(N_("no UTF-8 at byte {byte} of the line"), N_("save the file as UTF-8")),
    "no_rows": Wording(N_("the file holds no rows"), N_("write one row a line, or leave the file out")),
    "json": Wording(N_("no JSON at column {column} ({problem})"), N_("write one JSON object a line")),
    "duplicate_key": Wording(N_("the key {key} stands twice in one object"), N_("take one of the two out")),
    "not_a_number": Wording(N_("{value} is no JSON"), N_("write a number or null in its place")),
    "surrogate": Wording(N_("an escape stands for half a character"), N_("write the character itself")),
    "row_too_long": Wording(N_("the row has more than {limit} MB"), N_("divide it, or take it out")),
    "cut_off": Wording(N_("the file ends within the row that begins here"), N_("complete the row, or take it out")),
    "csv": Wording(N_("no CSV ({problem})"), N_("put the cell into quotes and double the quotes in it")),
    "columns": Wording(N_("{found} cells where the header has {expected}"), N_("put cells that hold the separator into quotes")),
    "format": Wording(N_("no row of the format {format}"), N_("write it as {example}")),
    "messages": Wording(N_('has no list "{key}"'), N_("write it as {example}")),
    "role": Wording(N_("message {at} has the role {role}"), N_("use {roles}")),
    "content": Wording(N_("message {at} has no text as content"), N_("write the content as a text in quotes")),
    "unknown_key": Wording(N_("message {at} has the key {key}, which no format here keeps"), N_("take the key out")),
    "weight": Wording(N_("message {at} has a weight that is neither 0 nor 1, or is no answer"), N_("give 0 or 1, to answers only")),
    "missing": Wording(N_("the key {key} is missing"), N_("write it as {example}")),
    "value": Wording(N_("{key} is not {expected}"), N_("write it as {example}")),
    "answers": Wording(N_("{key} is not one answer"), N_("give one assistant message")),
    "order": Wording(N_("message {at} ({role}) stands where {due} is due"), N_("let questions and answers alternate")),
    "empty": Wording(N_("message {at} ({role}) is empty or only white space"), N_("write its text or take the row out")),
    "empty_text": Wording(N_("{key} is empty or only white space"), N_("write its text or take the row out")),
    "no_text": Wording(N_("the file holds no text"), N_("write into it what the model should learn")),
    "no_answer": Wording(N_("ends without an answer"), N_("let an assistant message come last")),
    "same_answers": Wording(N_("the preferred and the rejected answer are the same"), N_("take the row out")),
    "too_long": Wording(N_("{tokens} tokens, {over} over the limit of {limit}"), N_("shorten the row or raise block_tokens in the recipe")),
    "duplicate": Wording(N_("the same row as line {first}"), N_("take one of them out"), refuses=False),
    "leak": Wording(N_("asks a question that is kept for testing"), N_("take the row out; its question judges what is trained")),
    "held_out": Wording(
        N_("asks a question that the ledger keeps for testing"), N_("set such rows apart with aprendiz data split"), refuses=False
    ),
    "damaged": Wording(N_("holds damaged characters: {sample}"), N_("export the text again, as UTF-8"), refuses=False),
    "unlearnt": Wording(N_("every answer has the weight 0, so nothing is learnt"), N_("take the row out"), refuses=False),
    "personal_data": Wording(N_("holds personal data ({kinds})"), N_("run aprendiz data redact first"), refuses=False),
    "secret": Wording(N_("holds what looks like a password or key"), N_("take it out, and change it where it is in use"), refuses=False),
    "cut": Wording(
        N_("{tokens} tokens, of which the last {over} would be cut at {limit}"), N_("shorten the row, or divide it"), refuses=False
    ),
    "too_few_rows": Wording(N_("{rows} rows, where {model} takes {minimum} or more"), N_("add rows")),
    "file_too_large": Wording(N_("{size} MB, where a file has at most {limit} MB"), N_("divide it, or write a part with --sample FILE")),
    "model_format": Wording(
        N_("{model} does not train on rows of the format {format}"), N_("run aprendiz data convert FILE --to {wanted} first")
    ),
    "not_json_lines": Wording(
        N_("{model} takes JSON Lines only"), N_("run aprendiz data convert FILE --to {wanted} --out FILE.jsonl first")
    ),
    "byte_order_mark": Wording(
        N_("begins with a byte order mark, which some trainers refuse"), N_("save the file as UTF-8 without it"), refuses=False
    ),
    "metadata": Wording(
        N_("rows that hold more than their format has: {rows}, from this line on"),
        N_("run aprendiz data convert FILE --to {format} --no-metadata"),
        refuses=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a line (from 1; 0 for the whole file): a stable `code`, and the `values` of its wording."""

    line: int
    code: Code
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return WORDINGS[self.code].message.format(**self.values)

    @property
    def remedy(self) -> str:
        """What to do about it, in English."""
        return WORDINGS[self.code].remedy.format(**self.values)

    @property
    def refuses(self) -> bool:
        """Whether a trainer refuses the file for it."""
        return WORDINGS[self.code].refuses

    def sentence(self) -> str:
        """Return the finding as one sentence."""
        return f"{f'line {self.line}: ' if self.line else ''}{self.message}: {self.remedy}"


class BadRow(ValueError):
    """A row that cannot be read; says why, but not where."""

    def __init__(self, code: Code, **values: object) -> None:
        """Keep the *code* of the finding with the *values* of its wording."""
        super().__init__(code)
        self.code: Code = code
        self.values = values

    def at(self, line: int) -> Finding:
        """Return it as a finding in *line*."""
        return Finding(line, self.code, self.values)
