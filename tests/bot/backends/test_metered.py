"""The meter around a hosted model: every end of a call is settled by what came of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.backends.breaker import FAILURES
from bot.backends.metered import MeteredBackend
from bot.backends.route import Route
from bot.errors import BudgetSpent, ConversationTooLong, Misconfigured, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece
from bot.ports import Backend, Purse
from bot.spending import UNIT, Budget, Call, Price, Usage
from store.costs import Booked, Costs
from store.database import Database, migrate, open_database
from store.spending import SqlPurse
from tests.contracts.ledgers import NOW
from tests.fakes.backend import ScriptedBackend

PRICE = Price(1.0, 1.0, 10.0, "USD")
PROMPT = Message("user", "how long does the filter last ?")  # 7 words, 4 more for the template
REQUEST = Generation((PROMPT,), max_tokens=50, deadline_s=5.0, exchange_id="E1", audience="customers")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Open a ledger's database."""
    async with open_database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await migrate(opened)
        yield opened


@pytest.fixture
def purse(database: Database) -> SqlPurse:
    """Give a purse with a dollar a day."""
    return SqlPurse(database, Budget(per_day=UNIT), zone=ZoneInfo("UTC"), now=lambda: NOW)


class CountingPurse(Purse):
    """A purse that counts what it is asked for."""

    def __init__(self, purse: Purse) -> None:
        """Ask *purse*."""
        self._purse, self.asked = purse, 0

    async def reserve(self, call: Call) -> str:
        """See the port."""
        self.asked += 1
        return await self._purse.reserve(call)

    async def settle(self, charge_id: str, call: Call, usage: Usage, *, model: str) -> None:
        """See the port."""
        await self._purse.settle(charge_id, call, usage, model=model)


async def booked(database: Database, purse: SqlPurse) -> tuple[Booked, ...]:
    """Return what is booked, nothing being reserved any more."""
    day, _ = await purse.standings()
    assert day.reserved == 0
    return await Costs(database).of_exchange("E1")


async def read(backend: Backend, request: Generation = REQUEST, *, pieces: int = 100) -> list[object]:
    """Read so many pieces, then leave."""
    seen: list[object] = []
    async with aclosing(backend.stream(request)) as events:
        async for event in events:
            seen.append(event)
            if sum(isinstance(each, Piece) for each in seen) == pieces:
                break
    return seen


async def test_a_whole_answer_costs_what_the_service_counted(database: Database, purse: SqlPurse) -> None:
    """Not what was reserved for it."""
    *_, last = await read(MeteredBackend(ScriptedBackend(("Six ", "months.")), price=PRICE, purse=purse))

    assert isinstance(last, Finished)
    assert await booked(database, purse) == (Booked("scripted", 11, 0, 2, False, 11 * 1000 + 2 * 10_000, "USD"),)


async def test_who_leaves_early_pays_for_what_was_said(database: Database, purse: SqlPurse) -> None:
    """The provider charges for it, and nobody tells how much: it is estimated."""
    await read(MeteredBackend(ScriptedBackend(("Six ", "months ", "and ", "more.")), price=PRICE, purse=purse), pieces=2)
    (call,) = await booked(database, purse)

    assert (call.input_tokens, call.output_tokens, call.estimated) == (11, 2 + 4, True)


async def test_what_breaks_off_is_booked_as_far_as_it_came(database: Database, purse: SqlPurse) -> None:
    """The fallback's answer comes on top of it."""
    broken = ScriptedBackend(("Six ", "months."), error=TryAgainLater("cut"), fail_after=1)
    with pytest.raises(TryAgainLater):
        await read(MeteredBackend(broken, price=PRICE, purse=purse))
    (call,) = await booked(database, purse)

    assert (call.output_tokens, call.estimated) == (1 + 4, True)


@pytest.mark.parametrize("error", [TryAgainLater("429"), ConversationTooLong("too long")])
async def test_what_the_service_refused_costs_nothing(database: Database, purse: SqlPurse, error: TryAgainLater) -> None:
    """An outage must not eat the budget."""
    with pytest.raises(type(error)):
        await read(MeteredBackend(ScriptedBackend(error=error), price=PRICE, purse=purse))

    assert await booked(database, purse) == ()


