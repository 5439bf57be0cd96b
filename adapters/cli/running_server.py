"""How other commands talk to the server that runs on their home."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

import httpx2

from bot.errors import BadRequest, ChatbotError, TryAgainLater
from bot.messages import Answer, AnswerKind, Audience, Passage, Piece, Queued, Restarted, Source, Viewer
from bot.texts import N_

_ANSWERED = N_("the running server answered HTTP {status}")
# A question waits its turn and is answered at the model's pace: the server ends it, not we.
_TIMEOUT = httpx2.Timeout(5.0, read=None)


class RunningServer:
    """The assistant inside the running server, through its operator's endpoints; use it as an async context manager."""

    def __init__(self, url: str, token: str) -> None:
        """Talk to the server at *url*."""
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._client: httpx2.AsyncClient

    async def __aenter__(self) -> Self:
        """Prepare connections; a proxy is for others."""
        # In a thread, because it reads certificates and more from disk.
        make = partial(httpx2.AsyncClient, base_url=self.url, timeout=_TIMEOUT, headers=self._headers, trust_env=False)
        self._client = await asyncio.to_thread(make)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(
        self, question: str, *, audience: Audience | None, scopes: tuple[str, ...], person: str, locale: str
    ) -> AsyncGenerator[Queued | Piece | Restarted | Answer]:
        """Ask the server; see `Assistant.ask`."""
        body = _body({"input_text": question, "audience": audience, "scopes": list(scopes), "person": person})
        try:
            async with self._client.stream("POST", "/api/operator/ask", content=body, headers={"Accept-Language": locale}) as response:
                await _refuse(response)
                async for line in response.aiter_lines():
                    event = _event(json.loads(line))
                    if event:
                        yield event
        except httpx2.HTTPError as error:
            raise _lost(error) from error

    async def search(self, query: str, *, viewer: Viewer, limit: int) -> tuple[Passage, ...]:
        """Search the server's knowledge; see `Assistant.search`."""
        body = {"query": query, "audience": viewer.audience, "scopes": list(viewer.scopes), "limit": limit}
        found = await self._post("/api/operator/search", body)
        return tuple(_passage(hit, viewer.audience) for hit in found["hits"])

    async def basis(self, question: str, *, viewer: Viewer, earlier: Sequence[str] = ()) -> Passage | None:
        """Look at what the server would answer from; see `Foresight.basis`."""
        body = {"question": question, "audience": viewer.audience, "scopes": list(viewer.scopes), "earlier": list(earlier)}
        basis = (await self._post("/api/operator/foresee", body))["basis"]
        return replace(_passage(basis, viewer.audience), scope=basis["scope"]) if basis else None

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._client.post(path, content=_body(body))
            await _refuse(response)
        except httpx2.HTTPError as error:
            raise _lost(error) from error
        return dict(response.json())

    async def erase(self, person: str, *, retire: bool, progress: Callable[[str], None]) -> dict[str, Any]:
        """Let the server erase a person, for the index is its own; return the receipt with its `path`."""
        body = _body({"person": person, "retire": retire})
        try:
            async with self._client.stream("POST", "/api/operator/erase", content=body) as response:
                await _refuse(response)
                async for line in response.aiter_lines():
                    event = json.loads(line)
                    if event["type"] == "receipt":
                        return dict(event["receipt"])
                    if event["type"] == "error":
                        raise _error(event["error"], retry=event["retry"])
                    progress(event["step"])
        except httpx2.HTTPError as error:
            raise _lost(error) from error
        raise TryAgainLater.told(N_("the running server stopped while it erased: run the same command again"))

    async def ready(self, admin_token: str) -> list[tuple[str, bool, str]]:
        """Return (name, works, one line) for what the server's answers depend on."""
        try:
            response = await self._client.get("/readyz", headers={"Authorization": f"Bearer {admin_token}"} if admin_token else {})
            checks = response.json()["checks"]
        except httpx2.HTTPError as error:
            raise _lost(error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise TryAgainLater.told(_ANSWERED, status=response.status_code) from error
        return [(check["name"], check["ok"], check["detail"]) for check in checks]


def _body(fields: dict[str, Any]) -> bytes:
    # Escaped, so that lone surrogates from a strange terminal reach the server, which replaces them.
    return json.dumps(fields).encode("ascii")


def _lost(error: httpx2.HTTPError) -> TryAgainLater:
    text = N_("the running server does not answer ({name}); is aprendiz serve still running?")
    return TryAgainLater.told(text, name=type(error).__name__)


async def _refuse(response: httpx2.Response) -> None:
    """Raise our error for an answer that is none."""
    if response.is_success:
        return
    await response.aread()
    retry = response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR
    try:
        said = str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        kind = TryAgainLater if retry else BadRequest
        raise kind.told(_ANSWERED, status=response.status_code) from None
    raise _error(said, retry=retry)


def _error(said: str, *, retry: bool) -> ChatbotError:
    return TryAgainLater(said) if retry else BadRequest(said)


def _event(line: dict[str, Any]) -> Queued | Piece | Restarted | Answer | None:
    kind: Literal["accepted", "queued", "piece", "restarted", "answer", "error"] = line["type"]
    match kind:
        case "accepted":
            return None
        case "queued":
            return Queued(line["ahead"])
        case "piece":
            return Piece(line["text"])
        case "restarted":
            return Restarted(line["model"])
        case "answer":
            return _answer(line)
        case "error":
            raise _error(line["error"], retry=line["retry"])


def _answer(line: dict[str, Any]) -> Answer:
    kind: AnswerKind = line["kind"]
    return Answer(
        exchange_id=line["exchange_id"],
        text=line["answer"],
        kind=kind,
        sources=_sources(line["sources"]),
        confidence=line["confidence"],
        model=line["model"],
        timings=line["timings"],
        approved_by=line["approved_by"],
        approved_at=datetime.fromisoformat(line["approved_at"]) if line["approved_at"] else None,
        hand_off=line["hand_off"],
        answered_question=line["answered_question"],
        instead_of=line.get("instead_of", ""),
        see_also=_sources(line["see_also"]),
    )


def _sources(given: list[dict[str, Any]]) -> tuple[Source, ...]:
    names = [each.name for each in fields(Source)]
    return tuple(Source(**{name: source[name] for name in names if name in source}) for source in given)


def _passage(hit: dict[str, Any], audience: Audience) -> Passage:
    return Passage(
        passage_id="",
        source=hit["source"],
        title=hit["title"],
        heading=hit["heading"],
        text=hit["text"],
        audience=audience,
        row=hit["row"],
        page=hit["page"],
        anchor=hit["anchor"],
        dated=hit["dated"],
        score=hit["score"],
    )
