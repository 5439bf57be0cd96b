"""A round on a real ledger whose steps only say that they ran: what tests of its order, ends and interruptions share."""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from bot.messages import Audience
from finetune.recipe import Recipe, read_recipe
from finetune.registry import Base
from finetune.rounds import Detail, RoundParts, Rounds, Step, Work
from store.database import Database, open_database
from store.jobs import JobRuns
from store.rounds import SqlRounds

BASE: Final = Base("small", Path("small.gguf"), "b" * 64)
RECIPE: Final[Recipe] = read_recipe()
DETAILS: Final[dict[Step, Detail]] = {
    "rows": {"rows": 40},
    "convert": {"version": 7},
    "decide": {"reasons": ["better"], "figures": {"fixed": 0.5}},
}


@dataclass
class ScriptedSteps:
    """
    Steps that leave a file each and take no time.

    `ends` holds what a step raises; `waits` names one that begins and waits for ever. What ran is noted in `ran`.
    """

    ends: dict[Step, Exception] = field(default_factory=dict)
    waits: Step | None = None
    ran: list[Step] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, step: Step, work: Work, report: Callable[[int, int], None]) -> Detail:
        """See the port."""
        self.ran.append(step)
        report(1, 2)
        await asyncio.to_thread(leave, step, work)
        if step == self.waits:
            self.began.set()
            await asyncio.Event().wait()
        if step in self.ends:
            raise self.ends[step]
        return DETAILS.get(step, {})


def leave(step: Step, work: Work) -> None:
    """Leave what the round looks for when it goes on."""
    if step == "rows":
        work.folder.keep(work.folder.rows / "train.jsonl", {})
    if step == "evaluate":
        work.folder.report.write_text("<p>better</p>")


@dataclass
class World:
    """A ledger, a folder, and what an export would give there."""

    database: Database
    folder: Path
    steps: ScriptedSteps = field(default_factory=ScriptedSteps)
    manifest: str = "m" * 64
    base: Base = BASE
    conditions: Detail = field(default_factory=dict)
    reported: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def ledger(self) -> SqlRounds:
        """The rounds as they are kept."""
        return SqlRounds(self.database)

    def rounds(self) -> Rounds:
        """Return what runs rounds here, as a new process would have it."""

        async def export(_audience: Audience, _report: Callable[[int, int], None]) -> str:
            return self.manifest

        return Rounds(
            RoundParts(
                rounds=self.ledger,
                steps=self.steps,
                export=export,
                folder=self.folder / "rounds",
                base=self.base,
                conditions=json.loads(json.dumps(self.conditions)),
                alone=lambda: JobRuns(self.database, self.folder).alone("training"),
                now=lambda: datetime.now(UTC),
            )
        )

    def note(self, step: str, done: int, total: int) -> None:
        """Take a round's progress."""
        self.reported.append((step, done, total))


def other(recipe: Recipe = RECIPE) -> Recipe:
    """Return a recipe that differs in its seed."""
    return replace(recipe, seed=recipe.seed + 1)


async def wait_in(step: Step, folder: Path) -> None:
    """Run a round on the ledger in *folder* up to *step*, say so, and wait there to be killed."""
    async with open_database(f"sqlite:///{folder / 'ledger.db'}") as database:
        world = World(database, folder, steps=ScriptedSteps(waits=step))
        running = asyncio.ensure_future(world.rounds().run("employees", RECIPE, report=world.note))
        await world.steps.began.wait()
        print("waits", flush=True)  # noqa: T201  # read by the test that kills this process
        await running


if __name__ == "__main__":
    asyncio.run(wait_in(cast("Step", sys.argv[1]), Path(sys.argv[2])))
