"""Trained versions in the home of a test."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from adapters.compose import Records, open_records
from bot.messages import Audience
from bot.settings import read_settings
from finetune.registry import base_of
from tests.contracts.versions import NEW

T = TypeVar("T")

PASSED = {"promote": True, "reasons": ["Better on 12 of 20 questions."], "figures": {"passages": {"down": [0.25, 0.5]}, "lost": 0.0}}
FAILED = {"promote": False, "reasons": ["It lost 3 of 20 questions that people liked."], "figures": {}}


def on(work: Callable[[Records], Awaitable[T]]) -> T:
    """Work on the ledger of this test's home."""
    settings = read_settings()

    async def run() -> T:
        async with open_records(settings) as records:
            return await work(records)

    return asyncio.run(run())


def made(content: bytes = b"adapter", *, audience: Audience = "employees", decision: dict[str, object] = PASSED, base: str = "") -> int:
    """Add a version whose file lies where it should."""

    async def work(records: Records) -> int:
        folder = records.settings.home
        await asyncio.to_thread((folder / "made.gguf").write_bytes, content)
        known = await base_of(records.settings.model)
        assert known is not None
        new = replace(
            NEW,
            audience=audience,
            base_sha256=base or known.sha256,
            adapter_sha256=await records.registry.keep(folder / "made.gguf"),
            decision=decision,
        )
        return await records.versions.add(new, stage="candidate" if decision.get("promote", True) else "refused")

    return on(work)
