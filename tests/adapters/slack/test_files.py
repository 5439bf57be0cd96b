"""Files that come with a question: from Slack alone, within the bounds, each refusal in one sentence that names the file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from adapters.chat import ChatServices
from adapters.slack.address import FileRef, read_files_of
from adapters.slack.files import FileOutOfReach, FilesNotRead, FileTooLarge, TooManyFiles, clean_name, read_files
from adapters.slack.response_urls import is_slacks
from adapters.slack.web import SlackWeb
from bot.errors import BadDocument, CannotSee
from bot.settings import PolicySettings
from tests.adapters.slack.stage import Stage
from tests.fakes.chat import chat_services
from tests.fakes.slack_server import FakeSlack

SMALL = PolicySettings(max_attachments=2, max_attachment_kb=1)
NONE = PolicySettings(max_attachments=0)


@asynccontextmanager
async def reading(slack: FakeSlack, policy: PolicySettings = SMALL) -> AsyncIterator[tuple[SlackWeb, ChatServices]]:
    stage = Stage(slack)
    async with slack.serving(), aiohttp.ClientSession() as session:
        yield SlackWeb(slack.settings, session), chat_services(stage.engine, stage.ledger, policy=policy)


def uploaded(slack: FakeSlack, name: str, content: bytes, mimetype: str = "text/plain", url: str = "") -> FileRef:
    message = slack.upload("U1", "C1", "Read this", name, content, mimetype=mimetype, url=url)
    return read_files_of(message.as_json())[0]


async def test_a_text_is_read_with_our_token() -> None:
    """A private file is served to who shows the token; what it says reaches the engine under the file's name."""
    slack = FakeSlack()
    async with reading(slack) as (web, services):
        passages, problems = await read_files([uploaded(slack, "plan.txt", b"Lunch at noon.")], web, services)

    assert [(passage.source, passage.text) for passage in passages] == [("plan.txt", "Lunch at noon.")]
    assert problems == ()


async def test_every_file_that_cannot_be_read_is_named_and_the_others_are_read() -> None:
    """One bad file must not cost the good one beside it."""
    slack = FakeSlack()
    async with reading(slack) as (web, services):
        files = [uploaded(slack, "scan.txt", b"\xff\xfe\xfa"), uploaded(slack, "plan.txt", b"Lunch at noon."), FileRef("x", "", 0, "")]
        passages, problems = await read_files(files, web, services)

    assert [passage.source for passage in passages] == ["plan.txt"]
    assert [(type(problem), problem.fields.get("name")) for problem in problems] == [(BadDocument, "scan.txt"), (TooManyFiles, None)]


async def test_no_file_is_read_where_the_operator_reads_none() -> None:
    """The person is told in one sentence, however many files there are."""
    slack = FakeSlack()
    async with reading(slack, NONE) as (web, services):
        passages, problems = await read_files([uploaded(slack, "plan.txt", b"Lunch")] * 3, web, services)

    assert (passages, [type(problem) for problem in problems]) == ((), [FilesNotRead])


async def test_a_picture_is_refused_unseen() -> None:
    """A model without eyes needs no megabytes to know that it cannot see."""
    slack = FakeSlack()
    async with reading(slack) as (web, services):
        file = replace(uploaded(slack, "cat.png", b"\x89PNG", "image/png"), url="http://127.0.0.1:1/never-fetched")
        _, problems = await read_files([file], web, services)

    assert [type(problem) for problem in problems] == [CannotSee]


@pytest.mark.parametrize("told", [2_000, 0])
async def test_a_large_file_is_cut_off_at_the_bound(told: int) -> None:
    """By what Slack says of its size, or where Slack does not say, by what arrives."""
    slack = FakeSlack()
    async with reading(slack) as (web, services):
        file = replace(uploaded(slack, "big.txt", b"a" * 2_000), size_bytes=told)
        _, problems = await read_files([file], web, services)

    assert [(type(problem), problem.fields) for problem in problems] == [(FileTooLarge, {"name": "big.txt", "limit": 1})]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/files-pri/1/download/a",
        "https://slack.com.evil.example/a",
        "https://evil.example/?https://files.slack.com/",
        "http://files.slack.com/a",
        "https://files.slack.com:8443/a",
        "file:///etc/passwd",
        "http://[::1",
        "",
    ],
)
async def test_the_token_goes_to_no_other_host(url: str) -> None:
    """An event could name any address: our token must not be sent there."""
    slack = FakeSlack()
    async with reading(slack) as (web, services):
        _, problems = await read_files([FileRef("a.txt", url, 0, "text/plain")], web, services)

        assert not is_slacks(url, web.client.base_url)
    assert [type(problem) for problem in problems] == [FileOutOfReach]


def test_slacks_own_hosts_are_known() -> None:
    """Files lie on files.slack.com, older ones on slack.com, those of a workspace on its own name."""
    api = "https://slack.com/api/"

    assert all(is_slacks(url, api) for url in ("https://files.slack.com/a", "https://slack.com/a", "https://acme.slack.com/a"))
    assert is_slacks("https://slack-gov.com/files-pri/a", "https://slack-gov.com/api/")


@pytest.mark.parametrize("mimetype", ["text/plain", "text/html"])
async def test_the_sign_in_page_is_not_read_for_a_file(mimetype: str) -> None:
    """Without files:read Slack sends us to sign in: that page must not become what the person's file says."""
    slack = FakeSlack()
    slack.scopes = slack.scopes.replace(",files:read", "")
    async with reading(slack) as (web, services):
        _, problems = await read_files([uploaded(slack, "plan.txt", b"Lunch", mimetype)], web, services)

    assert [type(problem) for problem in problems] == [FileOutOfReach]


async def test_a_page_that_someone_uploaded_is_read() -> None:
    """HTML is a kind of file, too."""
    slack = FakeSlack()
    async with reading(slack) as (web, services):
        passages, _ = await read_files([uploaded(slack, "page.html", b"<p>Lunch</p>", "text/html")], web, services)

    assert [passage.text for passage in passages] == ["<p>Lunch</p>"]


async def test_a_deleted_file_and_a_silent_host_are_told() -> None:
    """Between the event and the fetching a file may vanish, or Slack may not answer."""
    slack = FakeSlack()
    async with reading(slack) as (web, services):
        deleted = uploaded(slack, "gone.txt", b"Lunch")
        slack.files.clear()
        _, problems = await read_files([deleted], web, services)
    async with aiohttp.ClientSession() as session:
        web = SlackWeb(slack.settings, session)  # nobody listens there any more
        _, silent = await read_files([deleted], web, services)

    assert [type(problem) for problem in (*problems, *silent)] == [FileOutOfReach] * 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/pass`wd`", "passwd"),
        ("C:\\temp\\plan.txt", "plan.txt"),
        ("<!channel> a|b & *c*.txt", "!channel ab c.txt"),
        ("a\u202egnp.exe\n\x00", "agnp.exe"),
        ("", "file"),
        ("x" * 300, "x" * 79 + "…"),
    ],
)
def test_names_are_cleaned(name: str, shown: str) -> None:
    """A file's name is a stranger's text: no path, no markup, no bidirectional trick, no flood."""
    assert clean_name(name) == shown
