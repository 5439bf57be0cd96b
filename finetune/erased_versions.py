"""Versions that learnt from rows that were erased: found by their rounds, and taken out of service with all that was made of them."""

import asyncio
import shutil
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from bot.messages import Audience
from finetune.registry import Registry
from finetune.round_files import RoundFolder
from store.versions import ERASED, SqlVersions, Version


async def note_learnt(versions: SqlVersions, learnt: Mapping[str, int]) -> tuple[int, ...]:
    """Keep with the versions of the rounds in *learnt* how many of their rows are erased; return their numbers, sorted."""
    made = [version for version in await versions.list() if version.round_id in learnt]
    for version in made:
        await versions.note_erased(version.version, rows=learnt[version.round_id])
    return tuple(sorted(version.version for version in made))


async def untraced(versions: SqlVersions, registry: Registry, rounds: Path) -> tuple[int, ...]:
    """Return the versions whose files are there, but not the rows that would tell what they learnt from; sorted."""
    made = await versions.list()

    def is_untraced(version: Version) -> bool:
        return registry.path_of(version).exists() and not (rounds / version.round_id / "rows").is_dir()

    return tuple(sorted(await asyncio.to_thread(lambda: [each.version for each in made if is_untraced(each)])))


async def retire(versions: SqlVersions, registry: Registry, rounds: Path, *, at: datetime) -> tuple[int, ...]:
    """
    Take every version that learnt from erased rows out of service and delete its files; return their numbers, sorted.

    An audience is answered by the newest version before that never saw such rows, or by none of its own.

    Raises:
        Misconfigured: A file cannot be deleted.
    """
    known = await versions.list()
    going = {version.version for version in known if version.metrics.get(ERASED)}
    for audience, version in (await versions.in_production()).items():
        if version.version in going:
            await _roll_back(versions, audience, going, at=at)
    kept = {version.adapter_sha256 for version in known if version.version not in going}
    for version in known:
        if version.version in going:
            await versions.retire(version.version)
            await asyncio.to_thread(_delete, version, registry.path_of(version), rounds, shared=version.adapter_sha256 in kept)
    return tuple(sorted(going))


async def _roll_back(versions: SqlVersions, audience: Audience, going: Collection[int], *, at: datetime) -> None:
    serving: Version | None = await versions.roll_back(audience, at=at, reason="erased rows")
    while serving is not None and serving.version in going:
        serving = await versions.roll_back(audience, at=at, reason="erased rows")


def _delete(version: Version, adapter: Path, rounds: Path, *, shared: bool) -> None:
    """Delete what was trained; rows, figures and the card stay."""
    folder = RoundFolder(rounds / version.round_id)
    if not shared:
        adapter.unlink(missing_ok=True)
    folder.adapter.unlink(missing_ok=True)
    shutil.rmtree(folder.training, ignore_errors=True)
    folder.drop_base()
