"""The meter around a hosted model: every end of a call is settled by what came of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.backends.metered import MeteredBackend
from bot.backends.route import Route
from bot.errors import BudgetSpent, ConversationTooLong, TryAgainLater
from bot.messages import Finished, Generation, Message, Piece
from bot.spending import UNIT, Budget, Price
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


async def booked(database: Database, purse: SqlPurse) -> tuple[Booked, ...]:
    """Return what is booked, nothing being reserved any more."""
    day, _ = await purse.standings()
    assert day.reserved == 0
    return await Costs(database).of_exchange("E1")


async def read(backend: MeteredBackend, request: Generation = REQUEST, *, pieces: int = 100) -> list[object]:
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


@pytest.mark.parametrize("limits", [{"deadline_s": 0.02}, {"deadline_s": 60.0, "first_token_s": 0.02}])
async def test_a_call_that_was_given_up_costs_its_prompt(database: Database, purse: SqlPurse, limits: dict[str, float]) -> None:
    """The provider was at it, and goes on charging: the deadline passed, or another model was asked after its first words did not come."""
    slow = ScriptedBackend(delay_s=60.0)
    hurried = Generation((PROMPT,), max_tokens=50, exchange_id="E1", **limits)
    with pytest.raises(TryAgainLater):
        await read(MeteredBackend(Route([slow], first_token_s=0.02), price=PRICE, purse=purse), hurried)
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


async def test_it_is_the_model_in_all_else(purse: SqlPurse) -> None:
    """A route sees no difference."""
    model = ScriptedBackend(languages=("pt",), name="large", context_tokens=512)
    metered = MeteredBackend(model, price=None, purse=purse)

    assert (metered.name, metered.context_tokens, metered.languages) == ("large", 512, frozenset({"pt"}))
    assert await metered.count_tokens((PROMPT,)) == (11,)
    assert await metered.check() == "large: a scripted model"
