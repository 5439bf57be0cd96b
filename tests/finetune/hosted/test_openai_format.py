"""The wire format: what is asked, what is answered oddly, and what each refusal means."""

from collections.abc import Callable

import httpx2
import openai
import pytest

from bot.errors import ChatbotError, Misconfigured, TryAgainLater
from finetune.hosted.faults import Faults
from finetune.hosted.kinds import KINDS, kind_at, provider_of
from finetune.hosted.provider import Access, Provider, ProviderRefused
from finetune.hosted.remote import checkpoint_in, job_in, told_in
from tests.fakes.openai_server import KEY
from tests.fakes.provider import ProviderServer, provider_server
from tests.finetune.hosted.world import NOW

AZURE = "2025-04-01-preview"
FAULTS = Faults("openai", "http://there", KEY, "APRENDIZ_OPENAI__API_KEY")


def provider(
    address: str, *, kind: str = "openai", key: str = KEY, handle: Callable[[httpx2.Request], httpx2.Response] | None = None
) -> Provider:
    """Return a provider, to be entered."""
    transport = httpx2.MockTransport(handle) if handle else httpx2.AsyncHTTPTransport(verify=False)
    access = Access(kind, key, address, AZURE if kind == "azure" else "")
    return provider_of("openai", access, now=lambda: NOW, key_setting="APRENDIZ_OPENAI__API_KEY", transport=transport)


async def test_azure_is_asked_by_its_own_client() -> None:
    """Its paths, its key's header, its version; nothing else differs."""
    async with provider_server() as server:
        server.preparing = 1
        async with provider(server.address.removesuffix("/v1"), kind="azure") as azure:
            file = await azure.upload(b'{"messages": []}\n', name="rows.jsonl")
            ready = [await azure.is_ready(file), await azure.is_ready(file)]
            found = await azure.find_file("rows.jsonl")
            await azure.delete_file(file)
            await azure.delete_file(file)

    assert ready == [False, True]
    assert (found, server.files) == (file, {})


async def test_a_closed_provider_says_so(server: ProviderServer) -> None:
    """Stragglers at the end get our error."""
    async with provider(server.address) as closed:
        await closed.check()
    with pytest.raises(TryAgainLater, match="closed"):
        await closed.check()


@pytest.mark.parametrize("key", ["", "sk-äöü", "sk-1\n"])
def test_a_key_that_cannot_be_one_is_refused(key: str) -> None:
    """At the start, with the setting's name."""
    with pytest.raises(Misconfigured, match="APRENDIZ_OPENAI__API_KEY"):
        provider("http://there/v1", key=key)


@pytest.mark.parametrize("body", [{}, {"id": 7, "status": "running"}, {"id": "ftjob-1"}, {"id": "ftjob-1", "status": None}])
async def test_what_is_no_job_is_not_taken_for_one(body: dict[str, object]) -> None:
    """A server that speaks another format, or half of this one."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=body, request=request)

    async with provider("http://there/v1", handle=handle) as odd:
        with pytest.raises(TryAgainLater, match="no job"):
            await odd.retrieve("ftjob-1")
        if "id" not in body:
            with pytest.raises(TryAgainLater, match="no file"):
                await odd.upload(b"{}", name="rows.jsonl")


async def test_a_list_without_an_end_is_left() -> None:
    """A server that ignores where a page begins would be read for ever."""
    asked: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(200, json={"data": [{"id": "file-1", "filename": "x"}], "has_more": True}, request=request)

    async with provider("http://there/v1", handle=handle) as endless:
        assert await endless.find_file("rows.jsonl") == ""
    assert len(asked) == 2


async def test_a_file_that_was_refused_says_why() -> None:
    """While it is prepared the service may find it wrong; a file in error is not found again."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        one = {"id": "file-1", "filename": "rows.jsonl", "status": "error", "status_details": "no rows"}
        return httpx2.Response(200, json=one if request.url.path.endswith("file-1") else {"data": [one]}, request=request)

    async with provider("http://there", kind="azure", handle=handle) as azure:
        assert await azure.find_file("rows.jsonl") == ""
        with pytest.raises(ProviderRefused, match="no rows"):
            await azure.is_ready("file-1")


@pytest.mark.parametrize("files", [7, True, {"id": "f"}, "file-1"])
def test_what_is_no_list_of_results_is_none(files: object) -> None:
    """A job whose end cannot be read would never have one."""
    job = job_in({"id": "j", "status": "succeeded", "result_files": files}, where="there", tell=str)

    assert job.result_files == ()


