"""The HTTP API over real sockets: asking, rating, consent, health."""

import asyncio
from http import HTTPStatus

import httpx2
import pytest

from bot.draft import NOTHING_FOUND
from bot.errors import BadRequest, Busy, ChatbotError, Misconfigured, TryAgainLater
from bot.exchanges import Rights
from tests.adapters.web.site import FILTERS, NOW, Site, events_of, until
from tests.fakes.backend import ScriptedBackend
from tests.fakes.standing_by import breaking, local


async def test_streams_an_answer_event_by_event() -> None:
    """The page shows sentences as they come, then the whole with its sources."""
    site = Site(ScriptedBackend(("Every ", "six months. ", "It is blue."), ahead=2))
    async with site.program() as client:
        accepted, queued, *pieces, answer = await events_of(client, FILTERS)

    assert accepted["type"] == "accepted"
    assert queued == {"type": "queued", "ahead": 2}
    assert [piece["text"] for piece in pieces] == ["Every six months.", " It is blue."]
    assert (answer["type"], answer["answer"], answer["kind"]) == ("answer", "Every six months. It is blue.", "generated")
    assert answer["sources"][0] == {  # type: ignore[index]
        "title": "Guides/Filters", "source": "guides/filters.md", "passage_id": "guides/filters.md-0", "score": 0.87,
        "name": "Guides/Filters", "link": "", "excerpt": "Replace the filter every six months.",
    }  # fmt: skip
    assert site.ledger.kept[str(answer["exchange_id"])].exchange is not None


async def test_a_stream_says_where_the_answer_begins_anew() -> None:
    """A page that joined both beginnings would show half of one answer before the other."""
    site = Site(breaking(("Wrong. ", "Half ", "a sentence."), after=2), fallback=local(("Every ", "six months.")))
    async with site.program() as client:
        _, first, restarted, second, answer = await events_of(client, FILTERS)

    assert first == {"type": "piece", "text": "Wrong."}
    assert restarted == {"type": "restarted", "model": "local"}
    assert second == {"type": "piece", "text": "Every six months."}
    assert (answer["answer"], answer["model"], answer["instead_of"]) == ("Every six months.", "local", "hosted")


async def test_the_first_piece_leaves_before_the_answer_is_complete() -> None:
    """A stream that arrives all at once is no stream."""
    site = Site(ScriptedBackend(("First. ", "Second. ", "Third. ", "Fourth."), delay_s=0.15))
    async with site.program() as client, client.stream("POST", "/api/ask", json={"input_text": FILTERS}) as response:
        arrivals = [asyncio.get_running_loop().time() async for line in response.aiter_lines() if '"piece"' in line]

    assert arrivals[-1] - arrivals[0] > 0.2


async def test_a_conversation_goes_on_with_what_was_said() -> None:
    """A follow-up is answered with the turns before it."""
    site = Site()
    async with site.open(), site.browser() as browser:
        first = await events_of(browser, FILTERS)
        await events_of(browser, "And the filter's colour?", conversation_id=first[0]["conversation_id"])

    assert FILTERS in site.backend.requests[-1].prompt[1].content


async def test_generate_answers_in_one_piece() -> None:
    """Programs want one answer to one question."""
    site = Site()
    async with site.program() as client:
        body = (await client.post("/generate", json={"input_text": FILTERS})).json()

    assert body["output_text"] == "Every **six** months."
    assert body["exchange_id"] in site.ledger.kept
    assert [source["source"] for source in body["sources"]] == ["guides/filters.md"]


async def test_generate_says_what_kind_of_answer_it_gives() -> None:
    """A program that shows a decline as if it were an answer, or an expert's word as if it were a model's, misleads its readers."""
    async with Site().program() as client:
        spoken = (await client.post("/generate", json={"input_text": FILTERS})).json()
        approved = (await client.post("/generate", json={"input_text": "Please tell me who pays for it"})).json()
        declined = (await client.post("/generate", json={"input_text": "Qual é a capital da França?"})).json()

    assert (spoken["verified"], spoken["declined"], spoken["answered_question"]) == (False, False, "")
    assert (approved["verified"], approved["declined"], approved["answered_question"]) == (True, False, "Who pays?")
    assert (declined["verified"], declined["declined"], declined["answered_question"]) == (False, True, "")


