"""
A chat completions service on loopback, written from its documentation.

It refuses what the service refuses: a wrong key, an unknown model, unknown or ill-typed parameters, prompts beyond the window.
https://platform.openai.com/docs/api-reference/chat/create and /docs/guides/error-codes
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

KEY = "sk-test-0123456789abcdef"
MODEL = "gpt-4.1-mini"
Fault = Literal[
    "",
    "429",
    "500",
    "no_credit",
    "content_filter",
    "content_policy_violation",
    "silent",
    "stall",
    "cut",
    "broken_off",
    "error_event",
    "garbage",
    "filtered",
    "html",
    "json",
    "tools",
    "odd",
    "flood",
]
FLOOD = 100_000  # tokens
TYPES: dict[str, type | tuple[type, ...]] = {
    "model": str,
    "messages": list,
    "prompt": str,
    "stream": bool,
    "stream_options": dict,
    "temperature": (int, float),
    "top_p": (int, float),
    "seed": int,
    "max_tokens": int,
    "max_completion_tokens": int,
    "logprobs": bool,
}


class Refusal(Exception):
    """An error body of the documented shape."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        kind = "invalid_request_error" if status < 500 else "server_error"
        self.response = web.json_response(
            {"error": {"message": message, "type": kind, "param": param, "code": code}}, status=status, headers={"x-request-id": "req_1"}
        )


@dataclass
class OpenAIServer:
    """
    What the service says and what it was asked.

    `faults` are used up one a request, `every` is that of all others; `unsupported` names parameters that this model does not take; `left`
    counts readers who closed the connection before the end. `described` is what the models endpoint says besides, `props` what
    llama-server's own says, and `plain` whether the model completes texts.
    """

    pieces: Sequence[str] = ("A ", "short ", "answer.")
    faults: list[Fault] = field(default_factory=list)
    every: Fault = ""
    unsupported: Sequence[str] = ()
    context_tokens: int = 4096
    delay_s: float = 0.0
    retry_after: str = "0.01"
    lists_one: bool = True
    with_usage: bool = True
    plain: bool = True
    described: dict[str, Any] = field(default_factory=dict)
    props: dict[str, Any] | None = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    left: int = 0
    address: str = ""

    async def complete(self, request: web.Request) -> web.StreamResponse:
        try:
            self._authorise(request)
            body = self._validated(await request.json())
            self.requests.append(body)
            fault = self.faults.pop(0) if self.faults else self.every
            self._refuse_for(fault)
        except Refusal as refusal:
            return refusal.response
        try:
            if fault in ("html", "json", "silent"):
                return await _no_stream(fault)
            return await self._stream(request, body, fault)
        except (ConnectionResetError, asyncio.CancelledError):
            self.left += 1
            raise

    async def models(self, request: web.Request) -> web.Response:
        try:
            self._authorise(request)
            if self.faults:
                self._refuse_for(self.faults.pop(0))
            return web.json_response(self._described(request.match_info.get("name")))
        except Refusal as refusal:
            return refusal.response

    def _described(self, name: str | None) -> dict[str, Any]:
        model = {"id": MODEL, "object": "model", "created": 1, "owned_by": "system", **self.described}
        if name is None:
            return {"object": "list", "data": [model]}
        if name != MODEL or not self.lists_one:
            raise Refusal(404, f"The model '{name}' does not exist", code="model_not_found", param="model")
        return model

    async def slots(self, _: web.Request) -> web.Response:
        if self.props is None:
            return Refusal(404, "File Not Found").response
        return web.json_response(self.props)

    def _authorise(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if "api-version" in request.query:  # Azure's: https://learn.microsoft.com/azure/ai-services/openai/reference
            given = f"Bearer {request.headers.get('api-key', '')}"
        if given != f"Bearer {KEY}":
            # Deliberately worse than the service, which masks the middle of the key.
            raise Refusal(401, f"Incorrect API key provided: {given.removeprefix('Bearer ')}.", code="invalid_api_key")

    def _refuse_for(self, fault: str) -> None:
        if fault == "429":
            refusal = Refusal(429, "Rate limit reached for requests", code="rate_limit_exceeded")
            refusal.response.headers["Retry-After"] = self.retry_after
            raise refusal
        if fault == "500":
            raise Refusal(500, "The server had an error while processing your request")
        if fault == "no_credit":
            raise Refusal(429, "You exceeded your current quota", code="insufficient_quota")
        if fault in ("content_filter", "content_policy_violation"):  # Azure's code for a filtered prompt, and OpenAI's
            raise Refusal(400, "The response was filtered due to the prompt triggering our policy", code=fault, param="prompt")

    def _validated(self, body: dict[str, Any]) -> dict[str, Any]:
        for name, value in body.items():
            if name not in TYPES:
                raise Refusal(400, f"Unrecognized request argument supplied: {name}")
            if name in self.unsupported:
                raise Refusal(400, f"Unsupported parameter: '{name}'", code="unsupported_parameter", param=name)
            if not isinstance(value, TYPES[name]):
                raise Refusal(400, f"Invalid type for '{name}'", code="invalid_type", param=name)
        if body["model"] != MODEL and not body["model"].startswith("ft:"):
            raise Refusal(404, f"The model `{body['model']}` does not exist", code="model_not_found")
        if "prompt" not in body:
            self._check_messages(body)
        elif not self.plain:
            raise Refusal(404, "This is a chat model and not supported in the v1/completions endpoint.", param="model")
        return body

    def _check_messages(self, body: dict[str, Any]) -> None:
        if not body["messages"]:
            raise Refusal(400, "Invalid 'messages': empty array", code="empty_array", param="messages")
        for number, message in enumerate(body["messages"]):
            if set(message) != {"role", "content"} or message["role"] not in ("system", "user", "assistant"):
                raise Refusal(400, "Invalid message", code="invalid_value", param=f"messages.[{number}]")
        if _words(body) > self.context_tokens:
            text = f"This model's maximum context length is {self.context_tokens} tokens."
            raise Refusal(400, text, code="context_length_exceeded", param="messages")

    async def _stream(self, request: web.Request, body: dict[str, Any], fault: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await _send(response, body, {"role": "assistant", "content": ""})
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or 10**6
        said = 0
        if fault == "odd":
            for odd in ({"choices": None}, {"choices": [{"delta": None}]}, {"choices": [{"delta": {"content": 7}}]}, {"object": "nothing"}):
                await _event(response, odd)
        if fault == "flood":
            limit = 10**6
            for _ in range(FLOOD):
                await _send(response, {**body, "logprobs": False}, {"content": "token "})
        if fault == "tools":
            call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "delete_all", "arguments": "{}"}}
            await _send(response, body, {"tool_calls": [call]})
        for piece in self.pieces:
            await asyncio.sleep(3600 if fault == "stall" and said else self.delay_s)
            if said + len(piece.split()) > limit:
                break
            said += len(piece.split())
            await _send(response, body, {"content": piece})
            if await self._breaks(request, response, fault):
                return response
        else:
            limit = 10**6
        reason = {"filtered": "content_filter", "tools": "tool_calls"}.get(fault) or ("stop" if limit == 10**6 else "length")
        await _send(response, body, {}, reason=reason)
        if self.with_usage and body.get("stream_options", {}).get("include_usage"):
            details = {"cached_tokens": 1}
            usage = {"prompt_tokens": _words(body), "completion_tokens": said, "total_tokens": 0, "prompt_tokens_details": details}
            await _event(response, {**_chunk(body), "choices": [], "usage": usage})
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _breaks(self, request: web.Request, response: web.StreamResponse, fault: str) -> bool:
        if fault == "cut":
            assert request.transport is not None
            request.transport.abort()
        elif fault == "error_event":
            await _event(response, {"error": {"message": "The server had an error", "type": "server_error", "param": None, "code": None}})
        elif fault == "garbage":
            await response.write(b"data: {no json\n\n")
        return fault in ("cut", "error_event", "garbage", "broken_off")


