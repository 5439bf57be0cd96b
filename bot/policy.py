"""What may be asked, where, by whom and how often: pure functions that clean a question or refuse it in one sentence."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.chat_settings import Access
from bot.errors import AskedTooOften, EmptyQuestion, NotAllowedHere, QuestionTooLong
from bot.messages import Place, RightsPolicy, Surface

# C0 and C1 controls but tab and newline, surrogates (lone ones reach us through JSON escapes), bidirectional overrides, byte-order marks.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_WORDS = re.compile(r"(\S.*)\s", re.DOTALL)
_BLANK_LINES = re.compile(r"\n{3,}")

# What a person types into a command or form is given to the app; message text is Discord's API data (Developer Policy, rule 21):
# https://support-dev.discord.com/hc/en-us/articles/8563934450327
DISCORD_INPUT: Final[frozenset[Surface]] = frozenset({"slash_command", "modal", "button"})


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
    if not has_words(question):
        raise EmptyQuestion
    return question


def has_words(text: str) -> bool:
    """Tell whether *text* has a letter or digit: more than blanks, punctuation and emoji."""
    return any(map(str.isalnum, text))


def cut_off(text: str, *, limit: int) -> str:
    """Return at most *limit* characters of *text*, whole words where there are any: half a placeholder would be none."""
    if len(text) <= limit:
        return text
    words = _WORDS.match(text[: limit + 1])
    return words[1].rstrip() if words else text[:limit]


def check_access(access: Access, place: Place, groups: frozenset[str]) -> None:
    """
    Refuse a place or person that the operator's lists leave out.

    What blocks wins over what allows; an empty list of the allowed allows all. A channel's lists hold for its threads. Direct messages
    are of no channel, and Discord's of no server and no role either: lists of the allowed servers or roles leave them out.

    Raises:
        NotAllowedHere: With the kind of list as detail.
    """
    direct = place.surface == "direct_message" or not place.workspace or not place.channel
    workspace, channels = frozenset({place.workspace}), frozenset({place.channel, place.parent} - {""})
    if (
        workspace & frozenset(access.block_workspaces)
        or channels & frozenset(access.block_channels)
        or groups & frozenset(access.block_groups)
    ):
        raise NotAllowedHere("blocked")
    if access.allow_workspaces and not workspace & frozenset(access.allow_workspaces):
        raise NotAllowedHere("a workspace that is not listed")
    if access.allow_channels and not direct and not channels & frozenset(access.allow_channels):
        raise NotAllowedHere("a channel that is not listed")
    if access.allow_groups and not groups & frozenset(access.allow_groups):
        raise NotAllowedHere("a person of no group that is listed")


def check_pace(asked: Sequence[datetime], at: datetime, limits: Mapping[timedelta, int]) -> None:
    """
    Refuse a question of somebody who asked too many.

    Args:
        asked: When the person asked before, oldest first.
        at: When they ask now.
        limits: How many questions (1 or more) they may ask within each length of time.

    Raises:
        AskedTooOften: With the limit that makes them wait longest.
    """
    spent = [(asked[-count] + window - at, count) for window, count in limits.items() if len(asked) >= count]
    wait, count = max(spent, default=(timedelta(0), 0))
    if wait > timedelta(0):
        raise AskedTooOften(f"{count} questions", count=count, wait=rounded_up(wait))


def rounded_up(wait: timedelta) -> str:
    """Return a length of time as people say it, never too short: "40 s", "3 min" or "5 h"."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{math.ceil(minutes / 60)} h"


def may_train_with_consent(place: Place, policy: RightsPolicy) -> bool:
    """
    Tell whether a person's consent lets the words that they write at *place* train: whether it is worth asking them for it.

    What is said in private trains nothing, whatever they decide.
    """
    return policy == "consent" and not place.private and (place.platform != "discord" or place.surface in DISCORD_INPUT)
