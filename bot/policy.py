"""What may be asked: a question is cleaned, then refused in one sentence where it holds nothing to answer."""

import re
import unicodedata

from bot.errors import EmptyQuestion, QuestionTooLong

# C0 and C1 controls but tab and newline, surrogates (lone ones reach us through JSON escapes), bidirectional overrides, byte-order marks.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Return *text* composed (NFC), with one kind of line end and without characters that no person means to type."""
    paired = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    plain = _UNWANTED.sub("", unicodedata.normalize("NFC", paired.replace("\r\n", "\n").replace("\r", "\n")))
    return _BLANK_LINES.sub("\n\n", plain).strip()


def clean_question(text: str, *, limit: int) -> str:
    """
    Return the cleaned question.

    Args:
        text: What the person wrote.
        limit: The longest question in characters, after cleaning.

    Raises:
        EmptyQuestion: No letter and no digit is left (blank, punctuation or emoji only).
        QuestionTooLong: More than *limit* characters.
    """
    question = clean(text)
    if len(question) > limit:
        raise QuestionTooLong(length=len(question), limit=limit)
    if not any(character.isalnum() for character in question):
        raise EmptyQuestion
    return question
