"""The engine: a question becomes an answer. Policy, retrieval, prompt, backend, record, in that order."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot import log
from bot.admission import Admission
from bot.attached import best_attached, numbered, with_attached
from bot.confidence import Calibrations
from bot.courtesy import Courtesy, answer_of, exchange_of, reply_to
from bot.draft import Basis, Judge, Model
from bot.errors import BadRequest, ChatbotError
from bot.exchanges import Rights
from bot.feedback import Feedback
from bot.foresight import Foresight
from bot.hand_off import hand_off_of
from bot.identifiers import new_id
from bot.messages import (
    Answer,
    Audience,
    Found,
    Incoming,
    Passage,
    Piece,
    Place,
    Platform,
    Question,
    Queued,
    Restarted,
    RightsPolicy,
    Viewer,
)
from bot.model_settings import DEFAULT_MODEL
from bot.placeholders import standing_alone
from bot.policy import clean_question, may_train_with_consent
from bot.ports import Backend, Ledger, Pseudonyms, Redactor, Retriever, Versions
from bot.response_cache import ResponseCache
from bot.scopes import scopes_of
from bot.settings import Settings, Voice
from bot.several import Asked, together
from bot.sources import linked
from bot.telling import Telling
from bot.voice import audience_of, system_text, voice_of

logger = logging.getLogger(__name__)

# More turns than any window holds would only be counted to be dropped.
_TURNS: Final = 40
_REMEMBERED: Final = 10_000  # people who need not be looked up again before they are asked for consent, and places


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the assistant speaks at a place, and to whom unless the entrance knows better."""

    voice: Voice
    system: str
    audience: Audience

    def language(self, question: Question, asked_in: str) -> str:
        """Return the language to answer in: the place's, else that of the question's words, else the asker's."""
        return self.voice.language[:2] or asked_in or question.locale[:2].lower()


@dataclass(frozen=True, slots=True)
class EngineParts:
    """
    What the engine works with.

    `identify` names a text's language (ISO 639-1, empty where unsure); `support` is the share of each sentence's words that must
    stand in its passages (0: off, see bot/support.py); `models` are those of `[models.NAME]` that channels chose, by name; `versions` says
    which trained version of `backend` answers whom, None where there are none, and `calibrations` how much evidence is worth, None for the
    shipped weights. `courtesy_of` tells what kind of courtesy a message is that asks nothing, None where it asks something, and
    `questions_of` what it asks where it asks several things.
    """

    ledger: Ledger
    retriever: Retriever
    backend: Backend
    redactor: Redactor
    pseudonyms: Pseudonyms
    identify: Callable[[str], str]
    now: Callable[[], datetime]
    support: float = 0.0
    models: Mapping[str, Model] = field(default_factory=dict)
    versions: Versions | None = None
    calibrations: Calibrations | None = None
    courtesy_of: Callable[[str], Courtesy | None] = lambda _: None
    questions_of: Callable[[str], Asked] = lambda text: Asked((text,))