async def _no_stream(fault: str) -> web.Response:
    if fault == "silent":
        await asyncio.sleep(3600)
    if fault == "html":
        return web.Response(text="<html><body>Please log in.</body></html>", content_type="text/html")
    return web.json_response({"choices": []})


def _words(body: dict[str, Any]) -> int:
    return len(body["prompt"].split()) if "prompt" in body else sum(len(message["content"].split()) for message in body["messages"])


def _chunk(body: dict[str, Any]) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}


async def _send(response: web.StreamResponse, body: dict[str, Any], delta: dict[str, Any], reason: str | None = None) -> None:
    if "prompt" in body:
        await _event(response, {**_chunk(body), "choices": [{"index": 0, "text": delta.get("content", ""), "finish_reason": reason}]})
        return
    token = {"token": delta.get("content", ""), "logprob": -0.5, "bytes": None, "top_logprobs": []}
    logprobs = {"content": [token], "refusal": None} if body.get("logprobs") and delta.get("content") else None
    choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
    await _event(response, {**_chunk(body), "choices": [choice]})


async def _event(response: web.StreamResponse, data: dict[str, Any]) -> None:
    await response.write(f"data: {json.dumps(data)}\n\n".encode())


@asynccontextmanager
async def openai_server(server: OpenAIServer | None = None) -> AsyncIterator[OpenAIServer]:
    """Serve on a free port of loopback; `address` is the base URL."""
    server = server or OpenAIServer()
    app = web.Application()
    app.add_routes(
        [
            web.post("/v1/chat/completions", server.complete),
            web.post("/v1/completions", server.complete),
            web.post("/openai/deployments/{deployment}/chat/completions", server.complete),
            web.get("/openai/models", server.models),
            web.get("/openai/models/{name}", server.models),
            web.get("/props", server.slots),
            web.get("/v1/models", server.models),
            web.get("/v1/models/{name}", server.models),
        ]
    )
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.address = f"http://{host}:{port}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
