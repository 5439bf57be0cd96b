"""Files that come with questions on Discord."""

from typing import Any

import discord
import pytest

from adapters.discord.asker import FileRef
from adapters.discord.attachments import Files, said
from bot.errors import BadDocument, CannotSee
from bot.messages import Generation
from bot.settings import PolicySettings
from tests.adapters.discord.test_client import QUESTION, replied_to
from tests.adapters.discord.world import BRIEF_S, company, make_services, settings_with
from tests.fakes.backend import ScriptedBackend
from tests.fakes.ledger import MemoryLedger
from tests.fakes.vault import MemoryVault

CDN = "https://cdn.discordapp.com/attachments/1/2/"
PICTURE = "I cannot see pictures (error.png). Please write in words what it shows."


class Cdn:
    """Discord's files, as far as discord.py's HTTP client is used: by address; `asked` are the addresses it was asked for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []

    async def get_from_cdn(self, url: str) -> bytes:
        """Return a file; see discord.py."""
        self.asked.append(url)
        if url not in self.files:
            response: Any = type("Response", (), {"status": 404, "reason": ""})()
            raise discord.NotFound(response, "asset not found")
        return self.files[url]


def files(**policy: int) -> Files:
    """Return a reader of files."""
    settings = settings_with(policy=PolicySettings(**policy))
    services = make_services(ScriptedBackend(()), MemoryLedger(), MemoryVault(), settings)
    return Files(services, api_url="http://127.0.0.1:8080/api")


def ref(name: str = "notes.md", url: str = "", *, size: int = 5, kind: str = "text/markdown") -> FileRef:
    """Return a file of Discord's."""
    return FileRef(name, url or f"{CDN}{name}", size, kind)


async def read(reader: Files, *refs: FileRef, cdn: Cdn | None = None, locale: str = "en") -> tuple[list[str], list[str]]:
    """Read, and return the texts and the sentences."""
    http: Any = cdn or Cdn({each.url: b"hello" for each in refs})
    reading = await reader.read(refs, http, locale=locale)
    return [passage.text for passage in reading.passages], list(reading.sentences)


async def test_text_files_are_read_in_order() -> None:
    """People attach what their question is about."""
    cdn = Cdn({f"{CDN}a.md": b"one", f"{CDN}b.csv": b"two"})

    assert await read(files(), ref("a.md"), ref("b.csv"), cdn=cdn) == (["one", "two"], [])


async def test_a_picture_is_not_even_fetched() -> None:
    """It may be large, and we say the same sentence anyway."""
    cdn = Cdn({})

    assert await read(files(), ref("error.png", kind="image/png"), cdn=cdn) == ([], [PICTURE])
    assert cdn.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/notes.md",
        "https://cdn.discordapp.com.evil.example/notes.md",
        "http://cdn.discordapp.com/notes.md",
        "file:///etc/passwd",
        "https://user@evil.example:443/cdn.discordapp.com",
        "https://[::1",
        "",
    ],
)
async def test_only_discords_files_are_fetched(url: str) -> None:
    """An address is data from outside: it must not make us read from anywhere else."""
    cdn = Cdn({url: b"secret"})
    texts, sentences = await read(files(), FileRef("notes.md", url, 5, ""), cdn=cdn)

    assert texts == []
    assert sentences == ["notes.md: it is not kept by Discord, so I do not fetch it."]
    assert cdn.asked == []


async def test_the_configured_server_may_keep_files_too() -> None:
    """A proxy or a test server stands in for Discord."""
    assert await read(files(), ref(url="http://127.0.0.1:8080/files/notes.md")) == (["hello"], [])


async def test_a_file_too_large_is_not_fetched() -> None:
    """Memory is everybody's."""
    cdn = Cdn({})

    assert await read(files(max_attachment_kb=1), ref(size=1025), cdn=cdn) == (
        [],
        ["notes.md: it is larger than 1 KB, the most I read."],
    )
    assert cdn.asked == []


async def test_too_many_files_are_counted() -> None:
    """The first ones are read, the rest is named."""
    texts, sentences = await read(files(max_attachments=2), *(ref(f"{number}.md") for number in range(4)))

    assert texts == ["hello", "hello"]
    assert sentences == ["I read at most 2 files with a question; the others were left out."]


