"""The bodies that the HTTP API takes, and how our values look in its answers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from adapters.json_fields import answer_fields, hit_fields, source_fields, source_name
from bot.messages import Answer, Audience, Passage, Piece, Queued, RatingValue, Restarted, Source
from bot.ratings import VoteReason


def _paired(value: object) -> object:
    """Replace lone surrogates, which JSON escapes can carry and no encoding can."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_paired)]
Identifier = Annotated[str, BeforeValidator(_paired), Field(max_length=128)]
Scopes = Annotated[tuple[Identifier, ...], Field(strict=False, max_length=100)]  # JSON has lists alone


class Body(BaseModel):
    """A request's body: unknown fields and other types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Ask(Body):
    """`POST /api/ask`; the same `request_id` again is answered once."""

    input_text: Text
    conversation_id: Identifier | None = None
    request_id: Identifier | None = None


class Generate(Body):
    """`POST /generate`; `consent` is the asker's to training on these words."""

    input_text: Text
    conversation_id: Identifier | None = None
    consent: bool | None = None


class Vote(Body):
    """`POST /api/ratings`; null takes the vote back, `reason` and `comment` say why it is down."""

    exchange_id: Identifier
    value: RatingValue | None
    reason: VoteReason | Literal[""] = ""
    comment: Annotated[Text, Field(max_length=2000)] = ""


class Consent(Body):
    """`POST /api/consent`."""

    granted: bool


class OperatorAsk(Body):
    """
    `POST /api/operator/ask`: a question from the command line; its language is the request's `Accept-Language`.

    `scopes` are those whose material the operator wants to see besides what is limited to none.
    """

    input_text: Text
    audience: Audience | None = None
    scopes: Scopes = ()
    conversation_id: Identifier | None = None
    person: Identifier = "operator"


class OperatorForesee(Body):
    """`POST /api/operator/foresee`: what a question would be answered from, behind the `earlier` ones of its thread, oldest first."""

    question: Text
    audience: Audience
    scopes: Scopes = ()
    earlier: Annotated[tuple[Text, ...], Field(strict=False, max_length=100)] = ()


class OperatorErase(Body):
    """`POST /api/operator/erase`: a person as `adapters.persons` reads them, and whether versions that learnt from their rows go, too."""

    person: Text
    retire: bool = False


class OperatorSearch(Body):
    """`POST /api/operator/search`: what knowledge would be found."""

    query: Text
    audience: Audience = "employees"
    scopes: Scopes = ()
    limit: Annotated[int, Field(ge=1, le=100)] = 10


def event_data(event: Queued | Piece | Restarted | Answer) -> dict[str, Any]:
    """Return an engine's event as one line of a stream."""
    match event:
        case Queued(ahead):
            return {"type": "queued", "ahead": ahead}
        case Piece(text):
            return {"type": "piece", "text": text}
        case Restarted(model):
            return {"type": "restarted", "model": model}
        case Answer():
            return {"type": "answer", **answer_data(event)}


def answer_data(answer: Answer) -> dict[str, Any]:
    """Return an answer with what the page shows besides: its kind, and the sources with their passages and where they open."""
    return {
        **answer_fields(answer),
        "sources": [source_data(source) for source in answer.sources],
        "see_also": [source_data(source) for source in answer.see_also],
        "kind": answer.kind,
        "instead_of": answer.instead_of,
    }


def source_data(source: Source) -> dict[str, Any]:
    """Return a source, with what it is called, where it opens and the passage that was used."""
    return {**source_fields(source), "name": source_name(source.title, source.source), "link": source.link, "excerpt": source.excerpt}


def hit_data(passage: Passage) -> dict[str, Any]:
    """Return a found passage with its heading."""
    return {**hit_fields(passage), "heading": passage.heading}


def error_event(sentence: str, *, retry: bool) -> dict[str, Any]:
    """Return the last line of a stream that failed; *retry* says whether asking again may help."""
    return {"type": "error", "error": sentence, "retry": retry}