@pytest.mark.parametrize(("deadline_s", "first_token_s"), [(0.02, 60.0), (60.0, 0.5)])
async def test_a_call_that_was_given_up_costs_its_prompt(
    database: Database, purse: SqlPurse, deadline_s: float, first_token_s: float
) -> None:
    """The provider was at it, and goes on charging: the deadline passed, or another model was asked after its first words did not come."""
    slow = ScriptedBackend(delay_s=60.0)
    hurried = Generation((PROMPT,), max_tokens=50, exchange_id="E1", deadline_s=deadline_s, first_token_s=first_token_s)
    with pytest.raises(TryAgainLater):
        await read(Route([MeteredBackend(slow, price=PRICE, purse=purse)], first_token_s=0.02), hurried)
    (call,) = await booked(database, purse)

    assert (call.input_tokens, call.output_tokens, call.estimated) == (11, 0, True)


async def test_a_call_that_is_cancelled_is_settled(database: Database, purse: SqlPurse) -> None:
    """The process stops while the first word is awaited."""
    model = ScriptedBackend(delay_s=4.0)
    asking = asyncio.create_task(read(MeteredBackend(model, price=PRICE, purse=purse)))
    async with asyncio.timeout(20):
        while not model.requests:  # noqa: ASYNC110  # nobody tells that it was asked
            await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    (call,) = await booked(database, purse)

    assert (call.input_tokens, call.output_tokens, call.estimated) == (11, 0, True)


async def test_without_room_the_model_is_not_asked(database: Database) -> None:
    """The hard stop."""
    spent = SqlPurse(database, Budget(per_month=1000), zone=ZoneInfo("UTC"), now=lambda: NOW)
    model = ScriptedBackend()
    with pytest.raises(BudgetSpent):
        await read(MeteredBackend(model, price=PRICE, purse=spent))

    assert model.requests == []
    assert await booked(database, spent) == ()


@pytest.mark.parametrize("second", [ScriptedBackend(("Six ", "months.")), ScriptedBackend(error=Misconfigured("401"))])
async def test_each_of_several_servers_is_a_call(database: Database, purse: SqlPurse, second: ScriptedBackend) -> None:
    """One that was given up costs its prompt, whatever came of the next."""
    slow = ScriptedBackend(delay_s=60.0)
    route = Route([MeteredBackend(each, price=PRICE, purse=purse) for each in (slow, second)], first_token_s=0.5)
    with suppress(Misconfigured):
        await read(route)
    first, *others = sorted(await booked(database, purse), key=lambda call: call.output_tokens)  # all of one moment

    assert (first.input_tokens, first.output_tokens, first.estimated) == (11, 0, True)
    assert [(each.input_tokens, each.output_tokens, each.estimated) for each in others] == ([] if second.error else [(11, 2, False)])


async def test_a_spent_budget_is_no_servers_fault(database: Database) -> None:
    """No other one is asked for it, and none is left alone."""
    spent = SqlPurse(database, Budget(per_month=1000), zone=ZoneInfo("UTC"), now=lambda: NOW)
    models = ScriptedBackend(), ScriptedBackend()
    reserving = CountingPurse(spent)
    route = Route([MeteredBackend(each, price=PRICE, purse=reserving) for each in models], first_token_s=5)
    for _ in range(2 * FAILURES):
        with pytest.raises(BudgetSpent):
            await read(route)

    assert reserving.asked == 2 * FAILURES
    assert [(each.breaker.failures, each.breaker.is_open) for each in route._servers] == [(0, False)] * 2


async def test_who_leaves_while_it_is_reserved_pays_nothing(database: Database, purse: SqlPurse) -> None:
    """The model was not asked yet."""
    model = ScriptedBackend()
    others = asyncio.create_task(database.write(lambda _: time.sleep(0.1)))
    asking = asyncio.create_task(read(MeteredBackend(model, price=PRICE, purse=purse)))
    await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert model.requests == []
    assert (await purse.standings())[0].reserved == 0
    assert await booked(database, purse) == ()
    await others


async def test_it_is_the_model_in_all_else(purse: SqlPurse) -> None:
    """A route sees no difference."""
    model = ScriptedBackend(languages=("pt",), name="large", context_tokens=512)
    metered = MeteredBackend(model, price=None, purse=purse)

    assert (metered.name, metered.context_tokens, metered.languages) == ("large", 512, frozenset({"pt"}))
    assert await metered.count_tokens((PROMPT,)) == (11,)
    assert await metered.check() == "large: a scripted model"
