"""A person's right to leave where a PostgreSQL server holds the ledger and a Chroma server the index."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from blockbuster import BlockBuster
from chromadb import HttpClient
from pydantic import SecretStr

from adapters.compose import Services, open_services
from adapters.erasing import erasure_beside
from tests.adapters.composing import quick
from tests.adapters.round_home import settings_of, write_home
from tests.erased_company import Traffic, found_under, token, tokens, user_of
from tests.fakes.chroma_server import chroma_server
from tests.postgres import let_asyncpg_connect, new_database

pytestmark = [pytest.mark.filterwarnings("ignore:Could not find a config file:UserWarning"), pytest.mark.timeout(300)]


@pytest.fixture
async def database_url(postgres: str, _nothing_blocks_the_loop: BlockBuster) -> str:
    """Return the address of an empty PostgreSQL database."""
    let_asyncpg_connect(_nothing_blocks_the_loop)
    return await new_database(postgres)


@pytest.fixture
async def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> AsyncIterator[Services]:
    """Open a home on both servers, in which people asked, rated, corrected and exported."""
    monkeypatch.chdir(tmp_path)
    server = chroma_server(tmp_path / "server")
    url = await asyncio.to_thread(server.__enter__)
    try:
        await asyncio.to_thread(write_home, tmp_path)
        settings = quick(await asyncio.to_thread(settings_of, tmp_path))
        store = settings.store.model_copy(update={"database_url": SecretStr(database_url), "chroma_url": url})
        async with open_services(settings.model_copy(update={"store": store})) as opened:
            await Traffic(opened, tmp_path).run()
            yield opened
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


async def told_by(services: Services, database_url: str, person: str) -> dict[str, set[str]]:
    """Return by the person's words where the ledger, the index and the home's files have them."""
    words = (*tokens(person), services.pseudonyms.of("slack", user_of(person)))
    found = await asyncio.to_thread(found_under, services.settings.home, words)
    for place, content in {**await _tables(database_url), **await asyncio.to_thread(_collections, services)}.items():
        for word in words:
            if word.lower() in content.lower():
                found.setdefault(word, set()).add(place)
    return found


async def _tables(database_url: str) -> dict[str, str]:
    connection = await asyncpg.connect(database_url)
    try:
        names = [each["tablename"] for each in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {name: str([dict(row) for row in await connection.fetch(f'SELECT * FROM "{name}"')]) for name in names}
    finally:
        await connection.close()


def _collections(services: Services) -> dict[str, str]:
    address = services.settings.store.chroma_url.removeprefix("http://").partition(":")
    client = HttpClient(address[0], int(address[2]))
    return {each.name: str(each.get()) for each in client.list_collections()}


async def test_nothing_of_theirs_is_left_on_either_server(services: Services, database_url: str) -> None:
    """The receipt names what only the operator can do: the servers' own files keep deleted text until they are compacted."""
    before = {person: await told_by(services, database_url, person) for person in ("ana", "bea")}
    erasure, person = erasure_beside(services), services.pseudonyms.of("slack", user_of("ana"))
    receipt, _ = await erasure.person(person, retire=False)
    after = {person: await told_by(services, database_url, person) for person in before}
    again, _ = await erasure.person(person, retire=False)

    assert {"exchanges", "votes", "people"} <= set().union(*before["ana"].values())
    assert any(place.startswith("conversations") for place in before["ana"][token("ana", "thread")])
    assert after["ana"] == {}
    assert after["bea"].keys() == before["bea"].keys()
    assert receipt.removed["ledger"]["exchanges"] == 21
    assert receipt.pending == ("chroma_server", "postgresql", "shells")
    assert (again.removed, await erasure.unfinished()) == ({}, 0)
    assert (await services.outbox.check()).equal
