"""An answer in the making: what it rests on, whether a model has to speak, and what is kept and shown of it in the end."""

from dataclasses import dataclass
from datetime import datetime

from bot.messages import (
    Adapter,
    Answer,
    AnswerKind,
    Exchange,
    Finished,
    Found,
    Generation,
    Place,
    Question,
    Rights,
    Sampling,
)
from bot.ports import Backend
from bot.prompt import Prompt
from bot.settings import ModelSettings
from bot.sources import sources_of
from bot.texts import N_, translate

NOTHING_FOUND = N_("I found nothing about that in what I was given to read, so I would rather not guess.")


@dataclass(frozen=True, slots=True)
class Model:
    """
    A model that may answer, with limits of its own.

    `support` is the share of each sentence's words that must stand in its passages (0: off, see bot/support.py); `adapter` is the trained
    version that is laid over it, None where it answers as the settings have it.
    """

    backend: Backend
    settings: ModelSettings
    support: float = 0.0
    adapter: Adapter | None = None

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes of those it may speak, `*` for all: its own, and those in which its trained version was proved."""
        return self.backend.languages.union(self.adapter.languages) if self.adapter else self.backend.languages

    def speaks(self, language: str) -> bool:
        """Tell whether the model is known to speak *language*; one that nobody could name (empty) is given the benefit of the doubt."""
        languages = self.languages
        return "*" in languages or not language or language in languages


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What an answer will rest on.

    `language` is that of the answer, `asked_in` that of the question's words (ISO 639-1, empty where unsure); `scope` is the narrowest
    of what it rests on.
    """

    question: Question
    found: Found
    prompt: Prompt
    system: str
    model: Model
    language: str
    asked_in: str
    scope: str = ""

    def decide(self) -> tuple[AnswerKind, str]:
        """Return how to answer, and the text where no model has to speak."""
        if self.found.approved:
            return "verified", self.found.approved.answer
        if not self.found.passages:
            return "declined", translate(self.language, NOTHING_FOUND)
        best = self.found.passages[0]
        if all(self.model.speaks(language) for language in (self.language, self.asked_in, best.language)):
            return "generated", ""
        return "quoted", best.text

    def generation(self) -> Generation:
        """Return what to ask the model."""
        settings = self.model.settings
        return Generation(
            prompt=self.prompt.messages,
            max_tokens=settings.max_tokens,
            deadline_s=settings.deadline_s,
            sampling=Sampling(settings.temperature, settings.top_p, settings.repeat_penalty),
            conversation_id=self.question.place.conversation_id,
            share=share_of(self.question),
            adapter=self.model.adapter,
        )

    def exchange(self, kind: AnswerKind, text: str, finished: Finished | None, *, rights: Rights, at: datetime) -> Exchange:
        """Return what to keep, answered *at*."""
        approved = self.found.approved
        return Exchange(
            question=self.question,
            answer=text,
            kind=kind,
            system_text=self.system,
            prompt=self.prompt.turn,
            history=self.prompt.history,
            passages=self.found.passages,
            confidence=self.found.confidence,
            language=self.language,
            rights=rights,
            answered_at=at,
            finished=finished,
            approved_id=approved.approved_id if approved else "",
            scope=self.scope,
        )

    def answer(self, exchange: Exchange, timings: dict[str, float]) -> Answer:
        """Return *exchange* as people see it; *timings* are in seconds."""
        approved = self.found.approved
        return Answer(
            exchange_id=exchange.question.exchange_id,
            text=exchange.answer,
            kind=exchange.kind,
            sources=sources_of(exchange.kind, exchange.passages),
            confidence=exchange.confidence,
            model=exchange.finished.model if exchange.finished else "",
            timings={key: round(value, 4) for key, value in timings.items()},
            approved_by=approved.author if approved else "",
            approved_at=approved.approved_at if approved else None,
        )


def share_of(question: Question) -> str:
    """Return with whom the question shares its turns at a busy model: its workspace, or nobody in direct messages and outside chats."""
    place = question.place
    return question.person if _alone(place) else f"{place.platform}:{place.workspace}"


def _alone(place: Place) -> bool:
    return place.surface == "direct_message" or not place.workspace
