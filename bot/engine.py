"""The engine: a question becomes an answer. Policy, retrieval, prompt, backend, record, in that order."""

import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime

from bot import log
from bot.errors import ChatbotError
from bot.feedback import Feedback
from bot.identifiers import new_id
from bot.messages import (
    Answer,
    AnswerKind,
    Exchange,
    Finished,
    Found,
    Generation,
    Incoming,
    Passage,
    Piece,
    Place,
    Platform,
    Question,
    Queued,
    Rights,
    RightsPolicy,
    Sampling,
    Source,
)
from bot.policy import clean_question
from bot.ports import Backend, Ledger, Pseudonyms, Redactor, Retriever
from bot.prompt import Prompt, fit_prompt
from bot.settings import Settings
from bot.support import SupportGate
from bot.texts import N_, translate
from bot.voice import audience_of, system_text

logger = logging.getLogger(__name__)

NOTHING_FOUND = N_("I found nothing about that in what I was given to read, so I would rather not guess.")

# More turns than any window holds would only be counted to be dropped.
_TURNS = 40


@dataclass(frozen=True, slots=True)
class EngineParts:
    """
    What the engine works with.

    `identify` names a text's language (ISO 639-1, empty where unsure); `support` is the share of each sentence's words that must
    stand in its passages (0: off, see bot/support.py).
    """

    ledger: Ledger
    retriever: Retriever
    backend: Backend
    redactor: Redactor
    pseudonyms: Pseudonyms
    identify: Callable[[str], str]
    now: Callable[[], datetime]
    support: float = 0.0


@dataclass(frozen=True, slots=True)
class _Draft:
    """An answer in the making: what it will rest on."""

    question: Question
    found: Found
    prompt: Prompt
    system: str
    language: str


