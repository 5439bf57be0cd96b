"""Which version serves: what the ledger says, at most a second later, and only where its file and its base are the right ones."""

import asyncio
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backends.llama_cpp import default_model_path
from bot.errors import Misconfigured
from bot.messages import Adapter, Audience
from bot.model_settings import ModelSettings
from finetune.registry import Base, Registry, base_of
from store.database import Database, migrate, open_database
from store.versions import SqlVersions, Version
from tests.contracts.ledgers import NOW
from tests.contracts.versions import NEW


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Desk:
    """A registry with a ledger, a base and a folder of its own."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.folder = folder
        self.base = folder / "base.gguf"
        self.base.write_bytes(b"the base")
        self.clock = Clock()
        self.versions = SqlVersions(database)
        self.registry = self.another(ModelSettings(path=self.base))

    def another(self, model: ModelSettings, versions: SqlVersions | None = None) -> Registry:
        """Return a registry as another process would have it."""
        return Registry(versions or self.versions, folder=self.folder / "adapters", model=model, clock=self.clock)

    async def made(self, content: bytes = b"adapter", *, audience: Audience = "employees", languages: tuple[str, ...] = ()) -> Version:
        """Keep an adapter and add it as a candidate."""
        source = self.folder / "made.gguf"
        await asyncio.to_thread(source.write_bytes, content)
        base = await base_of(ModelSettings(path=self.base))
        assert base is not None
        new = replace(NEW, audience=audience, base_sha256=base.sha256, adapter_sha256=await self.registry.keep(source), languages=languages)
        version = await self.versions.show(await self.versions.add(new))
        assert version is not None
        return version

    async def promoted(self, content: bytes = b"adapter", *, audience: Audience = "employees", languages: tuple[str, ...] = ()) -> Version:
        """Put one into production, and let a second pass."""
        version = await self.made(content, audience=audience, languages=languages)
        await self.versions.promote(version.version, at=NOW, reason="better")
        self.clock.now_s += 1.0
        return version


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    return await asyncio.to_thread(Desk, database, tmp_path)


async def test_without_a_version_the_model_answers_as_it_is(desk: Desk) -> None:
    """A new home has none, and reads no model file for it."""
    await asyncio.to_thread(desk.base.unlink)

    assert await desk.registry.current("employees") is None
    assert await desk.registry.check() == "none in production; the model answers as it is"


async def test_a_promoted_version_is_laid_over_the_model(desk: Desk) -> None:
    """By the name that is recorded on its exchanges, with the languages it was proved in."""
    version = await desk.promoted(languages=("pt",))

    assert await desk.registry.current("employees") == Adapter(f"v{version.version}", desk.registry.path_of(version), ("pt",))
    assert await desk.registry.current("customers") is None
    assert await desk.registry.check() == f"v{version.version} for employees"


async def test_each_audience_has_its_own(desk: Desk) -> None:
    """What was learnt from employees never answers customers; a version for all answers whoever has none."""
    shared = await desk.promoted(b"one", audience="all")
    own = await desk.promoted(b"two", audience="employees")
    names = {each: adapter.name for each in ("employees", "customers", "all") if (adapter := await desk.registry.current(each))}

    assert names == {"employees": f"v{own.version}", "customers": f"v{shared.version}", "all": f"v{shared.version}"}
    assert await desk.registry.check() == f"v{shared.version} for all, v{own.version} for employees"


async def test_the_ledger_is_asked_once_a_second(desk: Desk) -> None:
    """Every answer asks; a promotion is seen a second later all the same."""
    await desk.registry.current("employees")
    version = await desk.made()
    await desk.versions.promote(version.version, at=NOW, reason="")
    desk.clock.now_s += 0.9
    assert await desk.registry.current("employees") is None
    desk.clock.now_s += 0.1
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(desk.registry.current("employees")) for _ in range(10)]

    assert {(found := each.result()) and found.name for each in asking} == {f"v{version.version}"}


async def test_a_roll_back_to_the_model_alone(desk: Desk) -> None:
    """One row takes it back."""
    await desk.promoted()
    assert await desk.registry.current("employees") is not None
    await desk.versions.roll_back("employees", at=NOW, reason="worse")
    desk.clock.now_s += 1

    assert await desk.registry.current("employees") is None


async def test_a_missing_file_is_told_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """The model answers without it; the operator reads what to do, and not with every answer."""
    version = await desk.promoted()
    path = desk.registry.path_of(version)
    await asyncio.to_thread(path.unlink)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert await desk.registry.current("employees") is None
            desk.clock.now_s += 1

    assert [record.message for record in caplog.records] == ["version cannot serve"]
    with pytest.raises(Misconfigured, match=rf"Version {version.version} .* cannot be read \(No such file.*rollback --audience employees"):
        await desk.registry.check()


async def test_an_altered_file_does_not_serve(desk: Desk) -> None:
    """Also one that was altered while it served; restored, it serves again."""
    version = await desk.promoted()
    path = desk.registry.path_of(version)
    assert await desk.registry.current("employees") is not None
    await asyncio.to_thread(path.write_bytes, b"ADAPTER")
    await asyncio.to_thread(os.utime, path, ns=(1, 1))
    desk.clock.now_s += 1
    assert await desk.registry.current("employees") is None
    with pytest.raises(Misconfigured, match="was altered"):
        await desk.registry.check()
    await asyncio.to_thread(path.write_bytes, b"adapter")
    desk.clock.now_s += 1

    assert await desk.registry.current("employees") is not None


async def test_a_version_for_another_base_does_not_serve(desk: Desk) -> None:
    """Laid over another model it would write nonsense, without any error."""
    await desk.promoted()
    other = desk.folder / "other.gguf"
    await asyncio.to_thread(other.write_bytes, b"another")
    registry = desk.another(ModelSettings(path=other))

    assert await registry.current("employees") is None
    with pytest.raises(Misconfigured, match=r"was trained on smollm2 .*other.gguf is another model .*APRENDIZ_MODEL__PATH"):
        await registry.check()


async def test_a_broken_version_does_not_give_way_to_the_one_for_all(desk: Desk) -> None:
    """What answers is what was promoted, or the model alone: nobody promoted that mixture."""
    await desk.promoted(b"one", audience="all")
    own = await desk.promoted(b"two")
    await asyncio.to_thread(desk.registry.path_of(own).unlink)

    assert await desk.registry.current("employees") is None
    assert await desk.registry.current("customers") is not None


async def test_a_base_that_cannot_be_read_is_named(desk: Desk) -> None:
    """The setting that holds its path stands in the sentence."""
    version = await desk.promoted()
    registry = desk.another(ModelSettings(path=desk.folder / "none.gguf"))

    assert await registry.current("employees") is None
    with pytest.raises(Misconfigured, match=r"none.gguf cannot be read .* correct APRENDIZ_MODEL__PATH"):
        await registry.check()
    assert "none.gguf cannot be read" in await registry.problem_of(version)


@pytest.mark.parametrize("model", [ModelSettings(backend="openai", name="x"), ModelSettings(adapter=Path("own.gguf"))])
async def test_other_models_take_no_version(desk: Desk, model: ModelSettings) -> None:
    """A hosted model, or one with an adapter that the settings name, stays as the operator wants it; that is no fault."""
    version = await desk.promoted()
    registry = desk.another(model)

    assert await registry.current("employees") is None
    assert (await registry.check()).startswith("none; they are laid over a local model")
    assert "can only be laid over a local model" in await registry.problem_of(version)


async def test_the_packaged_model_is_the_base_by_default() -> None:
    """Its sha256, not that of the twin that is made of it."""
    path = default_model_path()
    sha256 = hashlib.sha256(await asyncio.to_thread(path.read_bytes)).hexdigest()

    assert await base_of(ModelSettings()) == Base(path.stem, path, sha256)


async def test_what_is_kept_lies_under_its_content(desk: Desk) -> None:
    """Kept twice it is one file, and nothing half written stays."""
    first, second = await desk.made(b"same"), await desk.made(b"same")
    names = await asyncio.to_thread(lambda: [path.name for path in (desk.folder / "adapters").iterdir()])

    assert first.adapter_sha256 == second.adapter_sha256 == hashlib.sha256(b"same").hexdigest()
    assert names == [f"{first.adapter_sha256}.gguf"]
    assert await asyncio.to_thread(desk.registry.path_of(first).read_bytes) == b"same"


async def test_an_adapter_that_cannot_be_kept_is_one_sentence(desk: Desk) -> None:
    """A full disk, or a file that is gone."""
    with pytest.raises(Misconfigured, match=r"nothing.gguf cannot be kept in .*adapters \(No such file or directory\)"):
        await desk.registry.keep(desk.folder / "nothing.gguf")

    assert await asyncio.to_thread(lambda: [*(desk.folder / "adapters").iterdir()]) == []


PROMOTE = """
import asyncio, sys
from datetime import UTC, datetime
from store.database import open_database
from store.versions import SqlVersions

async def promote() -> None:
    async with open_database(sys.argv[1]) as database:
        await SqlVersions(database).promote(int(sys.argv[2]), at=datetime.now(UTC), reason="")

asyncio.run(promote())
"""


async def test_a_promotion_by_another_process_is_seen_within_two_seconds(database: Database, desk: Desk) -> None:
    """The round runs in a process of its own, and `serve` must follow without a restart."""
    version = await desk.made()
    serving = Registry(SqlVersions(database), folder=desk.folder / "adapters", model=ModelSettings(path=desk.base))
    assert await serving.current("employees") is None
    command = [sys.executable, "-c", PROMOTE, f"sqlite:///{database.place}", str(version.version)]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(subprocess.run, command, check=True, timeout=50))
        serves = None
        while serves is None:
            await asyncio.sleep(0.02)
            serves = await serving.current("employees")
        seen_at = datetime.now(UTC)
    (promotion,) = await desk.versions.history("employees")

    assert (seen_at - promotion.at).total_seconds() < 2
