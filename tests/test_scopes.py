"""What is limited to a channel, guild or group never shows anywhere else: one home, tried in more than fifty ways."""

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from adapters.cli.main import cli
from adapters.compose import Indexed, open_indexed
from adapters.judging import passages_for
from bot.engine import Engine, EngineParts
from bot.identifiers import new_id
from bot.index_ports import IndexKind
from bot.messages import Answer, Audience, Incoming, Place, Platform, Reach, Surface, Viewer
from bot.ratings import Correction, Rating
from bot.settings import AnswersSettings, GroupSettings, KnowledgeSettings, PolicySettings, RightsSettings, Settings, read_settings
from store.asked import asked_questions
from store.frozen import frozen_retriever
from store.gaps import find_gaps
from store.rounds import SqlRounds
from tests.adapters.cli.conftest import WordSession
from tests.fakes.backend import ScriptedBackend

pytestmark = pytest.mark.timeout(300)  # the first test asks for all of them

# Every text has a number of its own; where that shows, the text has got through.
SOURCES: dict[str, tuple[Audience, str, str]] = {
    "public": ("employees", "", "Everybody hears in March how the bonus pool was filled; ask reception, extension 1111."),
    "channel": ("employees", "channel:slack:C1", "In this channel only: the bonus pool for the night shift crew holds 2222 euros."),
    "circle": ("employees", "group:hr", "For human resources: managers share a bonus pool worth 3333 euros before tax."),
    "guild": ("employees", "guild:slack:T1", "Across the whole workspace the bonus pool comes to 4444 euros, travel included."),
    "partners": ("customers", "group:hr", "Partners of the circle are paid from a bonus pool of 5555 euros each quarter."),
    "members": ("customers", "guild:discord:G9", "Members of this server earn a bonus pool of 6666 points every summer."),
    "both": ("all", "group:hr", "Anyone in the circle, staff or client, may look up the bonus pool of 7777 tokens."),
}
QUESTION = "How large is the bonus pool?"
GROUPS = {"hr": GroupSettings(channels=("slack:HR", "discord:88")), "site": GroupSettings(platforms=("web",))}
STAFF, CIRCLE = {"1111", "4444"}, {"1111", "3333", "4444", "7777"}
_NUMBER = re.compile(r"\b(\d)\1{3}\b")


@dataclass(frozen=True)
class Way:
    """A way to ask, and the numbers that may show."""

    platform: Platform
    expected: set[str]
    channel: str = ""
    workspace: str = ""
    parent: str = ""
    surface: Surface = "mention"
    private: bool = False
    audience: Audience | None = None
    scopes: tuple[str, ...] = ()
    question: str = QUESTION

    def place(self, conversation_id: str) -> Place:
        """Return where it is asked."""
        return Place(self.platform, self.surface, conversation_id, self.workspace, self.channel, self.parent, self.private)