async def test_a_program_without_cookies_rates_what_it_asked() -> None:
    """A script keeps no cookie jar, and its votes count all the same."""
    site = Site()
    async with site.program() as client:
        exchange_id = (await client.post("/generate", json={"input_text": FILTERS})).json()["exchange_id"]
        client.cookies.clear()
        rated = await client.post("/api/ratings", json={"exchange_id": exchange_id, "value": "up"})

    assert rated.status_code == HTTPStatus.OK
    assert [vote[0] for vote in site.ledger.kept[exchange_id].votes.values()] == ["up"]


async def test_a_programs_consent_covers_its_conversation_alone() -> None:
    """Two scripts on one machine may not consent for each other."""
    site = Site()
    async with site.program() as client:
        yes = (await client.post("/generate", json={"input_text": FILTERS, "consent": True})).json()
        no = (await client.post("/generate", json={"input_text": FILTERS})).json()
        again = await client.post("/generate", json={"input_text": FILTERS, "conversation_id": yes["conversation_id"]})

    people = {body["exchange_id"]: site.ledger.kept[body["exchange_id"]].question.person for body in (yes, no, again.json())}
    assert [site.ledger.consents.get(person) for person in people.values()] == ["granted", None, "granted"]


@pytest.mark.parametrize(("granted", "state"), [(True, "granted"), (False, "refused")])
async def test_consent_is_the_browsers_and_can_be_changed(granted: bool, state: str) -> None:
    """The page asks once per browser and remembers; the mind may change."""
    site = Site()
    async with site.open(), site.browser() as browser:
        await browser.get("/")
        await browser.post("/api/consent", json={"granted": not granted})
        answered = await browser.post("/api/consent", json={"granted": granted})
        session = (await browser.get("/api/session")).json()

    assert answered.json() == {"consent": state}
    assert session == {"asks_consent": True, "consent": state, "examples": []}
    assert list(site.ledger.consents.values()) == [state]


async def test_a_program_is_told_where_consent_belongs() -> None:
    """Without a cookie there is nobody to remember."""
    async with Site().program() as client:
        response = await client.post("/api/consent", json={"granted": True})
        session = (await client.get("/api/session")).json()

    assert (response.status_code, response.json()["error"]) == (400, "Please send consent together with the question (POST /generate).")
    assert session["consent"] == "unasked"


async def test_the_session_tells_what_the_empty_page_shows() -> None:
    """Examples invite a first question; consent is not asked where the operator has the rights."""
    site = Site(options={"examples": ("Why?",), "rights": "allow"})
    async with site.program() as client:
        session = (await client.get("/api/session")).json()

    assert (session["examples"], session["asks_consent"]) == (["Why?"], False)


async def test_a_vote_is_kept_changed_and_taken_back() -> None:
    """The last press counts, and the reason joins the vote."""
    site = Site()
    async with site.open(), site.browser() as browser:
        exchange_id = (await events_of(browser, FILTERS))[-1]["exchange_id"]
        votes = site.ledger.kept[str(exchange_id)].votes
        kept = []
        for vote in ({"value": "up"}, {"value": "down"}, {"value": "down", "comment": "Ana says no"}, {"value": None}):
            response = await browser.post("/api/ratings", json={"exchange_id": exchange_id, **vote})
            kept.append([vote[:4] for vote in votes.values()])

    assert response.json() == {"exchange_id": exchange_id, "value": None, "consent": "unasked"}
    assert kept == [[("up", "web", "", "")], [("down", "web", "", "")], [("down", "web", "other", "[NAME_1] says no")], []]


async def test_others_neither_rate_nor_continue_a_conversation() -> None:
    """An exchange belongs to the browser that asked; everybody else learns nothing, not even that it exists."""
    site = Site()
    async with site.open(), site.browser() as mine, site.browser() as other, httpx2.AsyncClient(base_url=site.url) as program:
        accepted, *_, answer = await events_of(mine, FILTERS)
        vote = {"exchange_id": answer["exchange_id"], "value": "up"}
        more = {"input_text": FILTERS, "conversation_id": accepted["conversation_id"]}
        refused = [
            await who.post(path, json=body) for who in (other, program) for path, body in (("/api/ratings", vote), ("/api/ask", more))
        ]
        unknown = await mine.post("/api/ratings", json={"exchange_id": "01AAAAAAAAAAAAAAAAAA", "value": "up"})
        forged = await mine.post("/generate", json={"input_text": "x", "conversation_id": "slack:T1:C1:1.2"})

    assert [response.status_code for response in (*refused, unknown, forged)] == [404] * 6
    assert refused[0].json() == unknown.json() == {"error": "I no longer know that answer."}
    assert forged.json() == {"error": "I no longer know that conversation. Please start a new one."}
    assert not site.ledger.kept[str(answer["exchange_id"])].votes


