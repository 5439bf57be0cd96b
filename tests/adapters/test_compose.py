"""The whole program, built from settings alone: real databases, real Chroma, real model."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster
from pydantic import SecretStr

from adapters.compose import open_indexed, open_records, open_services
from adapters.discord.app import DiscordApp
from adapters.slack.app import SlackApp
from bot.chat_settings import Access, SlackSettings
from bot.errors import AskedTooOften, Misconfigured, NotAllowedHere
from bot.exchanges import OpenExchange
from bot.messages import Incoming, Place, Platform, Reach, Surface, Viewer
from bot.ratings import Rating
from bot.settings import PolicySettings, Settings, StoreSettings, read_settings
from store.export import Exporter
from tests.adapters.asking import accept, answer, ask, drain
from tests.adapters.composing import GUIDE, QUESTION, quick, with_section, written
from tests.fakes.chroma_server import chroma_server
from tests.postgres import let_asyncpg_connect, new_database


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[str]:
    """Run a Chroma server."""
    with chroma_server(tmp_path / "index") as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a new home, with nothing set."""
    monkeypatch.chdir(tmp_path)
    return quick(read_settings(home=tmp_path / "home"))


@pytest.fixture(params=["embedded", "servers"])
async def anywhere(request: pytest.FixtureRequest, settings: Settings, _nothing_blocks_the_loop: BlockBuster) -> AsyncIterator[Settings]:
    """Return settings of a home that keeps everything itself, and of one that keeps it in PostgreSQL and a Chroma server."""
    if request.param == "embedded":
        yield settings
        return
    let_asyncpg_connect(_nothing_blocks_the_loop)
    database = await new_database(request.getfixturevalue("postgres"))
    store = StoreSettings(database_url=SecretStr(database), chroma_url=request.getfixturevalue("chroma"))
    yield with_section(settings, store=store)


async def rows_of(exporter: Exporter, directory: Path) -> list[dict[str, Any]]:
    """Export, and read the rows."""
    report = await exporter.export(directory)
    text = await asyncio.to_thread(report.path.read_text)
    return [json.loads(line) for line in text.splitlines()]


async def test_the_whole_path_wherever_things_are_kept(anywhere: Settings, tmp_path: Path) -> None:
    """From a document to a training row: the two settings of the store are all that tells one installation from the other."""
    async with open_services(anywhere) as services:
        await services.knowledge.add([await written(tmp_path / "filters.md", GUIDE)], audience="employees", max_file_mb=1)
        await drain(services.outbox)
        given = await ask(services.engine, QUESTION)
        await services.engine.set_consent("slack", "U1", granted=True)
        await services.engine.rate(Rating(given.exchange_id, "U1", "slack", "up", "button", datetime.now(UTC)))
        await drain(services.outbox)
        report = await services.outbox.check()
        rated = await services.index.ids("conversations", Reach("employees"))
        checks = await services.checks()
        rows = await rows_of(services.exporter, tmp_path / "exports")

    assert [source.source for source in given.sources] == ["filters.md"]
    assert "six months" in given.text
    assert given.kind == "generated"
    assert report.equal
    assert rated == (given.exchange_id,)
    assert [(name, works) for name, works, _ in checks] == [("model", True), ("database", True), ("index", True), ("version", True)]
    (row,) = rows
    assert row["messages"][-1] == {"role": "assistant", "content": given.text}
    assert row["metadata"]["rating"] == "up"
    assert row["metadata"]["exchange_id"] == given.exchange_id


async def test_what_one_opening_wrote_the_next_one_finds(anywhere: Settings, tmp_path: Path) -> None:
    """Import, index and answers are commands of their own: each opens no more than it needs, and nothing is kept in memory only."""
    async with open_records(anywhere) as records:
        await records.knowledge.add([await written(tmp_path / "filters.md", GUIDE)], audience="employees", max_file_mb=1)
        assert records.export_directory == anywhere.home / "exports"
    async with open_indexed(anywhere) as indexed:
        await drain(indexed.outbox)
    async with open_indexed(anywhere) as indexed:
        (passage, *_) = await indexed.retriever.search(QUESTION, viewer=Viewer("employees"), limit=1)
        report = await indexed.outbox.check()

    assert passage.source == "filters.md"
    assert report.equal


async def test_the_clock_fills_in_second_vectors(settings: Settings, tmp_path: Path) -> None:
    """Nobody has to ask for them."""
    guide = await written(tmp_path / "filters.md", GUIDE)
    async with open_indexed(settings) as indexed:
        await indexed.knowledge.add([guide], audience="employees", max_file_mb=1)
        await drain(indexed.outbox)
        assert await indexed.second_vectors.lacking() == 1
    async with open_services(settings) as services:
        clock = asyncio.create_task(services.clock.run())
        try:
            async with asyncio.timeout(240):  # its thread yields to whatever else the machine does
                while await services.second_vectors.lacking():  # noqa: ASYNC110  # the clock tells nobody when it has filled them in
                    await asyncio.sleep(0.05)
        finally:
            clock.cancel()
            await asyncio.wait({clock})
        await services.retriever.warm()


