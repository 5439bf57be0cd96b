"""Commands beside a running server: found through the home, asked over its operator's endpoints."""

import asyncio
import json
import stat
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.cli.running import FILE, alone, announced, find
from adapters.cli.running_server import RunningServer
from bot.errors import BadRequest, ChatbotError, Misconfigured, Refused, TryAgainLater
from bot.messages import Answer, Piece, Queued, Restarted, Viewer
from tests.adapters.web.site import OPERATOR_TOKEN, Site
from tests.fakes.backend import ScriptedBackend
from tests.fakes.standing_by import breaking, local


async def asked(server: RunningServer, question: str, locale: str = "en") -> list[Queued | Piece | Restarted | Answer]:
    """Return all that the server says to *question*."""
    async with aclosing(server.ask(question, audience="employees", scopes=(), person="ana", locale=locale)) as events:
        return [event async for event in events]


async def test_the_answer_arrives_in_pieces_then_whole() -> None:
    """The terminal shows the running server's words as they come, and its sources at the end."""
    site = Site(backend=ScriptedBackend(("Every ", "six ", "months."), ahead=2))
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        *events, answer = await asked(server, "When do I change the filter?")

    assert events == [Queued(2), Piece("Every six months.")]
    assert isinstance(answer, Answer)
    assert (answer.text, answer.kind) == ("Every six months.", "generated")
    assert [source.source for source in answer.sources] == ["guides/filters.md"]


async def test_an_answer_that_begins_anew_does_so_here_too() -> None:
    """The terminal says so between the two; a program reads the whole alone."""
    site = Site(breaking(("Wrong. ", "Half ", "a sentence."), after=2), fallback=local(("Every ", "six months.")))
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        *events, answer = await asked(server, "When do I change the filter?")

    assert events == [Piece("Wrong."), Restarted("local"), Piece("Every six months.")]
    assert isinstance(answer, Answer)
    assert (answer.text, answer.model, answer.instead_of) == ("Every six months.", "local", "hosted")


async def test_an_approved_answer_keeps_its_date() -> None:
    """The terminal says since when an answer is approved, served from here or there."""
    site = Site()
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        answer = (await asked(server, "Who pays?"))[-1]

    assert isinstance(answer, Answer)
    assert answer.kind == "verified"
    assert answer.approved_at is not None


async def test_a_refused_question_is_told_as_the_server_tells_it() -> None:
    """An empty question is the asker's to mend, in the asker's language, wherever it is noticed."""
    site = Site()
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        with pytest.raises(BadRequest, match="in words"):
            await asked(server, "  ")


async def test_a_failing_model_is_told_half_way() -> None:
    """The stream has begun when the model fails: its last line must still become an error."""
    site = Site(backend=ScriptedBackend(("a", "b"), error=TryAgainLater(), fail_after=1))
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        with pytest.raises(TryAgainLater):
            await asked(server, "When do I change the filter?")


async def test_lone_surrogates_reach_the_server() -> None:
    """A terminal in another encoding hands over surrogates; they must not end the command with a stack trace."""
    site = Site()
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        answer = (await asked(server, "filter \udce9?"))[-1]

    assert isinstance(answer, Answer)


async def test_the_server_sees_with_the_scopes_that_were_named() -> None:
    """`--scope` means the same whether a server runs or not."""
    site, scopes = Site(), ("group:hr", "channel:slack:C1")
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        await server.search("filter", viewer=Viewer("employees", scopes), limit=1)
        async with aclosing(server.ask("filter?", audience=None, scopes=scopes, person="ana", locale="en")) as events:
            assert [event async for event in events]

    (_, searching, _), (_, asking, _) = site.retriever.asked
    assert searching == Viewer("employees", scopes)
    assert asking.scopes[-2:] == scopes


async def test_search_returns_what_would_be_found() -> None:
    """`knowledge search` must show the same passages that an answer of the server would rest on."""
    site = Site()
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        found = await server.search("filter", viewer=Viewer("employees"), limit=1)

    assert [(hit.source, hit.score) for hit in found] == [("guides/filters.md", 0.87)]