class Engine(Feedback):
    """Accepts questions, answers them in a stream, and keeps what people say of the answers."""

    def __init__(self, parts: EngineParts, settings: Settings) -> None:
        super().__init__(parts.ledger, redactor=parts.redactor, pseudonyms=parts.pseudonyms, now=parts.now)
        self._parts = parts
        self._settings = settings
        self._model = settings.model
        self._sampling = Sampling(settings.model.temperature, settings.model.top_p, settings.model.repeat_penalty)

    async def accept(self, incoming: Incoming) -> Question | None:
        """
        Redact a question, give it an id and commit it with its keys: from here on it is not lost.

        Returns:
            None where any of its keys was claimed before: a duplicate delivery.

        Raises:
            EmptyQuestion: Nothing to answer.
            QuestionTooLong: Over the limit.
        """
        text = clean_question(incoming.text, limit=self._settings.policy.max_question_characters)
        place = incoming.place
        question = Question(
            exchange_id=new_id(self._now()),
            text=self._redactor.redact(text, incoming.names),
            person=self._pseudonyms.of(place.platform, incoming.person),
            place=place,
            audience=audience_of(self._settings.assistant, place, asked_as=incoming.audience),
            asked_at=incoming.received_at,
            locale=incoming.locale,
        )
        claimed = await self.ledger.claim(question, keys=incoming.keys, rights=self._rights(place), message_ref=incoming.message_ref)
        logger.info("accepted" if claimed else "duplicate", extra={"platform": place.platform, "surface": place.surface})
        return question if claimed else None

    async def answer(self, question: Question) -> AsyncGenerator[Queued | Piece | Answer]:
        """
        Answer an accepted question; read it under `aclosing`, leaving early stops the model.

        A reader that leaves ends the exchange; one that is cancelled (the process stops) leaves it open, to be taken up again.

        Returns:
            Any number of `Queued`, then `Piece`s, then one `Answer` (recorded before it is given) whose text is theirs joined.

        Raises:
            ChatbotError: By kind; the exchange is closed with that reason, also after pieces were given.
        """
        log.exchange_id.set(question.exchange_id)
        try:
            async with aclosing(self._answer(question)) as events:
                async for event in events:
                    yield event
        except ChatbotError as error:
            logger.warning("not answered", extra={"reason": type(error).__name__})
            await self.ledger.abandon(question.exchange_id, reason=type(error).__name__)
            raise
        except GeneratorExit:
            logger.info("reader left")
            await self.ledger.abandon(question.exchange_id, reason="left")
            raise
        finally:
            log.exchange_id.set("")

    async def _answer(self, question: Question) -> AsyncGenerator[Queued | Piece | Answer]:
        started = time.monotonic()
        draft = await self._draft(question)
        found_s = time.monotonic() - started
        kind, fixed = self._decide(draft)
        pieces: list[str] = []
        finished: Finished | None = None
        if kind == "generated":
            async with aclosing(self._generate(draft)) as stream:
                async for event in stream:
                    if isinstance(event, Finished):
                        finished = event
                    else:
                        pieces += [event.text] if isinstance(event, Piece) else []
                        yield event
        if not "".join(pieces).strip():
            # A model with nothing to say that stands in its passages leaves the word to the best of them.
            kind, fixed = (kind, fixed) if fixed else ("quoted", draft.found.passages[0].text)
            finished = None
            pieces.append(fixed)
            yield Piece(fixed)
        timings = {"retrieval_s": found_s, "total_s": time.monotonic() - started}
        if finished:
            timings["first_token_s"] = finished.first_token_s
        exchange = self._exchange(draft, kind, "".join(pieces), finished)
        await self.ledger.record(exchange)
        logger.info("answered", extra={"kind": kind, **{key: round(value, 3) for key, value in timings.items()}})
        yield _as_answer(exchange, draft.found, {key: round(value, 4) for key, value in timings.items()})

    async def _generate(self, draft: _Draft) -> AsyncGenerator[Queued | Piece | Finished]:
        """Let the model speak as long as what it says is supported; the last event is `Finished`."""
        started = time.monotonic()
        gate = SupportGate(_material(draft), minimum=self._parts.support, question=draft.question.text)
        async with aclosing(self._parts.backend.stream(self._generation(draft))) as stream:
            async for event in stream:
                match event:
                    case Piece(text):
                        if ready := gate.add(text):
                            yield Piece(ready)
                        if gate.closed:
                            break
                    case Finished():
                        if ready := gate.finish():
                            yield Piece(ready)
                        yield replace(event, reason="unsupported") if gate.closed else event
                        return
                    case Queued():
                        yield event
        logger.info("unsupported")
        spent = time.monotonic() - started
        yield Finished("unsupported", 0, 0, 0, first_token_s=spent, total_s=spent, model=self._parts.backend.name)

    async def _draft(self, question: Question) -> _Draft:
        turns = await self.ledger.turns(question.place.conversation_id, limit=_TURNS)
        earlier = tuple(turn.question for turn in turns)
        found = await self._parts.retriever.find(question.text, audience=question.audience, earlier=earlier)
        system = system_text(self._settings.assistant, question.place)
        readable = tuple(passage for passage in found.passages if self._speaks(passage.language))
        if readable[:1] == found.passages[:1]:
            # Those in other languages would only confuse it.
            found = replace(found, passages=readable)
        prompt = await fit_prompt(
            system, turns, found.passages, question.text, backend=self._parts.backend, answer_tokens=self._model.max_tokens
        )
        language = self._parts.identify(question.text) or question.locale[:2].lower()
        return _Draft(question, found, prompt, system, language)

    def _decide(self, draft: _Draft) -> tuple[AnswerKind, str]:
        """Return how to answer, and the text where no model has to speak."""
        if draft.found.approved:
            return "verified", draft.found.approved.answer
        if not draft.found.passages:
            return "declined", translate(draft.language, NOTHING_FOUND)
        best = draft.found.passages[0]
        if not (self._speaks(draft.language) and self._speaks(best.language)):
            return "quoted", best.text
        return "generated", ""

    def _speaks(self, language: str) -> bool:
        languages = self._parts.backend.languages
        return "*" in languages or not language or language in languages

    def _generation(self, draft: _Draft) -> Generation:
        return Generation(
            prompt=draft.prompt.messages,
            max_tokens=self._model.max_tokens,
            deadline_s=self._model.deadline_s,
            sampling=self._sampling,
            conversation_id=draft.question.place.conversation_id,
        )

    def _exchange(self, draft: _Draft, kind: AnswerKind, text: str, finished: Finished | None) -> Exchange:
        approved = draft.found.approved
        return Exchange(
            question=draft.question,
            answer=text,
            kind=kind,
            system_text=draft.system,
            prompt=draft.prompt.turn,
            history=draft.prompt.history,
            passages=draft.found.passages,
            confidence=draft.found.confidence,
            language=draft.language,
            rights=self._rights(draft.question.place),
            answered_at=self._now(),
            finished=finished,
            approved_id=approved.approved_id if approved else "",
        )

    def _rights(self, place: Place) -> Rights:
        policies: dict[Platform, RightsPolicy] = {
            "slack": self._settings.rights.slack,
            "discord": self._settings.rights.discord,
            "web": self._settings.rights.web,
            "cli": "allow",
        }
        return Rights(place.platform, place.surface, policies[place.platform])


def _material(draft: _Draft) -> list[str]:
    return [message.content for message in draft.prompt.messages]


def _as_answer(exchange: Exchange, found: Found, timings: dict[str, float]) -> Answer:
    approved = found.approved
    return Answer(
        exchange_id=exchange.question.exchange_id,
        text=exchange.answer,
        kind=exchange.kind,
        sources=_sources(exchange.kind, exchange.passages),
        confidence=exchange.confidence,
        model=exchange.finished.model if exchange.finished else "",
        timings=timings,
        approved_by=approved.author if approved else "",
        approved_at=approved.approved_at if approved else None,
    )


def _sources(kind: AnswerKind, passages: tuple[Passage, ...]) -> tuple[Source, ...]:
    if kind in ("verified", "declined"):
        return ()
    used = passages[:1] if kind == "quoted" else passages
    first = {passage.source: passage for passage in reversed(used)}
    return tuple(
        Source(passage.title, passage.source, passage.passage_id, passage.score, passage.text)
        for passage in used
        if first[passage.source] is passage
    )