_AUDIENCES: dict[Platform, Audience] = {"slack": "employees", "discord": "customers", "web": "employees", "cli": "employees"}
HR = Way("slack", CIRCLE, "HR", "T1")
WAYS = {
    "its channel": Way("slack", {*STAFF, "2222"}, "C1", "T1"),
    "a thread of its channel": Way("slack", {*STAFF, "2222"}, "C1", "T1", surface="thread"),
    "answer this in its channel": Way("slack", {*STAFF, "2222"}, "C1", "T1", surface="shortcut"),
    "its channel, shared with another workspace": Way("slack", {"1111", "2222"}, "C1", "T2"),
    "its channel, set for customers": Way("slack", set(), "C1", "T1", audience="customers"),
    "another channel": Way("slack", STAFF, "C2", "T1"),
    "a channel whose id begins alike": Way("slack", STAFF, "C12", "T1"),
    "a channel whose id differs in case": Way("slack", STAFF, "c1", "T1"),
    "a channel called like a scope": Way("slack", STAFF, "channel:slack:C1", "T1"),
    "another workspace": Way("slack", {"1111"}, "C2", "T2"),
    "no workspace": Way("slack", {"1111"}, "C2"),
    "a direct message": Way("slack", STAFF, "D1", "T1", surface="direct_message", private=True),
    "a group message": Way("slack", STAFF, "G5", "T1", private=True),
    "a command": Way("slack", STAFF, "", "T1", surface="slash_command", private=True),
    "the very words elsewhere": Way("slack", STAFF, "C2", "T1", question="the bonus pool for the night shift crew"),
    "naming scopes in words": Way("slack", STAFF, "C2", "T1", question="bonus pool channel:slack:C1 group:hr guild:discord:G9"),
    "naming the file": Way("slack", STAFF, "C2", "T1", question="channel.md circle.md bonus pool"),
    "a channel of the group": HR,
    "a private channel of the group": replace(HR, private=True),
    "a channel of the group, another workspace": Way("slack", {"1111", "3333", "7777"}, "HR", "T2"),
    "a channel of the group, set for customers": Way("slack", {"5555", "7777"}, "HR", "T1", audience="customers"),
    "its server": Way("discord", {"6666"}, "5", "G9"),
    "the group's channel of its server": Way("discord", {"5555", "6666", "7777"}, "88", "G9"),
    "a thread of the group's channel": Way("discord", {"5555", "6666", "7777"}, "900", "G9", "88", surface="thread"),
    "a private thread of the group's channel": Way("discord", {"5555", "6666", "7777"}, "901", "G9", "88", private=True),
    "a thread of another channel": Way("discord", {"6666"}, "902", "G9", "5", surface="thread"),
    "another server": Way("discord", set(), "5", "G8"),
    "a server called like the workspace": Way("discord", set(), "C1", "T1"),
    "a channel of Discord called like the group's of Slack": Way("discord", set(), "HR", "G8"),
    "a channel of Slack called like the group's of Discord": Way("slack", STAFF, "88", "T1"),
    "a server set for employees": Way("discord", {"1111"}, "C1", "T1", audience="employees"),
    "a direct message on Discord": Way("discord", set(), "77", surface="direct_message", private=True),
    "the web": Way("web", {"1111"}, surface="web"),
    "the web for customers": Way("web", set(), surface="web", audience="customers"),
    "the terminal": Way("cli", {"1111"}, surface="cli"),
    "the terminal as customer": Way("cli", set(), surface="cli", audience="customers"),
    "the terminal as anybody": Way("cli", set(), surface="cli", audience="all"),
    "the terminal with a scope": Way("cli", {"1111", "3333", "7777"}, surface="cli", scopes=("group:hr",)),
    "the terminal as customer with a scope": Way("cli", {"5555", "7777"}, surface="cli", audience="customers", scopes=("group:hr",)),
    "the terminal as anybody with a scope": Way("cli", {"7777"}, surface="cli", audience="all", scopes=("group:hr",)),
    "the terminal with two scopes": Way("cli", {"1111", "2222", "4444"}, surface="cli", scopes=("channel:slack:C1", "guild:slack:T1")),
    "the terminal with a scope of nothing": Way("cli", {"1111"}, surface="cli", scopes=("channel:slack:C9",)),
}
SCOPES = {  # of the exchange: the narrowest of what it rests on
    "its channel": "channel:slack:C1",
    "another channel": "guild:slack:T1",
    "another workspace": "",
    "a direct message": "channel:slack:D1",
    "a group message": "channel:slack:G5",
    "a channel of the group": "channel:slack:HR",
    "a channel of the group, another workspace": "group:hr",
    "a thread of the group's channel": "channel:discord:900",
    "its server": "guild:discord:G9",
    "a direct message on Discord": "channel:discord:77",
    "the web": "",
    "the terminal": "",
    "the terminal with a scope": "group:hr",
}