async def test_the_sweep_closes_what_its_reader_left(settings: Settings) -> None:
    """A browser that was cut off never comes back; a thread in Slack is taken up again, and a question of now may still be read."""
    async with open_services(settings) as services:
        engine = services.engine
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        places: tuple[tuple[Platform, Surface], ...] = (("web", "web"), ("cli", "cli"), ("slack", "mention"))
        for platform, surface in places:
            await engine.accept(Incoming("Old?", "U1", Place(platform, surface, f"{platform}:1"), (f"{platform}:1",), long_ago))
        fresh = await accept(engine, "New?", platform="web")

        async def old_ones() -> list[OpenExchange]:
            left = [
                *await services.ledger.open_exchanges("web", since=long_ago),
                *await services.ledger.open_exchanges("cli", since=long_ago),
            ]
            return [each for each in left if each.question.text == "Old?"]

        clock = asyncio.create_task(services.clock.run())
        try:
            async with asyncio.timeout(20):
                while await old_ones():  # noqa: ASYNC110  # the clock tells nobody when it has swept
                    await asyncio.sleep(0.05)
        finally:
            clock.cancel()
            await asyncio.wait({clock})
        (left,) = await services.ledger.open_exchanges("web", since=long_ago)
        kept = await services.ledger.open_exchanges("slack", since=long_ago)

    assert left.question.exchange_id == fresh.exchange_id
    assert [each.question.text for each in kept] == ["Old?"]


async def test_the_sweep_forgets_what_has_aged(settings: Settings) -> None:
    """How to reach an asker is kept for a crash, not for good; an installation that was never finished leaves no trace either."""
    async with open_services(settings) as services:
        now = datetime.now(UTC)
        ages = {"old": timedelta(days=31), "new": timedelta(days=29)}
        for name, age in ages.items():
            place = Place("slack", "mention", f"slack:{name}", "T1", "C1")
            asked = Incoming(f"{name}?", name, place, (f"slack:{name}",), now - age, address=f"{name} asker")
            await services.engine.accept(asked)
        await services.vault.put("slack:state:old", "x", at=now - timedelta(hours=2))
        await services.vault.put("slack:state:new", "x", at=now - timedelta(minutes=30))
        await services.vault.put("slack:install:T1", "x", at=now - timedelta(days=400))

        clock = asyncio.create_task(services.clock.run())
        try:
            async with asyncio.timeout(20):
                while await services.vault.get("slack:state:old"):  # noqa: ASYNC110  # the clock tells nobody when it has swept
                    await asyncio.sleep(0.05)
        finally:
            clock.cancel()
            await asyncio.wait({clock})
        left = await services.ledger.open_exchanges("slack", since=now - timedelta(days=40))
        kept = await services.vault.names("slack:")

    assert [(each.question.text, each.address) for each in left] == [("old?", ""), ("new?", "new asker")]
    assert kept == ("slack:install:T1", "slack:state:new")


async def test_addresses_and_secrets_are_sealed_with_the_home_s_key(settings: Settings) -> None:
    """A copied database alone tells nobody whom to write to, nor as whom; the same key opens them after a restart."""
    async with open_services(settings) as services:
        await services.vault.put("slack:install:T1", "xoxb-secret", at=datetime.now(UTC))
    files = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in settings.home.glob("*.db*")))

    async with open_records(settings) as records:
        assert await records.vault.get("slack:install:T1") == "xoxb-secret"
    assert b"slack:install:T1" in files
    assert b"xoxb-secret" not in files


