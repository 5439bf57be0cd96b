"""What the readers of an import give: things said, with where they stand, and what was left out and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.texts import N_
from finetune.findings import WORDINGS, Finding
from store.cleaning.dialogue import Said
from store.readers.omissions import DRAFTS, RESTRICTED

UNLEARNT: Final = "unlearnt"  # the role of an answer of weight 0, until it is written

# Why something is no row; besides these, the codes of `finetune.findings`.
REASONS: Final[Mapping[str, str]] = {
    "file": N_("the file cannot be read ({problem})"),
    "unsolved": N_("the ticket is not solved"),
    "deleted": N_("the ticket is deleted, or spam"),
    "no_question": N_("no question is left once greetings and signatures are out"),
    "no_reply": N_("no answer is left once greetings and signatures are out"),
    "bad_ticket": N_("a field of the ticket is not as its system writes it"),
    "unanswered": N_("nobody answered"),
    "bad_message": N_("a message is not as its system writes it"),
    "no_beginning": N_("the first message of the thread is missing"),
    "not_by_people": N_("written by a bot or by the service"),
    "private": N_("a private conversation"),
    "nested_archive": N_("an archive within an archive: unpack it, and import it by itself"),
    "other_file": N_("a file of the archive that is none of those that are read"),
    "no_speaker": N_("a line before anybody is named as its speaker"),
    "draft": N_("it is a draft"),
    "restricted": N_("only some readers may see it"),
    "no_value": N_("the column {column} is empty"),
    "converted": N_("the row holds no conversation ({problem})"),
    "tested_later": N_("a later question of the conversation is kept for testing"),
}
WITHHELD: Final[Mapping[str, str]] = {DRAFTS: "draft", RESTRICTED: "restricted"}  # what readers of the knowledge call so


@dataclass(frozen=True, slots=True)
class Item:
    """
    A conversation (`turns`, roles `user`, `assistant` and `UNLEARNT`) or a `text`, as it was read.

    `origin` says where, as JSON: "file", and "line", "ticket" or "record". `names` are people's, who are known to be in it.
    """

    origin: Mapping[str, Any]
    turns: tuple[Said, ...] = ()
    text: str = ""
    names: tuple[str, ...] = ()
    category: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is no row: where, a reason (of `REASONS`, or a code of `finetune.findings`) with the values of its wording, how often."""

    origin: Mapping[str, Any]
    reason: str
    values: Mapping[str, object] = field(default_factory=dict)
    count: int = 1

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return wording_of(self.reason).format(**self.values)


Found = Item | Refusal


def wording_of(reason: str) -> str:
    """Return the message id of a reason."""
    return REASONS[reason] if reason in REASONS else next(each.message for code, each in WORDINGS.items() if code == reason)


def refused(finding: Finding, file: str) -> Refusal:
    """Return a finding in *file* as a refusal."""
    return Refusal({"file": file, "line": finding.line}, finding.code, finding.values)


def answered(question: str, answer: str) -> tuple[Said, ...]:
    """Return a question and its answer as turns."""
    return Said("user", question), Said("assistant", answer)