async def test_an_exchange_of_another_platform_cannot_be_rated_here() -> None:
    """A Slack exchange's id that leaks gives no vote."""
    site = Site()
    async with site.program(Authorization="Bearer operator-token-of-the-tests") as client:
        lines = (await client.post("/api/operator/ask", json={"input_text": FILTERS})).text.splitlines()
        exchange_id = httpx2.Response(200, content=lines[-1]).json()["exchange_id"]
        response = await client.post("/api/ratings", json={"exchange_id": exchange_id, "value": "up"})

    assert response.status_code == HTTPStatus.NOT_FOUND


async def test_a_request_that_comes_twice_is_answered_once() -> None:
    """Browsers repeat a POST when a kept connection breaks; the model must not be asked twice."""
    site = Site()
    async with site.open(), site.browser() as browser:
        first = await events_of(browser, FILTERS)
        fields = {"input_text": FILTERS, "conversation_id": first[0]["conversation_id"], "request_id": "r1"}
        answers = [await browser.post("/api/ask", json=fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json() == {"error": "That question is being answered already."}
    assert len(site.backend.requests) == 2


@pytest.mark.parametrize("path", ["/api/ask", "/generate"])
async def test_leaving_stops_the_model(path: str) -> None:
    """A closed tab must not keep the model busy, and its exchange is closed, not left open for ever."""
    site = Site(ScriptedBackend(("word ",) * 200, delay_s=0.05))
    async with site.program() as client:
        asking = asyncio.create_task(client.post(path, json={"input_text": FILTERS}))
        await until(lambda: site.backend.running)
        asking.cancel()
        await until(lambda: site.backend.left)
        (kept,) = site.ledger.kept.values()
        await until(lambda: kept.reason)

    assert (site.backend.running, kept.exchange, kept.reason) == (0, None, "left")


async def test_a_model_that_fails_mid_answer_is_told_in_the_stream() -> None:
    """The status is long sent; the last line says what happened and that trying again may help."""
    site = Site(ScriptedBackend(("One. ", "Two."), error=TryAgainLater("secret detail"), fail_after=1))
    async with site.program() as client:
        *_, piece, error = await events_of(client, FILTERS)

    assert piece["type"] == "piece"
    assert error == {"type": "error", "error": "I cannot answer right now. Please try again in a moment.", "retry": True}
    assert next(iter(site.ledger.kept.values())).reason == "TryAgainLater"


@pytest.mark.parametrize(
    ("error", "status", "sentence", "retry_after"),
    [
        (TryAgainLater("detail"), 503, "I cannot answer right now. Please try again in a moment.", "5"),
        (Busy("detail"), 503, "Many people are asking at the moment. Please try again in a minute.", "60"),
        (Misconfigured("key /etc/secret"), 500, "I am not set up correctly. Please tell the person who runs me.", None),
    ],
)
async def test_errors_become_one_sentence_and_a_status(error: ChatbotError, status: int, sentence: str, retry_after: str | None) -> None:
    """A program reacts to the status; a person reads the sentence; details stay here."""
    async with Site(ScriptedBackend(error=error)).program() as client:
        response = await client.post("/generate", json={"input_text": FILTERS})

    assert (response.status_code, response.json(), response.headers.get("retry-after")) == (status, {"error": sentence}, retry_after)


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [
        ("", 422, "Please write your question in words."),
        ("😀 🎉", 422, "Please write your question in words."),
        ("x" * 40_000, 422, "That question has 40000 characters; I can read 8000. Please shorten it."),
        ("é" * 70_000, 413, "That is too large: at most 65536 bytes are read."),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(text: str, status: int, sentence: str) -> None:
    """Whoever asked learns what to change, and the model is left alone."""
    site = Site()
    async with site.program() as client:
        responses = [await client.post(path, json={"input_text": text}) for path in ("/generate", "/api/ask")]

    assert [(response.status_code, response.json()) for response in responses] == [(status, {"error": sentence})] * 2
    assert not site.backend.requests


async def test_broken_characters_are_repaired() -> None:
    """Lone surrogates from JSON escapes reach neither ledger nor model, and break nothing."""
    site = Site()
    async with site.program() as client:
        headers = {"Content-Type": "application/json"}
        asked = await client.post("/generate", content=rb'{"input_text": "filter \ud83d here\u0000?"}', headers=headers)
        exchange_id = asked.json()["exchange_id"]
        body = f'{{"exchange_id": "{exchange_id}", "value": "down", "comment": "bad \\udc00 one"}}'
        await client.post("/api/ratings", content=body, headers=headers)

    kept = site.ledger.kept[exchange_id]
    kept.question.text.encode()
    assert [vote[3].encode() for vote in kept.votes.values()] == ["bad \ufffd one".encode()]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"{", 400, "The body is not valid JSON."),
        (b"\xff\xfe{}", 400, "The body is not valid JSON."),
        (b'{"input_text": "\xff"}', 400, "I could not understand that request."),
        (b"[]", 422, "The field body is wrong: Input should be a valid dictionary or object to extract fields from."),
        (b"", 422, "The field body is missing."),
        (b"{}", 422, "The field input_text is missing."),
        (b'{"input_text": 5}', 422, "The field input_text is wrong: Input should be a valid string."),
        (b'{"input_text": "filter", "temprature": 1}', 422, "The field temprature is not known here."),
    ],
)
async def test_a_wrong_body_is_named(body: bytes, status: int, sentence: str) -> None:
    """A typo in a field's name must not pass silently."""
    async with Site().program() as client:
        response = await client.post("/generate", content=body, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()) == (status, {"error": sentence})


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nothing", 404, "There is nothing at this address."),
        ("GET", "/static/../app.py", 404, "There is nothing at this address."),
        ("GET", "/generate", 405, "This address does not take that kind of request."),
        ("GET", "/docs", 404, "There is nothing at this address."),
        ("GET", "/openapi.json", 404, "There is nothing at this address."),
    ],
)
async def test_unknown_addresses_answer_in_the_same_form(method: str, path: str, status: int, sentence: str) -> None:
    """Every error is JSON with one sentence, and nothing but what is meant is served."""
    async with Site().program() as client:
        response = await client.request(method, path)

    assert (response.status_code, response.json()) == (status, {"error": sentence})