@dataclass
class Tried:
    """What showed: by way the numbers, and the exchange that it began; the export's files, refusals and the index's contents besides."""

    home: Path
    numbers: dict[str, set[str]] = field(default_factory=dict)
    exchanges: dict[str, str] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    rows: str = ""
    manifest: dict[str, Any] = field(default_factory=dict)
    explained: dict[str, tuple[str, ...]] = field(default_factory=dict)
    collections: dict[tuple[IndexKind, Reach], list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    equal: bool = False


def numbers_in(*texts: str) -> set[str]:
    """Return the numbers that show."""
    return {found[0] for text in texts for found in _NUMBER.finditer(text)}


class Company:
    """The opened home, with an engine whose model says again all that it is told."""

    def __init__(self, indexed: Indexed, settings: Settings, tried: Tried) -> None:
        self.indexed = indexed
        self.tried = tried
        self.backend = ScriptedBackend(lambda request: [f"{message.content}\n" for message in request.prompt])
        parts = EngineParts(
            indexed.ledger,
            indexed.retriever,
            self.backend,
            indexed.redactor,
            indexed.pseudonyms,
            lambda _: "en",
            lambda: datetime.now(UTC),
        )
        self.engine = Engine(parts, settings)

    async def ask(self, name: str, way: Way, *, conversation_id: str = "", again: bool = False) -> str:
        """Ask, keep what showed under *name*, and return the exchange's id; *again* asks as after a crash, from the ledger."""
        now = datetime.now(UTC)
        key = new_id(now)
        place = way.place(conversation_id or f"{way.platform}:{key}")
        incoming = Incoming(way.question, "U1", place, (key,), now, audience=way.audience, scopes=way.scopes)
        question = await self.engine.accept(incoming)
        assert question is not None
        if again:
            (left,) = await self.indexed.ledger.open_exchanges(way.platform, since=now)
            question = left.question
        self.backend.requests.clear()
        async with aclosing(self.engine.answer(question)) as events:
            *_, answer = [event async for event in events]
        assert isinstance(answer, Answer)
        told = [message.content for request in self.backend.requests for message in request.prompt]
        self.tried.numbers[name] = numbers_in(*told, answer.text, *(source.excerpt for source in (*answer.sources, *answer.see_also)))
        self.tried.exchanges[name], self.tried.kinds[name] = answer.exchange_id, answer.kind
        shown = await self.indexed.ledger.show(answer.exchange_id)
        assert shown is not None
        self.tried.scopes[name] = shown.listed.scope
        return answer.exchange_id

    async def like(self, exchange_id: str) -> None:
        """Vote for an answer."""
        await self.engine.rate(Rating(exchange_id, "U2", "slack", "up", "button", datetime.now(UTC)))

    async def correct(self, exchange_id: str, answer: str, *, platform: Platform = "slack") -> None:
        """Correct an answer, as an expert somewhere does."""
        await self.engine.correct(Correction(exchange_id, answer, "U9", platform, datetime.now(UTC)))

    async def follow(self) -> None:
        """Let the index follow."""
        while await self.indexed.outbox.drain():
            pass

    async def search(self, name: str, viewer: Viewer) -> None:
        """Look for what there is, however little it has to do with the question."""
        found = await self.indexed.retriever.search(QUESTION, viewer=viewer, limit=50)
        self.tried.numbers[name] = numbers_in(*(each.text for each in found))


@asynccontextmanager
async def opened(settings: Settings, tried: Tried) -> AsyncIterator[Company]:
    """Open the home."""
    async with open_indexed(settings) as indexed:
        yield Company(indexed, settings, tried)


async def add(company: Company, folder: Path, names: Sequence[str], *, text: str = "", scope: str | None = None) -> None:
    """Write and import sources of `SOURCES`, or others of a text and scope."""
    for name in names:
        audience, own, words = SOURCES.get(name, ("employees", "", text))
        path = folder / f"{name}.md"
        await asyncio.to_thread(path.write_text, f"# {name.title()}\n\n{words}\n")
        await company.indexed.knowledge.add([path], audience=audience, scope=own if scope is None else scope, max_file_mb=1)


async def try_all(folder: Path, settings: Settings) -> Tried:
    """Ask everywhere, correct, move, remove, rebuild, restart and export."""
    tried = Tried(settings.home)
    async with opened(settings, tried) as company:
        await add(company, folder, list(SOURCES))
        await company.ask("before the index follows", WAYS["another channel"])
        await company.follow()
        for name, way in WAYS.items():
            await company.like(await company.ask(name, way))
        await company.ask("taken up after a crash", WAYS["another channel"], again=True)
        await company.ask("taken up after a crash in its channel", WAYS["its channel"], again=True)
        await _search(company)
        await _follow_up(company, settings)
        await company.follow()
        tried.numbers["newly rated"] = {str(await SqlRounds(company.indexed.database).newly_rated("employees", None))}
        await company.indexed.ledger.erase(tried.exchanges["a thread of its channel"], at=datetime.now(UTC))
        await _correct(company)
        await _move(company, folder)
        await _judge(company)
        await company.follow()
        await _export(company, folder)
        await _look_into(company)
        await company.indexed.outbox.rebuild(lambda _done, _total: None)
        for name in ("another channel", "a channel of the group"):
            await company.ask(f"{name}, rebuilt", replace(WAYS[name], question="Tell me of the bonus pool, please"))
    async with opened(settings, tried) as company:
        for name in ("another channel", "a channel of the group", "its channel"):
            await company.ask(f"{name}, restarted", replace(WAYS[name], question="Tell me of the bonus pool, please"))
    return tried


async def _search(company: Company) -> None:
    await company.search("search", Viewer("employees"))
    await company.search("search as customer", Viewer("customers"))
    await company.search("search in its channel", Viewer("employees", ("channel:slack:C1",)))
    await company.search("search in the group", Viewer("employees", ("group:hr",)))
    await company.search("search in the group as customer", Viewer("customers", ("group:hr",)))
    await company.search("search with half a scope", Viewer("employees", ("group:h", "group", "hr", "channel:slack:", "guild:slack:T", "")))


async def _follow_up(company: Company, settings: Settings) -> None:
    """Ask on in a conversation, also once its channel is none of the group's any more."""
    less = replace(HR, question="And is the parking lot open?")
    await company.ask("a conversation of the group", HR, conversation_id="slack:T1:HR:1")
    await company.ask("it goes on", less, conversation_id="slack:T1:HR:1")
    taken_out = Company(company.indexed, settings.model_copy(update={"groups": {"hr": GroupSettings()}}), company.tried)
    await taken_out.ask("a channel taken out of the group", HR)
    circle = Way("slack", set(), "HR", "T2")
    await company.ask("a conversation of the group elsewhere", circle, conversation_id="slack:T2:HR:1")
    await taken_out.ask("it goes on, taken out", replace(circle, question=less.question), conversation_id="slack:T2:HR:1")


async def _correct(company: Company) -> None:
    """Let experts correct what was asked in the group, in a channel from elsewhere, and in a direct message."""
    for number, name, platform in (
        ("8888", "a channel of the group, another workspace", "slack"),
        ("9999", "its channel", "cli"),
        ("0000", "a direct message", "slack"),
    ):
        platforms: tuple[Platform, ...] = get_args(Platform)
        await company.correct(company.tried.exchanges[name], f"The bonus pool is {number}.", platform=platforms[platforms.index(platform)])
    near = "How large is the bonus pool"
    for name in (
        "another channel",
        "its channel",
        "a channel of the group",
        "a direct message",
        "the web",
        "the terminal",
        "another workspace",
    ):
        await company.ask(f"{name}, corrected", WAYS[name])
    await company.ask("another direct message, corrected", replace(WAYS["a direct message"], channel="D2"))
    await company.ask("a channel of the group for customers, corrected", WAYS["a channel of the group, set for customers"])
    await company.ask("another channel, corrected, nearly the same words", replace(WAYS["another channel"], question=f"{near}, please?"))
    await company.follow()
    await company.ask("another channel, corrected, as a passage", replace(WAYS["another channel"], question="Whose is the bonus pool?"))
    await company.ask("the group, corrected, as a passage", replace(WAYS["the terminal with a scope"], question="Whose is the bonus pool?"))
    await company.search("search, corrected", Viewer("employees"))


async def _move(company: Company, folder: Path) -> None:
    """Limit what everybody saw, lift what was limited, and remove."""
    parking = replace(WAYS["another channel"], question="Where is the parking lot?")
    text = "The parking lot is behind gate 1212, open from six."
    park = re.compile("1212")

    async def sees(name: str, way: Way) -> None:
        await company.ask(name, way)
        shown = await company.indexed.ledger.show(company.tried.exchanges[name])
        assert shown is not None
        company.tried.numbers[name] = {"1212"} if park.search(shown.prompt + shown.listed.answer) else set()

    await add(company, folder, ["parking"], text=text, scope="")
    await sees("open to all", parking)
    await add(company, folder, ["parking"], text=text, scope="channel:slack:C1")
    await sees("limited since", parking)
    await company.follow()
    await sees("limited since, the index has followed", parking)
    await sees("limited since, in its channel", replace(parking, channel="C1"))
    await add(company, folder, ["parking"], text=text, scope="group:hr")
    await company.follow()
    await sees("moved to a group, in the channel", replace(parking, channel="C1"))
    await company.indexed.knowledge.remove("parking.md")
    await sees("removed", replace(parking, channel="HR"))


async def _judge(company: Company) -> None:
    """Look at what versions are trained with and judged by."""
    indexed, numbers = company.indexed, company.tried.numbers
    frozen = await frozen_retriever(indexed.database, indexed.encoder, passages=20, minimum_score=0.0, audience="employees")
    numbers["judging"] = numbers_in(*(each.text for each in (await frozen.find(QUESTION, viewer=Viewer("employees"))).passages))
    numbers["practice"] = numbers_in(*(each.text for each in await passages_for(indexed, "employees")))
    numbers["practice for customers"] = numbers_in(*(each.text for each in await passages_for(indexed, "customers")))


async def _export(company: Company, folder: Path) -> None:
    report = await company.indexed.exporter.export(folder / "out")
    company.tried.rows = await asyncio.to_thread(report.path.read_text)
    company.tried.manifest = json.loads(await asyncio.to_thread(report.manifest.read_text))
    explained = await company.indexed.exporter.explain(examples=100)
    company.tried.explained = {str(reason): ids for reason, ids in explained.examples.items()}


async def _look_into(company: Company) -> None:
    """Read every collection of the index."""
    indexed, tried = company.indexed, company.tried
    for kind in get_args(IndexKind):
        for reach in await indexed.index.reaches(kind):
            entries = await indexed.index.fetch(kind, reach, await indexed.index.ids(kind, reach))
            tried.collections[kind, reach] = [(entry.document, dict(entry.metadata)) for entry in entries]
    tried.equal = (await indexed.outbox.check()).equal
    for name, viewer in (("questions", Viewer("employees")), ("questions of a direct message", Viewer("employees", ("channel:slack:D1",)))):
        asked = {each.exchange_id for each in await asked_questions(indexed.database, viewer, limit=1000)}
        tried.numbers[name] = {way for way, exchange_id in tried.exchanges.items() if exchange_id in asked}
    await _leave_gaps(company)


async def _leave_gaps(company: Company) -> None:
    """Vote three answers down, and look for what is not answered."""
    ways = ("the very words elsewhere", "a group message", "the group, corrected, as a passage")
    for way in ways:
        for person in ("U3", "U4"):
            rating = Rating(company.tried.exchanges[way], person, "slack", "down", "button", datetime.now(UTC))
            await company.engine.rate(rating)
    for scope in ("", "guild:slack:T1", "channel:slack:G5", "group:hr", "group:site"):
        gaps = await find_gaps(company.indexed.database, company.indexed.encoder, Viewer("employees", (scope,) if scope else ()))
        found = {each.exchange_id for gap in gaps for each in gap.questions}
        company.tried.numbers[f"gaps {scope}"] = {way for way in ways if company.tried.exchanges[way] in found}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give settings under which everything is found that may be, and everything trains that may."""
    return read_settings(
        home=tmp_path_factory.mktemp("scopes") / "home",
        groups=GROUPS,
        knowledge=KnowledgeSettings(passages=10, minimum_score=0.0, odds_within=math.inf),
        answers=AnswersSettings(minimum_confidence=0.0),
        rights=RightsSettings(slack="allow", discord="allow", web="allow"),
        policy=PolicySettings(per_person_per_minute=0, per_person_per_day=0),
    )


@pytest.fixture(scope="module")
def tried(settings: Settings) -> Tried:
    """Try everything once."""
    return asyncio.run(try_all(settings.home.parent, settings))


@pytest.mark.parametrize("name", WAYS)
def test_only_what_a_place_may_see_shows_there(tried: Tried, name: str) -> None:
    """Neither in what the model is told, nor in the answer, nor in its sources; and all that may be seen is found."""
    assert tried.numbers[name] == WAYS[name].expected


@pytest.mark.parametrize("name", SCOPES)
def test_an_exchange_is_as_narrow_as_what_it_rests_on(tried: Tried, name: str) -> None:
    """A correction, a rated conversation and a row are limited by it."""
    assert tried.scopes[name] == SCOPES[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("before the index follows", STAFF),
        ("taken up after a crash", STAFF),
        ("taken up after a crash in its channel", {*STAFF, "2222"}),
        ("search", {"1111"}),
        ("search as customer", set()),
        ("gaps ", set()),
        ("gaps guild:slack:T1", {"the very words elsewhere"}),
        ("gaps channel:slack:G5", {"a group message"}),
        ("gaps group:hr", {"the group, corrected, as a passage"}),
        ("gaps group:site", set()),
        ("search in its channel", {"1111", "2222"}),
        ("search in the group", {"1111", "3333", "7777"}),
        ("search in the group as customer", {"5555", "7777"}),
        ("search with half a scope", {"1111"}),
        ("it goes on", CIRCLE),
        ("a channel taken out of the group", STAFF),
        ("it goes on, taken out", {"1111"}),
        ("another channel, corrected", STAFF),
        ("another channel, corrected, nearly the same words", STAFF),
        ("another channel, corrected, as a passage", STAFF),
        ("search, corrected", {"1111"}),
        ("another workspace, corrected", {"1111"}),
        ("another direct message, corrected", STAFF),
        ("the web, corrected", {"1111"}),
        ("the terminal, corrected", {"1111"}),
        ("a channel of the group for customers, corrected", {"5555", "7777"}),
        ("a channel of the group, corrected", {"8888"}),
        ("its channel, corrected", {"9999"}),
        ("a direct message, corrected", {"0000"}),
        ("the group, corrected, as a passage", {"1111", "3333", "7777", "8888"}),
        ("open to all", {"1212"}),
        ("limited since", set()),
        ("limited since, the index has followed", set()),
        ("limited since, in its channel", {"1212"}),
        ("moved to a group, in the channel", set()),
        ("removed", set()),
        ("judging", {"1111"}),
        ("practice", {"1111"}),
        ("practice for customers", set()),
        ("another channel, rebuilt", STAFF),
        ("another channel, restarted", STAFF),
    ],
)
def test_nothing_leaks_another_way(tried: Tried, name: str, expected: set[str]) -> None:
    """Corrections, moves, restarts and what versions are judged by are ways like the others."""
    assert tried.numbers[name] == expected


@pytest.mark.parametrize("name", ["a channel of the group, rebuilt", "a channel of the group, restarted", "its channel, restarted"])
def test_a_rebuilt_index_still_finds_what_may_be_seen(tried: Tried, name: str) -> None:
    """An index that hides everything would leak nothing, either."""
    assert tried.numbers[name] >= {*STAFF, "2222" if name.startswith("its") else "3333"}


def test_rows_hold_nothing_that_is_limited(tried: Tried) -> None:
    """A version answers everywhere."""
    assert numbers_in(tried.rows) == {"1111"}
    trained = {json.loads(line)["metadata"]["exchange_id"] for line in tried.rows.splitlines()}
    assert trained >= {tried.exchanges[name] for name in ("another workspace", "the web", "the terminal")}
    assert not any(tried.scopes[name] for name, exchange_id in tried.exchanges.items() if exchange_id in trained)


def test_only_what_may_train_is_counted_for_a_round(tried: Tried) -> None:
    """Votes on what is limited would begin rounds that have nothing to learn."""
    liked = [name for name, way in WAYS.items() if (way.audience or _AUDIENCES[way.platform]) in ("employees", "all")]

    assert tried.numbers["newly rated"] == {str(sum(not tried.scopes[name] for name in liked))}


def test_what_its_author_deleted_is_in_no_collection(tried: Tried) -> None:
    """Also not in one of a scope that nobody looks into."""
    erased = tried.exchanges["a thread of its channel"]

    assert tried.equal
    assert erased not in json.dumps([metadata for entries in tried.collections.values() for _, metadata in entries]) + tried.rows


def test_the_manifest_and_explain_say_why(tried: Tried) -> None:
    """An operator who misses rows sees which reason took them; the two agree."""
    refused = tried.manifest["refusals"]

    assert (refused["private"], refused["scoped"]) == (len(tried.explained["private"]), len(tried.explained["scoped"]))
    assert {"a direct message", "a group message", "a command", "a private channel of the group", "a direct message on Discord"} <= {
        name for name, exchange_id in tried.exchanges.items() if exchange_id in tried.explained["private"]
    }
    assert {"its channel", "another channel", "its server", "the terminal with a scope"} <= {
        name for name, exchange_id in tried.exchanges.items() if exchange_id in tried.explained["scoped"]
    }


def test_every_scope_has_collections_of_its_own(tried: Tried) -> None:
    """A filter can be forgotten; another collection is not opened by mistake."""
    homes = {number: Reach(audience, scope) for audience, scope, text in SOURCES.values() for number in numbers_in(text)}
    found = [
        (number, reach)
        for (kind, reach), entries in tried.collections.items()
        if kind == "passages"
        for document, _ in entries
        for number in numbers_in(document)
    ]

    assert tried.equal
    assert dict(found) == homes
    assert len(found) == len(homes)


def test_rated_conversations_and_approved_answers_lie_under_their_scope(tried: Tried) -> None:
    """Whoever reads an open collection with a plain client reads nothing that is limited."""
    for (_, reach), entries in tried.collections.items():
        assert {metadata["scope"] for _, metadata in entries} <= {reach.scope}
        if not reach.scope:
            assert numbers_in(*(document for document, _ in entries), *(str(metadata) for _, metadata in entries)) <= {"1111"}


def test_what_the_index_calls_trainable_is_what_is_exported(tried: Tried) -> None:
    """A plain client and an export must not tell two stories."""
    called = [
        (document, metadata)
        for (kind, _), entries in tried.collections.items()
        if kind == "conversations"
        for document, metadata in entries
    ]

    assert {bool(metadata["trainable"]) for _, metadata in called if metadata["scope"]} == {False}
    assert {bool(metadata["trainable"]) for _, metadata in called if not metadata["scope"]} == {True}
    assert sum(bool(metadata["trainable"]) for _, metadata in called) == len(tried.rows.splitlines())


def test_lists_of_questions_leave_out_what_is_limited(tried: Tried) -> None:
    """What somebody asked in private is nobody's category or duplicate."""
    listed = tried.numbers["questions"]

    assert {"another workspace", "the web"} <= listed
    assert all(not tried.scopes[name] for name in listed)
    assert tried.numbers["questions of a direct message"] - listed >= {"a direct message"}


@pytest.fixture
def terminal(tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let commands work on the tried home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APRENDIZ_HOME", str(tried.home))
    monkeypatch.setenv("APRENDIZ_GROUPS", '{"hr": {"channels": ["slack:HR"]}}')
    return tmp_path


def run(*arguments: str) -> str:
    """Return what a command writes."""
    words_alone = arguments[:2] != ("knowledge", "search") or "--distance" in arguments  # which need no index
    ran = CliRunner().invoke(cli, list(arguments), prog_name="aprendiz", obj=WordSession() if words_alone else None)
    assert ran.exit_code == 0, ran.output
    return ran.output


@pytest.mark.parametrize(
    "command",
    [
        ("knowledge", "search", QUESTION, "--json", "--limit", "50"),
        ("knowledge", "search", QUESTION, "--distance", "cosine", "--json", "--limit", "50"),
        ("similar", "--threshold", "0.5", "--json"),
        ("similar", "--questions", "--threshold", "0.5", "--json"),
    ],
    ids=" ".join,
)
def test_the_terminal_shows_what_is_limited_only_where_it_is_named(terminal: Path, command: tuple[str, ...]) -> None:
    """An operator sees all, but must say so; nothing shows by accident on a shared screen."""
    plain, named = run(*command), run(*command, "--scope", "group:hr", "--scope", "channel:slack:C1")

    assert numbers_in(plain) <= {"1111"}
    if "--questions" in command:
        assert json.loads(named)["texts"] > json.loads(plain)["texts"]
    elif command[0] == "similar":
        assert json.loads(named)["texts"] == json.loads(plain)["texts"] + 3
    else:
        assert numbers_in(named) >= {"1111", "2222", "3333", "7777"}


def test_classify_sorts_what_may_be_seen(terminal: Path) -> None:
    """Questions asked in private are not written into a report for all."""
    lines = [{"question": text, "category": text[:4]} for text in ("Pool one", "Pool two", "Gate one", "Gate two")]
    (terminal / "examples.jsonl").write_text("".join(map("{}\n".format, map(json.dumps, lines))))
    command = ("classify", "--examples", str(terminal / "examples.jsonl"), "--json")

    assert len(run(*command, "--scope", "channel:slack:D1").splitlines()) > len(run(*command).splitlines())


def test_conversations_tell_what_they_are_limited_to(terminal: Path, tried: Tried) -> None:
    """Whoever reviews answers must know where they may be spoken of."""
    listed = {each["exchange_id"]: each for each in map(json.loads, run("conversations", "list", "--limit", "1000", "--json").splitlines())}
    asked = listed[tried.exchanges["a direct message"]]

    assert (asked["scope"], asked["private"]) == ("channel:slack:D1", True)
    assert "channel:slack:D1" in run("conversations", "show", asked["exchange_id"])
