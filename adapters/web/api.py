"""The HTTP API of the playground and of programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from adapters.web.asking import AnswerStream, accept, asked, nobody_there, whole_answer
from adapters.web.schemas import Ask, Consent, Generate, Vote, source_data
from adapters.web.services import WebServices
from adapters.web.visitor import Visitor, own_conversation, remember, visitor_of
from bot.errors import BadRequest
from bot.messages import Place
from bot.ratings import Rating
from bot.texts import N_

router = APIRouter()


class NoBrowser(BadRequest):
    """Consent is a browser's; a program sends it with each question."""

    user_text = N_("Please send consent together with the question (POST /generate).")


def services_of(request: Request) -> WebServices:
    """Return what `create_app` was given."""
    services: WebServices = request.app.state.services
    return services


Services = Annotated[WebServices, Depends(services_of)]
Visit = Annotated[Visitor, Depends(visitor_of)]


@router.post("/api/ask")
async def ask(body: Ask, request: Request, services: Services, visitor: Visit) -> Response:
    """Answer in a stream of JSON lines."""
    place = Place("web", "web", visitor.conversation(body.conversation_id))
    person = visitor.person(place.conversation_id)
    audience = services.settings.audience
    incoming = asked(services, request, body.input_text, place=place, person=person, audience=audience, request_id=body.request_id)
    question = await accept(services, incoming)
    response = AnswerStream(services, request, question)
    remember(visitor, request, response)
    return response


@router.post("/generate")
async def generate(body: Generate, request: Request, services: Services, visitor: Visit) -> Response:
    """Answer in one piece."""
    place = Place("web", "web", visitor.conversation(body.conversation_id))
    person = visitor.person(place.conversation_id)
    incoming = asked(services, request, body.input_text, place=place, person=person, audience=services.settings.audience)
    question = await accept(services, incoming)
    if body.consent is not None:
        await services.engine.set_consent("web", person, granted=body.consent)
    answer = await whole_answer(services, request, question)
    if answer is None:
        return nobody_there()
    response = JSONResponse(
        {
            "output_text": answer.text,
            "exchange_id": answer.exchange_id,
            "sources": [source_data(source) for source in answer.sources],
            "declined": answer.kind == "declined",
            "verified": answer.kind == "verified",
            "answered_question": answer.answered_question,
            "conversation_id": place.conversation_id,
        }
    )
    remember(visitor, request, response)
    return response


@router.post("/api/ratings")
async def rate(body: Vote, services: Services, visitor: Visit) -> dict[str, Any]:
    """Keep a vote on an answer of the visitor's own; the reply tells whether consent is still to be asked."""
    conversation_id = await own_conversation(services.ledger, visitor, body.exchange_id)
    person = visitor.person(conversation_id)
    reason = body.reason or ("other" if body.comment else "")
    await services.engine.rate(Rating(body.exchange_id, person, "web", body.value, "web", services.now(), reason, body.comment))
    return {"exchange_id": body.exchange_id, "value": body.value, "consent": await services.engine.consent_of("web", person)}


@router.post("/api/consent")
async def consent(body: Consent, services: Services, visitor: Visit) -> dict[str, str]:
    """Keep the browser's decision on training."""
    if not visitor.token:
        raise NoBrowser
    await services.engine.set_consent("web", visitor.token, granted=body.granted)
    return {"consent": await services.engine.consent_of("web", visitor.token)}


@router.get("/api/session")
async def session(request: Request, response: Response, services: Services, visitor: Visit) -> dict[str, Any]:
    """Tell the page what it needs to know of its browser."""
    remember(visitor, request, response)
    decided = await services.engine.consent_of("web", visitor.token) if visitor.token else "unasked"
    return {"asks_consent": services.rights == "consent", "consent": decided, "examples": services.examples}


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """Tell that the process serves."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(services: Services) -> JSONResponse:
    """Tell which of the parts that answers depend on work; 503 where one does not."""
    checks = [{"name": name, "ok": ok, "detail": detail} for name, ok, detail in await services.ready()]
    is_ready = all(check["ok"] for check in checks)
    return JSONResponse({"ready": is_ready, "checks": checks}, 200 if is_ready else 503)