async def test_a_file_that_is_gone_says_so() -> None:
    """Discord's addresses expire within a day."""
    assert await read(files(), ref(), cdn=Cdn({})) == ([], ["notes.md: it could not be fetched from Discord."])


async def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_it() -> None:
    """One bad file is one sentence."""
    cdn = Cdn({f"{CDN}a.md": b"\xff\xfe\xff", f"{CDN}b.md": b"two"})
    texts, sentences = await read(files(), ref("a.md"), ref("b.md"), cdn=cdn)

    assert texts == ["two"]
    assert sentences == ["a.md: it holds binary data, not text"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("@everyone.png", "@\u200beveryone.png"),
        ("**bold**.png", r"\*\*bold\*\*.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\x00", "?"),
        ("a" * 500, "a" * 100),
    ],
)
async def test_a_hostile_name_is_harmless(name: str, shown: str) -> None:
    """Names are shown; they may ping, format, turn the line around or flood."""
    _, [sentence] = await read(files(), ref(name, f"{CDN}x", kind="image/png"))

    assert sentence == f"I cannot see pictures ({shown}). Please write in words what it shows."


def test_an_errors_problem_is_translated() -> None:
    """The clause comes from elsewhere, in English."""
    assert said(BadDocument(name="*a", problem="it is empty"), "pt-BR") == r"\*a: está vazio"
    assert said(CannotSee(name="a"), "en") == "I cannot see pictures (a). Please write in words what it shows."


async def test_a_question_with_a_file_is_answered_from_it() -> None:
    """The file stands in the prompt, and beneath the answer as a source."""
    async with company() as acme:
        await acme.ana.send(
            acme.channel, f"{acme.me} What do my notes say?", attachments=[("notes.md", b"The notes say: every four months.")]
        )

        [answer] = acme.answers()
        assert "notes.md" in answer.content
        assert "every four months" in prompt_of(acme.backend.requests[0])


async def test_a_command_with_a_file_is_answered_from_it() -> None:
    """The option is there to be used."""
    async with company() as acme:
        result = await acme.ana.slash(acme.channel, "ask", question="What do my notes say?", file=("notes.md", b"Every four months."))

        assert result.response is not None
        assert "notes.md" in result.response.content
        assert "Every four months" in prompt_of(acme.backend.requests[0])


async def test_a_question_with_a_picture_is_answered_and_told() -> None:
    """One honest sentence first, then the answer to the words."""
    async with company() as acme:
        asked = await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}", attachments=[("error.png", b"png")])

        told, answer = acme.answers()
        assert told.content == PICTURE
        assert replied_to(told) == replied_to(answer) == asked.id
        assert answer.content.startswith("Yes. Every six months.")


async def test_a_command_with_a_picture_is_answered_and_told_privately() -> None:
    """What follows "thinking" would take its place, so that it comes after the answer."""
    async with company() as acme:
        result = await acme.ana.slash(acme.channel, "ask", question=QUESTION, file=("error.png", b"png"))

        assert result.response is not None
        assert result.response.content.startswith("Yes. Every six months.")
        told = result.followups[0]
        assert (told.content, told.ephemeral) == (PICTURE, True)


async def test_a_file_that_cannot_be_mentioned_does_not_cost_the_answer() -> None:
    """The sentence is a courtesy."""
    async with company() as acme:
        acme.env.inject_error("POST", "/channels/*/messages", status=400, code=50035)
        await acme.ana.send(acme.channel, f"{acme.me} {QUESTION}", attachments=[("error.png", b"png")])

        [answer] = acme.answers()
        assert answer.content.startswith("Yes. Every six months.")


async def test_a_resumed_question_reads_its_files_again() -> None:
    """The process died with what it had read."""
    async with company(ScriptedBackend(("Every ", "four ", "months."), delay_s=2), settle_timeout=BRIEF_S) as acme:
        await acme.ana.send(acme.channel, f"{acme.me} What do my notes say?", attachments=[("notes.md", b"Every four months.")])
        acme.backend.delay_s = 0
        await acme.restart()

        assert "Every four months" in prompt_of(acme.backend.requests[-1])
        assert [("notes.md" in answer.content) for answer in acme.answers()] == [True]


def prompt_of(request: Generation) -> str:
    """Return all that the model saw."""
    return "\n".join(message.content for message in request.prompt)