def test_a_job_is_read_whatever_is_left_out() -> None:
    """Servers send null, numbers as floats, their own error shapes, moments beyond the calendar."""
    value = {"id": "j", "status": "running", "finished_at": 1e18, "created_at": 0, "trained_tokens": 12.0, "metadata": None}
    value |= {
        "error": {"code": "E1", "message": None},
        "result_files": [None, "f"],
        "method": "dpo",
        "trained_steps": 3,
        "total_steps": True,
    }
    job = job_in(
        value,
        where="there",
        tell=str,
    )

    assert (job.finished_at, job.created_at, job.trained_tokens, job.step, job.steps) == (None, None, 12, 3, 0)
    assert (job.error, job.result_files, job.method, dict(job.metadata), job.hyperparameters) == ("E1", ("f",), "", {}, {})
    assert not job.ended
    assert checkpoint_in({"metrics": {"train_loss": "nan", "valid_loss": 1}, "step_number": 5}).metrics == {"valid_loss": 1.0}


def test_events_are_told_oldest_first() -> None:
    """Metrics are progress, not messages; an event without a moment was told now."""
    events: list[dict[str, object]] = [
        {"id": "3", "type": "metrics", "data": {"step": 4, "total_steps": 9}, "message": "Step 4/9"},
        {"id": "2", "message": "Started\n\x1b[2J", "level": "warn", "data": None},
        {"id": "1", "message": "Created", "created_at": 1_790_000_000},
    ]
    told = told_in(events, known="0", now=NOW, tell=FAULTS.told)

    assert [(each.remote_id, each.message, each.level) for each in told.events] == [("1", "Created", "info"), ("2", "Started [2J", "warn")]
    assert told.events[1].at == NOW
    assert (told.newest, told.step, told.steps) == ("3", 4, 9)
    assert told_in([], known="0", now=NOW, tell=str).newest == "0"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        *((each, None, ProviderRefused) for each in (400, 413, 415, 422)),
        *((each, None, TryAgainLater) for each in (408, 409, 425, 429, 500, 502, 503, 529)),
        *((each, None, Misconfigured) for each in (401, 403, 404, 405, 410)),
        (404, "model_not_found", ProviderRefused),
        (429, "insufficient_quota", Misconfigured),
    ],
)
def test_each_refusal_has_its_meaning(status: int, code: str | None, kind: type[ChatbotError]) -> None:
    """Whether to wait, to mend a setting, or to send something else; reading is never refused for what was sent."""
    body = {"message": f"No {KEY}", "code": code}
    error = openai.APIStatusError("no", response=httpx2.Response(status, request=httpx2.Request("POST", "http://there")), body=body)
    making, reading = (FAULTS.ours(error, what="the upload", makes=makes) for makes in (True, False))

    assert type(making) is kind
    assert type(reading) is (Misconfigured if kind is ProviderRefused else kind)
    assert KEY not in f"{making}{reading}"


def test_every_other_error_of_the_sdk_is_a_silence() -> None:
    """A line that broke, a time that passed: nobody knows what came of it."""
    request = httpx2.Request("POST", "http://there")
    for error in (openai.APIConnectionError(request=request), openai.APITimeoutError(request=request), openai.OpenAIError("?")):
        assert type(FAULTS.ours(error, what="the upload", makes=True)) is TryAgainLater


@pytest.mark.parametrize(
    ("after", "waits"), [("3", 3.0), ("9999", 60.0), ("-1", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("nan", 0.0)]
)
def test_a_wait_is_bounded(after: str, waits: float) -> None:
    """A service that says tomorrow does not stop us for a day."""
    response = httpx2.Response(429, headers={"retry-after": after}, request=httpx2.Request("POST", "http://there"))
    error = FAULTS.ours(openai.RateLimitError("no", response=response, body=None), what="the upload", makes=True)

    assert error.fields == {"refused": True, "after_s": waits}


def test_reasons_are_cut_and_cleaned() -> None:
    """One line, no key, no control characters, no novel."""
    assert FAULTS.told(f"a\n b\x1b {KEY} Bearer abcdef sk-12345678") == "a b … Bearer … …"
    assert len(FAULTS.told("word " * 1000)) == 501


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://acme.openai.azure.com", "azure"),
        ("https://api.tokenfactory.nebius.com/v1/", "nebius"),
        ("http://127.0.0.1:8000/v1", "compatible"),
        ("https://api.openai.com.evil.example/v1", "compatible"),
        ("nonsense", "compatible"),
    ],
)
def test_an_address_tells_the_kind(address: str, kind: str) -> None:
    """Known services are known by their host."""
    assert kind_at(address) == kind


def test_an_unknown_kind_is_named() -> None:
    """With those there are."""
    with pytest.raises(Misconfigured, match=f"known are {', '.join(KINDS)}"):
        provider("http://there", kind="magic")