class Engine(Feedback):
    """Accepts questions, answers them in a stream, and keeps what people say of the answers."""

    def __init__(self, parts: EngineParts, settings: Settings) -> None:
        super().__init__(
            parts.ledger,
            redactor=parts.redactor,
            pseudonyms=parts.pseudonyms,
            now=parts.now,
            max_question_characters=settings.policy.max_question_characters,
        )
        self._parts = parts
        self._settings = settings
        self.foresight = Foresight(parts.retriever, settings, parts.calibrations)
        self._zone = ZoneInfo(settings.timezone)
        self._models = {**parts.models, "": Model(parts.backend, settings.model, parts.support, servers=len(settings.model.servers) or 1)}
        self._admission = Admission(parts.ledger, settings)
        self._cache = ResponseCache(parts.ledger, settings.cache, services=_services(settings), now=parts.now)
        self._manners: dict[tuple[str, ...], _Manner] = {}  # by what the settings tell places apart: they never change
        self._consent_asked: dict[str, None] = {}  # pseudonyms, those looked up longest ago first
        self._policies: Mapping[Platform, RightsPolicy] = {
            "slack": settings.rights.slack,
            "discord": settings.rights.discord,
            "web": settings.rights.web,
            "cli": "allow",
        }

    async def accept(self, incoming: Incoming) -> Question | None:
        """
        Redact a question, give it an id and commit it with its keys: from here on it is not lost.

        Returns:
            None where any of its keys was claimed before: a duplicate delivery.

        Raises:
            NotAllowedHere: The operator's lists leave out the place or the person.
            EmptyQuestion: Nothing to answer.
            QuestionTooLong: Over the limit.
            AskedTooOften: The person's questions of a minute or a day are spent.
        """
        place = incoming.place
        try:
            question = await self._accept(incoming)
        except BadRequest as error:
            logger.info("refused", extra={"reason": type(error).__name__, "platform": place.platform, "surface": place.surface})
            raise
        logger.info("accepted" if question else "duplicate", extra={"platform": place.platform, "surface": place.surface})
        return question

    async def _accept(self, incoming: Incoming) -> Question | None:
        self._admission.check_place(incoming)
        text = clean_question(incoming.text, limit=self._settings.policy.max_question_characters)
        place, manner = incoming.place, self._manner(incoming.place)
        author = self._pseudonyms.of(place.platform, incoming.person)
        asker = self._pseudonyms.of(place.platform, incoming.asked_by) if incoming.asked_by else author
        words, hidden = await self.redacted(text, incoming.names)
        question = Question(
            exchange_id=new_id(self._now()),
            text=words,
            person=author,
            place=place,
            audience=incoming.audience or manner.audience,
            asked_at=incoming.received_at,
            locale=manner.voice.language or incoming.locale,
            scopes=tuple(dict.fromkeys((*scopes_of(place, self._settings.groups), *incoming.scopes))),
        )
        return await self._admission.claim(question, incoming, rights=self._rights(place), asker=asker, hidden=hidden)

    async def asks_consent(self, place: Place, person: str) -> bool:
        """Tell, once for each person (a raw user id), that they are to be asked now whether their words may train."""
        if not may_train_with_consent(place, self._policies[place.platform]):
            return False
        pseudonym = self._pseudonyms.of(place.platform, person)
        if pseudonym in self._consent_asked:
            return False
        asks = await self.ledger.note_consent_asked(pseudonym, platform=place.platform, at=self._now())
        self._consent_asked[pseudonym] = None
        if len(self._consent_asked) > _REMEMBERED:
            del self._consent_asked[next(iter(self._consent_asked))]
        return asks

    async def answer(
        self, question: Question, *, attachments: Sequence[Passage] = ()
    ) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
        """
        Answer an accepted question; read it under `aclosing`, leaving early stops the model.

        A reader that leaves ends the exchange; one that is cancelled (the process stops) leaves it open, to be taken up again.

        Args:
            question: As `accept` gave it.
            attachments: What the files say that came with it, in order; the best of it goes before what the company knows.

        Returns:
            Any number of `Queued`, then `Piece`s, then one `Answer` (recorded before it is given) whose text is theirs joined. Where a
            model broke off, a `Restarted` takes back what it said, and another's `Piece`s follow.

        Raises:
            ChatbotError: By kind; the exchange is closed with that reason, also after pieces were given.
        """
        log.exchange_id.set(question.exchange_id)
        if not question.scopes:  # taken up again after a crash: the settings may have changed since
            question = replace(question, scopes=scopes_of(question.place, self._settings.groups))
        try:
            courtesy = None if attachments else self._parts.courtesy_of(question.text)
            telling = self._reply(question, courtesy) if courtesy else self._answer(question, attachments)
            async with aclosing(telling) as events:
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

    async def recorded(self, exchange_id: str) -> Answer | None:
        """Return a recorded answer as `answer` gave it, None where there is none; its timings are empty."""
        answer = await self.ledger.answer_of(exchange_id)
        if answer and answer.approved_at:
            return replace(answer, approved_at=answer.approved_at.astimezone(self._zone))
        if answer is None or answer.kind != "declined":
            return answer
        place = await self.ledger.place_of(exchange_id)
        return replace(answer, hand_off=hand_off_of(self._settings.answers.hand_off, place)) if place else answer

    async def _answer(self, question: Question, attachments: Sequence[Passage]) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
        started = time.monotonic()
        manner = self._manner(question.place)
        basis = await self._basis(question, attachments, manner)
        found_s = time.monotonic() - started
        telling = Telling(basis, await self._speakers(manner.voice.model, question.audience), cache=self._cache)
        async with aclosing(telling.events()) as events:
            async for event in events:
                yield event
        timings = {"retrieval_s": found_s, "total_s": time.monotonic() - started, **telling.timings}
        exchange = telling.exchange(rights=self._rights(question.place), at=self._now())
        await self.ledger.record(exchange)
        logger.info("answered", extra={"kind": exchange.kind, **{key: round(value, 3) for key, value in timings.items()}})
        yield telling.draft.answer(exchange, timings)

    async def _reply(self, question: Question, courtesy: Courtesy) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
        """Answer a courtesy by one of our own: nothing is looked up for it."""
        started = time.monotonic()
        manner = self._manner(question.place)
        language = manner.language(question, self._parts.identify(question.text) or await self._thread_language(question.place))
        exchange = exchange_of(
            question,
            reply_to(courtesy, language),
            system=manner.system,
            language=language,
            rights=self._rights(question.place),
            at=self._now(),
        )
        yield Piece(exchange.answer)
        await self.ledger.record(exchange)
        logger.info("answered", extra={"kind": exchange.kind})
        yield answer_of(exchange, total_s=time.monotonic() - started)

    async def _thread_language(self, place: Place) -> str:
        """Return the language of what was asked last in the thread: an "ok" is of none."""
        turns = await self.ledger.turns(place.conversation_id, limit=1)
        return self._parts.identify(turns[-1].question) if turns else ""

    async def _basis(self, question: Question, attachments: Sequence[Passage], manner: _Manner) -> Basis:
        told = await self.ledger.turns(question.place.conversation_id, limit=_TURNS)
        # What was limited to others since, or to what the operator names no more, is not told again.
        turns = [turn for turn in told if not turn.scope or turn.scope in question.scopes]
        judge = await self.foresight.judge()
        found = await self._find(question, attachments, earlier=[turn.question for turn in turns], judge=judge)
        asked_in = self._parts.identify(question.text)
        return Basis(
            question,
            found,
            tuple(turns),
            manner.system,
            manner.language(question, asked_in),
            asked_in,
            judge,
            hand_off_of(self._settings.answers.hand_off, question.place),
            self._zone,
        )

    async def _speakers(self, name: str, audience: Audience) -> tuple[Model, ...]:
        """Return the model of that name and those that answer in its place, in order; the default one (empty) in *audience*'s version."""
        names = ("" if each == DEFAULT_MODEL and each not in self._models else each for each in self._models[name].settings.fallback)
        return tuple([await self._model(each, audience) for each in dict.fromkeys((name, *names))])

    async def _model(self, name: str, audience: Audience) -> Model:
        model, versions = self._models[name], self._parts.versions
        if name or versions is None:
            return model
        adapter = await versions.current(audience)
        return replace(model, adapter=adapter) if adapter else model

    async def _find(self, question: Question, attachments: Sequence[Passage], *, earlier: Sequence[str], judge: Judge) -> Found:
        found = await self._look_up(question, earlier)
        if not attachments:
            return await self._each(question, found, earlier, judge)
        limit = self._settings.knowledge.passages // 2 + 2
        best = await asyncio.to_thread(best_attached, attachments, question, limit=limit, identify=self._parts.identify)
        return with_attached(found, await numbered(best, question, self.ledger))

    async def _each(self, question: Question, whole: Found, earlier: Sequence[str], judge: Judge) -> Found:
        """Return what was found for each of a message's questions; *whole*, where it asks one thing or an expert answered it."""
        asked = self._parts.questions_of(question.text)
        if not asked or whole.approved:
            return judge.trusted(whole)
        parts = [replace(question, text=text) for text in asked.questions]
        each = [judge.trusted(await self._look_up(part, [*earlier, *asked.questions[:at]])) for at, part in enumerate(parts)]
        return together(asked, judge.trusted(whole), each, judge=judge, identify=self._parts.identify)

    async def _look_up(self, question: Question, earlier: Sequence[str]) -> Found:
        viewer = Viewer(question.audience, question.scopes)
        found = await self._parts.retriever.find(standing_alone(question.text), viewer=viewer, earlier=tuple(earlier))
        return linked(found, self._settings.knowledge.links)

    def _manner(self, place: Place) -> _Manner:
        key = place.platform, place.workspace, place.parent, place.channel
        manner = self._manners.get(key)
        if manner is None:
            if len(self._manners) >= _REMEMBERED:
                self._manners.clear()
            assistant = self._settings.assistant
            voice, system, audience = voice_of(assistant, place), system_text(assistant, place), audience_of(assistant, place)
            manner = self._manners[key] = _Manner(voice, system, audience)
        return manner

    def policy_on(self, platform: Platform) -> RightsPolicy:
        """Return whether people's words on that platform may train."""
        return self._policies[platform]

    def _rights(self, place: Place) -> Rights:
        return Rights(place.platform, place.surface, self._policies[place.platform])


def _services(settings: Settings) -> str:
    """Return where hosted models are, by the settings; a key's characters are masked."""
    providers = {name: provider.model_dump(mode="json") for name, provider in settings.providers.items()}
    return json.dumps([settings.openai.model_dump(mode="json"), providers], sort_keys=True)
