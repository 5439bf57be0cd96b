"""The operator's endpoints: the command line asks here while this process owns the home. Guarded by a token of their own."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request

from adapters.web.api import Services
from adapters.web.asking import AnswerStream, accept, asked
from adapters.web.schemas import OperatorAsk, OperatorSearch, hit_data
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