async def test_the_server_tells_what_a_question_would_be_answered_from() -> None:
    """`gaps` means the same whether a server runs or not; what is limited says so."""
    site, viewer = Site(), Viewer("customers", ("group:hr",))
    (guide, *_) = site.retriever.passages["filter"]
    site.retriever.passages = {"filter": (replace(guide, scope="group:hr"),)}
    async with site.open(), RunningServer(site.url, OPERATOR_TOKEN) as server:
        found = await server.basis("And the filter?", viewer=viewer, earlier=("Which oil?",))
        nothing = await server.basis("And the hose?", viewer=viewer)

    assert (found and (found.source, found.text, found.scope)) == ("guides/filters.md", "Replace the filter every six months.", "group:hr")
    assert nothing is None
    assert site.retriever.asked == [("And the filter?", viewer, ("Which oil?",)), ("And the hose?", viewer, ())]


async def test_a_wrong_token_is_refused() -> None:
    """The endpoints open for whoever can read the home, and for nobody else."""
    site = Site()
    async with site.open(), RunningServer(site.url, "wrong") as server:
        with pytest.raises(ChatbotError, match="token"):
            await server.search("filter", viewer=Viewer("employees"), limit=1)


async def test_a_server_that_has_gone_is_said_to_be_gone() -> None:
    """The command says what happened instead of showing a socket's error."""
    async with RunningServer("http://127.0.0.1:9", "token") as server:
        with pytest.raises(TryAgainLater, match="is aprendiz serve still running"):
            await asked(server, "anything")
        with pytest.raises(TryAgainLater, match="is aprendiz serve still running"):
            await server.search("anything", viewer=Viewer("all"), limit=1)


async def test_what_is_no_answer_of_ours_is_named_by_its_status() -> None:
    """Another program may have taken the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        async with RunningServer(f"http://127.0.0.1:{port}", "token") as server:
            with pytest.raises(TryAgainLater, match="HTTP 502"):
                await server.search("anything", viewer=Viewer("all"), limit=1)


def test_a_home_has_one_server(tmp_path: Path) -> None:
    """Two servers on one home would both own the index."""
    (tmp_path / FILE).write_text('{"url": "http://127.0.0.1:1/", "token": "t"}')
    with alone(tmp_path), pytest.raises(Refused, match=r"already runs .* at http://127.0.0.1:1/"), alone(tmp_path):
        pass


def test_a_starting_server_has_no_address_yet(tmp_path: Path) -> None:
    """The second one is refused also before the first one has told its address."""
    with alone(tmp_path), pytest.raises(Refused, match=f"already runs on {tmp_path};"), alone(tmp_path):
        pass


def test_a_home_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    """A file where the home should be is the operator's to move."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="APRENDIZ_HOME"), alone(tmp_path / "file" / "home"):
        pass


def test_an_announced_server_is_found_until_it_ends(tmp_path: Path) -> None:
    """While it runs others go to it; afterwards they open the home themselves."""

    async def found() -> tuple[RunningServer | None, int, RunningServer | None]:
        async with announced(tmp_path, url="http://127.0.0.1:1/", token="t"):
            server, status = await asyncio.to_thread(find, tmp_path), await asyncio.to_thread((tmp_path / FILE).stat)
        return server, stat.S_IMODE(status.st_mode), await asyncio.to_thread(find, tmp_path)

    with alone(tmp_path):
        server, mode, gone = asyncio.run(found())

    assert server is not None
    assert server.url == "http://127.0.0.1:1/"
    assert mode == 0o600
    assert gone is None


def test_what_a_killed_server_left_is_ignored(tmp_path: Path) -> None:
    """After kill -9 the file stays: its address may by now belong to somebody else."""
    (tmp_path / FILE).write_text(json.dumps({"url": "http://127.0.0.1:1/", "token": "t"}))

    assert find(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "x"}'])
def test_a_damaged_file_is_no_server(tmp_path: Path, content: str) -> None:
    """A half-written file must not end every command."""
    (tmp_path / FILE).write_text(content)

    assert find(tmp_path) is None
