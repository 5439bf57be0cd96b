"""What people say of an answer: a vote, why it is down, and what the answer should have been."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.messages import Platform, RatingValue

RatingVia = Literal["button", "reaction", "web", "cli"]
VoteReason = Literal["wrong", "outdated", "not_found", "tone", "other"]


@dataclass(frozen=True, slots=True)
class Rating:
    """
    A person's vote; `value` None takes an earlier vote back. `person` is the platform's raw user id.

    `reason` and `comment` say why a vote is down; empty where nobody was asked.
    """

    exchange_id: str
    person: str
    platform: Platform
    value: RatingValue | None
    via: RatingVia
    rated_at: datetime
    reason: VoteReason | Literal[""] = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """
    What an expert says the answer should have been. `person` is the platform's raw user id.

    `name` is shown as whose answer it is, at most 64 characters; empty where the platform gives none that may be shown.
    """

    exchange_id: str
    answer: str
    person: str
    platform: Platform
    corrected_at: datetime
    name: str = ""
