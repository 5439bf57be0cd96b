"""An answer in the making: what it rests on, whether a model has to speak, and what is kept and shown of it in the end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from math import inf

from bot.confidence import Calibration, score_of
from bot.exchanges import Exchange, Rights
from bot.messages import Adapter, Answer, AnswerKind, Finished, Found, Generation, Message, Passage, Place, Question, Sampling, Turn
from bot.model_settings import ModelSettings
from bot.ports import Backend
from bot.prompt import Prompt, fit_prompt, passages_in
from bot.quotation import quotation
from bot.scopes import narrowest
from bot.several import left_open, quotations
from bot.sources import answered_question, approved_passage, see_also, sources_of
from bot.support import SupportGate
from bot.texts import N_, translate

NOTHING_FOUND = N_("I found nothing about that in what I was given to read, so I would rather not guess.")


@dataclass(frozen=True, slots=True)
class Model:
    """
    A model that may answer, with limits of its own.

    `support` is the share of each sentence's words that must stand in its passages (0: off, see bot/support.py); `adapter` is the trained
    version that is laid over it, None where it answers as the settings have it; on how many equal `servers` it runs.
    """

    backend: Backend
    settings: ModelSettings
    support: float = 0.0
    adapter: Adapter | None = None
    servers: int = 1

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes of those it may speak, `*` for all: its own, and those in which its trained version was proved."""
        return self.backend.languages.union(self.adapter.languages) if self.adapter else self.backend.languages

    def speaks(self, language: str) -> bool:
        """Tell whether the model is known to speak *language*; one that nobody could name (empty) is given the benefit of the doubt."""
        languages = self.languages
        return "*" in languages or not language or language in languages


@dataclass(frozen=True, slots=True)
class Judge:
    """Tells from evidence how likely an answer is right; below the probability `minimum` none is given."""

    calibration: Calibration
    minimum: float

    def probability(self, evidence: Mapping[str, float]) -> float:
        """Return the probability that an answer with this evidence is right."""
        return self.calibration.probability(score_of(evidence))

    def declines(self, evidence: Mapping[str, float]) -> bool:
        """Tell whether what retrieval found is too little to let anybody answer; where nobody looked it is not."""
        return bool(evidence) and self.probability(evidence) < self.minimum

    def basis(self, found: Found, identify: Callable[[str], str]) -> Passage | None:
        """
        Return the best passage, or the approved answer as one, that an answer rests on; None where none is given.

        Args:
            found: What retrieval found, and is trusted.
            identify: Names a text's language (ISO 639-1, empty where unsure).
        """
        if found.approved:
            return approved_passage(found.approved, identify(found.approved.answer))
        return found.passages[0] if found.passages and not self.declines(found.evidence) else None

    def trusted(self, found: Found) -> Found:
        """Return *found* with the closest passages as those to answer from, where none is near by itself and the evidence is enough."""
        if found.approved or found.passages or not found.evidence or self.declines(found.evidence):
            return found
        return replace(found, passages=found.closest, closest=())


@dataclass(slots=True)
class Spoken:
    """
    What a model said, as far as it tells how sure it was.

    `withheld` counts its sentences that were not shown; `cache_key` is that under which it may be said again, empty where it is not.
    """

    finished: Finished | None = None
    withheld: int = 0
    cache_key: str = ""

    def evidence(self) -> dict[str, float]:
        """Return the figures that come to those of retrieval."""
        logprob = self.finished.mean_logprob if self.finished else None
        return {"withheld": float(self.withheld), **({} if logprob is None else {"logprob": logprob})}


