"""The operator's endpoints: what the command line asks of a running process."""

import json
from http import HTTPStatus

import pytest

from bot.errors import Misconfigured
from tests.adapters.web.site import FILTERS, OPERATOR_TOKEN, Site, guarded
from tests.fakes.backend import ScriptedBackend

BEARER = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}


async def test_asks_as_the_command_line() -> None:
    """`aprendiz ask` beside a running `serve` is the same question as without one."""
    site = Site()
    async with site.program(**BEARER) as client:
        body = {"input_text": FILTERS, "audience": "customers", "person": "ana", "conversation_id": "cli:1"}
        lines = [json.loads(line) for line in (await client.post("/api/operator/ask", json=body)).text.splitlines()]

    kept = site.ledger.kept[lines[-1]["exchange_id"]]
    assert [line["type"] for line in lines] == ["accepted", "piece", "answer"]
    assert (kept.rights.platform, kept.rights.policy, kept.question.audience, kept.question.person) == (
        "cli",
        "allow",
        "customers",
        "cli/ana",
    )
    assert kept.question.place.conversation_id == "cli:1"


async def test_every_question_is_a_conversation_of_its_own_unless_told() -> None:
    """One question's words must not leak into the next one's prompt."""
    site = Site()
    async with site.program(**BEARER) as client:
        for _ in range(2):
            await client.post("/api/operator/ask", json={"input_text": FILTERS})

    assert len({kept.question.place.conversation_id for kept in site.ledger.kept.values()}) == 2


async def test_searches_what_a_question_would_find() -> None:
    """`aprendiz knowledge search` prints these hits as they are."""
    async with Site().program(**BEARER) as client:
        found = (await client.post("/api/operator/search", json={"query": "filter", "audience": "employees", "limit": 1})).json()

    assert found["query"] == "filter"
    hit = {
        "source": "guides/filters.md",
        "title": "Guides/Filters",
        "heading": "",
        "row": "",
        "page": 0,
        "anchor": "",
        "dated": "",
        "score": 0.87,
    }
    assert found["hits"] == [{**hit, "text": "Replace the filter every six months."}]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", f"Basic {OPERATOR_TOKEN}", "Bearer a-long-enough-token", "Bearer é"]
)
@pytest.mark.parametrize("path", ["/api/operator/ask", "/api/operator/search", "/api/operator/foresee"])
async def test_nobody_else_gets_in(path: str, authorization: str) -> None:
    """These endpoints choose the audience, so the playground's visitors and the admin token must not reach them."""
    async with Site(settings=guarded()).program() as client:
        response = await client.post(path, json={"input_text": FILTERS}, headers=[(b"Authorization", authorization.encode())])

    assert (response.status_code, response.json()) == (HTTPStatus.UNAUTHORIZED, {"error": "This needs a valid access token."})
    assert response.headers["www-authenticate"] == "Bearer"


async def test_without_an_operator_token_nobody_is_the_operator() -> None:
    """An empty token must not match an empty token."""
    async with Site(options={"operator_token": ""}).program() as client:
        response = await client.post("/api/operator/search", json={"query": "x"}, headers={"Authorization": "Bearer"})

    assert response.status_code == HTTPStatus.UNAUTHORIZED


async def test_a_limit_out_of_range_is_refused() -> None:
    """A search for a million hits is a mistake."""
    async with Site().program(**BEARER) as client:
        response = await client.post("/api/operator/search", json={"query": "x", "limit": 1000})

    assert response.json() == {"error": "The field limit is wrong: Input should be less than or equal to 100."}


async def test_the_operator_is_told_what_is_wrong() -> None:
    """At the terminal sits whoever can free the disk: "not set up correctly" would help nobody there."""
    site = Site(backend=ScriptedBackend(error=Misconfigured("the disk is full; free some space")))
    async with site.program(**BEARER) as client:
        lines = (await client.post("/api/operator/ask", json={"input_text": FILTERS})).text.splitlines()

    assert json.loads(lines[-1]) == {"type": "error", "error": "the disk is full; free some space", "retry": True}