async def test_a_platform_is_there_where_its_token_is(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting a token is all that connects a platform."""
    async with open_services(settings) as services:
        assert not services.platforms
    monkeypatch.setenv("APRENDIZ_SLACK__BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("APRENDIZ_SLACK__APP_TOKEN", "xapp-1")
    monkeypatch.setenv("APRENDIZ_DISCORD__TOKEN", "token")
    async with open_services(quick(await asyncio.to_thread(read_settings, home=settings.home))) as services:
        assert {name: type(app) for name, app in services.platforms.items()} == {"slack": SlackApp, "discord": DiscordApp}


async def test_slack_is_there_for_those_who_install_it(settings: Settings) -> None:
    """An app that others install has no token of its own: its client id is what tells that Slack is wanted."""
    installed = SlackSettings(client_id="1.2", client_secret=SecretStr("s"), signing_secret=SecretStr("s"))
    async with open_services(with_section(settings, slack=installed)) as services:
        assert list(services.platforms) == ["slack"]


async def test_one_slack_token_without_the_other_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a set-up must say which half is missing, and neither stay silent nor stop the rest."""
    monkeypatch.setenv("APRENDIZ_SLACK__APP_TOKEN", "xapp-1")
    async with open_services(quick(await asyncio.to_thread(read_settings, home=settings.home))) as services:
        with pytest.raises(Misconfigured, match="set APRENDIZ_SLACK__BOT_TOKEN to the bot token"):
            await services.platforms["slack"].run()


async def test_a_second_process_is_told_who_has_the_home(settings: Settings) -> None:
    """Two owners of one embedded index would damage it; the sentence says what to stop."""
    program = (
        "import asyncio\nfrom pathlib import Path\nfrom adapters.compose import open_indexed\nfrom bot.errors import Misconfigured\n"
        "from bot.settings import read_settings\n\nasync def main():\n    try:\n"
        f"        async with open_indexed(read_settings(home=Path({str(settings.home)!r}))):\n            print('opened')\n"
        "    except Misconfigured as error:\n        print(error)\n\nasyncio.run(main())\n"
    )

    async with open_indexed(settings):
        told = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
        )

    assert told.stdout.count("\n") == 1
    assert f"the index in {settings.home} is in use by another process" in told.stdout
    assert told.stderr == ""


async def test_records_open_beside_the_one_that_answers(settings: Settings, tmp_path: Path) -> None:
    """Documents are added while the server runs: only the index has one owner."""
    async with open_indexed(settings) as indexed, open_records(settings) as records:
        await records.knowledge.add([await written(tmp_path / "filters.md", GUIDE)], audience="employees", max_file_mb=1)
        await drain(indexed.outbox)

        assert [hit.source for hit in await indexed.retriever.search("filter", viewer=Viewer("employees"), limit=1)] == ["filters.md"]


async def test_the_checks_name_what_fails(settings: Settings, tmp_path: Path) -> None:
    """Readiness that says only "no" sends the operator searching: a server of the index that has gone is named, the rest works."""
    path = tmp_path / "server"
    server = chroma_server(path)
    url = await asyncio.to_thread(server.__enter__)
    try:
        async with open_services(with_section(settings, store=StoreSettings(chroma_url=url))) as services:
            before = await services.checks()
            await asyncio.to_thread(server.__exit__, None, None, None)
            after = await services.checks()
            (failed,) = [detail for name, works, detail in after if not works]
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)

    assert [(name, works) for name, works, _ in before] == [("model", True), ("database", True), ("index", True), ("version", True)]
    assert [(name, works) for name, works, _ in after] == [("model", True), ("database", True), ("index", False), ("version", True)]
    assert f"the Chroma server at {url} does not respond" in failed


async def test_a_home_that_cannot_be_made_says_which_setting(settings: Settings, tmp_path: Path) -> None:
    """A file in the way is the operator's to move."""
    await written(tmp_path / "file", "")
    with pytest.raises(Misconfigured, match=r"file/home cannot be made \(Not a directory\); correct APRENDIZ_HOME"):
        async with open_records(settings.model_copy(update={"home": tmp_path / "file" / "home"})):
            pass


async def test_a_person_s_questions_are_counted_across_a_restart(settings: Settings) -> None:
    """A deployment must not hand out the day's questions again, nor lists be read anywhere but from the settings."""
    limited = with_section(
        settings, policy=PolicySettings(per_person_per_minute=2), slack=SlackSettings(access=Access(block_channels=("C9",)))
    )
    async with open_services(limited) as services:
        await accept(services.engine, "One?")
    async with open_services(limited) as services:
        await accept(services.engine, "Two?")
        with pytest.raises(AskedTooOften):
            await accept(services.engine, "Three?")
        await accept(services.engine, "Three?", platform="discord")
        elsewhere = Place("slack", "mention", "slack:T1:C9:1", "T1", "C9")
        with pytest.raises(NotAllowedHere):
            await services.engine.accept(Incoming("Here?", "U2", elsewhere, ("k",), datetime.now(UTC)))


async def test_a_question_taken_before_a_restart_is_answered_after_it(settings: Settings) -> None:
    """What was accepted is not lost with the process."""
    async with open_services(settings) as services:
        taken = await accept(services.engine, QUESTION)
    async with open_services(settings) as services:
        (left,) = await services.ledger.open_exchanges("slack", since=taken.asked_at - timedelta(minutes=1))
        given = await answer(services.engine, left.question)

    assert left.question == replace(taken, scopes=())  # those of its place, and of the groups of that day, are found again
    assert given.kind == "declined"
