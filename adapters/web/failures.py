"""Errors as the HTTP API tells them: a status, and one sentence in the caller's language; never more."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from adapters.web.headers import harden
from adapters.web.languages import page_language
from adapters.web.visitor import UnknownConversation
from bot.errors import (
    BadRequest,
    Busy,
    ChatbotError,
    ConversationTooLong,
    EmptyQuestion,
    Misconfigured,
    NotAllowed,
    QuestionTooLong,
    TryAgainLater,
    UnknownExchange,
)
from bot.texts import N_, translate

logger = logging.getLogger(__name__)


class AlreadyAsked(BadRequest):
    """The same request came twice."""

    user_text = N_("That question is being answered already.")


# The first class that fits decides.
_STATUS: tuple[tuple[type[ChatbotError], HTTPStatus], ...] = (
    (TryAgainLater, HTTPStatus.SERVICE_UNAVAILABLE),
    (UnknownExchange, HTTPStatus.NOT_FOUND),
    (UnknownConversation, HTTPStatus.NOT_FOUND),
    (AlreadyAsked, HTTPStatus.CONFLICT),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (EmptyQuestion, HTTPStatus.UNPROCESSABLE_ENTITY),
    (QuestionTooLong, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ConversationTooLong, HTTPStatus.UNPROCESSABLE_ENTITY),
    (BadRequest, HTTPStatus.BAD_REQUEST),
)
OPERATOR = "/api/operator/"
_RETRY_S = 5
_RETRY_BUSY_S = 60


def language_of(connection: HTTPConnection) -> str:
    """Return the tag of the language to speak with whoever made this request."""
    return page_language(connection.headers.get("accept-language", ""), default=connection.app.state.services.language)


def sentence_of(error: ChatbotError, request: Request) -> str:
    """Return what whoever made *request* may read of *error*; its detail is the operator's, in the log and on the operator's endpoints."""
    if isinstance(error, Misconfigured):
        logger.error("misconfigured", extra={"detail": str(error)})
        if request.scope["path"].startswith(OPERATOR):
            return str(error)
    return translate(language_of(request), error.user_text, **error.fields)


def add_failures(app: FastAPI) -> None:
    """Answer every error of *app* in one form."""
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        ChatbotError: _chatbot_error,
        RequestValidationError: _wrong_body,
        HTTPException: _http_error,
        Exception: _bug,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def failure(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the one form of every error."""
    return JSONResponse({"error": sentence}, status, headers)


async def _chatbot_error(request: Request, error: ChatbotError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {}
    if isinstance(error, TryAgainLater):
        headers["Retry-After"] = str(_RETRY_BUSY_S if isinstance(error, Busy) else _RETRY_S)
    return failure(status, sentence_of(error, request), headers)


async def _wrong_body(request: Request, error: RequestValidationError) -> Response:
    language, problem = language_of(request), error.errors()[0]
    name = ".".join(str(part) for part in problem["loc"][1:])
    match problem["type"]:
        case "json_invalid":
            return failure(HTTPStatus.BAD_REQUEST, translate(language, "The body is not valid JSON."))
        case "extra_forbidden":
            sentence = translate(language, "The field {name} is not known here.", name=name)
        case "missing":
            sentence = translate(language, "The field {name} is missing.", name=name or "body")
        case _:
            sentence = translate(language, "The field {name} is wrong: {problem}.", name=name or "body", problem=problem["msg"])
    return failure(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)


async def _http_error(request: Request, error: HTTPException) -> Response:
    language = language_of(request)
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            sentence = translate(language, "There is nothing at this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            sentence = translate(language, "This address does not take that kind of request.")
        case _:
            sentence = translate(language, "I could not understand that request.")
    return failure(error.status_code, sentence, dict(error.headers or {}))


async def _bug(request: Request, error: Exception) -> Response:
    # The exception itself goes on to the server, which logs it.
    logger.error("request failed", extra={"error": type(error).__name__, "path": request.scope["path"]})
    response = failure(HTTPStatus.INTERNAL_SERVER_ERROR, translate(language_of(request), "Something went wrong. Please try again."))
    # This one is sent from outside the guard.
    harden(response.headers, request.scope["path"])
    return response
