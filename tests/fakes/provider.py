"""
A provider of training on loopback: files and fine-tuning jobs, written from their documentation.

It refuses what the service refuses, and like the service it knows no idempotency: what is sent twice is made twice, and counted.
https://developers.openai.com/api/reference/resources/files and …/fine_tuning; Azure's paths and key header are served beside.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import BodyPartReader, web

from tests.fakes.openai_server import KEY, Refusal
from tests.fakes.provider_files import Invalid, require_lines, tokens_in
from tests.fakes.provider_jobs import LIFE, FakeJob

MODELS = ("gpt-4.1-mini-2025-04-14", "gpt-4.1-nano-2025-04-14")
ORDERED = {"model": str, "training_file": str, "validation_file": str, "suffix": str, "seed": int, "metadata": dict, "method": dict}
HYPERPARAMETERS = {"n_epochs": int, "batch_size": int, "learning_rate_multiplier": (int, float), "beta": (int, float)}
# What happens to a request before it is served, instead, or once it is: then its answer is lost.
Fault = Literal["401", "403", "404", "429", "500", "no_credit", "html", "no_json", "reset", "lost", "silent", "slow"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeFile:
    """An uploaded file; `preparing` are the looks it takes until it can be used."""

    id: str
    filename: str
    content: bytes
    preparing: int = 0

    def shown(self) -> dict[str, Any]:
        """Return it as the service does."""
        status = "pending" if self.preparing else "processed"
        about = {"id": self.id, "object": "file", "bytes": len(self.content), "created_at": 1_790_000_000}
        return {**about, "filename": self.filename, "purpose": "fine-tune", "status": status}


@dataclass
class ProviderServer:
    """
    What the provider holds and what it was asked.

    `faults` are (method and beginning of the path, fault), each used up by the first request that it fits; `standing` are not used up.
    `life` are the states of new jobs, `reason` why they fail; `uploads` and `creations` count what was made; `page` is the most that a
    list holds; `hidden` are looks through a list until what is new is in it.
    """

    life: tuple[str, ...] = LIFE
    reason: tuple[str, str, str | None] = ("server_error", "The job failed due to an internal error.", None)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    standing: dict[str, Fault] = field(default_factory=dict)
    file_bytes: int = 512 << 20
    page: int = 100
    preparing: int = 0
    hidden: int = 0
    encoded: bool = True
    retry_after: str = "0.01"
    delay_s: float = 0.3
    files: dict[str, FakeFile] = field(default_factory=dict)
    jobs: dict[str, FakeJob] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    uploads: int = 0
    creations: int = 0
    address: str = ""
    waiting: threading.Event = field(default_factory=threading.Event)

    @web.middleware
    async def serve(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Answer a request, or do to it what the next fault says."""
        path = request.path.removeprefix("/openai").removeprefix("/v1")
        asked = f"{request.method} {path}"
        self.requests.append(asked)
        fault = self._fault_for(asked)
        try:
            self._authorise(request)
            self._refuse_for(fault)
            if fault == "reset":
                return self._abort(request)
            response = await handler(request)
        except Refusal as refusal:
            return refusal.response
        return await self._answer(request, response, fault)

    def _fault_for(self, asked: str) -> str:
        at = next((at for at, (beginning, _) in enumerate(self.faults) if asked.startswith(beginning)), None)
        if at is not None:
            return self.faults.pop(at)[1]
        return next((fault for beginning, fault in self.standing.items() if asked.startswith(beginning)), "")

    async def _answer(self, request: web.Request, response: web.StreamResponse, fault: str) -> web.StreamResponse:
        match fault:
            case "lost":
                return self._abort(request)
            case "silent":
                self.waiting.set()
                await asyncio.sleep(3600)
            case "slow":
                await asyncio.sleep(self.delay_s)
            case "html":
                return web.Response(text="<!DOCTYPE html><h1>Maintenance</h1>", content_type="text/html")
            case "no_json":
                return web.Response(text="{no json", content_type="application/json")
        return response

    def _abort(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _authorise(self, request: web.Request) -> None:
        azure = request.path.startswith("/openai")
        given = request.headers.get("api-key", "") if azure else request.headers.get("Authorization", "").removeprefix("Bearer ")
        if azure and not request.query.get("api-version"):
            raise Refusal(404, "Resource not found", code="404")
        if given != KEY:  # deliberately worse than the service, which masks the middle of the key
            raise Refusal(401, f"Incorrect API key provided: {given}.", code="invalid_api_key")

    def _refuse_for(self, fault: str) -> None:
        known = {
            "401": Refusal(401, f"Incorrect API key provided: {KEY}.", code="invalid_api_key"),
            "403": Refusal(403, "You are not allowed to fine-tune", code="permission_denied"),
            "404": Refusal(404, "Not found"),
            "429": Refusal(429, "Rate limit reached for requests", code="rate_limit_exceeded"),
            "no_credit": Refusal(429, "You exceeded your current quota", code="insufficient_quota"),
            "500": Refusal(500, "The server had an error while processing your request"),
        }
        if fault in known:
            known[fault].response.headers["Retry-After"] = self.retry_after
            raise known[fault]

    async def upload(self, request: web.Request) -> web.Response:
        """POST /files."""
        purpose, filename, content = "", "", b""
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            if part.name == "purpose":
                purpose = (await part.read()).decode()
            elif part.name == "file":
                filename, content = part.filename or "", bytes(await part.read())
        if purpose != "fine-tune":
            raise Refusal(400, f"'{purpose}' is not one of ['fine-tune'] - 'purpose'", param="purpose")
        if len(content) > self.file_bytes:
            raise Refusal(413, "The file is too large", code="file_too_large")
        if not filename.endswith(".jsonl") or not content:
            raise Refusal(400, "Invalid file format for Fine-Tuning API. Must be .jsonl", code="invalid_file", param="file")
        try:
            require_lines(content)
        except Invalid as invalid:
            raise Refusal(400, str(invalid), code=invalid.code, param="file") from invalid
        self.uploads += 1
        made = FakeFile(f"file-{self.uploads:04d}", filename, content, self.preparing)
        self.files[made.id] = made
        return web.json_response(made.shown())

    async def list_files(self, request: web.Request) -> web.Response:
        """GET /files."""
        found = [each.shown() for each in reversed(self.files.values())]
        return self._listed(request, [] if self._hides() else found)

    async def file(self, request: web.Request) -> web.Response:
        """GET and DELETE /files/ID."""
        found = self._file(request.match_info["id"])
        if request.method == "DELETE":
            del self.files[found.id]
            return web.json_response({"id": found.id, "object": "file", "deleted": True})
        shown = found.shown()
        found.preparing = max(0, found.preparing - 1)
        return web.json_response(shown)

    async def content(self, request: web.Request) -> web.Response:
        """GET /files/ID/content."""
        name = request.match_info["id"]
        job = next((each for each in self.jobs.values() if name in each.shown()["result_files"]), None)
        body = job.results(encoded=self.encoded) if job else self._file(name).content
        return web.Response(body=body, content_type="application/octet-stream")

    async def create(self, request: web.Request) -> web.Response:
        """POST /fine_tuning/jobs."""
        body = self._ordered(await request.json())
        method = (body.get("method") or {"type": "supervised"})["type"]
        coming, reason = list(self.life), self.reason
        rows = tokens = 0
        try:
            rows, tokens = tokens_in(self.files[body["training_file"]].content, method)
            if body.get("validation_file"):
                tokens_in(self.files[body["validation_file"]].content, method)
        except Invalid as invalid:  # a job's validation finds it, not its creation
            coming, reason = ["validating_files", "failed"], (invalid.code, str(invalid), "training_file")
        self.creations += 1
        job = FakeJob(self.creations, body, rows or 1, tokens, coming, reason)
        self.jobs[job.id] = job
        return web.json_response(job.shown())

    def _ordered(self, body: dict[str, Any]) -> dict[str, Any]:
        for name, value in body.items():
            if name not in ORDERED:
                raise Refusal(400, f"Unrecognized request argument supplied: {name}")
            if not isinstance(value, ORDERED[name]):
                raise Refusal(400, f"Invalid type for '{name}'", code="invalid_type", param=name)
        if str(body.get("model", "")).removeprefix("ft:").split(":")[0] not in MODELS:
            message = f"Model {body.get('model')} is not available for fine-tuning or does not exist."
            raise Refusal(400, message, code="model_not_available", param="model")
        for name in ("training_file", "validation_file"):
            if (name == "training_file" or name in body) and body.get(name) not in self.files:
                raise Refusal(400, f"invalid {name}: {body.get(name)}", code="invalid_value", param=name)
        if len(body.get("suffix", "")) > 64:
            raise Refusal(400, "The suffix is longer than 64 characters", param="suffix")
        metadata = body.get("metadata", {})
        if len(metadata) > 16 or any(len(key) > 64 or len(value) > 512 for key, value in metadata.items()):
            raise Refusal(400, "Invalid metadata", param="metadata")
        self._require_method(body.get("method") or {"type": "supervised"})
        return body

    def _require_method(self, method: dict[str, Any]) -> None:
        kind = method.get("type")
        if kind not in ("supervised", "dpo") or set(method) - {"type", kind}:
            raise Refusal(400, f"Invalid method: {kind}", param="method")
        for name, value in ((method.get(kind) or {}).get("hyperparameters") or {}).items():
            if name not in HYPERPARAMETERS or not (value == "auto" or isinstance(value, HYPERPARAMETERS[name])) or value == 0:  # type: ignore[arg-type]
                raise Refusal(400, f"Invalid hyperparameter: {name}", param=f"method.{kind}.hyperparameters.{name}")

    async def list_jobs(self, request: web.Request) -> web.Response:
        """GET /fine_tuning/jobs."""
        found = [each.shown() for each in reversed(self.jobs.values())]
        return self._listed(request, [] if self._hides() else found)

    async def job(self, request: web.Request) -> web.Response:
        """GET /fine_tuning/jobs/ID, which brings it one state further."""
        job = self._job(request)
        job.go_on()
        return web.json_response(job.shown())

    async def command(self, request: web.Request) -> web.Response:
        """POST /fine_tuning/jobs/ID/pause, resume and cancel."""
        job = self._job(request)
        job.command(request.match_info["command"])
        return web.json_response(job.shown())

    async def events(self, request: web.Request) -> web.Response:
        """GET /fine_tuning/jobs/ID/events, newest first."""
        return self._listed(request, self._job(request).events[::-1])

    async def checkpoints(self, request: web.Request) -> web.Response:
        """GET /fine_tuning/jobs/ID/checkpoints, newest first."""
        return self._listed(request, self._job(request).checkpoints())

    def _listed(self, request: web.Request, found: list[dict[str, Any]]) -> web.Response:
        after, limit = request.query.get("after"), min(self.page, int(request.query.get("limit", "20")))
        ids = [each["id"] for each in found]
        begin = ids.index(after) + 1 if after in ids else 0
        data = found[begin : begin + limit]
        return web.json_response({"object": "list", "data": data, "has_more": begin + limit < len(found)})

    def _hides(self) -> bool:
        self.hidden, hides = max(0, self.hidden - 1), self.hidden > 0
        return hides

    def _file(self, name: str) -> FakeFile:
        if name not in self.files:
            raise Refusal(404, f"No such File object: {name}", code="not_found", param="id")
        return self.files[name]

    def _job(self, request: web.Request) -> FakeJob:
        name = request.match_info["id"]
        if name not in self.jobs:
            raise Refusal(404, f"Could not find fine tune: {name}", code="fine_tune_not_found", param="fine_tuning_job_id")
        return self.jobs[name]

    def routes(self, root: str) -> list[web.RouteDef]:
        """Return what is served under *root*."""
        jobs = f"{root}/fine_tuning/jobs"
        return [
            web.post(f"{root}/files", self.upload),
            web.get(f"{root}/files", self.list_files),
            web.get(f"{root}/files/{{id}}", self.file),
            web.delete(f"{root}/files/{{id}}", self.file),
            web.get(f"{root}/files/{{id}}/content", self.content),
            web.post(jobs, self.create),
            web.get(jobs, self.list_jobs),
            web.get(f"{jobs}/{{id}}", self.job),
            web.post(f"{jobs}/{{id}}/{{command:pause|resume|cancel}}", self.command),
            web.get(f"{jobs}/{{id}}/events", self.events),
            web.get(f"{jobs}/{{id}}/checkpoints", self.checkpoints),
        ]


@asynccontextmanager
async def provider_server(server: ProviderServer | None = None) -> AsyncIterator[ProviderServer]:
    """Serve on a free port of loopback; `address` is the base URL."""
    server = server or ProviderServer()
    app = web.Application(middlewares=[server.serve], client_max_size=1 << 30)
    app.add_routes([*server.routes("/v1"), *server.routes("/openai")])
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


@contextmanager
def provider_thread() -> Iterator[ProviderServer]:
    """Serve from a thread of its own, for commands that bring their own event loop."""
    server, begun, ended = ProviderServer(), threading.Event(), threading.Event()

    async def run() -> None:
        async with provider_server(server):
            begun.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    begun.wait(30)
    try:
        yield server
    finally:
        ended.set()
        thread.join(30)