async def test_errors_speak_the_callers_language() -> None:
    """A Brazilian reads Portuguese."""

    class Nothing(BadRequest):
        user_text = NOTHING_FOUND

    async with Site(ScriptedBackend(error=Nothing())).program(**{"Accept-Language": "pt-BR,pt;q=0.9,en;q=0.8"}) as client:
        response = await client.post("/generate", json={"input_text": FILTERS})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json()["error"].startswith("Não encontrei nada")


async def test_health_and_readiness() -> None:
    """An orchestrator restarts on the first and routes on the second; the second says which part is to blame."""
    site = Site()
    async with site.program() as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
        site.checks = (("model", False, "models/x.gguf is damaged"), ("ledger", True, "in memory"))
        unready = await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert (unready.status_code, unready.json()["ready"]) == (503, False)
    assert unready.json()["checks"][0] == {"name": "model", "ok": False, "detail": "models/x.gguf is damaged"}


async def test_a_bug_shows_no_trace() -> None:
    """A stack trace tells an attacker more than a user."""

    async def broken() -> tuple[tuple[str, bool, str], ...]:
        raise ZeroDivisionError("private")

    async with Site(options={"ready": broken}).program() as client:
        response = await client.get("/readyz")

    assert (response.status_code, response.json()) == (500, {"error": "Something went wrong. Please try again."})
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_web_question_carries_its_place_and_audience() -> None:
    """Rights and audience are decided by where a question came from."""
    site = Site()
    site.settings = site.settings.model_copy(update={"audience": "customers"})
    async with site.program(**{"Accept-Language": "pt-BR, en;q=0.5"}) as client:
        exchange_id = (await client.post("/generate", json={"input_text": FILTERS})).json()["exchange_id"]

    kept = site.ledger.kept[exchange_id]
    assert (kept.question.audience, kept.question.locale, kept.question.asked_at) == ("customers", "pt-BR", NOW)
    assert kept.rights == Rights("web", "web", "consent")
