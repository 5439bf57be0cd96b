"""A question that people answered, to excerpts that tell nobody's personal data."""

import re
from dataclasses import dataclass

from store.readers.courtesies import is_courtesy
from store.readers.dividing import divide_text
from store.readers.document import Excerpt
from store.readers.people import People
from store.set_redaction import Redaction

_BETWEEN = "\n\n␞\n\n"  # the symbol for a record separator: no detector reads across it
_SIGNATURE = re.compile(r"(?:\n\s*\[PERSON_\d+\][.,]?)+\s*\Z")
_ROW_CHARACTERS = 64
_QUESTION_CHARACTERS = 1000  # the embedding reads about 2,000, of question and answer


@dataclass(frozen=True, slots=True)
class Answered:
    """
    A question, its answer as people wrote it, and its day (YYYY-MM-DD, or empty).

    `row` is what it is looked up by where it comes from: a ticket's number, the end of a message's link.
    """

    question: str
    answer: str
    day: str
    row: str


def to_excerpts(answered: Answered, people: People, redaction: Redaction) -> tuple[Excerpt, ...]:
    """
    Return the redacted excerpts of *answered*, each with the day at its end; none where nothing is left to tell.

    Question and answer are redacted together: the same person is the same placeholder in both.
    """
    both = f"{answered.question}{_BETWEEN}{answered.answer}"
    parts = redaction.redact(both, people.detect).partition(_BETWEEN.strip())
    question, answer = (_SIGNATURE.sub("", part).strip() for part in (parts[0], parts[2]))
    if not question or is_courtesy(answer, people):
        return ()
    question, row = _shortened(question), answered.row[:_ROW_CHARACTERS]
    said = f"\n({answered.day})" if answered.day else ""
    return tuple(Excerpt(f"{part}{said}", question=question, row=row, dated=answered.day) for part in divide_text(answer))


def _shortened(question: str) -> str:
    if len(question) <= _QUESTION_CHARACTERS:
        return question
    return re.sub(r"\s+\S*$", "", question[:_QUESTION_CHARACTERS]) + " …"
