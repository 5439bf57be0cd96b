"""Between the ledger's record of an answer and the thread lies a crash: what was begun is known, and brought to its end once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.slack.events import Spot
from adapters.slack.unconfirmed import PREFIX, Begun, Unconfirmed
from bot.errors import TryAgainLater
from bot.exchanges import Exchange
from tests.adapters.slack.stage import ALLOWED, MENTION, Stage
from tests.fakes.slack_server import FakeSlack
from tests.fakes.vault import MemoryVault


def begun(number: int) -> Begun:
    return Begun(f"E{number}", f"slack:T1:C1:{number}", "T1", Spot("C1", str(number), str(number), "T1", "U1", "pt-BR"))


async def test_answers_that_begin_together_share_a_row() -> None:
    """A commit for each would cost more than the answers."""
    vault = MemoryVault()
    unconfirmed = Unconfirmed(vault)

    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(unconfirmed.note(begun(number)))
    assert 1 <= len(vault.values) <= 3
    for number in range(50):
        await unconfirmed.confirm(f"E{number}")
    await unconfirmed.confirm("E0")

    assert not vault.values


async def test_the_next_process_takes_over_what_is_left() -> None:
    """Kept under its own name from then on; what an hour ago left, and what nobody can read, is forgotten."""
    vault = MemoryVault()
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    await Unconfirmed(vault, now=lambda: long_ago).note(begun(9))
    await vault.put(f"{PREFIX}damaged", "{", at=datetime.now(UTC))
    before = Unconfirmed(vault)
    await before.note(begun(1), begun(2))
    await before.confirm("E1")

    after = Unconfirmed(vault)
    assert await after.take_over() == (begun(1), begun(2))
    assert len(vault.values) == 1
    await after.note(begun(2))
    await after.confirm("E1")
    await after.confirm("E2")
    assert not vault.values
    assert await Unconfirmed(vault).take_over() == ()


class Away(MemoryVault):
    """A vault whose database is away while `away`."""

    away = True

    async def put(self, name: str, value: str, *, at: datetime) -> None:
        """See the port."""
        if self.away:
            raise TryAgainLater("database is locked")
        await super().put(name, value, at=at)

    async def take(self, name: str) -> str | None:
        """See the port."""
        if self.away:
            raise TryAgainLater("database is locked")
        return await super().take(name)


async def test_a_database_away_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """The note is for a crash that may never come: the answer does not wait for it, nor is anybody told."""
    vault = Away()
    unconfirmed = Unconfirmed(vault)
    await unconfirmed.note(begun(1))
    vault.away = False
    await unconfirmed.note(begun(2))
    vault.away = True
    await unconfirmed.confirm("E1")
    await unconfirmed.confirm("E2")

    assert [record.message for record in caplog.records] == ["not noted as begun", "note of answers not removed"]
    assert len(vault.values) == 1


def crashing(stage: Stage, *, after_s: float = 0.0) -> None:
    """Let the process die for an answer as soon as it is recorded."""
    record = stage.memory.record

    async def last(exchange: Exchange) -> None:
        await record(exchange)
        stage.memory.record = record  # type: ignore[method-assign]
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_later(after_s, task.cancel)

    stage.memory.record = last  # type: ignore[method-assign]


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("after_s", [0.0, 0.01])
async def test_an_answer_recorded_and_not_posted_is_completed(streaming: bool, after_s: float) -> None:
    """However far the thread got: it has the whole answer with its buttons, once, after the next start."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        settings = slack.settings.model_copy(update={"streaming": streaming})
        crashing(stage, after_s=after_s)
        async with stage.playing(settings):
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: any(kept.exchange for kept in stage.memory.kept.values()))
            await asyncio.sleep(0.1)
        async with stage.playing(settings):
            await stage.finished("C1", asked.ts)
            await slack.until(lambda: not stage.vault.values)

        assert [answer.body for answer in slack.workspace.answers("C1", asked.ts)] == ["Yes. Every six months."]
        assert slack.workspace.agents.sessions["C1", asked.ts].states[-1] == "active"


async def test_an_answer_that_stands_is_left_as_it_is() -> None:
    """The note of its end may be what the crash took: its sources must stay."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        async with stage.playing():
            asked = slack.say("U1", "C1", f"{MENTION} When?")
            await stage.finished("C1", asked.ts)
        (kept,) = stage.memory.kept.values()
        spot = Spot("C1", asked.ts, asked.ts, "T0TEAM", "U1")
        (answer,) = slack.workspace.answers("C1", asked.ts)
        versions = answer.versions
        gone = slack.say("U2", "C2", "Whose answer was never recorded")
        await Unconfirmed(stage.vault).note(
            Begun(kept.question.exchange_id, kept.question.place.conversation_id, "T0TEAM", spot),
            Begun("unknown", f"slack:T0TEAM:C2:{gone.ts}", "T0TEAM", Spot("C2", gone.ts, gone.ts)),
        )
        async with stage.playing():
            await slack.until(lambda: not stage.vault.values)

        assert answer.versions == versions
        assert not slack.workspace.answers("C2", gone.ts)


async def test_what_can_no_longer_be_completed_is_given_up() -> None:
    """The channel was archived between the crash and the start."""
    async with FakeSlack().serving() as slack:
        stage = Stage(slack, settings=ALLOWED)
        crashing(stage)
        async with stage.playing():
            slack.say("U1", "C1", f"{MENTION} When?")
            await slack.until(lambda: any(kept.exchange for kept in stage.memory.kept.values()))
            await asyncio.sleep(0.05)
        slack.workspace.troubles["C1"] = "is_archived"
        async with stage.playing():
            await slack.until(lambda: not stage.vault.values)
