"""What was spent, as it is read on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.spending import Budget, Call, Price, Usage
from bot.spending_settings import PriceSettings
from store.costs import Costs, Spent
from store.database import Database
from store.hosted_jobs import NewJob, SqlHostedJobs
from store.ledger import SqlLedger
from store.persons import Persons
from store.spending import SqlPurse
from store.training_costs import book_trainings
from tests.contracts.ledgers import NOW, SEALER, answered
from tests.contracts.test_spending import AT_MOST, Clock

PRICE = Price(1.0, 1.0, 1.0, "USD")  # a token costs 1,000 billionths
EURO = Price(2.0, 2.0, 2.0, "EUR")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def costs(database: Database, clock: Clock) -> Costs:
    """Give a ledger in which three models answered on two days of two months, one of them without a price."""
    purse = SqlPurse(database, Budget(), zone=ZoneInfo("UTC"), now=clock)

    async def spend(
        exchange_id: str, model: str, price: Price | None, usage: Usage, audience: str = "employees", at: datetime = NOW
    ) -> None:
        clock.at = max(at, clock.at + timedelta(seconds=1))
        call = Call(model, price, AT_MOST, 60.0, exchange_id, audience)  # type: ignore[arg-type]  # of the two there are
        await purse.settle(await purse.reserve(call), call, usage, model=model)

    await spend("E1", "large", PRICE, Usage(100, 40, 10))
    await spend("E2", "large", PRICE, Usage(100, 0, 5, estimated=True), "customers")
    await spend("E2", "small", EURO, Usage(50, 0, 5), "customers")  # the fallback of the one before
    await spend("E3", "new", None, Usage(7, 0, 3))
    await spend("", "large", PRICE, Usage(10, 0, 0), at=NOW + timedelta(days=31))
    return Costs(database)


async def test_it_is_added_up_by_model_and_currency(costs: Costs) -> None:
    """What has no price is counted and not added."""
    assert await costs.spent(["model"]) == (
        Spent(("large",), "answer", "USD", 3, 3, 210, 40, 15, 225_000, 0, 1),
        Spent(("new",), "answer", "", 1, 1, 7, 0, 3, 0, 1, 0),
        Spent(("small",), "answer", "EUR", 1, 1, 50, 0, 5, 110_000, 0, 0),
    )


async def test_an_answer_costs_what_its_calls_do(costs: Costs) -> None:
    """On average; of what nobody knows the price of, it cannot be said."""
    large, new, _ = await costs.spent(["model"])

    assert (large.per_answer, new.per_answer) == (75_000, None)


async def test_days_months_and_audiences(costs: Costs) -> None:
    """By several at once, too, and from a day to a day."""
    months = await costs.spent(["month"])
    both = await costs.spent(["audience", "day"], since="2026-03-02")
    march = await costs.spent(["day"], until="2026-03-31")

    assert [(each.group, each.currency, each.calls) for each in months] == [
        (("2026-03",), "", 1),
        (("2026-03",), "EUR", 1),
        (("2026-03",), "USD", 2),
        (("2026-04",), "USD", 1),
    ]
    assert [each.group for each in both] == [("employees", "2026-04-01")]
    assert sum(each.calls for each in march) == 4


async def test_an_exchange_shows_every_call_that_it_took(costs: Costs) -> None:
    """The one that broke off, and the one that stood in."""
    assert [(each.model, each.amount, each.currency, each.estimated) for each in await costs.of_exchange("E2")] == [
        ("large", 105_000, "USD", True),
        ("small", 110_000, "EUR", False),
    ]
    assert await costs.of_exchange("none") == ()


async def test_money_that_was_spent_stays_spent(costs: Costs, database: Database, clock: Clock) -> None:
    """Who leaves takes their words along, and the exchange that a call was for; what is kept about them names it."""
    exchange_id = await answered(SqlLedger(database, SEALER), person="leaver")
    call = Call("large", PRICE, AT_MOST, 60.0, exchange_id, "employees")
    purse = SqlPurse(database, Budget(), zone=ZoneInfo("UTC"), now=clock)
    await purse.settle(await purse.reserve(call), call, Usage(10), model="large")
    before = await costs.spent([])
    persons = Persons(database, SEALER)
    (told,) = (await persons.read("leaver"))["exchanges"]
    await persons.take_away("leaver", [exchange_id], at=NOW)

    assert [each["model"] for each in told["calls_to_hosted_models"]] == ["large"]
    assert await costs.of_exchange(exchange_id) == ()
    assert await costs.spent([]) == before


async def test_a_training_is_booked_once(database: Database) -> None:
    """By the tokens that the provider told, or those ordered, without a price where both are unknown; what trained on nothing is not."""
    jobs = SqlHostedJobs(database)
    prices = {"large": PriceSettings(training_per_million=25.0, currency="EUR")}
    ordered = {"training": {"tokens": 1000}, "n_epochs": 3}
    at = datetime(2026, 3, 1, 2, tzinfo=UTC)  # still February in São Paulo
    endings: dict[str, tuple[str, dict[str, Any], dict[str, Any], str, datetime | None]] = {
        "told": ("large", ordered, {"trained_tokens": 3200}, "ft:large:a::1", at),
        "ordered": ("large", ordered, {"trained_tokens": 0}, "ft:large:a::2", at),
        "unpriced": ("small", ordered, {"trained_tokens": 500}, "ft:small:a::1", at),
        "failed": ("large", ordered, {}, "", at),
        "adopted": ("large", {"method": "supervised"}, {}, "ft:large:a::3", at),
        "its epochs": ("large", {"training": {"tokens": 1000}, "n_epochs": None}, {}, "ft:large:a::4", at),
        "running": ("large", ordered, {"trained_tokens": 100}, "", None),
    }
    for name, (model, terms, detail, trained_model, ended_at) in endings.items():
        await jobs.begin(NewJob(job_id=name, provider="openai", model=model, terms=terms, fingerprint=name, created_at=NOW))
        await jobs.note(name, {"detail": detail, "trained_model": trained_model, "ended_at": ended_at})
    zone = ZoneInfo("America/Sao_Paulo")
    booked = [await book_trainings(database, prices, zone=zone) for _ in range(2)]

    assert booked == [5, 0]
    assert await Costs(database).spent(["month", "model"]) == (
        Spent(("2026-02", "large"), "training", "", 2, 2, 1000, 0, 0, 0, 2, 2),
        Spent(("2026-02", "large"), "training", "EUR", 2, 2, 6200, 0, 0, 6200 * 25_000, 0, 1),
        Spent(("2026-02", "small"), "training", "", 1, 1, 500, 0, 0, 0, 1, 0),
    )
    assert [each.per_answer for each in await Costs(database).spent(["model"])] == [None, None, None]
