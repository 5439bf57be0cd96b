"""Errors of OpenAI's SDK as ours, and which of them are worth another try, when."""

import email.utils
import time
from collections.abc import Mapping
from typing import Final

import openai

from bot.backends.service import Service
from bot.errors import ChatbotError, ConversationTooLong, Filtered, Misconfigured, TryAgainLater

KINDS: Final[Mapping[type[openai.OpenAIError], type[ChatbotError]]] = {
    openai.OpenAIError: TryAgainLater,
    openai.APIError: TryAgainLater,  # also an error in the middle of a stream
    openai.APIConnectionError: TryAgainLater,
    openai.APITimeoutError: TryAgainLater,
    openai.APIResponseValidationError: TryAgainLater,
    openai.InternalServerError: TryAgainLater,
    openai.RateLimitError: TryAgainLater,
    openai.ConflictError: TryAgainLater,
    openai.APIStatusError: Misconfigured,
    openai.AuthenticationError: Misconfigured,
    openai.OAuthError: Misconfigured,
    openai.PermissionDeniedError: Misconfigured,
    openai.NotFoundError: Misconfigured,
    openai.BadRequestError: Misconfigured,
    openai.UnprocessableEntityError: Misconfigured,
}
REMEDIES: Final[Mapping[type, str]] = {
    openai.AuthenticationError: "set {key} to a valid key",
    openai.PermissionDeniedError: "give the key of {key} access to the model",
    openai.NotFoundError: "set APRENDIZ_MODEL__NAME and {address} to a model and an address that exist",
    openai.APITimeoutError: "",
    openai.APIConnectionError: "no connection: see that it runs and that the network reaches it, or correct {address}",
    openai.RateLimitError: "asked more often than it allows: have its limits raised, or name a stand-in in the model's fallback",
    openai.InternalServerError: "the fault is the service's: see its status page or its log, and name a stand-in in the model's fallback",
}
# https://platform.openai.com/docs/guides/error-codes; llama-server's own type; vLLM says it in words only.
TOO_LONG: Final = ("context_length_exceeded", "exceed_context_size_error")
TOO_LONG_WORDS: Final = ("maximum context length", "maximum model length")
# The question's, as Azure says it of a prompt and OpenAI of its policy: it stays wrong whoever is asked.
FILTERED: Final = ("content_filter", "content_policy_violation")
NO_CREDIT: Final = "insufficient_quota"


def translate_error(error: openai.OpenAIError, *, name: str, service: Service, gone: str = "") -> ChatbotError:
    """
    Return ours for an SDK error about the model *name*; *gone* says what is known of its end.

    Its detail has the status and code, never the server's own words: a server may echo the key.
    """
    code = str(getattr(error, "code", None) or "")
    status = getattr(error, "status_code", None)
    words = str(getattr(error, "message", "")).lower()
    where = f"{name} at {service.base_url}: {type(error).__name__}" + "".join(f" {part}" for part in (status, code) if part)
    if code in TOO_LONG or getattr(error, "type", "") in TOO_LONG or any(part in words for part in TOO_LONG_WORDS):
        return ConversationTooLong(where)
    if code in FILTERED:
        return Filtered(f"{where}; refused by the service's content filter")
    if code == NO_CREDIT:
        return Misconfigured(f"{where}; the account has no credit left: add some, or use another key in {service.setting('api_key')}")
    if gone and isinstance(error, openai.NotFoundError | openai.BadRequestError):
        return Misconfigured(f"{where}; {gone}")
    if status == 408:
        return TryAgainLater(where)
    known = next(each for each in type(error).__mro__ if each in KINDS)
    remedy = _remedy(error, service)
    return KINDS[known](f"{where}: {remedy}" if remedy else where)


def pause_s(error: openai.OpenAIError) -> float | None:
    """
    Return how long the service wants to be left alone before the next try: 0 where it does not say, None where a try is no use.

    A wait it names too long, or in no form of HTTP's, is for whoever decides whether there is time.
    """
    code = str(getattr(error, "code", None) or "")
    status = getattr(error, "status_code", None)
    if code == NO_CREDIT or not (isinstance(error, openai.APIConnectionError) or status in (408, 409, 429) or (status or 0) >= 500):
        return None
    headers = error.response.headers if isinstance(error, openai.APIStatusError) else {}
    if headers.get("x-should-retry") == "false":
        return None
    return max(0.0, _retry_after_s(headers))


def _remedy(error: openai.OpenAIError, service: Service) -> str:
    kind = next((each for each in type(error).__mro__ if each in REMEDIES), None)
    if kind is openai.NotFoundError and service.kind == "azure":
        return f"set APRENDIZ_MODEL__NAME to the name of a deployment, and {service.setting('base_url')} to its resource's address"
    return REMEDIES[kind].format(key=service.setting("api_key"), address=service.setting("base_url")) if kind else ""


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """Read seconds, milliseconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, and the SDK's `retry-after-ms`."""
    for header, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers[header]) * unit_s
        except (KeyError, ValueError):
            continue
    try:
        return email.utils.parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
