"""What the ledger keeps of a question and its answer: frozen values, no behaviour beyond what their fields say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.messages import AnswerKind, Finished, Passage, Place, Platform, Question, RatingValue, RightsPolicy, Surface


@dataclass(frozen=True, slots=True)
class HistoryRef:
    """An earlier exchange that the model saw: with its passages, or its bare question."""

    exchange_id: str
    with_passages: bool


@dataclass(frozen=True, slots=True)
class Rights:
    """Where an exchange came from and which policy was in force when it was asked."""

    platform: Platform
    surface: Surface
    policy: RightsPolicy


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    A question with its answer as the ledger keeps it.

    `prompt` is the user message as the model saw it, `system_text` the system message, `history` what stood between
    them, oldest first. `finished` is None where no model spoke; `scope` is the narrowest of what the answer rests on. `passages` are those
    that it rests on, of a declined answer the closest; `evidence` are the figures that `confidence` was made of. `cache_key` stands for all
    that the answer hung on where it may be given again (see bot/response_cache.py), else it is empty.
    """

    question: Question
    answer: str
    kind: AnswerKind
    system_text: str
    prompt: str
    history: tuple[HistoryRef, ...]
    passages: tuple[Passage, ...]
    confidence: float
    language: str
    rights: Rights
    answered_at: datetime
    finished: Finished | None = None
    approved_id: str = ""
    scope: str = ""
    evidence: Mapping[str, float] = field(default_factory=dict)
    cache_key: str = ""


@dataclass(frozen=True, slots=True)
class OpenExchange:
    """
    An accepted question that never got its answer, for an adapter to take up again after a crash.

    `message_ref` and `address` are those that `Incoming` carried; `address` is empty where it was forgotten or its key is lost.
    """

    question: Question
    message_ref: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One of a person's own questions, as shown to them: `vote` is their own, empty where they gave none.

    `fixed_in` is the trained version that answers well what was once voted down, 0 where there is none.
    """

    exchange_id: str
    question: str
    kind: AnswerKind
    asked_at: datetime
    place: Place
    vote: RatingValue | Literal[""] = ""
    fixed_in: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """
    A recorded answer of a model's that may be given again.

    `withheld` counts its sentences that were not shown; `finished` is the end of that generation.
    """

    exchange_id: str
    text: str
    finished: Finished
    withheld: int = 0
