"""A question from HTTP to the engine and its answer back: as a stream of JSON lines, or whole."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from adapters.web.failures import AlreadyAsked, language_of, sentence_of
from adapters.web.languages import accepted
from adapters.web.schemas import error_event, event_data
from adapters.web.services import WebServices
from bot.errors import BadRequest, ChatbotError
from bot.messages import Answer, Audience, Incoming, Place, Question
from bot.texts import translate

T = TypeVar("T")
_CLIENT_CLOSED_REQUEST = 499  # nobody reads it; nginx's name for an asker who left


def asked(
    services: WebServices,
    request: Request,
    text: str,
    *,
    place: Place,
    person: str,
    audience: Audience | None,
    request_id: str | None = None,
) -> Incoming:
    """Return a question of HTTP; of two with the same `request_id` in one conversation the engine takes the first."""
    languages = accepted(request.headers.get("accept-language", ""))
    return Incoming(
        text=text,
        person=person,
        place=place,
        keys=(f"{place.conversation_id}:{request_id or secrets.token_urlsafe(16)}",),
        received_at=services.now(),
        locale=languages[0] if languages else "",
        audience=audience,
    )


async def accept(services: WebServices, incoming: Incoming) -> Question:
    """
    Let the engine accept a question.

    Raises:
        BadRequest: By kind; `AlreadyAsked` where this conversation sent the same `request_id` before.
    """
    question = await services.engine.accept(incoming)
    if question is None:
        raise AlreadyAsked
    return question


class AnswerStream(StreamingResponse):
    """
    An accepted question's answer as JSON lines: `accepted`, any number of `queued`, `piece` and `restarted`, then `answer` or `error`.

    Whoever leaves stops the model at once, and the exchange is closed.
    """

    def __init__(self, services: WebServices, request: Request, question: Question) -> None:
        self._services = services
        self._question = question
        self._request = request
        self._settled = False
        self._lines = self._events()
        # A proxy that buffers would turn the stream into one late answer.
        super().__init__(self._lines, media_type="application/x-ndjson", headers={"X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # the signature is ASGI's
        """Stream until the answer ends, the asker leaves, or the server stops."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with aclosing(self._lines):
                await while_there(receive, self.stream_response(noted))
        except asyncio.CancelledError:
            if started:
                await send({"type": "http.response.body", "body": self._stopped(), "more_body": False})
            raise
        finally:
            if not self._settled:
                await self._services.ledger.abandon(self._question.exchange_id, reason="left")

    async def _events(self) -> AsyncGenerator[bytes]:
        question = self._question
        yield _line({"type": "accepted", "exchange_id": question.exchange_id, "conversation_id": question.place.conversation_id})
        try:
            async with aclosing(self._services.engine.answer(question)) as events:
                async for event in events:
                    self._settled = isinstance(event, Answer)
                    yield _line(event_data(event))
        except ChatbotError as error:
            self._settled = True
            yield _line(error_event(sentence_of(error, self._request), retry=not isinstance(error, BadRequest)))

    def _stopped(self) -> bytes:
        sentence = translate(language_of(self._request), "I am being restarted. Please ask again in a moment.")
        return _line(error_event(sentence, retry=True))


async def whole_answer(services: WebServices, request: Request, question: Question) -> Answer | None:
    """
    Return the answer, or None where the asker left before it was there.

    Raises:
        ChatbotError: As the engine does.
    """
    answer = None
    try:
        answer = await while_there(request.receive, _read(services, question))
    finally:
        if answer is None:
            await services.ledger.abandon(question.exchange_id, reason="left")
    return answer


def nobody_there() -> Response:
    """Return the response for an asker who left."""
    return Response(status_code=_CLIENT_CLOSED_REQUEST)


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """Return what *work* returns; when the client leaves it is cancelled, and None is returned."""
    working, watching = asyncio.create_task(work), asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.wait({working, watching})
    return None if working.cancelled() else working.result()


async def _read(services: WebServices, question: Question) -> Answer:
    async with aclosing(services.engine.answer(question)) as events:
        return next(event for event in [event async for event in events] if isinstance(event, Answer))


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode() + b"\n"
