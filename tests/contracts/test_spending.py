"""What is spent, on both databases and by several processes: booked once, kept within the budget, warned of once."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.errors import BudgetSpent
from bot.spending import UNIT, Budget, Call, Price, Usage
from store.database import Database
from store.hosted_schema import charges
from store.spending import SqlPurse
from tests.contracts.ledgers import NOW

EACH = UNIT // 100  # what a call costs at most: 1 cent, for 1,000 tokens of prompt and 1,000 of answer
PRICE = Price(4.0, 1.0, 6.0, "USD")
AT_MOST = Usage(1000, 0, 1000, estimated=True)
CALL = Call("large", PRICE, AT_MOST, 120.0, "E1", "customers")
HALF = Usage(1000, 400, 200)  # 600 × 4 + 400 × 1 + 200 × 6 millionths: .40 cent
HALF_COSTS = 4 * UNIT // 1000


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        """Return the moment it shows."""
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def purse_of(clock: Clock, database: Database) -> Callable[..., SqlPurse]:
    """Give purses on one database, with a budget in cents each."""

    def make(per_day: int | None = None, per_month: int | None = None, *, of: Database = database, zone: str = "UTC") -> SqlPurse:
        day, month = (None if each is None else each * EACH for each in (per_day, per_month))
        return SqlPurse(of, Budget(day, month), zone=ZoneInfo(zone), now=clock)

    return make


async def booked(database: Database) -> list[tuple[object, ...]]:
    """Return (status, model, input, cached, output, estimated, amount) of every charge, in order."""
    wanted = ("status", "model", "input_tokens", "cached_tokens", "output_tokens", "estimated", "amount")
    async with database.connect() as connection:
        rows = await connection.execute(select(*(charges.c[name] for name in wanted)).order_by(charges.c.charge_id))
        return [tuple(row) for row in rows]


async def test_a_call_is_booked_with_the_model_that_spoke(purse_of: Callable[..., SqlPurse], database: Database) -> None:
    """What the service reports may be a dated version of the model that was asked for."""
    purse = purse_of()
    await purse.settle(await purse.reserve(CALL), CALL, HALF, model="large-2026-01")
    day, month = await purse.standings()

    assert await booked(database) == [("settled", "large-2026-01", 1000, 400, 200, False, HALF_COSTS)]
    assert (day.period, day.spent, day.limit) == ("2026-03-01", HALF_COSTS, None)
    assert (month.period, month.spent, month.limit) == ("2026-03", HALF_COSTS, None)


async def test_an_unknown_price_is_no_price_of_nothing(purse_of: Callable[..., SqlPurse], database: Database) -> None:
    """A report that called it free would be believed."""
    unpriced = Call("new", None, AT_MOST, 120.0)
    purse = purse_of()
    await purse.settle(await purse.reserve(unpriced), unpriced, HALF, model="new")

    assert [row[-1] for row in await booked(database)] == [None]
    with pytest.raises(BudgetSpent, match="cannot tell what new costs"):
        await purse_of(5).reserve(unpriced)


async def test_another_currency_cannot_be_weighed(purse_of: Callable[..., SqlPurse]) -> None:
    """Nobody here knows what a real is in dollars."""
    foreign = Call("large", Price(4.0, 1.0, 6.0, "BRL"), AT_MOST, 120.0)
    with pytest.raises(BudgetSpent, match="cannot tell what large costs"):
        await purse_of(5).reserve(foreign)


async def test_a_model_that_costs_nothing_is_never_stopped(purse_of: Callable[..., SqlPurse]) -> None:
    """A compatible server of the company's own."""
    own = Call("own", Price(0, 0, 0, "USD"), AT_MOST, 120.0)
    purse = purse_of(0)
    await purse.settle(await purse.reserve(own), own, HALF, model="own")
    with pytest.raises(BudgetSpent):
        await purse.reserve(CALL)


@pytest.mark.parametrize("limits", [(2, None), (None, 2), (2, 100), (100, 2)])
async def test_what_is_reserved_is_not_there_for_others(purse_of: Callable[..., SqlPurse], limits: tuple[int | None, int | None]) -> None:
    """Of a day's budget as of a month's; what the first leaves over is there again."""
    purse = purse_of(*limits)
    first = await purse.reserve(CALL)
    await purse.reserve(CALL)
    with pytest.raises(BudgetSpent):
        await purse.reserve(CALL)
    day, month = await purse.standings()
    await purse.settle(first, CALL, Usage(), model="large")

    assert (day.reserved, month.reserved) == (2 * EACH, 2 * EACH)
    assert await purse.reserve(CALL)


