"""Versions for tests of what stands on the registry's rows."""

from dataclasses import replace

from bot.messages import Audience
from store.versions import NewVersion, SqlVersions
from tests.contracts.ledgers import NOW

NEW = NewVersion(
    audience="employees",
    round_id="01ROUND",
    created_at=NOW,
    base_name="smollm2",
    base_sha256="b" * 64,
    adapter_sha256="a" * 64,
    size_bytes=1000,
    manifest_sha256="c" * 64,
    recipe={"epochs": 2, "targets": ["q_proj", "v_proj"]},
    seed=7,
    languages=("pt",),
    metrics={"facts": 0.5},
    decision={"promote": True, "reasons": ["better by 0.2"]},
)


async def promoted(versions: SqlVersions, *, audience: Audience = "employees", **changes: str | int) -> int:
    """Add a version and put it into production."""
    version = await versions.add(replace(NEW, audience=audience, **changes))  # type: ignore[arg-type]
    await versions.promote(version, at=NOW, reason="better")
    return version
