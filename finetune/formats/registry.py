"""Every format by its name, and which one a file's rows are written in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from finetune.formats.chat import CONVERSATIONS, MESSAGES, ROLES_ONLY
from finetune.formats.format import Format
from finetune.formats.pairs import INSTRUCTION, PROMPT_COMPLETION, PROMPT_COMPLETION_CHAT, QUESTION_ANSWER, SUMMARY, TEXT
from finetune.formats.preferences import PREFERENCE, PREFERENCE_CHAT, PREFERENCE_OPENAI, THUMBS, THUMBS_CHAT

# The first that a row matches is taken: those with keys of their own stand before those whose keys others have, too.
FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        each.name: each
        for each in (
            MESSAGES, ROLES_ONLY, CONVERSATIONS, PREFERENCE_OPENAI, PREFERENCE, PREFERENCE_CHAT, THUMBS, THUMBS_CHAT,
            PROMPT_COMPLETION, PROMPT_COMPLETION_CHAT, INSTRUCTION, QUESTION_ANSWER, SUMMARY, TEXT,
        )
    }
)  # fmt: skip


def detect(rows: Sequence[Any]) -> Format | None:
    """Return the format that most of *rows* (JSON values) are written in; None where none is known."""
    found = Counter(next((each.name for each in FORMATS.values() if each.matches(row)), "") for row in rows)
    del found[""]
    return FORMATS[found.most_common(1)[0][0]] if found else None
