"""Corrections of grammar for a file of rows: proposed row by row, decided by a person, applied where they were accepted."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bot.errors import Refused
from bot.messages import Role
from finetune.decided import DECISION, Decisions, write_table
from finetune.findings import Finding
from finetune.formats.adapting import adapt
from finetune.formats.converting import KEPT
from finetune.formats.format import Format
from finetune.formats.reading import read_records
from finetune.formats.records import Conversation, Preference, Record, Summary, Text, Thumb, Turn
from finetune.formats.writing import written
from finetune.whole import whole_file
from store.cleaning.proposals import Check, Proposal, accept, propose

FILE_NAME: Final = "proofreading-decisions.jsonl"  # in the home; nobody's words can be read from it
# A number takes one of the other corrections that are named with theirs.
PROOFREADING: Final = Decisions("proposal", ("accept", "keep", "2", "3", "4", "5"), "aprendiz data proofread --list")
COLUMNS: Final = (PROOFREADING.keys, "line", "kind", "before", "after", "others", "where", DECISION)
_AROUND: Final = 40  # characters of the text on each side
_TOLD_EVERY: Final = 20

Progress = Callable[[int, int], object]
Mend = Callable[[Role, str], str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A proposal as a person reads it: with its key, the line of its row, and the text *where* it stands."""

    key: str
    line: int
    proposal: Proposal
    where: str

    def cells(self) -> tuple[object, ...]:
        """Return it as a line of the table to be filled in."""
        each = self.proposal
        return (self.key, self.line, each.kind, each.before, each.after, numbered(each), self.where, "")


@dataclass(slots=True)
class Proofread:
    """What became of a file: rows read, those that were changed, corrections applied, and what could not be read."""

    rows: int = 0
    changed: int = 0
    applied: int = 0
    broken: int = 0
    findings: list[Finding] = field(default_factory=list)
    unknown: int = 0  # decisions for a correction by a number that none has


@dataclass(frozen=True, slots=True)
class Proofreader:
    """
    Proposes for what is learnt: answers, texts and summaries, no rejected or unlearnt ones; with `questions` for what is asked, too.

    `check` finds more than spacing, doubled words, capitals and accents. Call the methods off the event loop.
    """

    check: Check | None = None
    questions: bool = False

    def proposals(
        self, path: Path, given: Format, done: Proofread, *, decided: Collection[str] = (), progress: Progress = lambda _done, _total: None
    ) -> Iterator[Listed]:
        """
        Give what may be corrected in *path*, row by row, but for what was decided on; the same words get the same proposals once.

        Raises:
            BadRequest: The file cannot be read.
        """
        seen = set(decided)
        for record in _records(path, given, done, progress):
            found: list[Listed] = []
            line = record.origin.line if record.origin else 0
            _mended(record, self._noting(found, line))
            for each in found:
                if each.key not in seen:
                    seen.add(each.key)
                    yield each

    def apply(
        self, path: Path, target: Path, given: Format, decisions: Mapping[str, str], *, progress: Progress = lambda _done, _total: None
    ) -> Proofread:
        """
        Write the rows of *path* to *target* with what was accepted, in their format; the file appears whole or not at all.

        Raises:
            BadRequest: *path* cannot be read, or a name says no kind of file.
            Refused: No row of *path* can be read.
            Misconfigured: The disk is full or fails.
        """
        accepted = {key: said for key, said in decisions.items() if said != "keep"}
        texts = {key.partition("-")[0] for key in accepted}
        done = Proofread()

        def mend(role: Role, text: str) -> str:
            if not self._is_read(role) or _text_key(text) not in texts:
                return text
            keyed = {_key(text, each): each for each in propose(text, self.check)}
            said = {key: _chosen(each, accepted[key]) for key, each in keyed.items() if key in accepted}
            chosen = {key: each for key, each in said.items() if each}
            done.unknown += len(said) - len(chosen)
            done.applied += len(chosen)
            return accept(text, [*chosen.values()])

        with written(target, given) as write:
            for record in _records(path, given, done, progress):
                new = _mended(record, mend)
                done.changed += new != record
                for each in adapt(new, given, turns="out", metadata=True).records:
                    write(each)
            if not done.rows:
                raise Refused(f"no row of {path} can be read: see aprendiz data validate {path}; nothing was written")
        return done

    def _is_read(self, role: Role) -> bool:
        return role == "assistant" or (role == "user" and self.questions)

    def _noting(self, found: list[Listed], line: int) -> Mend:
        def note(role: Role, text: str) -> str:
            if self._is_read(role):
                found.extend(Listed(_key(text, each), line, each, _around(text, each)) for each in propose(text, self.check))
            return text

        return note


def numbered(proposal: Proposal) -> str:
    """Return the other corrections with the numbers that take them."""
    return " · ".join(f"{number}: {each}" for number, each in enumerate(proposal.others, 2))


def write_list(target: Path, found: Iterator[Listed]) -> int:
    """
    Write proposals as a table with an empty column `decision`; return how many there are.

    Raises:
        Refused: There is such a file already: it may hold somebody's decisions.
        Misconfigured: It cannot be written.
    """
    if target.exists():
        raise Refused(f"{target} is there already and may hold decisions: apply them with --decisions, then move it away")
    with whole_file(target) as draft:
        return write_table(draft, COLUMNS, (each.cells() for each in found))


def _records(path: Path, given: Format, done: Proofread, progress: Progress) -> Iterator[Record]:
    for found in read_records(path, given):
        if isinstance(found, Finding):
            done.broken += 1
            done.findings += [found][: KEPT - len(done.findings)]
            continue
        done.rows += 1
        if done.rows % _TOLD_EVERY == 0:
            progress(done.rows, 0)
        yield found


def _mended(record: Record, mend: Mend) -> Record:
    match record:
        case Conversation():
            return replace(record, messages=_turns(record.messages, mend))
        case Preference():
            return replace(record, prompt=_turns(record.prompt, mend), chosen=mend("assistant", record.chosen))
        case Thumb():
            answer = mend("assistant", record.answer) if record.good else record.answer
            return replace(record, prompt=_turns(record.prompt, mend), answer=answer)
        case Text():
            return replace(record, text=mend("assistant", record.text))
        case Summary():
            return replace(record, document=mend("user", record.document), summary=mend("assistant", record.summary))


def _turns(turns: tuple[Turn, ...], mend: Mend) -> tuple[Turn, ...]:
    return tuple(turn if turn.weight == 0 else replace(turn, content=mend(turn.role, turn.content)) for turn in turns)


def _chosen(proposal: Proposal, said: str) -> Proposal | None:
    """Return a proposal with the correction that a decision takes, the first or one by its number; None where that number has none."""
    if said == "accept":
        return proposal
    others = {str(number): each for number, each in enumerate(proposal.others, 2)}
    return replace(proposal, after=others[said]) if said in others else None


def _key(text: str, proposal: Proposal) -> str:
    """Return what only this proposal for this text has, beginning with what only the text has."""
    said = json.dumps([proposal.start, proposal.before, proposal.after])
    return f"{_text_key(text)}-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def _text_key(text: str) -> str:
    return f"p{hashlib.sha256(json.dumps(text).encode()).hexdigest()[:24]}"  # a spreadsheet takes digits alone for a number


def _around(text: str, proposal: Proposal) -> str:
    start, end = proposal.start, proposal.start + len(proposal.before)
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    more = ("… " if start > _AROUND else "", " …" if len(text) > end + _AROUND else "")
    return " ".join(f"{more[0]}{before}⟦{text[start:end]}⟧{after}{more[1]}".split("\n"))