@dataclass(frozen=True, slots=True)
class Basis:
    """
    What an answer can be made from, whichever model gives it; fields as in `Draft`.

    `turns` are the thread's earlier ones that may be told again, oldest first.
    """

    question: Question
    found: Found
    turns: tuple[Turn, ...]
    system: str
    language: str
    asked_in: str
    judge: Judge
    hand_off: str = ""
    zone: tzinfo = UTC

    async def draft(self, model: Model) -> "Draft":
        """
        Return the answer in the making by *model*: what it can read, as much as fits its window.

        Raises:
            ConversationTooLong: The question alone does not fit.
        """
        found = self.found
        readable = tuple(passage for passage in found.passages if model.speaks(passage.language))
        if readable[:1] == found.passages[:1] and not found.several:
            # Those in other languages would only confuse it.
            found = replace(found, passages=readable)
        prompt = await fit_prompt(
            self.system, self.turns, found.passages, self.question.text, backend=model.backend, answer_tokens=model.settings.max_tokens
        )
        scope = self._scope(found, prompt)
        return Draft(
            self.question, found, prompt, self.system, model, self.language, self.asked_in, self.judge, self.hand_off, scope, self.zone
        )

    def _scope(self, found: Found, prompt: Prompt) -> str:
        """Return whom an answer is for, that rests on what was found and on the turns of its prompt."""
        seen = {earlier.exchange_id for earlier in prompt.history}
        scopes = [passage.scope for passage in found.passages] + [turn.scope for turn in self.turns if turn.exchange_id in seen]
        return narrowest([*scopes, found.approved.scope if found.approved else ""], self.question.place)


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What an answer will rest on.

    `language` is that of the answer, `asked_in` that of the question's words (ISO 639-1, empty where unsure). `judge` says how likely an
    answer is right; `hand_off` is where a person can be asked; `scope` is the narrowest of what it rests on; days are told in `zone`.
    """

    question: Question
    found: Found
    prompt: Prompt
    system: str
    model: Model
    language: str
    asked_in: str
    judge: Judge
    hand_off: str = ""
    scope: str = ""
    zone: tzinfo = UTC

    @property
    def quotation(self) -> str:
        """What is quoted of the best passage, where there is one; of that for each question, where several are asked."""
        if self.found.several:
            return quotations(self.found.several, nothing=translate(self.language, NOTHING_FOUND))
        return quotation(self.found.passages[0].text, self.question.text)

    @property
    def left_open(self) -> str:
        """What is said beneath a model's words of questions that nothing answers."""
        return left_open(self.found.several, self.language)

    def decide(self) -> tuple[AnswerKind, str]:
        """Return how to answer, and the text where no model has to speak."""
        if self.found.approved:
            return "verified", self.found.approved.answer
        if not self.found.passages or self.judge.declines(self.found.evidence):
            return "declined", translate(self.language, NOTHING_FOUND)
        if all(map(self.model.speaks, (self.language, self.asked_in, *self._best_languages()))) and not self._asks_too_much():
            return "generated", ""
        return "quoted", self.quotation

    def _best_languages(self) -> list[str]:
        return [part.passage.language for part in self.found.several if part.passage] or [self.found.passages[0].language]

    def _asks_too_much(self) -> bool:
        """Tell whether several things are asked of a model that is checked: it answers one of them at most."""
        return bool(self.found.several and self.model.support)

    def generation(self, *, first_token_s: float = inf) -> Generation:
        """Return what to ask the model, whose first words may take *first_token_s*."""
        settings = self.model.settings
        return Generation(
            prompt=self.prompt.messages,
            max_tokens=settings.max_tokens,
            deadline_s=settings.deadline_s,
            sampling=Sampling(settings.temperature, settings.top_p, settings.repeat_penalty),
            conversation_id=self.question.place.conversation_id,
            share=share_of(self.question),
            adapter=self.model.adapter,
            first_token_s=first_token_s,
            exchange_id=self.question.exchange_id,
            audience=self.question.audience,
        )

    def gate(self) -> SupportGate:
        """Return what the model's words go through before they are shown."""
        return gate_of(self.question.text, self.prompt.messages, self.found.passages, minimum=self.model.support)

    def exchange(self, kind: AnswerKind, text: str, spoken: Spoken, *, rights: Rights, at: datetime) -> Exchange:
        """Return what to keep, answered *at*."""
        approved = self.found.approved
        evidence = {**self.found.evidence, **spoken.evidence()} if kind == "generated" else self.found.evidence
        return Exchange(
            question=self.question,
            answer=text,
            kind=kind,
            system_text=self.system,
            prompt=self.prompt.turn,
            history=self.prompt.history,
            passages=self.found.passages or self.found.closest,
            confidence=self.judge.probability(evidence) if evidence else self.found.confidence,
            language=self.language,
            rights=rights,
            answered_at=at,
            finished=spoken.finished,
            evidence=evidence,
            approved_id=approved.approved_id if approved else "",
            scope=self.scope,
            cache_key=spoken.cache_key if kind == "generated" else "",
        )

    def answer(self, exchange: Exchange, timings: dict[str, float]) -> Answer:
        """Return *exchange* as people see it; *timings* are in seconds."""
        approved = self.found.approved
        sources = sources_of(exchange.kind, exchange.passages, exchange.answer)
        return Answer(
            exchange_id=exchange.question.exchange_id,
            text=exchange.answer,
            kind=exchange.kind,
            sources=sources,
            confidence=exchange.confidence,
            model=exchange.finished.model if exchange.finished else "",
            timings={key: round(value, 4) for key, value in timings.items()},
            approved_by=approved.author if approved else "",
            approved_at=approved.approved_at.astimezone(self.zone) if approved else None,
            hand_off=self.hand_off if exchange.kind == "declined" else "",
            instead_of=exchange.finished.instead_of if exchange.finished else "",
            answered_question=answered_question(
                exchange.kind,
                self.question.text,
                exchange.passages,
                answer=exchange.answer,
                approved=approved.question if approved else "",
            ),
            see_also=see_also(exchange.kind, sources, self.found.beside),
        )


def gate_of(question: str, prompt: Sequence[Message], passages: Sequence[Passage], *, minimum: float) -> SupportGate:
    """
    Return what the words go through that a model says to *prompt*.

    Args:
        question: What the prompt asks last.
        prompt: The system text and all turns.
        passages: For the question, best first.
        minimum: The share of each sentence's words that must stand in what the model read, 0 to 1.
    """

    def by(*roles: str) -> list[str]:
        return [message.content for message in prompt if message.role in roles]

    return SupportGate(
        by("user", "assistant"),
        minimum=minimum,
        question=question,
        system=" ".join(by("system")),
        passages=map(said_by, passages),
        beside=[said_by(each) for each in passages if not _of_one(each, passages[0])],
        headings=[each.heading or each.title for each in passages],
        answered=by("assistant"),
        earlier=map(passages_in, by("user")[:-1]),
    )


def _of_one(one: Passage, other: Passage) -> bool:
    """Tell whether two passages are of one document, or of one row where that has rows."""
    return (one.source, one.row) == (other.source, other.row)


def said_by(passage: Passage) -> str:
    """Return what a model may learn from *passage*."""
    return f"{passage.title}\n{passage.heading}\n{passage.text}"


def share_of(question: Question) -> str:
    """Return with whom the question shares its turns at a busy model: its workspace, or nobody in direct messages and outside chats."""
    place = question.place
    return question.person if _alone(place) else f"{place.platform}:{place.workspace}"


def _alone(place: Place) -> bool:
    return place.surface == "direct_message" or not place.workspace
