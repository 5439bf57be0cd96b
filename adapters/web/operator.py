"""The operator's endpoints: the command line asks here while this process owns the home. Guarded by a token of their own."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from adapters.web.api import Services
from adapters.web.asking import AnswerStream, accept, asked
from adapters.web.schemas import OperatorAsk, OperatorErase, OperatorForesee, OperatorSearch, hit_data
from adapters.web.services import Erase
from bot.errors import BadRequest, ChatbotError
from bot.identifiers import new_id
from bot.messages import Place, Viewer

router = APIRouter(prefix="/api/operator")


@router.post("/ask")
async def ask(body: OperatorAsk, request: Request, services: Services) -> AnswerStream:
    """Answer a question of the command line in a stream of JSON lines."""
    place = Place("cli", "cli", body.conversation_id or f"cli:{new_id(services.now())}")
    incoming = asked(services, request, body.input_text, place=place, person=body.person, audience=body.audience)
    question = await accept(services, replace(incoming, scopes=body.scopes))
    return AnswerStream(services, request, question)


@router.post("/search")
async def search(body: OperatorSearch, services: Services) -> dict[str, Any]:
    """Return the passages that a question would find, best first."""
    found = await services.retriever.search(body.query, viewer=Viewer(body.audience, body.scopes), limit=body.limit)
    return {"query": body.query, "hits": [hit_data(passage) for passage in found]}


@router.post("/foresee")
async def foresee(body: OperatorForesee, services: Services) -> dict[str, Any]:
    """Return the passage that an answer would rest on, with its scope; null where the question would be declined."""
    viewer = Viewer(body.audience, body.scopes)
    basis = await services.engine.foresight.basis(body.question, viewer=viewer, earlier=body.earlier)
    return {"basis": basis and {**hit_data(basis), "scope": basis.scope}}


@router.post("/erase")
async def erase(body: OperatorErase, services: Services) -> StreamingResponse:
    """Erase a person in a stream of JSON lines: a `step` each, then the `receipt` or an `error`."""
    if services.erase is None:
        raise BadRequest("Nothing can be erased through this server.")
    return StreamingResponse(_erasing(services.erase, body), media_type="application/x-ndjson")


async def _erasing(erase: Erase, body: OperatorErase) -> AsyncGenerator[bytes]:
    steps: asyncio.Queue[str | None] = asyncio.Queue()
    erasing = asyncio.create_task(erase(body.person, retire=body.retire, progress=steps.put_nowait))
    erasing.add_done_callback(lambda _: steps.put_nowait(None))
    try:
        while (step := await steps.get()) is not None:
            yield _line({"type": "step", "step": step})
        yield _line({"type": "receipt", "receipt": await erasing})
    except ChatbotError as error:
        yield _line({"type": "error", "error": str(error) or type(error).__name__, "retry": not isinstance(error, BadRequest)})
    finally:
        erasing.cancel()  # cut off, the same command goes on with it
        await asyncio.wait([erasing])


def _line(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode() + b"\n"
