"""`aprendiz costs`, and what other commands tell of money."""

import asyncio
import itertools
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters import compose_models
from adapters.cli import doctor_spending
from adapters.compose import open_records
from bot.errors import BudgetSpent
from bot.settings import Settings, read_settings
from bot.spending import Call, Price, Usage
from bot.spending_settings import BudgetSettings
from store.spending import SqlPurse
from tests.adapters.cli.conftest import Aprendiz

LARGE = Call("large", Price(1.0, 1.0, 10.0, "USD"), Usage(1000, 0, 100), 60.0, "E1", "customers")
TODAY = "2026-05-31"


def spend(settings: Settings, *calls: tuple[Call, Usage]) -> None:
    """Book calls on a home."""

    async def book() -> None:
        async with open_records(settings) as records:
            for call, usage in calls:
                await records.purse.settle(await records.purse.reserve(call), call, usage, model=call.model)

    asyncio.run(book())


@pytest.fixture(autouse=True)
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the day not end between a call and what is told of it, and no two calls share a moment."""
    noon = datetime.fromisoformat(f"{TODAY}T12:00:00+00:00")
    seconds = itertools.count()

    def now() -> datetime:
        return noon + timedelta(seconds=next(seconds))

    monkeypatch.setattr(compose_models, "SqlPurse", lambda *args, **named: SqlPurse(*args, **named | {"now": now}))


@pytest.fixture
def spent(home: Path) -> Path:
    """Give a home on which two models were asked, one of them without a price."""
    new = Call("new", None, Usage(10, 0, 10), 60.0, "E2", "employees")
    spend(read_settings(), (LARGE, Usage(1000, 200, 50)), (LARGE, Usage(1000, 0, 60, estimated=True)), (new, Usage(7, 0, 3)))
    return home


def test_costs_are_told_by_month_and_model(spent: Path, aprendiz: Aprendiz) -> None:
    """What is not known is said, and how much of the rest is a guess."""
    ran = aprendiz("costs")

    assert ran.code == 0
    assert "2,000 / 200 / 110" in ran.out
    assert "0.0031 USD" in ran.out
    assert "unknown" in ran.out
    assert "Calls that broke off, whose tokens are estimated: 1." in ran.out
    assert f"{TODAY}: 0.0031 USD spent on answers, no limit." in ran.out
    assert "Calls whose cost is not known: 1;" in ran.err


def test_programs_read_exact_amounts(spent: Path, aprendiz: Aprendiz) -> None:
    """One call without a price leaves its group without an amount, never with 0."""
    told = aprendiz("costs", "--by", "audience", "--json").json

    assert told["spent"] == [
        {
            "audience": "customers",
            "kind": "answer",
            "calls": 2,
            "answers": 1,
            "input_tokens": 2000,
            "cached_tokens": 200,
            "output_tokens": 110,
            "estimated": 1,
            "unpriced": 0,
            "amount": 0.0031,
            "per_answer": 0.0031,
            "currency": "USD",
        },
        {
            "audience": "employees",
            "kind": "answer",
            "calls": 1,
            "answers": 1,
            "input_tokens": 7,
            "cached_tokens": 0,
            "output_tokens": 3,
            "estimated": 0,
            "unpriced": 1,
            "amount": None,
            "per_answer": None,
            "currency": "",
        },
    ]
    day, month = told["budget"]
    assert (day["period"], day["spent"], day["limit"], month["period"]) == (TODAY, 0.0031, None, TODAY[:7])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--since", "yesterday"), "is no day: write it like 2026-05-31"),
        (("--since", "2026-02-02", "--until", "2026-02-01"), "2026-02-01 is before 2026-02-02"),
        (("--by", "week"), "is not one of"),
    ],
)
def test_wrong_usage_is_named(home: Path, aprendiz: Aprendiz, arguments: tuple[str, ...], problem: str) -> None:
    """With the exit code of wrong usage."""
    ran = aprendiz("costs", *arguments)

    assert (ran.code, problem in ran.err) == (2, True)


def test_a_period_without_calls_says_so(spent: Path, aprendiz: Aprendiz) -> None:
    """No table without rows."""
    assert "No hosted model was asked." in aprendiz("costs", "--until", "2020-01-01").out


def test_doctor_tells_of_prices_and_budget(home: Path, aprendiz: Aprendiz, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown prices, a budget that is nearly spent, and one that had no room."""
    hosted = {"model": {"backend": "openai", "name": "large"}}
    unpriced = doctor_spending.check(read_settings(**hosted))
    monkeypatch.setenv("APRENDIZ_PRICES__LARGE__INPUT_PER_MILLION", "1")
    monkeypatch.setenv("APRENDIZ_PRICES__LARGE__OUTPUT_PER_MILLION", "10")
    tight = read_settings(**hosted, budget=BudgetSettings(per_day=0.004))
    new_home = doctor_spending.check(tight)
    spend(tight, (LARGE, Usage(1000, 0, 50)))
    fine = doctor_spending.check(tight)
    spend(tight, (LARGE, Usage(1000, 0, 80)))
    near = doctor_spending.check(tight)
    with pytest.raises(BudgetSpent, match="no room"):
        spend(tight, (LARGE, Usage(1)))
    stopped = doctor_spending.check(tight)

    assert [(each.check, each.mark) for each in unpriced] == [("prices", "warn")]
    assert "Nobody knows what answers of large cost." in unpriced[0].detail
    assert [(each.check, each.mark) for each in new_home] == [("prices", "ok")]
    assert [(each.check, each.mark) for each in fine] == [("prices", "ok"), ("budget", "ok")]
    assert "0.0015 USD of 0.004 USD spent on answers (38 %)" in fine[1].detail
    assert (near[1].mark, "nearly spent" in near[1].remedy) == ("warn", True)
    assert (stopped[1].mark, "no room" in stopped[1].remedy) == ("warn", True)
    assert doctor_spending.check(read_settings()) == []


def test_an_exchange_shows_what_it_cost(asked: Path, aprendiz: Aprendiz) -> None:
    """Each call of it, also the one that broke off."""
    (listed,) = aprendiz("conversations", "list", "--json").lines
    call = Call("large", LARGE.price, LARGE.at_most, 60.0, str(listed["exchange_id"]), "employees")
    spend(read_settings(), (call, Usage(1000, 0, 50)), (call, Usage(100, 0, 0, estimated=True)))
    shown = aprendiz("conversations", "show", listed["exchange_id"])
    fields = aprendiz("conversations", "show", listed["exchange_id"], "--json").json

    assert "0.0015 USD · large · 1,000 + 50" in shown.out
    assert "0.0001 USD · large · 100 + 0 · estimated" in shown.out
    assert [(each["model"], each["amount"]) for each in fields["costs"]] == [("large", 0.0015), ("large", 0.0001)]