async def test_many_askers_of_two_processes_stay_within(
    clock: Clock, processes: tuple[Database, Database], purse_of: Callable[..., SqlPurse], database: Database
) -> None:
    """Twenty at once for a budget of five: five are answered, whoever they asked."""
    purses = [purse_of(5, of=each) for each in processes]

    async def ask(purse: SqlPurse) -> bool:
        try:
            charge_id = await purse.reserve(CALL)
        except BudgetSpent:
            return False
        await asyncio.sleep(0.01)
        await purse.settle(charge_id, CALL, AT_MOST, model="large")
        return True

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(purses[number % 2])) for number in range(20)]
    day, _ = await purses[0].standings()

    assert sum(task.result() for task in tasks) == 5
    assert (day.spent, day.reserved) == (5 * EACH, 0)


async def test_a_new_day_has_a_budget_of_its_own(clock: Clock, purse_of: Callable[..., SqlPurse]) -> None:
    """Days are the operator's: at three in the morning in London it is still yesterday in São Paulo."""
    clock.at = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
    purse = purse_of(1, zone="America/Sao_Paulo")
    charge_id = await purse.reserve(CALL)
    with pytest.raises(BudgetSpent):
        await purse.reserve(CALL)
    clock.at = datetime(2026, 3, 1, 3, 1, tzinfo=UTC)
    await purse.reserve(CALL)
    await purse.settle(charge_id, CALL, HALF, model="large")  # begun before midnight: it belongs to yesterday
    day, month = await purse.standings()

    assert (day.period, day.spent, day.reserved) == ("2026-03-01", 0, EACH)
    assert (month.period, month.reserved) == ("2026-03", EACH)


async def test_a_killed_process_keeps_nothing_for_ever(clock: Clock, purse_of: Callable[..., SqlPurse], database: Database) -> None:
    """Its prompt was sent, and is counted; what its answer might have cost is free again."""
    purse = purse_of(1)
    killed = await purse.reserve(CALL)
    clock.at += timedelta(seconds=200)
    with pytest.raises(BudgetSpent):  # the prompt's .4 cent leave less than a whole call
        await purse.reserve(CALL)
    day, _ = await purse.standings()

    assert (day.spent, day.reserved) == (4 * UNIT // 1000, 0)
    assert await booked(database) == [("settled", "large", 1000, 0, 0, True, 4 * UNIT // 1000)]

    await purse.settle(killed, CALL, Usage(1000, 0, 300), model="large")  # it lives after all: the clock had jumped
    day, _ = await purse.standings()
    assert (day.spent, day.reserved) == (58 * UNIT // 10_000, 0)


async def test_what_was_reserved_before_the_clock_was_put_back_is_given_up(clock: Clock, purse_of: Callable[..., SqlPurse]) -> None:
    """Otherwise it would be kept until that day comes again."""
    purse = purse_of(100, 2)
    clock.at = NOW + timedelta(days=20)
    await purse.reserve(CALL)
    await purse.reserve(CALL)
    clock.at = NOW
    await purse.reserve(CALL)
    _, month = await purse.standings()

    assert (month.spent, month.reserved) == (8 * UNIT // 1000, EACH)


async def test_it_warns_once_and_says_once_that_it_is_spent(purse_of: Callable[..., SqlPurse], caplog: pytest.LogCaptureFixture) -> None:
    """A line for each answer would be read by nobody."""
    purse = purse_of(10)
    with caplog.at_level(logging.WARNING, logger="store.spending"):
        for _ in range(10):
            await purse.settle(await purse.reserve(CALL), CALL, AT_MOST, model="large")
        for _ in range(3):
            with pytest.raises(BudgetSpent):
                await purse.reserve(CALL)
    day, month = await purse.standings()

    assert [record.message for record in caplog.records] == ["budget nearly spent", "budget spent"]
    assert day.warned_at == day.stopped_at == NOW
    assert (day.share, month.warned_at, month.share) == (1.0, None, 0.0)


async def test_a_higher_budget_serves_at_once(purse_of: Callable[..., SqlPurse]) -> None:
    """What was spent under the old one counts."""
    purse = purse_of(1)
    await purse.settle(await purse.reserve(CALL), CALL, AT_MOST, model="large")
    with pytest.raises(BudgetSpent):
        await purse.reserve(CALL)
    larger = purse_of(2)
    await larger.reserve(CALL)
    with pytest.raises(BudgetSpent):
        await larger.reserve(CALL)
